"""How often an address is asked to agree to messages: a few times a day, whoever asks for it.

The count is the whole service's, over all organizations and whatever was deleted meanwhile, or somebody could have SNS
fill a stranger's mailbox. It says nothing of whose subscriptions an address has. Rows hold the address' hash alone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from labelmill_aws.records.table import Table

MOST_A_DAY: Final = 3


def ask(table: Table, protocol: str, endpoint: str, now: datetime | None = None) -> int:
    """Count a question to an address, if there may be one more today (UTC).

    Args:
        table: Where the counts are: a row for an address and a day, gone a day later.
        protocol: ``email`` or ``https``; queues have nobody who is bothered and are never refused.
        endpoint: The address.
        now: For tests.

    Returns:
        0 when it may be asked; else in how many seconds it may be again.
    """
    if protocol not in {"email", "https"}:
        return 0
    now = now or datetime.now(UTC)
    tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    digest = sha256(f"{protocol}:{_same(protocol, endpoint)}".encode()).hexdigest()
    counted = table.update(
        f"ASKED#{digest}",
        f"DAY#{now:%Y-%m-%d}",
        "SET #times = if_not_exists(#times, :zero) + :one, #expires_at = :expires_at",
        "attribute_not_exists(#times) OR #times < :most",
        {"zero": 0, "one": 1, "most": MOST_A_DAY, "expires_at": int((tomorrow + timedelta(days=1)).timestamp())},
    )
    return 0 if counted else max(1, int((tomorrow - now).total_seconds()))


def _same(protocol: str, endpoint: str) -> str:
    """One text for all ways to write an address that end at the same place."""
    if protocol == "email":
        name, _, host = endpoint.lower().rpartition("@")
        return f"{name.partition('+')[0]}@{host}"
    parts = urlsplit(endpoint)
    return parts._replace(netloc=parts.netloc.lower().removesuffix(":443"), path=parts.path or "/").geturl()
