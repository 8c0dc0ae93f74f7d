"""An answer before the gateway gives up: what takes longer is stopped, and said to have been.

API Gateway answers 503 with a text of its own after 30 seconds, and nobody learns why.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, NoReturn

LEFT_S: Final = 1.5
"""For the answer itself."""


class OutOfTimeError(BaseException):
    """The request has taken all of its time. No ``except Exception`` on the way stops it."""


@contextmanager
def time_limit(context: Any) -> Iterator[None]:
    """Stop what takes longer than the function has.

    Outside of the main thread, where Lambda never calls, there is no limit.

    Args:
        context: Lambda's, which knows the time left.

    Raises:
        OutOfTimeError: When nearly all of it is used up.
    """
    left_s = context.get_remaining_time_in_millis() / 1000 - LEFT_S
    if threading.current_thread() is not threading.main_thread() or left_s <= 0:
        yield
        return
    before = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, left_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise OutOfTimeError
