"""A shard's part of one format as a single file: what a storage of objects takes in one write.

The file is its sections one after the other, then their table as JSON, then that table's length in 8 bytes
(little-endian). Sections: ``labels.members``, ``labels.entries``, ``images.members``, ``images.entries``, one for each
stream (``{stream}.lines``) and ``report``: the ShardReport as JSON.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import BinaryIO

import msgspec

from labelmill.convert.shard import ShardReport

REPORT = "report"
TRAILER_BYTES = 8

Sections = dict[str, tuple[int, int]]
"""Section -> where it begins in the file, and its length."""


def write_part(folder: Path, shard: int, report: ShardReport, out: BinaryIO) -> int:
    """Write the part that a shard left in a folder.

    Args:
        folder: The folder of the format's parts.
        shard: The shard's number.
        report: What became of it.
        out: An empty file.

    Returns:
        Its length in bytes.
    """
    sections: Sections = {}
    prefix = f"{shard}."
    at = 0
    for path in sorted(folder.glob(f"{prefix}*")):
        with path.open("rb") as section:
            shutil.copyfileobj(section, out, 1 << 20)
        size = path.stat().st_size
        sections[path.name[len(prefix) :]] = (at, size)
        at += size
    data = msgspec.json.encode(report)
    sections[REPORT] = (at, len(data))
    table = msgspec.json.encode(sections)
    out.write(data + table + len(table).to_bytes(TRAILER_BYTES, "little"))
    return at + len(data) + len(table) + TRAILER_BYTES


def read_sections(tail: bytes, size: int) -> Sections | int:
    """The table of a part.

    Args:
        tail: The file's last bytes, at least 8.
        size: Its length.

    Returns:
        The table, or how many of the last bytes are needed to read it.

    Raises:
        ValueError: If this is no part.
    """
    length = int.from_bytes(tail[-TRAILER_BYTES:], "little") + TRAILER_BYTES
    if len(tail) < TRAILER_BYTES or length > size:
        raise ValueError("no part of a conversion: its table is longer than itself")
    if length > len(tail):
        return length
    try:
        return msgspec.json.decode(tail[-length:-TRAILER_BYTES], type=Sections)
    except msgspec.DecodeError as error:
        raise ValueError("no part of a conversion: its table can't be read") from error


decode_report = msgspec.json.Decoder(ShardReport).decode
