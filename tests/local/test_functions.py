"""Functions run as on AWS: in processes of their own, with their role, their layers and nothing else."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest


def test_a_function_runs_and_its_process_is_used_again(invoke, at_rest):
    error, first = invoke()
    assert error is None
    assert first["greeting"] == "from the layer"
    assert 0 < first["left_ms"] <= 2000
    assert invoke()[1]["pid"] == first["pid"]


@pytest.mark.parametrize(
    ("function", "event", "error_type"),
    [
        ("Function", {"do": "fail"}, "TinyError"),
        ("Function", {"do": "exit"}, "Runtime.ExitError"),
        ("Function", {"do": "sleep", "s": 5}, "Sandbox.Timedout"),
        ("Function", {"do": "big", "bytes": 6_300_000}, "Function.ResponseSizeTooLarge"),
        ("Broken", {}, "Runtime.ImportModuleError"),
    ],
)
def test_errors_have_the_names_that_aws_gives_them(invoke, function, event, error_type):
    error, answer = invoke(function, **event)
    assert (error, answer["errorType"]) == ("Unhandled", error_type)
    assert invoke()[0] is None  # the next one is not harmed


@pytest.mark.parametrize(
    ("event", "error_type", "said"),
    [
        ({"do": "remember", "mb": 300, "s": 5}, "Runtime.OutOfMemory", "of memory, its size is 256 MB"),
        ({"do": "remember", "mb": 300, "s": 0}, "Runtime.OutOfMemory", "of memory, its size is 256 MB"),
        (
            {"do": "write", "mb": 600, "unnamed": False, "s": 5},
            "OSError",
            "No space left on device",
        ),
        (
            {"do": "write", "mb": 600, "unnamed": True, "s": 5},
            "OSError",
            "No space left on device",
        ),
    ],
)
def test_a_function_has_the_memory_and_the_disk_that_it_declares(invoke, event, error_type, said):
    error, answer = invoke(**event)
    assert (error, answer["errorType"]) == ("Unhandled", error_type)
    assert said in answer["errorMessage"]
    assert invoke(**(event | {"mb": 100, "s": 0})) == (None, 100)


def test_a_big_payload_goes_both_ways(invoke):
    assert invoke(do="big", bytes=5_900_000) == (None, "x" * 5_900_000)
    assert invoke(do="nothing", ballast="x" * 5_900_000)[0] is None


def test_a_function_sees_its_layers_and_what_aws_provides_only(invoke):
    assert invoke(do="imports", names=["boto3", "tiny_layer", "pytest", "labelmill", "ministack"]) == (
        None,
        ["boto3", "tiny_layer"],
    )


def test_a_function_may_do_what_its_role_allows_only(invoke):
    assert invoke(do="put", keys=["allowed/1"])[0] is None  # though the bucket refuses what is not TLS
    error, answer = invoke(do="put-elsewhere")
    assert (error, answer["errorType"]) == ("Unhandled", "AccessDenied")
    assert "s3:PutObject" in answer["errorMessage"]


def test_functions_that_wait_for_functions_never_wait_for_a_place(invoke, cloud):
    with ThreadPoolExecutor(4) as threads:  # twice as many as may run at a time
        answers = list(threads.map(lambda _: invoke(do="invoke-self"), range(4)))
    assert [error for error, _ in answers] == [None] * 4
    assert all("from the layer" in answer["inner"] for _, answer in answers)


def test_what_a_function_prints_is_in_its_log_group_between_platform_records(invoke, cloud):
    invoke(do="nothing")
    lines = cloud.function_log("Function")
    types = [json.loads(line).get("type") if line.startswith("{") else line for line in lines]
    place = types.index("printed nothing")
    assert (types[place - 1], types[place + 1]) == ("platform.start", "platform.report")
    report = next(json.loads(line) for line in reversed(lines) if '"platform.report"' in line)
    assert report["record"]["metrics"]["durationMs"] > 0


def test_killing_environments_gives_cold_ones(invoke, cloud):
    _, before = invoke()
    assert cloud.kill_environments("Tiny-Function") >= 1
    assert invoke()[1]["pid"] != before["pid"]
