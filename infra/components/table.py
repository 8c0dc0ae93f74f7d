"""The one table that holds organizations, maps, workspaces, datasets, annotations and the progress of shards."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

# By dataset and organization; by workspace; of an organization, what is queued or running.
INDEXES = ("gsi1", "gsi2", "gsi3")


class Table(Construct):
    """``table``, with keys ``pk`` and ``sk``, and indexes such as ``gsi1`` on ``gsi1pk`` and ``gsi1sk``.

    Each index repeats all attributes of the items that have its keys.
    """

    def __init__(self, scope: Construct, construct_id: str, *, removal_policy: RemovalPolicy) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="expires_at",
            removal_policy=removal_policy,
        )
        for index in INDEXES:
            self.table.add_global_secondary_index(
                index_name=index, partition_key=_text(f"{index}pk"), sort_key=_text(f"{index}sk")
            )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
