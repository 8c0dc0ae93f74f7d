"""Bars on a terminal: bytes on their way, annotations being made."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from labelmill.client.models import Annotation


class TransferBar:
    """Bytes done, rate and time left on stderr; nothing when that is no terminal."""

    def __init__(self) -> None:
        self._bar: RichProgress | None = None
        self._task: Any = None

    def __enter__(self) -> TransferBar:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                DownloadColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
                TransferSpeedColumn,
            )

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def start(self, size_bytes: int, what: str) -> None:
        """Packing, sending or fetching begins."""
        if self._bar is not None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(what, total=size_bytes)

    def advance(self, size_bytes: int) -> None:
        """So many more bytes are done."""
        if self._bar is not None:
            self._bar.advance(self._task, size_bytes)


class AnnotationBars:
    """A bar an annotation, with images a second, on stderr; ``drawn`` is false when that is no terminal."""

    def __init__(self) -> None:
        self._bars: RichProgress | None = None
        self._tasks: dict[str, Any] = {}

    @property
    def drawn(self) -> bool:
        """Whether there are bars to see."""
        return self._bars is not None

    def __enter__(self) -> AnnotationBars:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            self._bars = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TextColumn("{task.fields[status]}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                redirect_stdout=sys.stdout.isatty(),  # results that go to a file or a pipe stay what they are
            )
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def show(self, annotation: Annotation) -> None:
        """Draw an annotation as it is now."""
        if self._bars is None:
            return
        from labelmill.cli.show import printable

        if annotation.id not in self._tasks:
            title = printable(f"{annotation.dataset} {annotation.format} {annotation.map}".rstrip())
            self._tasks[annotation.id] = self._bars.add_task(title, total=None, rate="", status="")
        task_id = self._tasks[annotation.id]
        done, of = annotation.progress.images, annotation.progress.of
        self._bars.update(task_id, completed=done, total=of or None, status=annotation.status)
        task = next(task for task in self._bars.tasks if task.id == task_id)
        speed = task.finished_speed or task.speed
        self._bars.update(task_id, rate=f"{speed:,.0f} images/s" if speed else "")
        if annotation.is_final:
            self._bars.stop_task(task_id)
