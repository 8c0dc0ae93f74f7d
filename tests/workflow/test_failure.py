from __future__ import annotations

import json

import pytest

from labelmill_aws.jobs.failure import AGAIN, explain, explain_end, explain_reason


def document(kind: str, message: str) -> str:
    return json.dumps({"errorType": kind, "errorMessage": message, "requestId": "1", "stackTrace": ["File x"]})


@pytest.mark.parametrize(
    ("error", "cause", "said"),
    [
        ("MapError", document("MapError", "m.yaml:1: a\nm.yaml:2: b"), "m.yaml:1: a\nm.yaml:2: b"),
        ("FormatError", document("FormatError", "KITTI  can't\thold it"), "KITTI can't hold it"),
        ("OptionError", document("OptionError", ""), "refused: OptionError"),
        ("TransientError", document("TransientError", "SlowDown"), f"storage kept refusing us (SlowDown){AGAIN}"),
        ("States.Timeout", "", f"a step took longer than it may{AGAIN}"),
        (
            "Sandbox.Timedout",
            document("Sandbox.Timedout", "2026 Task timed out after 900.00 seconds"),
            f"a step took longer than it may{AGAIN}",
        ),
        (
            "Runtime.ExitError",
            document("Runtime.ExitError", "RequestId: 1 Error: Runtime exited with error: signal: killed"),
            "a step stopped unexpectedly, perhaps for lack of memory (Runtime.ExitError: RequestId: 1 Error: Runtime "
            "exited with error: signal: killed)",
        ),
        (
            "Lambda.TooManyRequestsException",
            "Rate Exceeded",
            f"the computing service kept failing (Lambda.TooManyRequestsException: Rate Exceeded){AGAIN}",
        ),
        ("KeyError", document("KeyError", "'a'"), "the service failed: KeyError: 'a'"),
        ("States.DataLimitExceeded", "too much", "the service failed: States.DataLimitExceeded: too much"),
        ("", "", f"the service failed and did not say why{AGAIN}"),
        ("", "[1]", "the service failed: [1]"),
    ],
)
def test_words(error: str, cause: str, said: str) -> None:
    assert explain(error, cause) == said
    assert explain_end("FAILED", error, cause) == said


def test_reason_of_a_result_is_text_or_a_cause() -> None:
    assert explain_reason("images/1.png: bad") == "images/1.png: bad"
    assert explain_reason('{"a": 1}') == '{"a": 1}'
    assert explain_reason(document("DatasetError", "empty")) == "empty"
    assert explain_reason("") == ""
    assert len(explain_reason("x" * 10_000)) == 2_000
