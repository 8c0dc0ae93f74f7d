"""What stays together when a dataset is divided: runs, single images, or what an expression says.

A group has a key, and nothing else decides its split:

* ``run``: the ten digits of the run. The dataset is no part of it: run 7 of every dataset goes the same way. A name
  without a run is its own key.
* ``image``: the image's name.
* an expression: its value as JSON without blanks, keys sorted. So the text ``"1"``, the number ``1`` and ``true`` are
  three groups, and ``1`` and ``1.0`` are one; lists, tuples and sets (sorted) of the same values are one.
* Images for which the expression fails, is ``None``, NaN or infinite, or that have no metadata, share one key, ``""``.
"""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache
from typing import Any

import msgspec

from labelmill.errors import OptionError
from labelmill.maps.budget import Frame
from labelmill.maps.evaluate import FAILURES, compile_rule
from labelmill.maps.expression import check_rule
from labelmill.maps.fields import FieldReader
from labelmill.maps.limits import RULE_BUDGET
from labelmill.maps.wording import Speller, quote
from labelmill.source.lenient import decode_tree

BY_RUN, BY_IMAGE = "run", "image"
NO_VALUE = ""
ROOT = "metadata"
REMEMBERED_BYTES = 1024
EXPECTED = "expected run, image or an expression about metadata, for example metadata['environment']['name']"

_RUN = re.compile(r"([0-9]{10})-[0-9]+-.+", re.DOTALL)
_decode_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def run_of(name: str) -> str:
    """The run of an image: the ten digits of a name ``{run:010}-{frame}-{sensor}``, ``""`` for any other name."""
    found = _RUN.fullmatch(name)
    return found[1] if found else ""


class GroupExpression:
    """An expression about an image's metadata, checked and compiled like an annotation map's rules."""

    def __init__(self, text: str) -> None:
        """Check and compile.

        Raises:
            OptionError: If the expression is none, uses what is not allowed, or does not read ``metadata``.
        """
        from json import JSONEncoder  # takes milliseconds to load

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice is not for our user's terminal
            checked = check_rule(text, Speller(), (ROOT,))
        if ROOT in text and checked.refusals:
            column, reason = checked.refusals[0]
            raise OptionError(f"split_by{f', column {column}' if column else ''}: {reason}")
        if checked.tree is None or checked.scan is None or not _names_root(checked.scan.nodes):
            raise OptionError(f"split_by: {EXPECTED}; found {quote(text)}")
        reader = FieldReader()
        reader.add(checked.scan.nodes)
        self._fields = reader.fields(ROOT)
        self._program = compile_rule(checked.tree)
        self._encode = JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode

    def read(self, metadata: bytes) -> bytes:
        """The bytes of a metadata file that its group depends on; none where they are many or can't be told."""
        if self._fields is None:
            return b""
        try:
            parts = _decode_parts(metadata)
        except msgspec.DecodeError:
            return b""
        read = b"\0".join([bytes(parts[name]) if name in parts else b"" for name in self._fields])  # JSON has no \0
        return read if len(read) <= REMEMBERED_BYTES else b""

    def group(self, metadata: bytes) -> str:
        """The key of an image's group.

        Args:
            metadata: The metadata file, which decoded before; empty where there is none.
        """
        if not metadata:
            return NO_VALUE
        try:
            frame = Frame({}, self._tree(metadata), self._program.loops)
            frame.left = RULE_BUDGET
            frame.pay(self._program.steps)
            value = self._program.run(frame)
            if value is None:
                return NO_VALUE
            frame.pay_value(value)
            return self._encode(_plain(value, frame))
        except FAILURES:
            return NO_VALUE

    def _tree(self, metadata: bytes) -> dict[str, Any]:
        """The metadata, or as much of it as the expression reads: most of a file is its objects."""
        if self._fields is None:
            return decode_tree(metadata)
        try:
            parts = _decode_parts(metadata)
            return {name: msgspec.json.decode(parts[name]) for name in self._fields if name in parts}
        except msgspec.DecodeError:
            return decode_tree(metadata)


@lru_cache(maxsize=16)  # each shard asks, and compiling takes as long as some images
def group_expression(split_by: str) -> GroupExpression | None:
    """The expression of ``split_by``; ``None`` for ``run`` and ``image``. Raises OptionError."""
    return None if split_by in (BY_RUN, BY_IMAGE) else GroupExpression(split_by.strip())


def check_split_by(value: object) -> None:
    """Refuse what is neither ``run``, ``image`` nor an expression about metadata. Raises OptionError."""
    if not isinstance(value, str):
        raise OptionError(f"split_by: {EXPECTED}; found {value!r}")
    group_expression(value)


def _names_root(nodes: list[ast.expr]) -> bool:
    return any(isinstance(node, ast.Name) and node.id == ROOT for node in nodes)


def _plain(value: Any, frame: Frame) -> Any:
    """A value as JSON holds it. Numbers that are equal are written alike."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("keys of JSON are text")
        return {key: _plain(held, frame) for key, held in value.items()}
    return [_plain(held, frame) for held in frame.iterate(value)]
