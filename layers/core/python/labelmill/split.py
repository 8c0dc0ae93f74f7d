"""Which images go to which split, decided by their names alone, so that adding images moves none."""

from __future__ import annotations

import re

import msgspec

from labelmill.errors import OptionError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
HASH_RANGE = 1 << 64


class Splits(msgspec.Struct, frozen=True):
    """Names with shares.

    Attributes:
        names: In the order given.
        shares: Fractions of 1, one a name, each above 0, together 1.
    """

    names: tuple[str, ...]
    shares: tuple[float, ...]

    def of(self, image_name: str) -> str:
        """The split of an image: its name's SHA-256 as a fraction, held against the cumulated shares."""
        import hashlib

        digest = hashlib.sha256(image_name.encode("utf-8")).digest()
        point = int.from_bytes(digest[:8], "big") / HASH_RANGE
        total = 0.0
        for name, share in zip(self.names, self.shares, strict=True):
            total += share
            if point < total:
                return name
        return self.names[-1]


def channel_name(split: str) -> str:
    """SageMaker calls the split that others call ``val`` its ``validation`` channel."""
    return "validation" if split == "val" else split


def parse_splits(text: str) -> Splits:
    """Read ``train=0.8,val=0.1,test=0.1``.

    Raises:
        OptionError: If a name or a share does not fit, or the shares are not 1 together.
    """
    names: list[str] = []
    shares: list[float] = []
    for item in text.split(","):
        name, _, share_text = item.strip().partition("=")
        name = name.strip()
        if not NAME.fullmatch(name):
            raise OptionError(
                f"split {text!r}: expected name=share, for example train=0.8,val=0.2, found {item.strip()!r}"
            )
        try:
            share = float(share_text)
        except ValueError:
            share = 0.0
        if not 0.0 < share <= 1.0:
            raise OptionError(f"split {name}: expected a share above 0 and at most 1, found {share_text.strip()!r}")
        if name.lower() in (other.lower() for other in names):
            raise OptionError(f"split {name}: named twice")
        names.append(name)
        shares.append(share)
    if abs(sum(shares) - 1.0) > 1e-6:
        raise OptionError(f"split {text!r}: expected shares of 1 together, found {sum(shares):g}")
    return Splits(tuple(names), tuple(shares))
