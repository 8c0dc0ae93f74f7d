"""One file inside an archive, and how much an archive may hold."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from labelmill.errors import DatasetError

STORED = 0
DEFLATED = 8
UNCHECKED = -1
"""``Member.crc`` of a tar's member: the data lies bare at ``offset`` and bears no checksum."""


class Member(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One file inside an archive: enough to read it without the archive's directory.

    Attributes:
        name: Path inside the archive, ``/`` between folders, without ``.`` segments.
        offset: Where its local header begins (zip) or its data (tar), in bytes from the archive's start.
        packed_bytes: Length of the data as it lies there.
        size_bytes: Length of the file.
        method: 0 stored, 8 deflated (APPNOTE 4.4.5).
        crc: CRC-32 of the file, or ``UNCHECKED`` in a tar.
    """

    name: str
    offset: int
    packed_bytes: int
    size_bytes: int
    method: int
    crc: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold before it is refused.

    Attributes:
        max_members: Files in the archive.
        max_expanded_bytes: All files together, unpacked.
        max_ratio: Unpacked bytes for each byte of the archive, looked at above ``ratio_floor_bytes``.
        max_member_bytes: One file, unpacked.
        ratio_floor_bytes: An archive that unpacks to no more than this may have any ratio.
    """

    max_members: int = 10_000_000
    max_expanded_bytes: int = 1 << 40
    max_ratio: int = 200
    max_member_bytes: int = 4 << 30
    ratio_floor_bytes: int = 64 << 20

    def check_members(self, archive: str, count: int) -> None:
        """Refuse more than ``max_members`` members.

        Raises:
            DatasetError: If there are more.
        """
        if count > self.max_members:
            raise DatasetError(f"{archive}: expected at most {self.max_members} members, found {count}")

    def check_expanded(self, archive: str, expanded_bytes: int, archive_bytes: int) -> None:
        """Refuse an archive that unpacks to too much, altogether or for its length.

        Args:
            archive: The archive's name as the user knows it.
            expanded_bytes: What it unpacks to, as far as known.
            archive_bytes: Length of the archive itself.

        Raises:
            DatasetError: If it does.
        """
        if expanded_bytes > self.max_expanded_bytes:
            raise DatasetError(
                f"{archive}: expected at most {self.max_expanded_bytes} bytes unpacked, found more ({expanded_bytes})"
            )
        if expanded_bytes > max(self.ratio_floor_bytes, self.max_ratio * archive_bytes):
            raise DatasetError(
                f"{archive}: unpacks to more than {self.max_ratio} times its {archive_bytes} bytes: refused as a bomb"
            )

    def member_problem(self, size_bytes: int) -> str | None:
        """Say why a member is too big, or ``None``."""
        if size_bytes > self.max_member_bytes:
            return f"expected at most {self.max_member_bytes} bytes unpacked, found {size_bytes}"
        return None
