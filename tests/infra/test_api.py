"""What the template promises about the HTTP API: who gets in, how much, and what is written down."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from infra.app import ROOT
from infra_template import Template


def test_everything_but_the_documentation_and_signing_in_needs_a_token(stack: Template) -> None:
    authorizer, _ = stack.one("AWS::ApiGatewayV2::Authorizer")
    routes = {p["RouteKey"]: p for p in stack.of_type("AWS::ApiGatewayV2::Route").values()}
    public = {key for key, route in routes.items() if route["AuthorizationType"] == "NONE"}
    documents = {"GET /v1/openapi.json", "GET /v1/docs", "GET /v1/docs/{proxy+}"}
    assert public == {*documents, "GET /", "GET /console", "GET /console/{proxy+}", "POST /v1/sessions"}
    [private] = routes.keys() - public
    assert private == "ANY /v1/{proxy+}"
    assert routes[private]["AuthorizationType"] == "CUSTOM"
    assert routes[private]["AuthorizerId"] == f"<{authorizer}>"


def test_the_authorizer_is_asked_once_a_minute_and_token(stack: Template) -> None:
    _, authorizer = stack.one("AWS::ApiGatewayV2::Authorizer")
    assert authorizer["AuthorizerType"] == "REQUEST"
    assert authorizer["AuthorizerPayloadFormatVersion"] == "2.0"
    assert authorizer["EnableSimpleResponses"] is True
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert authorizer["AuthorizerResultTtlInSeconds"] == 60
    assert "FunctionsAuthorize" in authorizer["AuthorizerUri"]


def test_one_function_answers_the_api_before_the_gateway_gives_up(stack: Template) -> None:
    integrations = stack.of_type("AWS::ApiGatewayV2::Integration")
    routes = {p["RouteKey"]: p["Target"] for p in stack.of_type("AWS::ApiGatewayV2::Route").values()}
    for key, target in routes.items():
        integration = integrations[target.removeprefix("integrations/").strip("<>")]
        assert integration["PayloadFormatVersion"] == "2.0"
        assert ("FunctionsApi" if "/v1/" in key else "FunctionsConsole") in integration["IntegrationUri"], key
    assert stack.functions()["api"]["Timeout"] * 1000 < 30_000


def test_pages_upload_into_the_inbox_and_only_they(stack: Template) -> None:
    name, inbox = stack.one("AWS::S3::Bucket", "StorageInbox")
    [rule] = inbox["CorsConfiguration"]["CorsRules"]
    assert rule == {
        "AllowedHeaders": ["content-type"],
        "AllowedMethods": ["PUT"],
        "AllowedOrigins": [stack.outputs["ApiUrl"]],
        "ExposedHeaders": ["ETag"],
        "MaxAge": 3600,
    }
    assert "CorsConfiguration" not in stack.one("AWS::S3::Bucket", "StorageOutbox")[1]
    allowed = stack.functions()["console"]["Environment"]["Variables"]["UPLOAD_ORIGINS"]
    assert allowed == f"https://<{name}.RegionalDomainName> https://<{name}.DomainName>"


def test_the_stage_is_at_the_root_and_has_limits(stack: Template) -> None:
    _, stage = stack.one("AWS::ApiGatewayV2::Stage")
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 200, "ThrottlingBurstLimit": 400}
    assert stack.outputs["ApiUrl"].endswith(".ApiEndpoint>")


def test_the_access_log_names_the_token_but_does_not_hold_it(stack: Template) -> None:
    _, stage = stack.one("AWS::ApiGatewayV2::Stage")
    log = stage["AccessLogSettings"]
    group, properties = stack.one("AWS::Logs::LogGroup", "ApiAccessLog")
    assert log["DestinationArn"] == f"<{group}.Arn>"
    assert properties["LogGroupName"].startswith("/aws/vendedlogs/")
    told = re.findall(r"\$context\.([\w.]+)", log["Format"])
    assert sorted(told) == [
        "authorizer.token",
        "httpMethod",
        "identity.sourceIp",
        "integrationErrorMessage",
        "integrationLatency",
        "requestId",
        "requestTimeEpoch",
        "responseLatency",
        "routeKey",
        "status",
    ]
    assert json.loads(log["Format"]).keys() >= {"request", "token", "status"}


def test_the_api_is_watched(stack: Template) -> None:
    api, _ = stack.one("AWS::ApiGatewayV2::Api")
    alarms = {a["MetricName"]: a for a in stack.of_type("AWS::CloudWatch::Alarm").values() if "MetricName" in a}
    for metric, statistic in (("5xx", "Sum"), ("Latency", "p99")):
        alarm = alarms[metric]
        assert alarm["Namespace"] == "AWS/ApiGateway"
        assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": f"<{api}>"}]
        assert alarm.get("Statistic", alarm.get("ExtendedStatistic")) == statistic


OIDC = {
    "oidc_issuer": "https://issuer.example",
    "oidc_audience": "labelmill",
    "oidc_organization_claim": "org",
    "oidc_role_claim": "role",
}


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"oidc_issuer": "https://issuer.example"}, "context oidc_audience: needed with oidc_issuer"),
        ({"oidc_audience": "a"}, "context oidc_issuer: needed with the other oidc_ values"),
        ({**OIDC, "oidc_issuer": "http://x"}, "context oidc_issuer: expected an https:// address, got 'http://x'"),
        ({"api_rate": "many"}, "context api_rate: expected a whole number above 0, got 'many'"),
    ],
)
def test_a_choice_that_makes_no_sense_is_said(context: dict[str, str], said: str) -> None:
    command = [sys.executable, "-m", "infra.app", *(f"-c{key}={value}" for key, value in context.items())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (1, f"infra.app: {said}")
