"""The resources of a small HTTP API: two routes, an authorizer, a stage with an access log."""

import json
from typing import Any

from local.assembly import function_resource

LOG_FORMAT = {
    "request": "$context.requestId",
    "route": "$context.routeKey",
    "path": "$context.path",
    "status": "$context.status",
    "error": "$context.integrationErrorMessage",
    "organization": "$context.authorizer.organization",
    "token": "$context.authorizer.token",
}


def web_resources(*, rate: int = 1000, burst: int = 1000) -> dict[str, Any]:
    """What is added to the template of ``assembly``."""
    api = {"Ref": "Web"}

    def route(key: str, **more: Any) -> dict[str, Any]:
        target = {"Fn::Join": ["", ["integrations/", {"Ref": "Integration"}]]}
        return _resource("Route", ApiId=api, RouteKey=key, Target=target, **more)

    return {
        "Answer": function_resource("web.answer", 5),
        "Gate": function_resource("web.authorize", 5),
        "AccessLog": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/access"}},
        "Web": _resource("Api", Name="web", ProtocolType="HTTP"),
        "Integration": _resource(
            "Integration",
            ApiId=api,
            IntegrationType="AWS_PROXY",
            IntegrationUri={"Fn::GetAtt": ["Answer", "Arn"]},
            PayloadFormatVersion="2.0",
        ),
        "Authorizer": _resource(
            "Authorizer",
            ApiId=api,
            Name="gate",
            AuthorizerType="REQUEST",
            AuthorizerPayloadFormatVersion="2.0",
            EnableSimpleResponses=True,
            AuthorizerResultTtlInSeconds=60,
            IdentitySource=["$request.header.Authorization"],
            AuthorizerUri={"Fn::GetAtt": ["Gate", "Arn"]},
        ),
        "Public": route("GET /v1/public"),
        "Private": route("ANY /v1/{proxy+}", AuthorizationType="CUSTOM", AuthorizerId={"Ref": "Authorizer"}),
        "Stage": _resource(
            "Stage",
            ApiId=api,
            StageName="$default",
            AutoDeploy=True,
            DefaultRouteSettings={"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst},
            AccessLogSettings={
                "DestinationArn": {"Fn::GetAtt": ["AccessLog", "Arn"]},
                "Format": json.dumps(LOG_FORMAT),
            },
        ),
    }


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": properties}
