"""A row of the table: one annotation, that is one dataset in one format under one map or none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from labelmill_aws.records.table import Item

QUEUED: Final = "queued"
RUNNING: Final = "running"
COMPLETE: Final = "complete"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
DELETION_TAKES: Final = timedelta(minutes=1)
"""At most: a request of the API does it, and ends in half of that."""
OPEN: Final = (QUEUED, RUNNING)
FINAL: Final = (COMPLETE, FAILED, CANCELLED)


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an annotation.

    Attributes:
        epoch: Attempt times 1,000 plus redrives; the status never goes back within one.
        dataset_number: Number of the dataset's version, for people; 0 where nobody has counted.
        cause: The upload that the present attempt answers; ``causes`` holds those of all attempts.
        images: Images of the dataset, once Plan has counted them.
        converted: Images that were converted, once it is final; before that ``JobStore.progress`` tells.
        pass: 2 when the dataset had to be planned again, else 1; ``pass_`` here.
        notified: The epoch whose end was published, -1 before.
        tags: What people note; the only thing that is edited.
        deleting: When its deletion began, ISO 8601: nobody may claim it again before it is gone, or that has failed.
        created, started, finished: ISO 8601, UTC; empty before.
    """

    id: str
    organization: str
    workspace: str
    dataset: str
    dataset_version: str
    format: str
    map: str = ""
    map_version: str = ""
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    status: str = QUEUED
    epoch: int = 0
    attempt: int = 0
    execution: str = ""
    cause: str = ""
    causes: tuple[str, ...] = ()
    asked_by: str = ""
    images: int = 0
    converted: int = 0
    warnings: int = 0
    errors: int = 0
    created: str = ""
    started: str = ""
    finished: str = ""
    reason: str = ""
    download_key: str = ""
    size_bytes: int = 0
    pass_: int = msgspec.field(default=1, name="pass")
    notified: int = -1
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    dataset_number: int = 0
    deleting: str = ""

    @property
    def is_going(self) -> bool:
        """Its deletion is under way."""
        return self.deleting > time_before(DELETION_TAKES)

    @property
    def is_open(self) -> bool:
        """Still queued or running."""
        return self.status in OPEN

    def item(self) -> Item:
        """The row, with its keys."""
        row: Item = msgspec.to_builtins(self)
        row["options"] = msgspec.json.encode(self.options, order="deterministic").decode()  # it may hold fractions
        row["causes"] = set(self.causes) or {""}
        pk, sk = annotation_key(self.id)
        place = f"{self.created}#{self.id}"
        open_pk = open_partition(self.organization)
        row |= {
            "pk": pk,
            "sk": sk,
            "gsi1pk": dataset_partition(self.workspace, self.dataset),
            "gsi1sk": place,
            "gsi2pk": workspace_partition(self.workspace),
            "gsi2sk": place,
            "open_pk": open_pk,  # a redrive puts the row back into the index of what is open
        }
        return row | {"gsi3pk": open_pk, "gsi3sk": place} if self.is_open else row

    @staticmethod
    def read(item: Item) -> Annotation:
        """An annotation from its row."""
        row = item | {"options": msgspec.json.decode(item["options"]), "causes": tuple(sorted(item["causes"]))}
        return msgspec.convert(row, Annotation)


def annotation_key(annotation_id: str) -> tuple[str, str]:
    """Where the row of an annotation is."""
    return f"AN#{annotation_id}", "AN"


def dataset_partition(workspace: str, dataset: str) -> str:
    """Of ``gsi1``: all annotations of a dataset."""
    return f"DS#{workspace}/{dataset}"


def workspace_partition(workspace: str) -> str:
    """Of ``gsi2``: all annotations of a workspace."""
    return f"WS#{workspace}"


def open_partition(organization: str) -> str:
    """Of ``gsi3``: the annotations of an organization that are queued or running."""
    return f"OPEN#{organization}"


def now_text() -> str:
    """The present time as rows and logs have it: ISO 8601, UTC, milliseconds."""
    return time_before(timedelta())


def time_before(age: timedelta) -> str:
    """The time so long ago, written likewise."""
    return (datetime.now(UTC) - age).isoformat(timespec="milliseconds").replace("+00:00", "Z")
