"""The one place that makes Lambda functions, so that none differs from the others but where it says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.components.layers import Layers
from infra.components.nag import acknowledge, acknowledge_prefixes

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"


@dataclass(frozen=True, kw_only=True)
class FunctionPlan:
    """What one function is given.

    Attributes:
        name: The folder below ``functions/``.
        does: One line for who reads the console.
        memory_mb: Lambda gives one full CPU core at 1,769 MB.
        timeout_s: Seconds until Lambda ends it; 900 at most.
        statements: All that its role may do, beside writing its own log.
        environment: All variables that its settings read.
        disk_mb: Size of ``/tmp``.
        code: Its files, where they are more than its folder holds.
        of_api: Whether it is given the layer of the HTTP API, too.
        concurrency: So many at once are kept for it, and no more run; ``None`` shares with all that has no number.
        dead_letters: Where an event goes that the function, called asynchronously, failed on three times.
        calls_itself: Whether it may call itself to go on with what takes longer than Lambda lets it run.
    """

    name: str
    does: str
    memory_mb: int
    timeout_s: int
    statements: list[iam.PolicyStatement]
    environment: dict[str, str] = field(default_factory=dict)
    disk_mb: int = 512
    code: Path | None = None
    of_api: bool = False
    concurrency: int | None = None
    dead_letters: sqs.IQueue | None = None
    calls_itself: bool = False


class FunctionFactory:
    """Makes functions with one runtime, architecture, log format and retention, each with a role of its own."""

    def __init__(self, scope: Construct, *, layers: Layers, log_retention: logs.RetentionDays) -> None:
        self._scope = scope
        self._layers = layers
        self._log_retention = log_retention

    def make(self, plan: FunctionPlan) -> lambda_.Function:
        """Make the function, its role and its log group."""
        title = plan.name.capitalize()
        log_group = logs.LogGroup(
            self._scope, f"{title}Log", retention=self._log_retention, removal_policy=RemovalPolicy.DESTROY
        )
        # No managed policy: AWSLambdaBasicExecutionRole may write to every log group of the account.
        role = iam.Role(
            self._scope,
            f"{title}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"labelmill {plan.name}: {plan.does}",
        )
        own_log = iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]
        )
        for statement in [own_log, *plan.statements]:
            role.add_to_principal_policy(statement)
        acknowledge_prefixes(role, plan.statements)
        function = lambda_.Function(
            self._scope,
            title,
            description=plan.does,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="handler.lambda_handler",
            code=lambda_.Code.from_asset(str(plan.code or FUNCTIONS / plan.name), exclude=["**/__pycache__", "*.pyc"]),
            layers=self._layers.of_api if plan.of_api else self._layers.versions,
            role=role.without_policy_updates(),
            memory_size=plan.memory_mb,
            reserved_concurrent_executions=plan.concurrency,
            timeout=Duration.seconds(plan.timeout_s),
            ephemeral_storage_size=Size.mebibytes(plan.disk_mb),
            environment={"POWERTOOLS_SERVICE_NAME": plan.name, **plan.environment},
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            dead_letter_queue=plan.dead_letters,
            # Lambda would end the chain of calls after 16 of them.
            recursive_loop=lambda_.RecursiveLoop.ALLOW if plan.calls_itself else None,
        )
        if plan.calls_itself:
            # Not in the role's own policy, which has to be there before the function.
            itself = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn])
            iam.Policy(self._scope, f"{title}GoesOn", roles=[role], statements=[itself])
        acknowledge(
            function, "Python 3.13 is what the dependency layer's wheels are built for; both move together.", "L1"
        )
        # The CDK names the role twice, as a property and as a dependency.
        resource = cast(lambda_.CfnFunction, function.node.default_child)
        resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
        return function
