"""Reading the job log in pages, from its beginning or its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore.exceptions import ClientError

from labelmill_aws.errors import code_of

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import OutputLogEventTypeDef

MOST_CALLS: Final = 10
"""For one page: where a filter lets little pass, a short page with a way on is better than none in time."""


class LogLine(msgspec.Struct, frozen=True):
    """A line of the job log, as it was written.

    Attributes:
        time: ISO 8601.
        shard: ``None`` for none.
        file: The dataset's file that is meant; empty for none.
        code: Stable name of a finding; empty for other lines.
        count: For how many images, objects or files the line stands.
        examples: The first few of them.
    """

    time: str
    level: str
    message: str
    format: str = ""
    shard: int | None = None
    file: str = ""
    code: str = ""
    count: int = 1
    examples: list[str] = []

    def text(self) -> str:
        """For people, one line."""
        where = " ".join(filter(None, [self.format, f"shard {self.shard}" if self.shard is not None else ""]))
        if self.code:
            example = f", e.g. {self.examples[0]}" if self.examples else ""
            what = f"{self.message} ({self.count:,}{example}) [{self.code}]"
        else:
            what = f"{self.file}: {self.message}" if self.file else self.message
        line = "  ".join(filter(None, [self.time, f"{self.level:7}", where, " ".join(what.split())]))
        # Names come from datasets; a terminal would take what is not printable as an order.
        return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)


class BadPositionError(Exception):
    """CloudWatch does not know the position."""


def read_log(
    client: CloudWatchLogsClient,
    group: str,
    stream: str,
    *,
    limit: int,
    position: str = "",
    newest_first: bool = False,
    levels: frozenset[str] = frozenset(),
) -> tuple[list[LogLine], str]:
    """A page of a stream.

    Args:
        client: CloudWatch Logs.
        group: The job log.
        stream: The annotation's id.
        limit: Lines at most.
        position: Where the page before ended; empty begins.
        newest_first: From the end backwards.
        levels: Only these; empty for all.

    Returns:
        The lines, and the position behind them; empty at the end of the stream.

    Raises:
        BadPositionError: If the position is none of this stream.
    """
    found: list[LogLine] = []
    for _ in range(MOST_CALLS):
        events, after = read_events(
            client, group, stream, limit=limit - len(found), position=position, newest_first=newest_first
        )
        lines = list(_lines(events))
        found += [line for line in (lines[::-1] if newest_first else lines) if not levels or line.level in levels]
        if after is None:
            return found, ""
        position = after
        if len(found) >= limit:
            break
    return found, position


def read_events(
    client: CloudWatchLogsClient, group: str, stream: str, *, limit: int, position: str, newest_first: bool
) -> tuple[list[OutputLogEventTypeDef], str | None]:
    """One answer of CloudWatch, oldest event first, and the position behind it; ``None`` at the end of the stream.

    An answer without events may have more behind it, the more so newest first: a position that repeats is the end.

    Raises:
        BadPositionError: If the position is none of this stream.
    """
    request: dict[str, Any] = {"logGroupName": group, "logStreamName": stream, "limit": limit}
    request |= {"nextToken": position} if position else {}
    try:
        answer = client.get_log_events(**request, startFromHead=not newest_first)
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return [], None  # nothing was ever written
        if code_of(error) == "InvalidParameterException":
            raise BadPositionError(position) from error
        raise
    after = answer["nextBackwardToken" if newest_first else "nextForwardToken"]
    return answer["events"], None if after == position else after


def _lines(events: Any) -> Iterator[LogLine]:
    decode = msgspec.json.Decoder(LogLine).decode
    for event in events:
        yield decode(event["message"])
