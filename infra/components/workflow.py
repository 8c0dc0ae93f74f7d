"""The state machine, and the two event rules around it: uploads start it, its failures are recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.components import permissions as may
from infra.components.nag import acknowledge, acknowledge_prefixes

DEFINITION = Path(__file__).resolve().parents[1] / "workflows" / "convert_dataset.asl.json"

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar", ".tar.bz2", ".tar.xz", ".tar.zst", "/_success")
UPLOADS: list[dict[str, Any]] = [
    {"prefix": "maps/"},
    *({"suffix": {"equals-ignore-case": ending}} for ending in ENDINGS),
    {"suffix": "/dataset.yaml"},
]
"""Keys that may mean something, or that are to be refused with a word: Receive looks at the rest of them.

No wildcards: EventBridge refuses a rule whose wildcards are too complex, which nine of them on one field are
(aws/event-ruler, MachineComplexityEvaluator). A single image, mask or JSON file of a loose dataset starts nothing.
"""


class Workflow(Construct):
    """``machine``."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        functions: dict[str, lambda_.Function],
        inbox: s3.IBucket,
        outbox: s3.IBucket,
        undelivered: sqs.IQueue,
        max_concurrency: int,
        log_retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        called = {f"{key.capitalize()}Function": function.function_arn for key, function in functions.items()}
        log_group = logs.LogGroup(
            self,
            "Log",
            # Step Functions' log delivery keeps room in its resource policy for groups of this prefix only.
            log_group_name=f"/aws/vendedlogs/states/{name}",
            retention=log_retention,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = self._role(name, functions, outbox)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_string(of_partition(json.dumps(read_definition(max_concurrency)))),
            definition_substitutions={**called, "OutboxBucket": outbox.bucket_name},
            role=role,
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=False),
            tracing_enabled=True,
        )
        # The CDK names the role twice, as a property and as a dependency.
        machine = cast(sfn.CfnStateMachine, self.machine.node.default_child)
        machine.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
        acknowledge(
            role,
            "The actions of X-Ray and of log delivery take no resource: AWS has them allowed on `*`.",
            "IAM5[Resource::*]",
        )
        self._start_on_uploads(inbox, undelivered)
        self._record_failures(functions["conclude"], undelivered)

    def _role(self, name: str, functions: dict[str, lambda_.Function], outbox: s3.IBucket) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description="labelmill: calls the functions of the workflow and runs its distributed Maps",
        )
        arns = [function.function_arn for function in functions.values()]
        statements = [
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=arns),
            # A distributed Map runs its items as executions of the machine itself.
            may.start_executions(name),
            iam.PolicyStatement(
                actions=["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"],
                resources=[may.machine_arn(name, "execution", suffix) for suffix in ("/*", ":*")],
            ),
            may.objects(outbox, may.READ, "work/"),
            may.objects(outbox, (*may.WRITE_PARTS, "s3:ListMultipartUploadParts"), "work/"),
        ]
        for statement in statements:
            role.add_to_principal_policy(statement)
        acknowledge_prefixes(role, statements)
        return role

    def _start_on_uploads(self, inbox: s3.IBucket, undelivered: sqs.IQueue) -> None:
        rule = events.Rule(
            self,
            "Uploads",
            description="An upload into the inbox starts the workflow.",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [inbox.bucket_name]},
                    "object": {"key": UPLOADS},
                },
            ),
        )
        rule.add_target(
            targets.SfnStateMachine(
                self.machine,
                dead_letter_queue=undelivered,
                max_event_age=Duration.hours(24),
                retry_attempts=185,
            )
        )

    def _record_failures(self, conclude: lambda_.Function, undelivered: sqs.IQueue) -> None:
        rule = events.Rule(
            self,
            "Failures",
            description="An execution that ended badly, even by an abort or a time-out, leaves no annotation running.",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [self.machine.state_machine_arn],
                    "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                },
            ),
        )
        rule.add_target(
            targets.LambdaFunction(
                conclude, dead_letter_queue=undelivered, max_event_age=Duration.hours(24), retry_attempts=185
            )
        )


def read_definition(max_concurrency: int) -> dict[str, Any]:
    """Read the workflow and set how many shards are worked on at once (a number: no substitution can write one)."""
    definition: dict[str, Any] = json.loads(DEFINITION.read_text())
    for state in definition["States"].values():
        if state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            state["MaxConcurrency"] = max_concurrency
    return definition


def of_partition(definition: str) -> str:
    """Name the partition that is deployed into: of China's and the government's clouds it is not ``aws``."""
    return definition.replace("arn:aws:", f"arn:{Aws.PARTITION}:")
