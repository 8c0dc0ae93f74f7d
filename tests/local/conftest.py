"""One small local cloud for the tests that leave it as they found it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from infra.local.cloud import LocalCloud
from local.assembly import write_assembly


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory, build: Path) -> Iterator[LocalCloud]:
    assembly = write_assembly(tmp_path_factory.mktemp("assembly") / "cdk.out", timeout_s=2)
    with LocalCloud(assembly, faults=True, max_environments=2, build=build) as running:
        yield running


@pytest.fixture
def invoke(cloud: LocalCloud) -> Callable[..., tuple[str | None, Any]]:
    """Invoke the function; answers the kind of its error (or None) and its answer."""

    def call(function: str = "Function", **event: Any) -> tuple[str | None, Any]:
        name = cloud.outputs[function]
        answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())

    return call


@pytest.fixture
def execute(cloud: LocalCloud) -> Callable[..., dict[str, Any]]:
    """Run the state machine on an input and wait; answers what DescribeExecution says."""

    def run(**given: Any) -> dict[str, Any]:
        states = cloud.client("stepfunctions")
        started = states.start_execution(stateMachineArn=cloud.outputs["Machine"], input=json.dumps(given))
        return cloud.wait_for(lambda: finished(states, started["executionArn"]), timeout_s=20)

    return run


@pytest.fixture
def at_rest(cloud: LocalCloud) -> None:
    """Nothing runs that an earlier test has started: executions that it did not wait for, of the events it sent.

    They take the process that was used last, so that another one is started beside it; from then on the one that
    finished last is always the next to be used.
    """
    states, machine = cloud.client("stepfunctions"), cloud.outputs["Machine"]

    def rests() -> bool:
        running = states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
        return not running and not cloud.busy_functions()

    cloud.wait_for(rests, timeout_s=20)


def finished(states: Any, execution: str) -> dict[str, Any] | None:
    """What DescribeExecution says, once it doesn't run any more."""
    found: dict[str, Any] = states.describe_execution(executionArn=execution)
    return found if found["status"] != "RUNNING" else None
