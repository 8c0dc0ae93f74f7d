"""What a workspace makes of every dataset: formats, some of them with options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec


class AutoFormat(msgspec.Struct, frozen=True):
    """A format with options.

    Attributes:
        format: Its id.
        text: The options as jobs keep them, JSON: the table holds no fractions.
    """

    format: str
    text: str = msgspec.field(name="options")

    @property
    def options(self) -> dict[str, Any]:
        """The options."""
        found: dict[str, Any] = msgspec.json.decode(self.text)
        return found


AutoItem = str | AutoFormat
"""A format's id, or the format with options."""


def auto_item(format_id: str, options: Mapping[str, Any]) -> AutoItem:
    """A format as a workspace keeps it: its id alone where there are no options."""
    return AutoFormat(format_id, msgspec.json.encode(options, order="deterministic").decode()) if options else format_id


def by_options(items: Iterable[AutoItem]) -> list[tuple[dict[str, Any], list[str]]]:
    """Options and the formats that are made with them: what one job can make."""
    groups: dict[str, list[str]] = {}
    for item in items:
        text, format_id = ("{}", item) if isinstance(item, str) else (item.text, item.format)
        groups.setdefault(text, []).append(format_id)
    return [(msgspec.json.decode(text), format_ids) for text, format_ids in groups.items()]
