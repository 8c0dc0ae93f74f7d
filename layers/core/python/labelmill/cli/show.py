"""Tables for people, JSON for machines, progress on a terminal."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_ACTIVE = re.compile(
    "[\x7f-\x9f\xad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""DEL, C1, line separators, what turns the direction of a text, what can't be seen; JSON itself escapes C0."""


def json_of(value: Any) -> bytes:
    """A value as indented JSON; bytes of names that are no UTF-8, which JSON can't hold, are written as escapes."""
    try:
        data = msgspec.json.encode(value)
    except UnicodeEncodeError:
        data = msgspec.json.encode(_encodable(msgspec.to_builtins(value)))
    return _harmless(msgspec.json.format(data, indent=2))


def _harmless(data: bytes) -> bytes:
    """JSON whose texts do nothing to a terminal: what JSON lets stand of control characters becomes escapes."""
    if data.isascii() and b"\x7f" not in data:
        return data
    return _ACTIVE.sub(lambda found: json.dumps(found[0])[1:-1].replace("\x7f", "\\u007f"), data.decode()).encode()


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value


def print_json(value: Any) -> None:
    """Print a value as JSON to stdout."""
    click.echo(json_of(value))


def printable(text: str) -> str:
    """Text from a dataset as it can stand on a line: escape sequences and line ends are shown, not obeyed."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def say(text: str, *, err: bool = False) -> None:
    """Print a line that holds text of others."""
    click.echo(printable(text), err=err)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table to stdout: drawn on a terminal, plain aligned columns elsewhere."""
    cells = [list(row) for row in rows]
    numeric = [bool(cells) and all(isinstance(row[i], int) for row in cells) for i in range(len(columns))]
    title = printable(title)
    texts = [[f"{cell:,}" if isinstance(cell, int) else printable(str(cell)) for cell in row] for row in cells]
    if sys.stdout.isatty():
        _draw_table(title, columns, texts, numeric)
        return
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    lines = [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in (columns, *texts)
    ]
    click.echo("\n".join([*([title] if title else []), *lines, ""]))


def _draw_table(title: str, columns: Sequence[str], texts: list[list[str]], numeric: list[bool]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for column, right in zip(columns, numeric, strict=True):
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in texts:
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)
    click.echo()


class TerminalProgress:
    """A bar with rate and time left on stderr; nothing when that is no terminal."""

    def __init__(self) -> None:
        self._bar: RichProgress | None = None
        self._task: Any = None

    def __enter__(self) -> TerminalProgress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def start(self, images: int) -> None:
        """Conversion (again) begins."""
        if self._bar is not None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task("images", total=images, rate="")

    def advance(self, images: int) -> None:
        """So many more images are done."""
        if self._bar is not None:
            self._bar.advance(self._task, images)
            speed = self._bar.tasks[-1].finished_speed or self._bar.tasks[-1].speed
            self._bar.update(self._task, rate=f"{speed:,.0f} images/s" if speed else "")


def print_fields(title: str, rows: Sequence[tuple[str, object]]) -> None:
    """Print names and values below each other, to stdout."""
    width = max((len(name) for name, _ in rows), default=0)
    lines = [printable(title)] if title else []
    for name, value in rows:
        text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else printable(str(value))
        lines.append(f"{name:<{width}}  {text}".rstrip())
    click.echo("\n".join(lines))


def print_json_line(value: Any) -> None:
    """Print a value as one line of JSON to stdout, at once: one of many that follow each other."""
    try:
        data = msgspec.json.encode(value)
    except UnicodeEncodeError:
        data = msgspec.json.encode(_encodable(msgspec.to_builtins(value)))
    click.echo(_harmless(data))
    sys.stdout.flush()
