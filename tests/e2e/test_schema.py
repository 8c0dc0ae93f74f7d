"""The deployed API against its own document: requests made from it, those it allows and those it does not.

No answer is an error of the server, and none is outside of the document. Requests are the same in each run.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from cli_tools import zip_of_files
from e2e_service import MAP_TEXT, Service
from hypothesis import HealthCheck, Phase, settings
from infra.synth import ROOT
from schemathesis import checks

DOCUMENT = ROOT / "functions/api/openapi.json"
EXAMPLES = 8
checks.load_all_checks()
CHECKS = [
    checks.CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    )
]
schema = schemathesis.openapi.from_path(DOCUMENT)
# Parameters that nobody knows are passed over, and the token is always ours.
schema.config.generation.update(allow_extra_parameters=False, with_security_parameters=False)


@dataclass(frozen=True)
class Known:
    """What is there, in an organization of its own, and the token that opens it."""

    url: str
    headers: dict[str, str]
    names: dict[str, str]


@pytest.fixture(scope="session")
def known(service: Service) -> Known:
    """An organization with one of each: random ids alone would meet nothing but 404."""
    organization, name = f"org-{uuid.uuid4().hex[:8]}", f"ws-{uuid.uuid4().hex[:8]}"
    headers = {"Authorization": f"Bearer {service.cloud.token(organization)}"}
    with httpx.Client(base_url=f"{service.cloud.api_url}/v1", headers=headers, timeout=60) as http:

        def post(path: str, body: dict[str, Any]) -> Any:
            answer = http.post(path, json=body)
            assert answer.status_code < 300, answer.text
            return answer.json()

        post(f"/organizations/{organization}/maps", {"name": "road", "file": MAP_TEXT})
        post(f"/organizations/{organization}/workspaces", {"name": name, "auto_formats": []})
        # What holds no label ends its jobs soon, and is as good for every route.
        service.upload(f"datasets/{name}/toys.zip", zip_of_files({"annotations/a-ana.json": b"{}"}))
        find = f"/workspaces/{name}/datasets"
        service.cloud.wait_for(lambda: http.get(find).json()["items"], timeout_s=20)
        (dataset,) = http.get(find).json()["items"]
        annotation = post(f"/datasets/{dataset['id']}/annotations", {"format": "COCO"})
        begun = {"name": "more", "size_bytes": 10 << 20, "suffix": ".zip"}
        upload = post(find, begun)["upload"]
    names = {"org": organization, "ws": name, "map": "road", "ds": dataset["id"], "id": annotation["id"]}
    return Known(service.cloud.api_url, headers, names | {"up": upload["id"]})


def test_the_gateway_serves_the_document(service: Service) -> None:
    served = httpx.get(f"{service.cloud.api_url}/v1/openapi.json")
    assert served.json() == json.loads(DOCUMENT.read_text())
    assert served.headers["content-type"] == "application/json"


# Subscribing makes the emulator call the address that is given, wherever that is.
@schema.exclude(method="POST", path="/v1/organizations/{org}/subscriptions").parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_what_the_document_says(case: schemathesis.Case, known: Known) -> None:
    given = dict(case.path_parameters or {})
    for name in given:
        # What is deleted would be missing for the others; and the organization is always the token's.
        if name in known.names and (name == "org" or case.method != "DELETE"):
            given[name] = known.names[name]
    case.path_parameters = given
    case.call_and_validate(base_url=known.url, headers=known.headers, checks=CHECKS, timeout=30)
