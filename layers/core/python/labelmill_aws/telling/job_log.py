"""The job log: one CloudWatch Logs group, one stream an annotation, one JSON line an entry."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from botocore.exceptions import ClientError

from labelmill_aws.errors import code_of
from labelmill_aws.records.annotation import now_text
from labelmill_aws.telling.log_pages import read_events

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

MAX_BATCH_EVENTS: Final = 10_000
MAX_BATCH_BYTES: Final = 1_048_576
EVENT_OVERHEAD_BYTES: Final = 26
MAX_MESSAGE_CHARS: Final = 8_000
"""A line that nobody reads to its end is cut: an event may hold 256 KiB at most."""
MAX_EXAMPLE_CHARS: Final = 500
LAST_LINES: Final = 1_000
"""Looked through for a line that may have been written."""

Level = Literal["INFO", "WARNING", "ERROR"]


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the job log.

    Attributes:
        level: How bad it is.
        message: What happened, in the user's words.
        format: Id of the format that is meant; empty for all.
        shard: Index of the shard; ``None`` for none.
        file: The file that is meant, by its name inside the dataset; empty for none.
        code: Stable name of a finding; empty for other lines.
        count: For how many images, objects or files the line stands.
        examples: Of more than one, the first few: a file, or a file and what is wrong there.
    """

    level: Level
    message: str
    format: str = ""
    shard: int | None = None
    file: str = ""
    code: str = ""
    count: int = 1
    examples: Sequence[str] = ()


class JobLog:
    """Writes into the log group; streams are made when first written to."""

    def __init__(self, client: CloudWatchLogsClient, group: str) -> None:
        self._client = client
        self.group = group

    def write(self, stream: str, entries: Iterable[LogEntry]) -> None:
        """Append entries, in their order.

        Args:
            stream: The annotation's id, or ``names.upload_stream``.
            entries: Any number; they are sent in batches of what one call takes.
        """
        for batch in _batches(entries):
            try:
                self._put(stream, batch)
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
                self._create(stream)
                self._put(stream, batch)

    def ends_with(self, stream: str, entry: LogEntry) -> bool:
        """Whether the entry is among the last lines of a stream, whenever it was written."""
        wanted = _fields(entry)
        position: str | None = ""
        seen = 0
        while position is not None and seen < LAST_LINES:
            events, position = read_events(
                self._client, self.group, stream, limit=LAST_LINES - seen, position=position, newest_first=True
            )
            if any(msgspec.json.decode(event["message"]) | {"time": ""} == wanted for event in events):
                return True
            seen += len(events)
        return False

    def forget(self, stream: str) -> None:
        """Delete a stream, if there is one."""
        try:
            self._client.delete_log_stream(logGroupName=self.group, logStreamName=stream)
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise

    def _put(self, stream: str, batch: list[str]) -> None:
        at = int(time.time() * 1000)
        events: Any = [{"timestamp": at, "message": line} for line in batch]
        self._client.put_log_events(logGroupName=self.group, logStreamName=stream, logEvents=events)

    def _create(self, stream: str) -> None:
        try:
            self._client.create_log_stream(logGroupName=self.group, logStreamName=stream)
        except ClientError as error:
            if code_of(error) != "ResourceAlreadyExistsException":  # another worker was faster
                raise


def _batches(entries: Iterable[LogEntry]) -> Iterator[list[str]]:
    batch: list[str] = []
    size_bytes = 0
    for entry in entries:
        line = _line(entry)
        cost = len(line.encode()) + EVENT_OVERHEAD_BYTES
        if batch and (len(batch) == MAX_BATCH_EVENTS or size_bytes + cost > MAX_BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(line)
        size_bytes += cost
    if batch:
        yield batch


def _line(entry: LogEntry) -> str:
    return msgspec.json.encode(_fields(entry) | {"time": now_text()}).decode()


def _fields(entry: LogEntry) -> dict[str, Any]:
    """What a line holds, but for its time."""
    message = entry.message
    if len(message) > MAX_MESSAGE_CHARS:
        message = f"{message[:MAX_MESSAGE_CHARS]}… ({len(message):,} characters)"
    fields: dict[str, Any] = {
        "time": "",
        "level": entry.level,
        "format": entry.format,
        "shard": entry.shard,
        "file": entry.file,
        "message": message,
    }
    if entry.code:
        examples = [example[:MAX_EXAMPLE_CHARS] for example in entry.examples]
        fields |= {"code": entry.code, "count": entry.count, "examples": examples}
    return fields
