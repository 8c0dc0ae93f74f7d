"""What Step Functions says of a failure, in the user's words."""

from __future__ import annotations

from typing import Any, Final

import msgspec

USERS_ERRORS: Final = frozenset({"MapError", "DatasetError", "ImageError", "FormatError", "OptionError"})
"""Their messages are written for the user already."""
CRASHES: Final = ("Runtime.ExitError", "Runtime.ExitCode", "Runtime.OutOfMemory", "OutOfMemoryError", "MemoryError")
TIMEOUTS: Final = ("States.Timeout", "States.HeartbeatTimeout", "Sandbox.Timedout")
AGAIN: Final = "; upload it again to try once more"
MAX_CHARS: Final = 2_000


def explain(error: str, cause: str) -> str:
    """Say why something failed.

    Args:
        error: Name of the error, as a Catch, an execution or a status event has it; may be empty.
        cause: Its cause: the JSON document that Lambda makes of an exception, or text.

    Returns:
        One line, or one line a problem for a refused map.
    """
    document = _document(cause)
    name = _name(error, document)
    text = _lines(str(document.get("errorMessage") or ("" if document else cause)))
    return _sentence(name, text)[:MAX_CHARS]


def is_users(error: str, cause: str) -> bool:
    """Whether something failed for what its user has given, by the error's name as ``explain`` takes it."""
    return _name(error, _document(cause)) in USERS_ERRORS


def explain_reason(reason: str) -> str:
    """The same for a reason that may be a user's text already, or a cause as it was caught."""
    return explain("", reason) if _document(reason) else _lines(reason)[:MAX_CHARS]


def explain_end(status: str, error: str, cause: str) -> str:
    """Say why an execution ended without its own conclusion.

    Args:
        status: ``FAILED``, ``TIMED_OUT`` or ``ABORTED``.
        error: Name of its error, may be empty.
        cause: Its cause, may be empty.
    """
    if status == "TIMED_OUT":
        return f"the job took longer than it may and was stopped{AGAIN}"
    if status == "ABORTED":
        said = _lines(cause) or _lines(error)
        return f"the job was stopped{f': {said}' if said else ''}{AGAIN}"
    return explain(error, cause)


def _sentence(name: str, text: str) -> str:
    if name in USERS_ERRORS:
        return text or f"refused: {name}"
    if name == "TransientError":
        return f"storage kept refusing us ({text}){AGAIN}"
    if name in TIMEOUTS or "Task timed out" in text:
        return f"a step took longer than it may{AGAIN}"
    if name in CRASHES or name.startswith("Runtime."):
        return f"a step stopped unexpectedly, perhaps for lack of memory ({name}{f': {text}' if text else ''})"
    if name.startswith("Lambda."):
        return f"the computing service kept failing ({name}{f': {text}' if text else ''}){AGAIN}"
    if not name and not text:
        return f"the service failed and did not say why{AGAIN}"
    return f"the service failed: {': '.join(filter(None, [name, text]))}"


def _name(error: str, document: dict[str, Any]) -> str:
    return str(document.get("errorType") or error or "")


def _document(cause: str) -> dict[str, Any]:
    """Lambda's error document, empty when the cause is none."""
    try:
        found = msgspec.json.decode(cause)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) and "errorType" in found else {}


def _lines(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())
