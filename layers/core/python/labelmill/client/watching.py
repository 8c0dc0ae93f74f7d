"""Following annotations until they end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from labelmill.client.models import Annotation

FIRST_PAUSE_S, MAX_PAUSE_S = 0.5, 5.0
GROWTH = 1.2


def watch(
    get: Callable[[str], Annotation],
    ids: Sequence[str],
    timeout_s: float | None = None,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[Annotation]:
    """Yield each annotation at once, then when it has changed, until all have ended.

    Args:
        get: How to ask for one.
        ids: Which; one that is named twice is followed once.
        timeout_s: Give up after so many seconds.
        sleep: How to wait.
        now: What time it is, in seconds.

    Raises:
        TimeoutError: When ``timeout_s`` have passed.
    """
    end = None if timeout_s is None else now() + timeout_s
    known: dict[str, Annotation] = {}
    left = list(dict.fromkeys(ids))
    pause_s = FIRST_PAUSE_S
    while left:
        for annotation_id in tuple(left):
            annotation = get(annotation_id)
            if annotation.is_final:
                left.remove(annotation_id)
            if known.get(annotation_id) != annotation:
                known[annotation_id] = annotation
                yield annotation
        if not left:
            return
        if end is not None:
            if now() >= end:
                raise TimeoutError(f"{len(left)} annotations have not ended after {timeout_s:g} s: {', '.join(left)}")
            sleep(min(pause_s, max(end - now(), 0)))
        else:
            sleep(pause_s)
        pause_s = min(pause_s * GROWTH, MAX_PAUSE_S)
