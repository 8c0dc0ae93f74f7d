"""Annotation entries as they stand, for the rules of a map: only the fields that rules read, of any type.

Formats read fields of their own types (see ``records``); what a rule sees does not depend on them, so entries are
decoded a second time for it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from labelmill.errors import ImageError
from labelmill.source.lenient import decode_tree
from labelmill.source.records import InstanceId

Entries = dict[int, dict[str, Any]]


class _File(msgspec.Struct, gc=False):
    annotations: list[dict[str, Any]]


_decode_whole = msgspec.json.Decoder(_File).decode


def read_entries(data: bytes, fields: tuple[str, ...] | None, file: str) -> Entries:
    """The entries of an annotation file by their ids; of two with one id the first.

    Args:
        data: The file, which decoded before.
        fields: Keys to read; ``None``: all.
        file: Its name inside the dataset, for messages.

    Returns:
        Of each entry the keys that it has. NaN and infinities are absent.

    Raises:
        ImageError: If a field is nested too deeply.
    """
    try:
        if fields is None:
            return _by_id(_decode_whole(data).annotations)
        names = [name for name in fields if name != "id"]
        return {
            entry.id: {"id": entry.id}
            | {
                name: value
                for position, name in enumerate(names)
                if (value := getattr(entry, f"field_{position}")) is not msgspec.UNSET
            }
            for entry in reversed(_decoder(tuple(names))(data).annotations)
        }
    except msgspec.MsgspecError:
        return _by_id(decode_tree(data)["annotations"])
    except RecursionError as error:
        raise ImageError(file, "expected JSON of some levels, found it nested too deeply") from error


def _by_id(entries: list[dict[str, Any]]) -> Entries:
    pairs = [(entry.get("id"), entry) for entry in reversed(entries)]
    return {key: entry for key, entry in pairs if type(key) is int}


@cache
def _decoder(names: tuple[str, ...]) -> Any:
    attributes = [f"field_{position}" for position in range(len(names))]
    columns: list[Any] = [("id", InstanceId), *((attribute, Any, msgspec.UNSET) for attribute in attributes)]
    entry: Any = msgspec.defstruct("EntryValues", columns, rename=dict(zip(attributes, names, strict=True)), gc=False)
    return msgspec.json.Decoder(msgspec.defstruct("EntriesFile", [("annotations", list[entry])], gc=False)).decode
