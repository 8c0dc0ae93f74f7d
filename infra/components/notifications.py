"""Where the service speaks: the topic for subscribers, the job log, and the queue of what could not be delivered."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.components.nag import acknowledge


class Notifications(Construct):
    """``topic`` (finished annotations), ``alarms`` (for who runs the service), ``job_log`` and ``undelivered``."""

    def __init__(self, scope: Construct, construct_id: str, *, log_retention: logs.RetentionDays) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", display_name="labelmill", enforce_ssl=True)
        # A topic of its own: who waits for labels must not be told of every throttle, nor be able to mute it.
        self.alarms = sns.Topic(self, "Alarms", display_name="labelmill alarms", enforce_ssl=True)
        # A policy of one's own replaces SNS' default one, which would have let CloudWatch in.
        self.alarms.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.alarms.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        self.job_log = logs.LogGroup(
            self,
            "JobLog",
            log_group_name=f"/labelmill/{Stack.of(self).stack_name}/jobs",
            retention=log_retention,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.undelivered = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(
            self.undelivered, "This is the dead-letter queue of the event rules and of the function they call.", "SQS3"
        )
