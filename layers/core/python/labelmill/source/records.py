"""The JSON files of the ana format as typed records: fast when a file is well-formed, careful when it is not.

A decoder is built for what the formats of a job read and skips all the rest. A file that the typed decoder refuses is
read again by ``lenient``, field by field.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from labelmill.errors import ImageError
from labelmill.model import Environment, Sensor
from labelmill.source.contours import are_plain
from labelmill.source.lenient import decode_leniently

InstanceId = Annotated[int, msgspec.Meta(ge=1)]
Contours = list[list[int | float] | int | float]

ANNOTATION_FIELDS: dict[str, Any] = {
    "bbox": tuple[float, float, float, float] | None,
    "truncated": bool | int | None,
    "obstruction": float | None,
    "centroid": tuple[float, float] | None,
    "distance": float | None,
    "size": tuple[float, float, float] | None,
    "rotation": tuple[float | None, float | None, float | None] | None,
    "bbox3d": Annotated[list[float], msgspec.Meta(min_length=24, max_length=24)] | None,
    "segmentation": Contours | None,
    "keypoints": list[list[float] | float] | None,
    "classification": str | None,
}

MAX_CONTAINERS = 1_500_000
"""Lists and objects of a file: each takes a hundred bytes decoded, however little text it is."""

Record = TypeVar("Record", bound=msgspec.Struct)


class Decoder(Generic[Record]):
    """Decodes one kind of file."""

    def __init__(self, record: type[Record]) -> None:
        self._record = record
        self._decode = msgspec.json.Decoder(record).decode

    def decode(self, data: bytes, file: str, problems: list[str]) -> Record:
        """Bytes of a file as a record.

        Args:
            data: The file.
            file: Its name inside the dataset, for messages.
            problems: Receives one line for each field that was taken for absent.

        Raises:
            ImageError: If the file is mis-shaped as a whole.
        """
        check_containers(data, file)
        try:
            if not data.isascii():
                data.decode("utf-8")  # fields that are skipped would not be checked
            return self._decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return decode_leniently(data, self._record, file, problems)


class ContourDecoder:
    """Decodes ``*-ana.json`` with contours: as text where they are as they should be, else as lists."""

    def __init__(self, fields: frozenset[str]) -> None:
        self._decode_quickly = msgspec.json.Decoder(_annotation_file(fields, {"segmentation": msgspec.Raw})).decode
        self._decode = Decoder[Any](_annotation_file(fields, {})).decode

    def decode(self, data: bytes, file: str, problems: list[str]) -> Any:
        """Bytes of a file as a record, as :meth:`Decoder.decode` would; ``segmentation`` may be a ``msgspec.Raw``."""
        check_containers(data, file)
        try:
            if not data.isascii():
                data.decode("utf-8")
            record = self._decode_quickly(data)
            if are_plain(record.annotations):
                return record
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass  # what is wrong is for the other one to say
        return self._decode(data, file, problems)


def check_containers(data: bytes, file: str) -> None:
    """Refuse a JSON file that would fill the memory when it is decoded.

    Raises:
        ImageError: If it has more than ``MAX_CONTAINERS`` brackets.
    """
    if len(data) > MAX_CONTAINERS and (count := data.count(b"[") + data.count(b"{")) > MAX_CONTAINERS:
        raise ImageError(file, f"has {count:,} lists and objects, at most {MAX_CONTAINERS:,} are read")


@cache  # a shard is done in a tenth of a second, and a decoder takes milliseconds to make
def annotation_decoder(fields: frozenset[str]) -> Decoder[Any] | ContourDecoder:
    """A decoder for ``*-ana.json`` that reads ``id``, ``bbox`` and the named fields of each entry."""
    if "segmentation" in fields:
        return ContourDecoder(fields)
    return Decoder(_annotation_file(fields, {}))


def _annotation_file(fields: frozenset[str], other_types: dict[str, Any]) -> Any:
    types = {name: type_ for name, type_ in ANNOTATION_FIELDS.items() if name in fields or name == "bbox"} | other_types
    columns: list[Any] = [("id", InstanceId), *((name, type_, None) for name, type_ in types.items())]
    entry: Any = msgspec.defstruct("AnnotationEntry", columns, gc=False)
    fields_of_file: list[Any] = [("annotations", list[entry]), ("filename", str | None, None)]
    return msgspec.defstruct("AnnotationFile", fields_of_file, gc=False)


@cache
def metadata_decoder(object_fields: tuple[str, ...] | None, *, environment: bool) -> Decoder[Any]:
    """A decoder for ``*-metadata.json``.

    Args:
        object_fields: Keys of an object that rules read, decoded as ``field_0 ...`` beside ``id`` and ``type``.
            ``None``: objects are decoded whole, as dicts.
        environment: Whether to read ``environment``.
    """
    object_type: Any = dict[str, Any]
    if object_fields is not None:
        attributes = [f"field_{i}" for i in range(len(object_fields))]
        object_type = msgspec.defstruct(
            "ObjectEntry",
            [("id", InstanceId), ("type", Any, msgspec.UNSET), *((a, Any, msgspec.UNSET) for a in attributes)],
            rename=dict(zip(attributes, object_fields, strict=True)),
            gc=False,
        )
    fields: list[Any] = [
        ("filename", str | None, None),
        ("date", str | None, None),
        ("sensor", Sensor | None, None),
        ("objects", list[object_type], msgspec.field(default_factory=list)),
    ]
    if environment:
        fields.append(("environment", Environment | None, None))
    return Decoder(msgspec.defstruct("MetadataFile", fields, gc=False))


class FileName(msgspec.Struct, gc=False):
    """Only a file's own ``filename``."""

    filename: str | None = None


def plain_name(filename: str | None) -> str | None:
    """The ``filename`` of a JSON file if it is a plain file name, else ``None``: it must never lead out of a folder."""
    if not filename or filename in (".", "..") or "/" in filename or "\\" in filename or "\0" in filename:
        return None
    return filename
