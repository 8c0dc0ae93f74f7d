"""Reads a JSON file that breaks its schema: what holds is kept, the rest counts as absent and is named."""

from __future__ import annotations

import math
import types
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

from labelmill.errors import ImageError

Record = TypeVar("Record", bound=msgspec.Struct)
SHOWN_CHARACTERS = 40
SKIPPED = "; skipped"
"""How a problem ends that cost a whole entry."""


class _NotFinite:
    """Stands for NaN and infinities, which no field accepts."""

    def __repr__(self) -> str:
        return "NaN or infinity"


NOT_FINITE = _NotFinite()
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def decode_leniently(data: bytes, record: type[Record], file: str, problems: list[str]) -> Record:
    """Decode what holds of a file.

    Args:
        data: The file.
        record: A msgspec struct whose list fields are lists of objects.
        file: Its name inside the dataset.
        problems: Receives one line for each field or entry taken for absent.

    Raises:
        ImageError: Not UTF-8 JSON, not an object, or a list of objects is something else.
    """
    import json  # files that need it are rare

    try:
        if not data:
            raise ImageError(file, "expected JSON, found an empty file")
        tree = json.loads(data.decode("utf-8-sig"), parse_constant=_constant, parse_float=_float, parse_int=_int)
        if not isinstance(tree, dict):
            raise ImageError(file, f"expected a JSON object, found {kind_of(tree)}")
        json.dumps(tree, ensure_ascii=False, default=repr).encode("utf-8")  # lone surrogates have no UTF-8
    except UnicodeError as error:
        raise ImageError(file, f"expected UTF-8 text, found other bytes ({getattr(error, 'reason', error)})") from error
    except ValueError as error:
        raise ImageError(file, f"expected JSON, found: {error}") from error
    except RecursionError as error:
        raise ImageError(file, "expected JSON of some levels, found it nested too deeply") from error
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(record):
        name = field.encode_name
        if get_origin(field.type) is list:
            if name not in tree and not field.required:
                continue
            values[field.name] = _entries(
                tree.get(name), get_args(field.type)[0], f"{file}: {name}", file, name, problems
            )
        elif name in tree:
            keep(values, field, tree[name], f"{file}: {name}", problems)
    return record(**values)


def decode_tree(data: bytes) -> dict[str, Any]:
    """A whole JSON object as Python's own types; NaN and infinities are absent. Only for files that decoded before."""
    try:
        return _decode_object(data)
    except msgspec.DecodeError:
        import json

        text = data.decode("utf-8-sig")
        tree = json.loads(text, parse_constant=_constant, parse_float=_float, parse_int=_int)
        return without_not_finite(tree)  # type: ignore[no-any-return]


def _entries(value: Any, entry_type: Any, where: str, file: str, name: str, problems: list[str]) -> list[Any]:
    if not isinstance(value, list):
        raise ImageError(file, f"{name}: expected a list of objects, found {kind_of(value)}")
    for item in value:
        if not isinstance(item, dict):
            raise ImageError(file, f"{name}: expected a list of objects, found {kind_of(item)} in it")
    entries = []
    for number, item in enumerate(value, 1):
        entry_id = item.get("id")
        if type(entry_id) is not int or entry_id < 1:
            problems.append(
                f"{where}: entry {number}: id: expected an integer from 1, found {kind_of(entry_id)}{SKIPPED}"
            )
        elif get_origin(entry_type) is dict:
            entries.append(without_not_finite(item))
        else:
            entries.append(_struct(item, entry_type, f"{where}: id {entry_id}", problems))
    return entries


def _struct(tree: dict[str, Any], struct: type[Any], where: str, problems: list[str]) -> Any:
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        if field.encode_name in tree:
            keep(values, field, tree[field.encode_name], f"{where}: {field.encode_name}", problems)
    return struct(**values)


def keep(values: dict[str, Any], field: msgspec.structs.FieldInfo, value: Any, where: str, problems: list[str]) -> None:
    """Store a field's value if it has the right shape, else name the problem."""
    nested = [t for t in get_args(field.type) if isinstance(t, type) and issubclass(t, msgspec.Struct)]
    if nested and isinstance(value, dict):
        values[field.name] = _struct(value, nested[0], where, problems)
        return
    try:
        if field.type is msgspec.Raw:
            values[field.name] = msgspec.Raw(msgspec.json.encode(without_not_finite(value)))
        elif field.type is Any:
            values[field.name] = without_not_finite(value)
        else:
            values[field.name] = msgspec.convert(value, field.type)
    except (msgspec.ValidationError, RecursionError, OverflowError):
        problems.append(f"{where}: expected {expected(field.type)}, found {kind_of(value)}; taken for absent")


def without_not_finite(value: Any) -> Any:
    """A JSON tree with NaN and infinities taken out of objects and turned to None in lists."""
    if isinstance(value, dict):
        return {k: without_not_finite(v) for k, v in value.items() if v is not NOT_FINITE}
    if isinstance(value, list):
        return [None if v is NOT_FINITE else without_not_finite(v) for v in value]
    return None if value is NOT_FINITE else value


def kind_of(value: Any) -> str:
    """A value in the user's words."""
    if isinstance(value, list):
        if value and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
            return f"{len(value)} number{'s' if len(value) != 1 else ''}"
        return f"NaN in a list of {len(value)}" if NOT_FINITE in value else f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, str):
        return f"the text {value[:SHOWN_CHARACTERS]!r}"
    if value is None:
        return "nothing"
    return str(value)[:SHOWN_CHARACTERS].lower() if isinstance(value, bool) else str(value)[:SHOWN_CHARACTERS]


def expected(field_type: Any) -> str:
    """A field's type in the user's words."""
    if get_origin(field_type) in (Union, types.UnionType):
        field_type = next(t for t in get_args(field_type) if t is not type(None))
    metadata = getattr(field_type, "__metadata__", ())
    if metadata and getattr(metadata[0], "min_length", None):
        return f"{metadata[0].min_length} numbers"
    if get_origin(field_type) is tuple:
        if getattr(get_args(field_type)[0], "__metadata__", ()):
            return f"{len(get_args(field_type))} integers from 1 to 1,000,000"
        return f"{len(get_args(field_type))} numbers"
    if get_origin(field_type) is list:
        return "a list of numbers"
    named = {bool: "true or false", float: "a number", str: "text", int: "a number"}
    return named.get(field_type, "an object")


def _constant(_: str) -> Any:
    return NOT_FINITE


def _float(text: str) -> Any:
    value = float(text)
    return value if math.isfinite(value) else NOT_FINITE


def _int(text: str) -> Any:
    return int(text) if len(text) < 400 else NOT_FINITE
