"""What stands beside an annotation's download: its report, and every bad file, read a window at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from labelmill.convert.notices import Notice
from labelmill.source.tally import Finding
from labelmill_aws.jobs.downloads import URL_S, Download, content_disposition, name_now
from labelmill_aws.names import errors_key, report_key
from labelmill_aws.objects.object_store import Bucket, Slice
from labelmill_aws.records.annotation import Annotation
from labelmill_aws.services import Services
from labelmill_aws.uploads.inbox_objects import Present, look_at, time_text

WINDOW_BYTES: Final = 1 << 20
"""Read for a page of errors; no line is longer (``BadFile``), and an answer may hold 6 MB."""
MAX_REASON_CHARS: Final = 8_000


class NoReportError(Exception):
    """An annotation has none (yet)."""


class ErrorsChangedError(Exception):
    """The list of errors is not the one that was begun to be read, or no line begins there."""


class BadFile(msgspec.Struct, frozen=True):
    """A line of ``errors.jsonl``.

    Attributes:
        image: The image that was left out.
        file: The offending file in the dataset.
        reason: What was expected and found; cut at ``MAX_REASON_CHARS``.
    """

    image: str
    file: str
    reason: str


class StoredSplit(msgspec.Struct, frozen=True):
    """A split, as ``labelmill.convert.split_report.SplitReport`` writes it."""

    share: float
    images: int
    objects: int
    groups: int
    classes: dict[str, int]


class StoredReport(msgspec.Struct, frozen=True):
    """``labelmill.convert.report.Report`` as far as it is answered; what an older one lacks is empty."""

    images: int
    failed: int
    objects: int
    classes: dict[str, int]
    split_by: str = ""
    splits: dict[str, StoredSplit] = {}
    leaks: int = 0
    ignored: dict[str, Finding] = {}
    dropped: dict[str, Finding] = {}
    left_out: dict[str, int] = {}
    skipped: dict[str, Finding] = {}
    lost: dict[str, dict[str, int]] = {}
    notices: list[Notice] = []


class ErrorsPage(msgspec.Struct, frozen=True):
    """Some bad files.

    Attributes:
        items: In the order of the dataset.
        position: Where the next one begins, in bytes; ``None`` at the end.
        version: Of the list that was read.
    """

    items: list[BadFile]
    position: int | None
    version: str


_decode_report = msgspec.json.Decoder(StoredReport).decode
_decode_line = msgspec.json.Decoder(BadFile).decode


def read_report(row: Annotation, control: Services[Any]) -> StoredReport:
    """The report of an annotation that has ended.

    Raises:
        NoReportError: If there is none.
        TransientError: If S3 refuses for now.
    """
    _check_ended(row)
    try:
        return _decode_report(_outbox(control).get(report_key(*_place(row))))
    except KeyError as error:
        raise _gone() from error


def read_errors(row: Annotation, control: Services[Any], limit: int, position: int, version: str) -> ErrorsPage:
    """Some of an annotation's bad files: one HEAD and one ranged GET, however many there are.

    Args:
        row: The annotation.
        control: The parts to work with.
        limit: At most so many.
        position: Where to begin, in bytes.
        version: Of the list as the page before was told; empty begins.

    Raises:
        NoReportError: If there is no list.
        ErrorsChangedError: If the list is another one by now, or the position is none of its lines.
        TransientError: If S3 refuses for now.
    """
    key = errors_key(*_place(row))
    present = _present(row, control, key)
    if version and (version != present.etag or not 0 < position < present.size_bytes):
        raise ErrorsChangedError
    if position >= present.size_bytes:
        return ErrorsPage([], None, present.etag)
    data = _outbox(control).get_slice(Slice(key, position, min(WINDOW_BYTES, present.size_bytes - position)))
    lines = data.split(b"\n", limit)
    lines.pop()  # what follows the last line that is wanted, or is whole
    try:
        items = [_decode_line(line) for line in lines]
    except msgspec.DecodeError as error:
        raise ErrorsChangedError from error
    after = position + sum(len(line) + 1 for line in lines)
    return ErrorsPage(items, after if after < present.size_bytes else None, present.etag)


def files_of(row: Annotation, control: Services[Any]) -> tuple[Download, Download]:
    """Addresses of the whole report and of the whole list of errors, for downloads.

    Raises:
        NoReportError: If there are none.
    """
    place = _place(row)
    report = _file(row, control, report_key(*place), "report.json", "application/json")
    return report, _file(row, control, errors_key(*place), "errors.jsonl", "application/x-ndjson")


def _file(row: Annotation, control: Services[Any], key: str, ending: str, kind: str) -> Download:
    present = _present(row, control, key)
    name = f"{name_now(row, control).removesuffix('.zip')}-{ending}"
    params = {
        "Bucket": control.settings.outbox_bucket,
        "Key": key,
        "ResponseContentDisposition": content_disposition(name),
        "ResponseContentType": kind,
    }
    expires = datetime.now(UTC) + timedelta(seconds=URL_S)
    url = control.clients.presigner.generate_presigned_url("get_object", Params=params, ExpiresIn=URL_S)
    return Download(url, name, present.size_bytes, present.etag, time_text(expires))


def _present(row: Annotation, control: Services[Any], key: str) -> Present:
    _check_ended(row)
    present = look_at(control.clients.s3, control.settings.outbox_bucket, key)
    if present is None:
        raise _gone()
    return present


def _check_ended(row: Annotation) -> None:
    """What lies there of a try before is not told for this one's."""
    if row.is_open:
        raise NoReportError(f"The annotation is {row.status}; its report is written at the end.")
    if not row.download_key:
        raise NoReportError(f"The annotation is {row.status} and nothing was assembled: its log says why.")


def _gone() -> NoReportError:
    return NoReportError("The report is gone; request the format again with force.")


def _place(row: Annotation) -> tuple[str, str, str]:
    return row.workspace, row.dataset, row.id


def _outbox(control: Services[Any]) -> Bucket:
    return Bucket(control.clients.s3, control.settings.outbox_bucket)
