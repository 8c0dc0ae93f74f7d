"""What functions print, in the emulator's CloudWatch Logs, as Lambda puts it there.

One stream an environment; START, END and REPORT lines around each invocation, or ``platform.*`` records where the
function logs JSON. Subscription filters on these groups are not served.
"""

import json
import time
from datetime import UTC, datetime
from typing import Any

from ministack.services import cloudwatch_logs


class FunctionLog:
    """The log stream of one environment."""

    def __init__(self, group: str, environment_tag: str, *, as_json: bool) -> None:
        self.group = group
        self.stream = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{environment_tag}"
        self._as_json = as_json
        self._events = open_stream(group, self.stream)

    def start(self, request_id: str) -> None:
        """Write that an invocation starts."""
        if self._as_json:
            self._record("platform.start", {"requestId": request_id, "version": "$LATEST"})
        else:
            self.line(f"START RequestId: {request_id} Version: $LATEST")

    def line(self, text: str) -> None:
        """Write one line of the function's own."""
        write_line(self._events, text)

    def end(self, request_id: str, duration_ms: float, init_ms: float | None, peak_mb: int) -> None:
        """Write that an invocation ended, how long it took and what it needed."""
        if self._as_json:
            metrics = {"durationMs": round(duration_ms, 2), "maxMemoryUsedMB": peak_mb}
            if init_ms is not None:
                metrics["initDurationMs"] = round(init_ms, 2)
            self._record("platform.report", {"requestId": request_id, "metrics": metrics})
            return
        init = "" if init_ms is None else f"\tInit Duration: {init_ms:.2f} ms"
        self.line(f"END RequestId: {request_id}")
        self.line(
            f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\tMax Memory Used: {peak_mb} MB{init}"
        )

    def _record(self, kind: str, record: dict[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.line(json.dumps({"time": now, "type": kind, "record": record}))


def write_line(stream: Any, text: str) -> None:
    """Write one line, as of now, into a stream of the emulator's."""
    now_ms = int(time.time() * 1000)
    event = {"timestamp": now_ms, "message": text, "ingestionTime": now_ms}
    cloudwatch_logs._append_log_events(stream, [event])


def open_stream(group: str, stream: str) -> Any:
    """Answer the emulator's stream, made with its group where they don't exist (as AWS' services do)."""
    if group not in cloudwatch_logs._log_groups:
        cloudwatch_logs._create_log_group({"logGroupName": group})
    cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    return cloudwatch_logs._log_groups[group]["streams"][stream]
