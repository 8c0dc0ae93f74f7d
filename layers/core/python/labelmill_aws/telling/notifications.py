"""What subscribers get: one message on SNS and the same as an event on EventBridge.

At least once: ``id`` is the same in a repeat, so that a subscriber who minds can drop it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, cast

import msgspec

from labelmill.errors import TransientError
from labelmill_aws.names import report_key
from labelmill_aws.records.annotation import Annotation
from labelmill_aws.telling.messages import (
    ANNOTATION_FINISHED,
    UPLOAD_REFUSED,
    AnnotationFinished,
    Message,
    UploadRefused,
)

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient

SOURCE: Final = "labelmill"
ATTRIBUTES: Final = ("organization", "workspace", "dataset", "format", "status")
MAX_REASON_CHARS: Final = 4_000


class Notifier:
    """Publishes to both."""

    def __init__(
        self, sns: SNSClient, events: EventBridgeClient, *, topic_arn: str, outbox_bucket: str, log_group: str
    ) -> None:
        self._sns = sns
        self._events = events
        self._topic = topic_arn
        self._outbox = outbox_bucket
        self._log_group = log_group

    def annotation_finished(self, row: Annotation) -> None:
        """Tell that an annotation has ended."""
        body = AnnotationFinished(
            annotation=row.id,
            organization=row.organization,
            workspace=row.workspace,
            dataset=row.dataset,
            format=row.format,
            map=row.map,
            status=cast(Literal["complete", "failed", "cancelled"], row.status),
            reason=_short(row.reason),
            images=row.converted,
            errors=row.errors,
            warnings=row.warnings,
            bucket=self._outbox,
            download_key=row.download_key,
            report_key=report_key(row.workspace, row.dataset, row.id) if row.download_key else "",
            log_group=self._log_group,
            log_stream=row.id,
            created=row.created,
            finished=row.finished,
            id=f"{row.id}-{row.epoch}",
        )
        self._publish(ANNOTATION_FINISHED, body)

    def upload_refused(
        self, *, organization: str, workspace: str, name: str, key: str, reason: str, log_stream: str, id_: str
    ) -> None:
        """Tell that an upload can't be used.

        Args:
            organization: Whose upload it is: nobody else's subscriptions get this.
            workspace: That of a dataset; empty for a map.
            name: The map or dataset.
            key: The object in the inbox.
            reason: All problems, or the first of many; lines.
            log_stream: Where all of them stand.
            id_: The same in a repeat.
        """
        body = UploadRefused(
            organization=organization,
            workspace=workspace,
            dataset=name if workspace else "",
            map="" if workspace else name,
            status="refused",
            key=key,
            reason=_short(reason),
            log_group=self._log_group,
            log_stream=log_stream,
            id=id_,
        )
        self._publish(UPLOAD_REFUSED, body)

    def _publish(self, detail_type: str, body: Message) -> None:
        text = msgspec.json.encode(body).decode()
        attributes: Any = {
            name: {"DataType": "String", "StringValue": getattr(body, name)}
            for name in ATTRIBUTES
            if getattr(body, name, "")  # SNS takes no empty value
        }
        self._sns.publish(TopicArn=self._topic, Message=text, MessageAttributes=attributes)
        answer = self._events.put_events(Entries=[{"Source": SOURCE, "DetailType": detail_type, "Detail": text}])
        if answer["FailedEntryCount"]:
            failed = answer["Entries"][0]
            raise TransientError(f"PutEvents: {failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")


def _short(text: str) -> str:
    return text if len(text) <= MAX_REASON_CHARS else f"{text[:MAX_REASON_CHARS]}… (the log has all of it)"
