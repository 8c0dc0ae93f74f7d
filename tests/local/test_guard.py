"""Pages of other origins, other names for this machine, and keys that anybody could guess reach nothing."""

import json
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from infra.local.cloud import LocalCloud

QUERY = "Action=CreateFunction&X-Amz-Credential=test/20261201/us-east-1/lambda/aws4_request"
PATHS = ["/", "/_local/requests", "/_ministack/health", "/v1/me", "/2015-03-31/functions", f"/?{QUERY}", "/inbox/key"]


def ask(cloud: LocalCloud, path: str, method: str = "GET", **headers: str) -> int:
    """A request as a browser would send it; its status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, f"{cloud.endpoint}{path}", headers=named, timeout=20).status_code


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_other_names_and_origins_are_refused(cloud: LocalCloud, method: str, path: str) -> None:
    port = urlsplit(cloud.endpoint).port
    for host in (
        "evil.example",
        f"evil.example:{port}",
        f"127.0.0.1.evil.example:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port + 1}",
    ):
        assert ask(cloud, path, method, Host=host) == 403
    for origin in ("https://evil.example", "null", f"http://localhost:{port + 1}", f"https://127.0.0.1:{port}"):
        assert ask(cloud, path, method, Origin=origin) == 403
    for site in ("cross-site", "same-site"):
        assert ask(cloud, path, method, Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors") == 403


def test_its_own_pages_and_names_are_let_in(cloud: LocalCloud) -> None:
    port = urlsplit(cloud.endpoint).port
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert ask(cloud, "/_local/busy", Host=f"{host}:{port}") == 200
    assert ask(cloud, "/_local/busy", Origin=cloud.endpoint, Sec_Fetch_Site="same-origin") == 200


def test_a_link_may_lead_to_the_console_and_to_nothing_else(cloud: LocalCloud) -> None:
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert ask(cloud, "/console/workspaces", **link) != 403 or "console" not in cloud.outputs
    for path in ("/_local/requests", "/v1/me", f"/?{QUERY}", "/inbox/key"):
        assert ask(cloud, path, **link) == 403
    assert ask(cloud, "/", "POST", **link) == 403
    assert ask(cloud, "/", **{**link, "Sec_Fetch_Dest": "iframe"}) == 403


@pytest.mark.parametrize("key", ["test", "000000000000", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"])
def test_keys_that_anybody_knows(cloud: LocalCloud, key: str) -> None:
    session = boto3.Session(key, "test", region_name="us-east-1")
    for service, call in (("s3", "list_buckets"), ("lambda", "list_functions"), ("sns", "list_topics")):
        with pytest.raises(ClientError) as caught:
            getattr(session.client(service, endpoint_url=cloud.endpoint), call)()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 401, 403)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/", b"Action=CreateTopic&Name=mine"),
        ("POST", "/2015-03-31/functions", json.dumps({"FunctionName": "mine"}).encode()),
        ("POST", f"/?{QUERY}", b"{}"),
        ("PUT", "/bucket-of-nobody", b""),
        ("GET", "/", b""),
    ],
)
def test_calls_without_a_key(cloud: LocalCloud, method: str, path: str, body: bytes) -> None:
    answer = httpx.request(method, f"{cloud.endpoint}{path}", content=body, timeout=20)
    assert answer.status_code in (403, 404)  # "/" is the console's, which this stack has none of
    assert b"<Bucket>" not in answer.content


def test_keys_differ_at_each_start() -> None:
    assert LocalCloud().keys != LocalCloud().keys
