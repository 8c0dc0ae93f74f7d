"""Walk the workflow: what holds for each state, whatever it does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from infra.checks import check_workflows
from infra.components.node import ROOT, node_packages
from infra_template import Template

State = dict[str, Any]

BUSY = {"Lambda.TooManyRequestsException"}
TRANSIENT = {"Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "TransientError"}
CRASHES = {"Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout"}
OF_THE_USER = {"MapError", "DatasetError", "FormatError", "OptionError"}

# One format's failure must not end the others: its record goes to Conclude, which fails the job.
ENDS_IN_A_RECORD = {"FormatFailed", "JobRefused"}


def scopes(machine: dict[str, Any]) -> Iterator[dict[str, State]]:
    """Every set of states that can go to each other: the machine's own, and those inside of its Maps."""
    yield machine["States"]
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from scopes(state["ItemProcessor"])


def states(machine: dict[str, Any]) -> dict[str, State]:
    found: dict[str, State] = {}
    for scope in scopes(machine):
        assert not found.keys() & scope.keys(), "names are unique across Maps: a log line names the state only"
        found |= scope
    return found


def of_type(machine: dict[str, Any], kind: str) -> dict[str, State]:
    return {name: state for name, state in states(machine).items() if state["Type"] == kind}


def followers(state: State) -> list[str]:
    found = [state[key] for key in ("Next", "Default") if key in state]
    return found + [branch["Next"] for key in ("Choices", "Catch") for branch in state.get(key, [])]


def test_every_state_says_why_it_is_there(workflow: dict[str, Any]) -> None:
    assert [name for name, state in states(workflow).items() if len(state.get("Comment", "")) < 20] == []


def test_every_task_ends_in_time(workflow: dict[str, Any], stack: Template) -> None:
    timeouts = {name: function["Timeout"] for name, function in stack.functions().items()}
    tasks = of_type(workflow, "Task")
    assert len(tasks) == 9
    for name, task in tasks.items():
        function = re.fullmatch(r"\$\{(\w+)Function\}", task["Arguments"]["FunctionName"])
        assert function, name
        # The function's own time-out comes first: it names the function, and Lambda logs it.
        assert timeouts[function[1].lower()] < task["TimeoutSeconds"] <= 960, name


def test_every_task_retries_what_passes_by_itself_and_nothing_else(workflow: dict[str, Any]) -> None:
    for name, task in of_type(workflow, "Task").items():
        retried = [set(retrier["ErrorEquals"]) for retrier in task["Retry"]]
        assert retried == [BUSY, TRANSIENT, CRASHES], name
        # A new account may run ten functions at once: then a thousand shards wait for each other, for a day and more
        # if need be (a wait is half of the longest on the average). An execution may have 25,000 events, five a try.
        most = task["Retry"][0]["MaxAttempts"]
        assert most * task["Retry"][0]["MaxDelaySeconds"] / 2 >= 24 * 3600, name
        assert 5 * most < 25_000, name
        for retrier in task["Retry"]:
            assert retrier["JitterStrategy"] == "FULL", name
            assert retrier["BackoffRate"] > 1, name
            assert retrier["MaxDelaySeconds"] <= 60, name
        assert all(1 <= retrier["MaxAttempts"] <= 6 for retrier in task["Retry"][1:]), name


def test_nothing_is_retried_that_the_user_has_to_repair(workflow: dict[str, Any]) -> None:
    for name, state in states(workflow).items():
        for retrier in state.get("Retry", []):
            assert not {"States.ALL", "States.TaskFailed", *OF_THE_USER} & set(retrier["ErrorEquals"]), name


OF_JSONPATH = {"InputPath", "OutputPath", "Parameters", "ResultPath", "ResultSelector", "ItemsPath", "ItemSelectorPath"}


def test_no_field_is_one_that_jsonata_does_not_know(workflow: dict[str, Any]) -> None:
    """Step Functions refuses the machine, in a Catch, too; asl-validator and cfn-lint do not see it."""
    assert workflow["QueryLanguage"] == "JSONata"

    def fields(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value
            for inner in value.values():
                yield from fields(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from fields(inner)

    found = set(fields(workflow))
    assert "Catch" in found and "Arguments" in found
    assert not found & OF_JSONPATH
    assert not [name for name in found if name.endswith(".$")]


def test_every_resource_is_of_the_partition_that_it_is_deployed_in(stack: Template) -> None:
    [machine] = stack.of_type("AWS::StepFunctions::StateMachine").values()
    assert "arn:aws:" not in machine["DefinitionString"]
    assert machine["DefinitionString"].count("arn:<AWS::Partition>:states:::") == 13
    assert not [name for name, found in stack.resources.items() if "arn:aws:" in json.dumps(found)]


def test_every_choice_has_a_default(workflow: dict[str, Any]) -> None:
    assert [name for name, state in of_type(workflow, "Choice").items() if "Default" not in state] == []


def test_every_state_is_reached_and_leads_to_an_end(workflow: dict[str, Any]) -> None:
    starts = [workflow["StartAt"]] + [s["ItemProcessor"]["StartAt"] for s in of_type(workflow, "Map").values()]
    reached, waiting = set(), starts
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += followers(states(workflow)[name])
    assert reached == states(workflow).keys()
    for name, state in states(workflow).items():
        assert followers(state) or state.get("End") or state["Type"] in ("Succeed", "Fail"), name


def test_every_error_path_ends_in_fail(workflow: dict[str, Any]) -> None:
    everything = states(workflow)

    def ends(name: str, seen: frozenset[str] = frozenset()) -> set[str]:
        onward = [follower for follower in followers(everything[name]) if follower not in seen]
        return set().union(*(ends(n, seen | {name}) for n in onward)) if onward else {name}

    for name in of_type(workflow, "Task").keys() | of_type(workflow, "Map").keys():
        # A shard's error ends its child workflow, which the Map tolerates.
        if name in ("SurveyShard", "ConvertShard"):
            continue
        catchers = everything[name]["Catch"]
        assert [catcher["ErrorEquals"] for catcher in catchers] == [["States.ALL"]], name
        for end in ends(catchers[0]["Next"]):
            assert everything[end]["Type"] == "Fail" or end in ENDS_IN_A_RECORD, name


def test_the_failure_of_a_job_is_recorded_before_it_ends(workflow: dict[str, Any]) -> None:
    caught = {c["Next"] for name, s in states(workflow).items() if name != "RecordFailure" for c in s.get("Catch", [])}
    assert caught == {"RecordFailure", "UploadFailed", "FormatFailed"}
    assert states(workflow)["RecordFailure"]["Next"] == "WhoseFault"


def test_what_a_user_has_given_is_no_alarm(workflow: dict[str, Any]) -> None:
    """FailedExecutions means that the service failed."""
    for name in ("WhatConcluded", "WhoseFault"):
        choice = states(workflow)[name]
        ends = {one["Condition"]: one["Next"] for one in choice["Choices"]}
        assert ends["{% $states.input.status = 'refused' %}"] == "JobRefused" and choice["Default"] == "JobFailed"
    assert states(workflow)["JobRefused"]["Type"] == "Succeed"


@pytest.mark.parametrize("name", ["SurveyShards", "ConvertShards"])
def test_distributed_maps_are_bounded_and_pass_nothing_through_the_state(workflow: dict[str, Any], name: str) -> None:
    state = states(workflow)[name]
    assert state["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert state["MaxConcurrency"] == 1000
    # A shard that can't be converted is found missing later; without its survey there is no plan.
    assert state["ToleratedFailurePercentage"] == (100 if name == "ConvertShards" else 0)
    assert state["ItemReader"]["ReaderConfig"] == {"InputType": "JSONL"}
    assert state["ItemReader"]["Arguments"]["Key"] == "{% $plan.manifest %}"
    assert state["Output"] == {}
    # Beyond 256 KiB of results the state would fail, thrown away or not.
    assert state["ResultWriter"]["Arguments"]["Prefix"] == "{% $plan.runs %}"
    [child] = state["ItemProcessor"]["States"].values()
    assert child["Output"] == {}


def test_what_the_emulator_leaves_out_is_not_leant_on(workflow: dict[str, Any]) -> None:
    for name, state in states(workflow).items():
        assert "ItemBatcher" not in state, name
        for rule in state.get("Choices", []):
            assert not {"Assign", "Output"} & rule.keys(), name


def test_the_states_do_not_grow_with_the_dataset(workflow: dict[str, Any]) -> None:
    """The largest state is the Map's answers: at most a record a format, each with a reason that is cut."""
    failed = states(workflow)["AssembleFormat"]["Catch"][0]["Output"]
    assert "$substring($states.errorOutput.Cause, 0, 8000)" in failed["reason"]


def test_an_execution_cannot_hang_for_ever(workflow: dict[str, Any]) -> None:
    assert workflow["TimeoutSeconds"] < 7 * 24 * 3600, "the job's work expires after seven days"


def test_the_template_holds_this_workflow_and_every_substitution(workflow: dict[str, Any], stack: Template) -> None:
    _, machine = stack.one("AWS::StepFunctions::StateMachine")
    assert json.loads(machine["DefinitionString"].replace("<AWS::Partition>", "aws")) == workflow
    used = set(re.findall(r"\$\{(\w+)\}", machine["DefinitionString"]))
    assert used == machine["DefinitionSubstitutions"].keys()


@pytest.mark.skipif(
    not node_packages(ROOT / "infra").exists(), reason="`make lint` installs asl-validator; tests use no network"
)
def test_asl_validator_finds_a_fault(tmp_path: Any, workflow: dict[str, Any]) -> None:
    del workflow["States"]["JobFailed"]
    (tmp_path / "broken.asl.json").write_text(json.dumps(workflow))
    with pytest.raises(RuntimeError, match="JobFailed"):
        check_workflows(tmp_path)
