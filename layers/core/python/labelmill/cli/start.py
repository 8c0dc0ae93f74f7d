"""Where the command begins and ends: an interrupt ends it without a traceback at any moment, code still loading too.

Nothing is imported here that takes time: what is not loaded yet can't be interrupted.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

MESSAGE = "labelmill: interrupted; nothing unfinished is left\n"
EXIT_INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """What an interrupt does.

    Attributes:
        seen: One has come. Code that can't be interrupted may swallow what it raises, or make another error of it.
    """

    def __init__(self) -> None:
        self.seen = False
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as a shell's background jobs and nohup have it
                signal.signal(number, self._leave)

    def begin_work(self) -> None:
        """From now on there may be something to clean up: raise KeyboardInterrupt."""
        self._handle(self._raise)

    def end_work(self) -> None:
        """All is done: what comes now comes too late."""
        self._handle(signal.SIG_IGN)

    def _handle(self, handler: object) -> None:
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, handler)  # type: ignore[arg-type]

    def _leave(self, number: int, frame: FrameType | None) -> NoReturn:
        os.write(2, MESSAGE.encode())
        os._exit(EXIT_INTERRUPTED)

    def _raise(self, number: int, frame: FrameType | None) -> NoReturn:
        self.seen = True
        raise KeyboardInterrupt


def main() -> NoReturn:
    """Run the command; the only place that exits: 0 done, 1 data errors, 2 usage, 130 interrupted."""
    interrupts = Interrupts()
    from labelmill.cli.main import run

    interrupts.begin_work()
    try:
        try:
            code = run()
        finally:
            interrupts.end_work()
    except BaseException:
        if not interrupts.seen:
            raise
        code = 0
    if interrupts.seen and code == 0:
        os.write(2, MESSAGE.encode())
        code = EXIT_INTERRUPTED
    gc.freeze()  # or Python looks for cycles in all it holds before it lets go of it: 12 ms
    sys.exit(code)
