"""What the options of a conversion may be, checked in one place for the library, the command and the service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import inf
from typing import Any

from labelmill.convert.option_specs import EVERYWHERE, OPTIONS, OptionSpec
from labelmill.errors import OptionError
from labelmill.split import parse_splits

KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "boolean": ((bool,), "true or false"),
    "integer": ((int,), "a whole number"),
    "number": ((int, float), "a number"),
    "string": ((str,), "text"),
}
"""JSON's kind -> Python's, and its name for people."""
MOST_CHARS = 2000
"""Of a text: it is kept with every job."""


def check_option(name: str, value: Any) -> None:
    """Check the value of one option, named as in ``Options``; names that are not known here pass.

    Raises:
        OptionError: One line: the option, what was expected, what was found.
    """
    if name == "simplify":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < inf:
            raise OptionError(f"simplify: expected pixels from 0, found {value!r}")
    elif name == "split_by":
        from labelmill.source.grouping import check_split_by  # loads what checks expressions

        check_split_by(value)
    elif name in OPTIONS and OPTIONS[name].choices:
        values = [choice.value for choice in OPTIONS[name].choices]
        if value not in values:
            raise OptionError(f"{name}: expected {' or '.join(filter(None, values))}, found {value!r}")


def known_options(format_ids: Iterable[str]) -> list[str]:
    """Names of the options that at least one of some formats knows, in the order in which they are shown."""
    from labelmill.formats import format_by_id  # loads numpy

    of_some = {name for format_id in format_ids for name in format_by_id(format_id).options}
    return [name for name in OPTIONS if name in EVERYWHERE or name in of_some]


def unknown_reason(name: str, format_ids: Iterable[str]) -> str:
    """Why formats refuse an option that none of them knows, one line."""
    from labelmill.formats import formats

    knowing = [format_id for format_id, spec in formats().items() if name in spec.options]
    return f"expected a format that knows it ({', '.join(knowing)}), found {', '.join(format_ids)}"


def option_problems(
    chosen: Mapping[str, Any], format_ids: Iterable[str], more: Mapping[str, OptionSpec] | None = None
) -> list[tuple[str, str]]:
    """Every reason why options can't be used.

    Args:
        chosen: Option -> value, for those that are given, JSON.
        format_ids: What they are for; an option is fine when one of these knows it.
        more: Options beside those of the library, which all formats know.

    Returns:
        Which option, and one line: what was expected and found.
    """
    if not chosen:
        return []
    known = [*known_options(format_ids), *(more or {})]
    options = {**OPTIONS, **(more or {})}
    problems: list[tuple[str, str]] = []
    for name, value in chosen.items():
        try:
            if name not in options:
                raise OptionError(f"expected one of {', '.join(known)}, found {name!a}")
            if name not in known:
                raise OptionError(unknown_reason(name, format_ids))
            _check_kind(options[name], value)
            check_option(name, value)
            if name == "split" and value:
                parse_splits(value)
            needed = options[name].needs
            if needed and not chosen.get(needed):
                raise OptionError(f"expected {needed} beside it, without which it does nothing")
        except OptionError as error:
            problems.append((name, re.sub(rf"^{re.escape(name)}(: |, )", "", str(error))))
    return problems


def _check_kind(option: OptionSpec, value: Any) -> None:
    types, kind = KINDS[option.kind]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise OptionError(f"expected {kind}, found {value!a:.60}")
    if isinstance(value, str) and len(value) > MOST_CHARS:
        raise OptionError(f"expected at most {MOST_CHARS:,} characters, found {len(value):,}")
    if isinstance(value, int | float) and not value >= 0:
        raise OptionError(f"expected {kind} from 0, found {value!r}")
