"""The registry of formats, from which the command line, tables and tests are made."""

from __future__ import annotations

import difflib
import re
from functools import cache
from importlib import import_module

from labelmill.errors import OptionError
from labelmill.formats.base import FormatSpec

MODULES = (
    "coco", "geococo", "pascal", "yolo", "yolo_seg", "kitti", "sagemaker_od", "sagemaker_ss", "classification",
)  # fmt: skip


@cache
def formats() -> dict[str, FormatSpec]:
    """All formats by id, in the order in which they are shown."""
    specs = [import_module(f"{__name__}.{module}").SPEC for module in MODULES]
    return {spec.id: spec for spec in specs}


def find_format(text: str) -> FormatSpec:
    """A format by its id, read without regard to case, ``-``, ``_`` and spaces.

    Raises:
        OptionError: If there is none, naming the nearest.
    """
    by_key = {_key(spec.id): spec for spec in formats().values()}
    spec = by_key.get(_key(text))
    if spec is None:
        near = difflib.get_close_matches(_key(text), by_key, 1)
        hint = f"; did you mean {by_key[near[0]].id}?" if near else ""
        raise OptionError(f"unknown format {text!r}: expected one of {', '.join(formats())}{hint}")
    return spec


def _key(text: str) -> str:
    return re.sub(r"[-_\s]", "", text).upper()
