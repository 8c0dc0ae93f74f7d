"""Saying no to an upload: all reasons in the job log, one notification, and a mark so that a repeat is silent."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from labelmill_aws.names import short_digest, upload_stream
from labelmill_aws.records.catalog import DEFAULT_ORGANIZATION, Catalog
from labelmill_aws.records.table import Table
from labelmill_aws.telling.job_log import JobLog, LogEntry
from labelmill_aws.telling.notifications import Notifier

MARK_TTL_S: Final = 30 * 86400


@dataclass(frozen=True, slots=True)
class Refusal:
    """An upload that can't be used.

    Attributes:
        organization: That of a map, as it stands in the key; empty for a dataset.
        workspace: That of a dataset, as it stands in the key; empty for a map.
        name: The map or dataset.
        key: The object.
        version_id: S3's version of it, which tells this upload from the next.
        reasons: Every problem, one line each.
    """

    organization: str
    workspace: str
    name: str
    key: str
    version_id: str
    reasons: Sequence[str]


class Refusals:
    """Logs and publishes refusals, each once."""

    def __init__(self, table: Table, log: JobLog, notifier: Notifier) -> None:
        self._table = table
        self._log = log
        self._notifier = notifier

    def refuse(self, refusal: Refusal) -> None:
        """Say why, unless that was said before. Who dies before the mark says it again."""
        id_ = f"up-{short_digest([refusal.key, refusal.version_id])}"
        if self._table.get(f"UP#{id_}", "UP"):
            return
        stream = upload_stream(refusal.workspace or refusal.organization, refusal.name)
        self._log.write(
            stream, (LogEntry(level="ERROR", message=reason, file=refusal.key) for reason in refusal.reasons)
        )
        self._notifier.upload_refused(
            organization=refusal.organization or self._organization(refusal.workspace),
            workspace=refusal.workspace,
            name=refusal.name,
            key=refusal.key,
            reason="\n".join(refusal.reasons),
            log_stream=stream,
            id_=id_,
        )
        self._table.put(
            {"pk": f"UP#{id_}", "sk": "UP", "key": refusal.key, "expires_at": int(time.time()) + MARK_TTL_S}
        )

    def _organization(self, workspace: str) -> str:
        """Whose a workspace is; one that is not there yet would have been made in the default organization."""
        found = Catalog(self._table).workspace(workspace)
        return found.organization if found else DEFAULT_ORGANIZATION
