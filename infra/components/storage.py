"""The two buckets: people write into the inbox, the service writes into the outbox, so output never triggers input."""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.components.nag import acknowledge

WORK_DAYS = 7
UPLOAD_DAYS = 7
"""An upload of many gigabytes may be broken off on a Friday and go on after the weekend."""


class Storage(Construct):
    """``inbox`` and ``outbox``."""

    def __init__(self, scope: Construct, construct_id: str, *, removal_policy: RemovalPolicy) -> None:
        super().__init__(scope, construct_id)
        # Versions let a job read the very bytes it was started for, even when the key is written again meanwhile.
        self.inbox = self._bucket(
            "Inbox",
            versioned=True,
            removal_policy=removal_policy,
            lifecycle_rules=[
                _abort_unfinished(UPLOAD_DAYS),
                # Of datasets only: the versions of a map are kept for as long as the map is.
                s3.LifecycleRule(
                    id="expire-replaced-versions",
                    prefix="datasets/",
                    noncurrent_version_expiration=Duration.days(30),
                ),
            ],
        )
        # The CDK's own switch deploys a custom resource with a Lambda function for what is one property today.
        bucket = cast(s3.CfnBucket, self.inbox.node.default_child)
        bucket.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)
        self.outbox = self._bucket(
            "Outbox",
            versioned=False,
            removal_policy=removal_policy,
            lifecycle_rules=[
                _abort_unfinished(1),
                s3.LifecycleRule(id="expire-work", prefix="work/", expiration=Duration.days(WORK_DAYS)),
            ],
        )

    @property
    def origins(self) -> list[str]:
        """Where browsers send parts of datasets; which of the two a signed address has depends on the region."""
        return [f"https://{name}" for name in (self.inbox.bucket_regional_domain_name, self.inbox.bucket_domain_name)]

    def let_pages_upload(self, origin: str) -> None:
        """Let pages of the origin send parts of datasets to addresses that the API has signed for them."""
        self.inbox.add_cors_rule(
            allowed_methods=[s3.HttpMethods.PUT],
            allowed_origins=[origin],
            allowed_headers=["content-type"],
            exposed_headers=["ETag"],
            max_age=3600,
        )

    def _bucket(
        self, name: str, *, versioned: bool, removal_policy: RemovalPolicy, lifecycle_rules: list[s3.LifecycleRule]
    ) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=versioned,
            lifecycle_rules=lifecycle_rules,
            removal_policy=removal_policy,
        )
        acknowledge(
            bucket,
            "No server access log: a job reads a dataset by millions of small ranges, and the log would outgrow it. "
            "CloudTrail's data events can be switched on by those who need an audit.",
            "S1",
        )
        return bucket


def _abort_unfinished(days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(id="abort-unfinished-uploads", abort_incomplete_multipart_upload_after=Duration.days(days))
