"""One-time codes: a link that signs in holds one, since a browser keeps addresses for a year.

A code is good once, for some minutes, and gives a token of its own. As of tokens, the table keeps only a hash.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Final

from labelmill_aws.access.tokens import SECRET_BYTES, NewToken, Tokens, hash_secret, later_text
from labelmill_aws.records.annotation import now_text
from labelmill_aws.records.table import Table

PREFIX: Final = "lmc_"
MINUTES: Final = 10
KEPT_S: Final = 86_400
_CODE: Final = re.compile(r"lmc_[A-Za-z0-9_-]{43}")


class Codes:
    """Codes in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, *, organization: str, role: str, name: str, created_by: str, days: float) -> str:
        """Make a code.

        Args:
            organization: Whom its token is for.
            role: One of ``grants.ROLES``.
            name: What people call the token.
            created_by: Who asks.
            days: How long the token is good.
        """
        code = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        until = later_text(MINUTES / 1440)
        token = {"organization": organization, "role": role, "name": name, "created_by": created_by, "days": str(days)}
        self._table.put(token | {"pk": _key(code), "sk": "CODE", "until": until, "expires_at": _forget_at(until)})
        return code

    def redeem(self, code: str) -> NewToken | None:
        """The token of a code, which is used up by that; ``None`` for one that is unknown, used or too old."""
        if not _CODE.fullmatch(code):
            return None
        row = self._table.get(_key(code), "CODE")
        if row is None or not self._table.delete(_key(code), "CODE", "#until > :now", {"now": now_text()}):
            return None  # of two who come at once one deletes it
        return Tokens(self._table).create(
            organization=row["organization"],
            role=row["role"],
            name=row["name"],
            created_by=row["created_by"],
            days=float(row["days"]),
        )


def _key(code: str) -> str:
    return f"CODE#{hash_secret(code)}"


def _forget_at(until: str) -> int:
    return int(datetime.fromisoformat(until).timestamp()) + KEPT_S
