from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError
from cloud_tools import Cloud, claim, make_job

from labelmill.errors import TransientError
from labelmill_aws.errors import transient_errors

ROOT = Path(__file__).parents[2]
CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=128, invoked_function_arn="arn:aws:lambda:r:1:function:f", aws_request_id="1"
)
HEAVY = {"numpy", "PIL", "pydantic", "yaml", "rich", "click", "zlib_ng"}


@pytest.fixture
def load(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Load a handler as Lambda does, in the environment of its function."""
    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "test")

    def load_handler(function: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(
            f"handler_{function}", ROOT / "functions" / function / "handler.py"
        )
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load_handler


def call(module: ModuleType, event: dict[str, Any]) -> Any:
    answer = module.lambda_handler(json.loads(json.dumps(event)), CONTEXT)
    return json.loads(json.dumps(answer))  # Lambda has to be able to


def test_upload_from_event_to_end(cloud: Cloud, load: Any, capsys: pytest.CaptureFixture[str]) -> None:
    key = "datasets/ws/toys/_SUCCESS"
    for name in ("annotations/1-ana.json", "images/1.png", "_SUCCESS"):
        cloud.put(f"datasets/ws/toys/{name}")
    answer = call(load("receive"), {"event": cloud.event(key), "state_machine": cloud.state_machine})
    assert answer == {"next": "settle", "settle": {"bucket": cloud.inbox, "key": key, "wait_s": 0}}
    answer = call(load("settle"), {"settle": answer["settle"], "state_machine": cloud.state_machine})
    (name,) = answer["started"]
    assert answer == {"next": "done", "started": [name]}
    job = cloud.store.job(name)
    assert job is not None
    results = [{"annotation": ref.id, "format": ref.format, "status": "complete"} for ref in job.annotations]
    wire = {"job": msgspec.to_builtins(job), "redrives": 0, "results": results}
    assert call(load("conclude"), wire) == {"status": "complete"}
    assert {row.status for row in cloud.rows()} == {"complete"}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert not [line for line in lines if "_aws" in line]  # a metric nobody reads costs as much as an alarm
    assert [line["started"] for line in lines if "started" in line] == [0, 1]


def test_ignored_upload(cloud: Cloud, load: Any) -> None:
    event = {"event": cloud.event("datasets/ws/toys/images/1.png"), "state_machine": cloud.state_machine}
    assert call(load("receive"), event) == {"next": "done", "started": []}


def test_unknown_payload_is_refused(cloud: Cloud, load: Any) -> None:
    for function in ("receive", "settle", "conclude"):
        with pytest.raises(ValueError, match="the payload is no"):
            call(load(function), {"nonsense": 1})


def test_missing_permission_or_table_is_a_bug(cloud: Cloud, load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.put("datasets/ws/toys.zip")
    monkeypatch.setenv("TABLE_NAME", "none")
    event = {"event": cloud.event("datasets/ws/toys.zip"), "state_machine": cloud.state_machine}
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        call(load("receive"), event)


def test_dropped_connection_is_transient(region: None) -> None:
    import boto3
    from botocore.config import Config

    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    client = boto3.client("dynamodb", endpoint_url="http://127.0.0.1:9", config=config)
    with pytest.raises(TransientError, match="the connection to AWS broke"), transient_errors():
        client.list_tables()


@pytest.mark.parametrize("function", ["receive", "settle", "conclude"])
def test_handlers_load_little(function: str) -> None:
    """Cold starts: no heavy library, and no client or environment is needed to import a handler."""
    path = ROOT / "functions" / function / "handler.py"
    code = (
        "import sys, runpy; before = set(sys.modules); "
        f"runpy.run_path({str(path)!r}); print(*(set(sys.modules) - before))"
    )
    environment = {"PYTHONPATH": str(ROOT / "layers/core/python")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & HEAVY
    assert "labelmill_aws" in loaded


def test_claimed_job_reads_back(cloud: Cloud) -> None:
    job = make_job(cloud)
    claim(cloud, job)
    assert cloud.store.job(job.name) == job
