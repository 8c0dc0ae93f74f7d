"""Which groups of images go to which split, decided by a group's hash alone, so that adding groups moves none."""

from __future__ import annotations

import re

import msgspec

from labelmill.errors import OptionError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
HASH_RANGE = 1 << 64
CANONICAL = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
"""Lower-case name -> the name that trainers know the split by."""


class Splits(msgspec.Struct, frozen=True):
    """Names with shares.

    Attributes:
        names: In the order given.
        shares: Fractions of 1, one a name, each above 0, together 1.
    """

    names: tuple[str, ...]
    shares: tuple[float, ...]

    def of(self, group: str) -> str:
        """The split of a group of images: its key's SHA-256 decides."""
        return self.of_digest(group_digest(group))

    def of_digest(self, digest: bytes) -> str:
        """The same for a group's digest: its first 8 bytes as a fraction, held against the cumulated shares."""
        point = int.from_bytes(digest[:8], "big") / HASH_RANGE
        total = 0.0
        for name, share in zip(self.names, self.shares, strict=True):
            total += share
            if point < total:
                return name
        return self.names[-1]


def group_digest(group: str) -> bytes:
    """The SHA-256 of a group's key."""
    import hashlib

    return hashlib.sha256(group.encode("utf-8")).digest()


def channel_name(split: str) -> str:
    """SageMaker calls the split that others call ``val`` its ``validation`` channel."""
    return "validation" if split == "val" else split


def parse_splits(text: str) -> Splits:
    """Read ``train=0.8,val=0.1,test=0.1``; other spellings of these three are read as them.

    Raises:
        OptionError: If a name or a share does not fit, or the shares are not 1 together.
    """
    names: list[str] = []
    shares: list[float] = []
    for item in text.split(","):
        given, _, share_text = item.strip().partition("=")
        given = given.strip()
        if not NAME.fullmatch(given):
            raise OptionError(
                f"split {text!r}: expected name=share, for example train=0.8,val=0.2, found {item.strip()!r}"
            )
        try:
            share = float(share_text)
        except ValueError:
            share = 0.0
        if not 0.0 < share <= 1.0:
            raise OptionError(f"split {given}: expected a share above 0 and at most 1, found {share_text.strip()!r}")
        name = CANONICAL.get(given.lower(), given)
        if name.lower() in (other.lower() for other in names):
            also = "" if name.lower() == given.lower() else f" ({given} is read as {name})"
            raise OptionError(f"split {given}: named twice{also}")
        names.append(name)
        shares.append(share)
    if abs(sum(shares) - 1.0) > 1e-6:
        raise OptionError(f"split {text!r}: expected shares of 1 together, found {sum(shares):g}")
    return Splits(tuple(names), tuple(shares))


def splits_text(splits: Splits) -> str:
    """The one text by which the same division is always asked for; ``parse_splits`` reads it.

    Example:
        >>> splits_text(parse_splits("training = 0.80, valid=.2"))
        'train=0.8,val=0.2'
    """
    return ",".join(f"{name}={share!r}" for name, share in zip(splits.names, splits.shares, strict=True))
