"""Breaking the local cloud on purpose: calls that fail, functions that die in the middle, events that come thrice.

Off unless ``LocalCloud(faults=True)``. Then ``cloud.faults.add(Fault(...))`` puts a rule in a queue; the first rule
that fits a call, has let ``skip`` fitting calls pass and has ``times`` left is applied to it.

* ``error``: the call is not done and is answered with ``code`` and ``status``, as the service words it;
* ``kill-before`` and ``kill-after``: the calling function's process is killed before or after the call is done;
* ``delay``: the call is done ``delay_s`` later.

``operation="Invoke"`` of ``service="lambda"`` also fits what a state machine or a rule invokes (the resource is the
function's name, ``code`` the error's name, such as ``Lambda.TooManyRequestsException``; only ``error`` is applied).
``EventChaos`` holds the events that rules deliver back for a while, then delivers each several times, shuffled.
"""

import json
import random
import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from xml.sax.saxutils import escape

from infra.local.calls import Call


@dataclass(slots=True)
class Fault:
    """A rule; empty texts fit everything, ``caller`` and ``resource`` fit by what they contain."""

    action: Literal["error", "kill-before", "kill-after", "delay"] = "error"
    service: str = ""
    operation: str = ""
    resource: str = ""
    caller: str = ""
    skip: int = 0
    times: int = 1
    code: str = "InternalError"
    status: int = 500
    delay_s: float = 0.0
    applied: int = 0

    def fits(self, call: Call) -> bool:
        """Whether the rule speaks of ``call``."""
        if self.action.startswith("kill") and not call.caller:
            return False
        return (
            self.service in ("", call.service)
            and self.operation in ("", call.operation)
            and self.resource in call.resource
            and self.caller in call.caller
        )

    def error(self, service: str) -> tuple[bytes, bytes]:
        """Answer the error's content type and body as ``service`` words it."""
        return error_of(service, self.code, "Asked for by a test.")


def error_of(service: str, code: str, message: str) -> tuple[bytes, bytes]:
    """Answer an error's content type and body as ``service`` words it."""
    if service == "s3":
        error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message><RequestId>local</RequestId>"
        return b"application/xml", f"<Error>{error}</Error>".encode()
    if service in ("sns", "iam", "sts", "cloudformation"):
        error = f"<Error><Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
        return b"text/xml", f"<ErrorResponse>{error}<RequestId>local</RequestId></ErrorResponse>".encode()
    return b"application/x-amz-json-1.0", json.dumps({"__type": code, "message": message}).encode()


class FaultQueue:
    """The rules in the order in which they were added."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, rule: Fault) -> None:
        """Add a rule behind the others."""
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()

    def rules(self) -> list[Fault]:
        """Answer the rules with how often each was applied."""
        with self._lock:
            return list(self._rules)

    def match(self, call: Call) -> Fault | None:
        """Answer the rule to apply to ``call``, and count it."""
        with self._lock:
            for rule in self._rules:
                if rule.applied >= rule.times or not rule.fits(call):
                    continue
                if rule.skip:
                    rule.skip -= 1
                    continue
                rule.applied += 1
                return rule
        return None

    def refuse(self, function: str) -> tuple[str, str] | None:
        """Answer the error with which an invocation by the state machine or a rule ends, if any."""
        rule = self.match(Call("lambda", "Invoke", function, ""))
        return (rule.code, "Asked for by a test.") if rule and rule.action == "error" else None


class EventChaos:
    """Deliver what EventBridge sends to state machines and functions ``copies`` times, shuffled within ``window_s``."""

    def __init__(self) -> None:
        self.copies, self.window_s = 1, 0.0
        self._random = random.Random()
        self._held: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def set(self, copies: int, window_s: float, seed: int) -> None:
        """Start (or, with one copy and no window, stop) the chaos; ``seed`` makes its order repeatable."""
        self.copies, self.window_s = copies, window_s
        self._random.seed(seed)

    def wrap(self, deliver: Callable[..., None]) -> Callable[..., None]:
        """Answer ``deliver`` with chaos."""

        def chaotic(*args: Any) -> None:
            if self.copies == 1 and not self.window_s:
                deliver(*args)
                return
            with self._lock:
                first = not self._held
                # Each copy has a context of its own: it names the account, and one context can't be entered twice.
                self._held += [partial(copy_context().run, deliver, *args) for _ in range(self.copies)]
            if first:
                threading.Timer(self.window_s, self._release).start()

        return chaotic

    def _release(self) -> None:
        with self._lock:
            held, self._held = self._held, []
            self._random.shuffle(held)
        for deliver in held:
            deliver()
