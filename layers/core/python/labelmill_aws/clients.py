"""The one place where clients are made: lazily, each once a process, with retries and a pool of connections.

Handlers keep one ``Clients`` at module level: nothing is made or called before a property is first used, and a warm
environment uses its connections again. The addresses follow ``AWS_ENDPOINT_URL``, so the local cloud needs no switch.
"""

from __future__ import annotations

from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 30
MAX_ATTEMPTS = 6
POOL_SIZE = 10
S3_POOL_SIZE = 64
"""As many reads of a loose dataset go on side by side."""


class Clients:
    """Clients of one process. Safe to use from threads: the lock keeps each from being made twice."""

    def __init__(self) -> None:
        self._lock = RLock()

    @cached_property
    def s3(self) -> S3Client:
        """S3; adaptive: a prefix that throttles slows all workers of this process down."""
        client: S3Client = self._make("s3", pool_size=S3_POOL_SIZE, mode="adaptive")
        return client

    @cached_property
    def presigner(self) -> S3Client:
        """S3, for addresses that others use: signed with version 4, for the bucket's own region, no checksum asked.

        With the style left open botocore would write the address of no region, from which S3 redirects for a while.
        """
        client: S3Client = self._make(
            "s3",
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            s3={"addressing_style": "virtual"},
        )
        return client

    @cached_property
    def lambda_(self) -> LambdaClient:
        """Lambda."""
        client: LambdaClient = self._make("lambda")
        return client

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """DynamoDB."""
        client: DynamoDBClient = self._make("dynamodb")
        return client

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """CloudWatch Logs."""
        client: CloudWatchLogsClient = self._make("logs")
        return client

    @cached_property
    def sns(self) -> SNSClient:
        """SNS."""
        client: SNSClient = self._make("sns")
        return client

    @cached_property
    def events(self) -> EventBridgeClient:
        """EventBridge."""
        client: EventBridgeClient = self._make("events")
        return client

    @cached_property
    def stepfunctions(self) -> SFNClient:
        """Step Functions."""
        client: SFNClient = self._make("stepfunctions")
        return client

    @cached_property
    def cloudformation(self) -> Any:
        """CloudFormation, which only the operator's own tools ask."""
        return self._make("cloudformation")

    @cached_property
    def _session(self) -> Any:
        import boto3  # it costs 100 ms, which a handler that fails on its event need not pay

        return boto3.session.Session()

    def _make(
        self,
        service: str,
        *,
        pool_size: int = POOL_SIZE,
        mode: Literal["standard", "adaptive"] = "standard",
        **more: Any,
    ) -> Any:
        from botocore.config import Config

        config = Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            max_pool_connections=pool_size,
            retries={"mode": mode, "max_attempts": MAX_ATTEMPTS},
            tcp_keepalive=True,
            **more,
        )
        with self._lock:  # a session is not safe to share while it makes clients
            return self._session.client(service, config=config)
