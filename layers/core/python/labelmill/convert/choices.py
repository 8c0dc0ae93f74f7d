"""What the options of a conversion may be, checked in one place for the library, the command and the service."""

from __future__ import annotations

from math import inf
from typing import Any

from labelmill.errors import OptionError

CHOICES = {
    "segmentation": ("polygons", "rle"),
    "first_category": ("map", "1"),
    "layout": ("", "voc2012"),
}
"""Option -> the values that it may have, the default first; ``""`` is an option that was not given."""


def check_option(name: str, value: Any) -> None:
    """Check the value of one option, named as in ``Options``; names that are not known here pass.

    Raises:
        OptionError: One line: the option, what was expected, what was found.
    """
    if name in CHOICES:
        if value not in CHOICES[name]:
            expected = " or ".join(choice for choice in CHOICES[name] if choice)
            raise OptionError(f"{name}: expected {expected}, found {value!r}")
    elif name == "simplify":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < inf:
            raise OptionError(f"simplify: expected pixels from 0, found {value!r}")
    elif name == "split_by":
        from labelmill.source.grouping import check_split_by  # loads what checks expressions

        check_split_by(value)
