"""Identities and names: what a thing is called follows from what it is made of, so that a repeat finds it again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

EPOCHS_PER_ATTEMPT: Final = 1000
MAX_STREAM_CHARS: Final = 512

_json = msgspec.json.Encoder(order="deterministic")


def packed_version(etag: str, size_bytes: int) -> str:
    """Version of a packed dataset: 16 hexadecimal digits.

    Args:
        etag: S3's ETag, in quotes or not.
        size_bytes: Size of the object.
    """
    return short_digest(["packed", plain_etag(etag), size_bytes], 16)


class ListingVersion:
    """Version of a loose dataset, from its listing in order, without holding it."""

    def __init__(self) -> None:
        self._hash = sha256(b"loose")

    def add(self, folder: str, name: str, size_bytes: int, etag: str) -> None:
        """Add the next file; files come sorted by ``folder/name`` in UTF-8."""
        self._hash.update(_json.encode([f"{folder}/{name}", size_bytes, plain_etag(etag)]))

    def text(self) -> str:
        """16 hexadecimal digits over all that was added."""
        return self._hash.hexdigest()[:16]


def map_version(data: bytes) -> str:
    """Version of a map, from its bytes: 16 hexadecimal digits."""
    return sha256(data).hexdigest()[:16]


def plain_etag(etag: str) -> str:
    """An ETag without the quotes that HTTP has around it and events have not."""
    return etag.strip('"')


def dataset_id(workspace: str, dataset: str) -> str:
    """Identity of a dataset: ``ds-`` and 20 hexadecimal digits."""
    return "ds-" + short_digest([workspace, dataset], 20)


def annotation_id(
    workspace: str,
    dataset: str,
    dataset_version: str,
    format_id: str,
    map_name: str = "",
    map_version: str = "",
    options: Mapping[str, Any] | None = None,
) -> str:
    """Identity of an annotation: ``an-`` and 20 hexadecimal digits over all it is made of."""
    parts = [workspace, dataset, dataset_version, format_id, map_name, map_version, dict(options or {})]
    return "an-" + short_digest(parts, 20)


def execution_name(
    workspace: str,
    dataset: str,
    dataset_version: str,
    format_ids: Iterable[str],
    map_name: str,
    map_version: str,
    options: Mapping[str, Any],
    attempt: int,
) -> str:
    """Name of the execution that makes some formats of a dataset: ``job-``, 20 hexadecimal digits, the attempt."""
    parts = [workspace, dataset, dataset_version, sorted(format_ids), map_name, map_version, dict(options)]
    return f"job-{short_digest(parts, 20)}-{attempt}"


def epoch_of(attempt: int, redrives: int) -> int:
    """The number by which statuses are ordered: a later attempt or redrive is greater."""
    return attempt * EPOCHS_PER_ATTEMPT + min(redrives, EPOCHS_PER_ATTEMPT - 1)


def execution_arn(state_machine_arn: str, execution: str) -> str:
    """ARN of a standard execution, by its machine and its name."""
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:', 1)}:{execution}"


# Keys of the outbox.


def listings_of(workspace: str) -> str:
    """What the keys of the listings of a workspace's loose datasets begin with."""
    return f"work/listings/{workspace}/"


def listings_prefix(workspace: str, dataset: str) -> str:
    """What the keys of a loose dataset's listings begin with."""
    return f"{listings_of(workspace)}{dataset}/"


def results_of(workspace: str) -> str:
    """What the keys of all that was made in a workspace begin with."""
    return f"annotations/{workspace}/"


def results_prefix(workspace: str, dataset: str) -> str:
    """What the keys of all that was made from a dataset begin with; then comes the annotation's id and ``/``."""
    return f"{results_of(workspace)}{dataset}/"


def work_prefix(name: str) -> str:
    """What the keys of the work on a job, or on an annotation, begin with."""
    return f"work/{name}/"


def names_differ_key(job: str) -> str:
    """Mark of a dataset whose records name their images otherwise than its files do."""
    return f"work/{job}/names-differ"


def listing_key(workspace: str, dataset: str, version: str) -> str:
    """Listing of a loose dataset: JSON Lines ``{"name", "size", "etag", "folder"}``."""
    return f"{listings_prefix(workspace, dataset)}{version}.jsonl"


def download_key(workspace: str, dataset: str, annotation: str, format_id: str, map_name: str = "") -> str:
    """The archive that people download."""
    suffix = f"-{map_name}" if map_name else ""
    return f"{result_prefix(workspace, dataset, annotation)}{dataset}-{format_id.lower()}{suffix}.zip"


def download_name(dataset: str, format_id: str, map_name: str = "", version: str = "") -> str:
    """The archive's file name, for people; of an older version of the dataset with that version in it."""
    return download_key("", f"{dataset}-{version}" if version else dataset, "", format_id, map_name).rpartition("/")[2]


def found_key(annotation: str, digest: str) -> str:
    """The mark that what an annotation's conversion found is in its log."""
    return f"work/{annotation}/found-{digest}"


def report_key(workspace: str, dataset: str, annotation: str) -> str:
    """Counts and warnings of an annotation."""
    return f"{result_prefix(workspace, dataset, annotation)}report.json"


def errors_key(workspace: str, dataset: str, annotation: str) -> str:
    """Every bad file of an annotation with its reason, JSON Lines."""
    return f"{result_prefix(workspace, dataset, annotation)}errors.jsonl"


def result_prefix(workspace: str, dataset: str, annotation: str) -> str:
    """What the keys of an annotation's results begin with."""
    return f"{results_prefix(workspace, dataset)}{annotation}/"


# Streams of the job log.


def upload_stream(owner: str, name: str) -> str:
    """Log stream of refused uploads.

    Args:
        owner: The workspace, or the organization of a map: as it stands in the key, however hostile.
        name: The dataset or map.

    Returns:
        A name that CloudWatch Logs takes: without ``:``, ``*`` and control characters, at most 512 characters.
    """
    return re.sub(r"[:*\x00-\x1f\x7f-\x9f]", "_", f"uploads/{owner}/{name}")[:MAX_STREAM_CHARS]


def short_digest(parts: Sequence[Any], length: int = 20) -> str:
    """The first hexadecimal digits of SHA-256 over what JSON makes of some parts."""
    return sha256(_json.encode(parts)).hexdigest()[:length]
