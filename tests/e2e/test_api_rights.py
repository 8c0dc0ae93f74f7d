"""Everything that the HTTP API can do, done once: its functions have the rights they need, and none that they don't."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from e2e_service import MAP_TEXT, OTHER_MAP_TEXT, Service
from rights import allowed, called

NOT_CALLED = {
    "api": {
        "dynamodb:ConditionCheckItem",  # a transaction's; the whole of it is counted as a put
        "sns:ListSubscriptionsByTopic",  # where AWS does not tell a pending subscription's ARN
    },
    "authorize": {"logs:CreateLogStream", "logs:PutLogEvents"},
    "purge": {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "dynamodb:BatchWriteItem",  # rows of annotations that were not deleted before
        "s3:AbortMultipartUpload",  # of a dataset that is still being uploaded
        "dynamodb:PutItem",  # when what an upload has replaced is gone
        "lambda:InvokeFunction",  # itself, where a quarter of an hour is too short
        "sqs:SendMessage",  # Lambda itself sends what failed three times
    },
}
"""Rights that this story does not use: a function's own log is written by Lambda, and the rest as it says."""


class Client:
    """A client of one organization that is told when something fails."""

    def __init__(self, service: Service, organization: str) -> None:
        headers = {"Authorization": f"Bearer {service.cloud.token(organization)}"}
        self.http = httpx.Client(base_url=service.cloud.api_url + "/v1/", headers=headers, timeout=60)

    def __call__(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        answer = self.http.request(method, path, json=body or None)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content and "json" in answer.headers["content-type"] else answer.text


@pytest.fixture
def api(service: Service) -> Iterator[Client]:
    client = Client(service, "org-rights")
    yield client
    client.http.close()


def upload(api: Client, workspace: str, name: str, data: bytes) -> str:
    """Upload a dataset as a client does; answers its id."""
    made = api("POST", f"workspaces/{workspace}/datasets", 201, name=name, size_bytes=len(data), suffix=".zip")
    begun = made["upload"]
    assert begun["parts"] == 1
    [part] = api("POST", f"uploads/{begun['id']}/parts", numbers=[1])["parts"]
    assert httpx.put(part["url"], content=data).status_code == 200
    assert len(api("GET", f"uploads/{begun['id']}")["done"]) == 1
    return str(api("POST", f"uploads/{begun['id']}/complete")["id"])


def test_everything_works_with_the_rights_that_are_given_and_needs_them(
    service: Service, api: Client, packed: Path
) -> None:
    here, ws = "organizations/org-rights", "ws-rights"

    api("POST", f"{here}/maps", 201, name="toys", file=MAP_TEXT)
    api("PATCH", f"{here}/maps/toys", file=OTHER_MAP_TEXT, tags={"a": "b"})
    assert api("GET", f"{here}/maps/toys/file") == OTHER_MAP_TEXT
    assert len(api("GET", f"{here}/maps/toys/versions")["items"]) == 2

    api("POST", f"{here}/workspaces", 201, name=ws, auto_formats=[])
    api("PUT", f"workspaces/{ws}/resources", included=["toys"])
    api("DELETE", f"{here}/maps/toys", 409)

    given_up = api("POST", f"workspaces/{ws}/datasets", 201, name="never", size_bytes=10, suffix=".zip")
    api("DELETE", f"uploads/{given_up['upload']['id']}", 204)
    dataset = upload(api, ws, "toys", packed.read_bytes())
    checked = api("POST", f"{here}/map-checks", file=MAP_TEXT, dataset=dataset)
    assert checked["explain"]["images"] == 3

    queue, arn = service.queue()
    subscription = api("POST", f"{here}/subscriptions", 201, protocol="sqs", endpoint=arn)
    assert api("GET", f"{here}/subscriptions/{subscription['id']}")["status"] == "confirmed"

    made = api("POST", f"datasets/{dataset}/annotations", 202, format="COCO", map="toys")
    one = f"annotations/{made['id']}"
    service.cloud.wait_for(lambda: api("GET", one)["status"] == "complete", timeout_s=60)
    assert api("PATCH", one, tags={"c": "d"})["tags"] == {"c": "d"}
    service.cloud.wait_for(lambda: api("GET", f"{one}/log")["items"], timeout_s=20)  # its last line comes last
    download = api("GET", f"{one}/download")
    assert len(httpx.get(download["url"]).content) == download["size_bytes"]
    for listed in (f"workspaces/{ws}", f"datasets/{dataset}"):
        assert [row["id"] for row in api("GET", f"{listed}/annotations")["items"]] == [made["id"]]

    service.fault("delay", "plan", service="s3", operation="PutObject", delay_s=3.0)
    slow = api("POST", f"datasets/{dataset}/annotations", 202, format="YOLO", map="toys")
    assert [row["id"] for row in api("GET", f"{here}/annotations?status=open")["items"]] == [slow["id"]]
    assert api("POST", f"annotations/{slow['id']}/cancel")["status"] == "cancelled"
    service.cloud.wait_for(service.is_idle, timeout_s=30)

    token = api("POST", f"{here}/tokens", 201, name="other", role="reader")
    api("DELETE", f"{here}/tokens/{token['id']}", 204)
    api("DELETE", f"{here}/subscriptions/{subscription['id']}", 204)
    api("DELETE", one, 204)
    api("DELETE", f"datasets/{dataset}", 202)
    service.cloud.wait_for(lambda: not api("GET", f"workspaces/{ws}/datasets")["items"], timeout_s=30)
    api("DELETE", f"workspaces/{ws}", 204)
    api("DELETE", f"{here}/maps/toys", 204)

    told = service.cloud.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    bodies = [json.loads(json.loads(message["Body"])["Message"]) for message in told]
    assert {body["annotation"] for body in bodies} == {made["id"], slow["id"]}

    used = called(service)
    for name, but in NOT_CALLED.items():
        # To read or delete a named version is another action, which the emulator counts as the same operation.
        actions = allowed(service)[name] - {"s3:GetObjectVersion", "s3:DeleteObjectVersion"}
        assert actions - used[name] <= but, name  # other tests of this worker may have used them
        assert used[name] - {"dynamodb:PutItem"} <= actions, name  # as which a transaction of deletions is counted, too
