"""labelmill's own tokens: ``lm_{id}_{secret}``, of which the table keeps a hash.

The id finds the row, the secret proves the right to it. A secret is 32 random bytes, so that one round of SHA-256 is
enough: there is nothing to guess from a dictionary. A revoked token keeps its row, and every row goes by itself
some time after it has expired.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final, Literal, NamedTuple

import msgspec

from labelmill_aws.access.grants import Grant, RefusedTokenError
from labelmill_aws.records.annotation import now_text
from labelmill_aws.records.table import INDEX, Item, Table

PREFIX: Final = "lm_"
ID_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
ID_CHARS: Final = 12
SECRET_BYTES: Final = 32
KEEP_DAYS: Final = 90
"""How long the row of an expired token is kept, so that its owner sees why it stopped."""

DEFAULT_DAYS: Final = 365
MAX_DAYS: Final = 3650

TokenStatus = Literal["active", "revoked", "expired"]

_TOKEN: Final = re.compile(r"lm_([a-z2-7]{12})_([A-Za-z0-9_-]{43})")
_ID: Final = re.compile(r"[a-z2-7]{12}")
_CREATED: Final = re.compile(r"[0-9TZ:.-]{1,40}", re.ASCII)
_NO_HASH: Final = "0" * 64


class TokenText(NamedTuple):
    """The parts of a token."""

    id: str
    secret: str


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A token, without what proves it.

    Attributes:
        hash: SHA-256 of the secret, hexadecimal.
        created, expires, revoked: ISO 8601, UTC; ``revoked`` is empty before.
        created_by: Name of the token that asked for this one.
    """

    id: str
    hash: str
    organization: str
    role: str
    name: str
    created: str
    created_by: str
    expires: str
    revoked: str = ""

    def status(self, at: str) -> TokenStatus:
        """``active``, ``revoked`` or ``expired`` at a time."""
        if self.revoked:
            return "revoked"
        return "active" if at < self.expires else "expired"


class NewToken(NamedTuple):
    """A token that was made: its text exists nowhere else and can't be shown again."""

    row: TokenRow
    text: str


class TokenPage(NamedTuple):
    """Some tokens, and whether there may be more behind them."""

    rows: list[TokenRow]
    more: bool


def parse_token(text: str) -> TokenText | None:
    """Take a token apart; ``None`` for anything that is not exactly one, so that it never reaches the table."""
    match = _TOKEN.fullmatch(text)
    return TokenText(match[1], match[2]) if match else None


def hash_secret(secret: str) -> str:
    """What the table keeps of a secret."""
    return sha256(secret.encode()).hexdigest()


def later_text(days: float) -> str:
    """A time from now, as rows have it."""
    at = datetime.now(UTC) + timedelta(days=days)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Tokens:
    """Tokens in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, *, organization: str, role: str, name: str, created_by: str, days: float) -> NewToken:
        """Make a token.

        Args:
            organization: The one organization that it is for.
            role: One of ``grants.ROLES``.
            name: What people call it.
            created_by: Who asks.
            days: How long it is good.
        """
        while True:
            id_ = "".join(secrets.choice(ID_LETTERS) for _ in range(ID_CHARS))
            secret = secrets.token_urlsafe(SECRET_BYTES)
            row = TokenRow(
                id=id_,
                hash=hash_secret(secret),
                organization=organization,
                role=role,
                name=name,
                created=now_text(),
                created_by=created_by,
                expires=later_text(days),
            )
            if self._table.put(_item(row), "attribute_not_exists(#pk)"):  # False: 1 in 10^18
                return NewToken(row, f"{PREFIX}{id_}_{secret}")

    def check(self, text: str) -> Grant:
        """Say what a token grants.

        Raises:
            RefusedTokenError: If it is malformed, unknown, revoked or expired, or its secret is wrong.
        """
        parts = parse_token(text)
        if parts is None:
            raise RefusedTokenError("malformed")
        row = self._get(parts.id)
        # An unknown id is compared too, so that the answer takes as long as for a wrong secret.
        if not compare_digest(row.hash if row else _NO_HASH, hash_secret(parts.secret)) or row is None:
            raise RefusedTokenError("unknown")
        status = row.status(now_text())
        if status != "active":
            raise RefusedTokenError(status)
        return Grant(organization=row.organization, role=row.role, token=row.id, name=row.name, expires=row.expires)

    def page(self, organization: str, limit: int, after: tuple[str, str] | None = None) -> TokenPage:
        """Tokens of an organization, newest first; one that was made this second may be missing.

        Args:
            organization: Whose.
            limit: Tokens at most.
            after: ``created`` and ``id`` of the token before; ``None`` begins.

        Raises:
            ValueError: If ``after`` is no token's place.
        """
        partition = f"ORG#{organization}"
        start = None
        if after is not None:
            created, id_ = after
            if not _CREATED.fullmatch(created) or not _ID.fullmatch(id_):
                raise ValueError("expected a time and the id of a token")
            start = {"pk": f"TOKEN#{id_}", "sk": "TOKEN", "gsi1pk": partition, "gsi1sk": f"TOKEN#{created}#{id_}"}
        items, more = self._table.page(
            partition, limit=limit, prefix="TOKEN#", index=INDEX, after=start, newest_first=True
        )
        return TokenPage([msgspec.convert(item, TokenRow) for item in items], more)

    def revoke(self, organization: str, id_: str) -> bool:
        """End a token for good.

        Returns:
            False when the organization has no such token; True also when it was revoked before.
        """
        row = self._get(id_)
        if row is None or row.organization != organization:
            return False
        if not row.revoked:
            values = {"organization": organization, "now": now_text(), "none": ""}
            condition = "#organization = :organization AND #revoked = :none"
            self._table.update(f"TOKEN#{id_}", "TOKEN", "SET #revoked = :now", condition, values)
        return True

    def _get(self, id_: str) -> TokenRow | None:
        item = self._table.get(f"TOKEN#{id_}", "TOKEN") if _ID.fullmatch(id_) else None
        return msgspec.convert(item, TokenRow) if item else None


def _item(row: TokenRow) -> Item:
    expires = datetime.fromisoformat(row.expires)
    item: Item = msgspec.to_builtins(row)
    return item | {
        "pk": f"TOKEN#{row.id}",
        "sk": "TOKEN",
        "gsi1pk": f"ORG#{row.organization}",
        "gsi1sk": f"TOKEN#{row.created}#{row.id}",
        "expires_at": int((expires + timedelta(days=KEEP_DAYS)).timestamp()),
    }
