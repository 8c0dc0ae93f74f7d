"""The registry of formats, from which the command line, tables and tests are made."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from labelmill.errors import OptionError

if TYPE_CHECKING:
    from labelmill.formats.base import FormatSpec  # loads numpy, and the ids alone need none of it

FORMAT_IDS = (
    "COCO", "GEOCOCO", "PASCAL", "YOLO", "YOLO_SEG", "KITTI", "SAGEMAKER_OD", "SAGEMAKER_SS", "CLASSIFICATION",
)  # fmt: skip
"""All formats, in the order in which they are shown; each is the module of that name."""


@cache
def format_by_id(format_id: str) -> FormatSpec:
    """A format by its exact id; loads its module."""
    if format_id not in FORMAT_IDS:
        raise OptionError(f"unknown format {format_id!r}: expected one of {', '.join(FORMAT_IDS)}")
    spec: FormatSpec = import_module(f"{__name__}.{format_id.lower()}").SPEC
    return spec


def formats() -> dict[str, FormatSpec]:
    """All formats by id, in the order in which they are shown."""
    return {format_id: format_by_id(format_id) for format_id in FORMAT_IDS}


def find_format(text: str) -> FormatSpec:
    """A format by its id, read without regard to case, ``-``, ``_`` and spaces.

    Raises:
        OptionError: If there is none, naming the nearest.
    """
    by_key = {_key(format_id): format_id for format_id in FORMAT_IDS}
    format_id = by_key.get(_key(text))
    if format_id is None:
        import difflib

        near = difflib.get_close_matches(_key(text), by_key, 1)
        hint = f"; did you mean {by_key[near[0]]}?" if near else ""
        raise OptionError(f"unknown format {text!r}: expected one of {', '.join(FORMAT_IDS)}{hint}")
    return format_by_id(format_id)


def _key(text: str) -> str:
    return re.sub(r"[-_\s]", "", text).upper()
