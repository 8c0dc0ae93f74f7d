"""State that is kept: saved as it goes, and what a crash or a restart ended is told to whom it concerns.

ministack writes the data of its services when it shuts down, and objects of S3 at once: after a crash all but the
objects was lost. And executions that ran when it ended are marked as failed when it starts again, without the event by
which the service learns of it. Here the data is written every few seconds if anything was asked for meanwhile (each
service's file whole or not at all), and after a start two things are told once the stack is there:

* the ends of the executions that the end of the process has ended;
* objects that came after what was saved last: their events may have been lost, or the rows that followed from them.
  Deliveries are at least once, so that one too many does nothing.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DATA = ("dynamodb", "s3", "stepfunctions", "cloudwatch_logs", "sns", "sqs", "eventbridge")
"""Services whose data changes while the cloud is used; the rest (150 MB of functions) changes with the stack."""
SAVE_EVERY_S = 2.0
SAVE_SHARE = 20
"""Saving may take this part of the time, one in so many."""
LATE_S = 60.0
"""How long before the last saving an upload may have come whose rows it does not hold."""

log = logging.getLogger(__name__)


class KeptState:
    """The data of all services, in a folder."""

    def __init__(self, services: Path) -> None:
        """Note when it was saved last; the executions that ran then are noted when ministack loads them."""
        files = services.glob("*.json") if services.is_dir() else ()
        self._saved_at = max((file.stat().st_mtime for file in files), default=0.0)
        self._ended: list[str] = []

    def correct(self) -> None:
        """Note which executions the restart ends. Before ministack loads what was kept."""
        from ministack.services import stepfunctions

        original = stepfunctions.load_persisted_state

        def load(data: Any) -> None:
            running = [
                execution["executionArn"]
                for execution in (data or {}).get("executions", {}).all_values()
                if execution.get("status") == "RUNNING"
            ]
            original(data)
            self._ended += running

        stepfunctions.load_persisted_state = load

    async def save_as_it_goes(self, asked: Callable[[], int]) -> None:
        """Save for ever; ``asked`` counts what was asked of the cloud."""
        before, wait_s = -1, SAVE_EVERY_S
        while True:
            await asyncio.sleep(wait_s)
            if (now := asked()) == before:
                continue
            started = time.monotonic()
            _save(DATA)
            before, wait_s = now, max(SAVE_EVERY_S, SAVE_SHARE * (time.monotonic() - started))

    def tell(self) -> dict[str, int]:
        """Save the stack, and tell what was ended and what may have been lost, once; answer how many of each."""
        _save()
        executions, self._ended = self._tell_ends(), []
        objects = self._tell_objects() if self._saved_at else 0
        self._saved_at = 0.0
        return {"executions": executions, "objects": objects}

    def _tell_ends(self) -> int:
        from ministack.services import stepfunctions

        told = 0
        for arn in self._ended:
            if (execution := stepfunctions._executions.get(arn)) is not None:
                stepfunctions._emit_execution_status_event(execution)
                told += 1
        return told

    def _tell_objects(self) -> int:
        from ministack.core.responses import set_request_account_id
        from ministack.services import s3

        since = datetime.fromtimestamp(self._saved_at - LATE_S, UTC).isoformat()
        told = 0
        for (account, bucket), held in list(s3._buckets._data.items()):
            set_request_account_id(account)
            for key, found in sorted(held["objects"].items()):
                if found["last_modified"].replace("Z", "+00:00") >= since:
                    s3._fire_s3_event(
                        bucket,
                        key,
                        "s3:ObjectCreated:Put",
                        size=found.get("size", 0),
                        etag=found.get("etag", ""),
                        version_id=found.get("version_id"),
                    )
                    told += 1
        return told


def _save(chosen: Collection[str] = ()) -> None:
    """Write the data of some services, or of all."""
    from ministack import app
    from ministack.core.persistence import save_all

    states = app._build_persistence_save_dict()
    save_all({name: state for name, state in states.items() if name in chosen or not chosen})
