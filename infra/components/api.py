"""The HTTP API: one function behind it, an authorizer before it, limits and an access log.

An HTTP API rather than a REST one: it costs $1.00 a million requests instead of $3.50, and nothing that a REST API has
besides (keys, caches, request models, WAF) is needed: the function validates by the models that the OpenAPI is made of.
"""

from __future__ import annotations

import json
from typing import cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.components.nag import acknowledge

PUBLIC = ("/v1/openapi.json", "/v1/docs", "/v1/docs/{proxy+}")
"""What needs no token: what the API is, not what is in it."""
SESSIONS = "/v1/sessions"
CONSOLE = ("/", "/console", "/console/{proxy+}")
CACHE_S = 60
"""For so long a token is good after it was revoked: the price of not asking the table at every request."""
ACCESS_LOG = {
    "request": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "function_ms": "$context.integrationLatency",
    "error": "$context.integrationErrorMessage",
    "token": "$context.authorizer.token",
}
"""One line of JSON a request. ``token`` is the token's id: the header that holds the token itself, and the query, which
may hold cursors and filters, stay out. So do names that people give: API Gateway puts values between the quotes as they
are, and a name with a quote in it could forge a line. The function's own log has path and organization by request."""


class Api(Construct):
    """``api``; ``stage``, which serves at the root of its address.

    ``function`` answers every request, once ``authorizer`` has said whose its token is; ``console`` serves the pages,
    to everyone. ``burst`` requests pass at once and ``rate`` a second in the long run; more are answered 429.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.IFunction,
        authorizer: lambda_.IFunction,
        console: lambda_.IFunction,
        rate: int,
        burst: int,
        log_retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self.api = apigateway.HttpApi(
            self,
            "Http",
            api_name=Stack.of(self).stack_name,
            description="labelmill: organizations, maps, workspaces, datasets, annotations",
            # Made below: the CDK's own has neither limits nor a log.
            create_default_stage=False,
            default_authorizer=authorizers.HttpLambdaAuthorizer(
                "Authorizer",
                authorizer,
                response_types=[authorizers.HttpLambdaResponseType.SIMPLE],
                # Without the header API Gateway answers 401 itself, and no function is paid for.
                identity_source=["$request.header.Authorization"],
                results_cache_ttl=Duration.seconds(CACHE_S),
            ),
        )
        integration = _calls("Function", function)
        self.api.add_routes(path="/v1/{proxy+}", methods=[apigateway.HttpMethod.ANY], integration=integration)
        for path in PUBLIC:
            self._open(path, integration, "What the API is may be read by everyone: it names nobody's data.")
        why = "Whoever signs in by a link has no token yet: the link's code is what proves it."
        self._open(SESSIONS, integration, why, apigateway.HttpMethod.POST)
        pages = _calls("Console", console)
        for path in CONSOLE:
            self._open(path, pages, "The console's pages are the same for everyone; what they show comes by a token.")
        self.stage = self._stage(rate, burst, log_retention)

    def _open(
        self,
        path: str,
        integration: integrations.HttpLambdaIntegration,
        why: str,
        method: apigateway.HttpMethod = apigateway.HttpMethod.GET,
    ) -> None:
        [route] = self.api.add_routes(
            path=path,
            methods=[method],
            integration=integration,
            authorizer=apigateway.HttpNoneAuthorizer(),
        )
        acknowledge(route, why, "APIG4")

    def _stage(self, rate: int, burst: int, log_retention: logs.RetentionDays) -> apigateway.HttpStage:
        log_group = logs.LogGroup(
            self,
            "AccessLog",
            # Log delivery keeps room in its resource policy for groups of this prefix only.
            log_group_name=f"/aws/vendedlogs/apigateway/{Stack.of(self).stack_name}",
            retention=log_retention,
            removal_policy=RemovalPolicy.DESTROY,
        )
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=rate, burst_limit=burst),
        )
        resource = cast(apigateway.CfnStage, stage.node.default_child)
        # The CDK's way of saying this is an interface, to be implemented here.
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group.log_group_arn, format=json.dumps(ACCESS_LOG)
        )
        return stage


def _calls(name: str, function: lambda_.IFunction) -> integrations.HttpLambdaIntegration:
    return integrations.HttpLambdaIntegration(
        name,
        function,
        payload_format_version=apigateway.PayloadFormatVersion.VERSION_2_0,
        # One permission for the API; one a route would say the same four times.
        scope_permission_to_route=False,
    )
