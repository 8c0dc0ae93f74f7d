from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from job_steps import keys, make_workspace, put

from labelmill_aws.clients import Clients
from labelmill_aws.records.catalog import Workspace
from labelmill_aws.uploads.unfinished import LEAST_PART_BYTES, MIB, MOST_BYTES, part_size

PART = LEAST_PART_BYTES
DATA = b"0123456789abcdef" * (PART // 16) + b"the end"
DATASETS = "/v1/workspaces/ws/datasets"


@pytest.fixture(autouse=True)
def workspace(cloud: Cloud) -> None:
    make_workspace(cloud, formats=("COCO",))


def begin(api: ApiCaller, size_bytes: int = len(DATA), name: str = "toys", **more: Any) -> dict[str, Any]:
    body = {"name": name, "size_bytes": size_bytes, "suffix": ".zip", "fingerprint": "f"} | more
    answer = api.post(DATASETS, json=body)
    assert answer.status == 201, answer
    assert answer.headers["location"] == f"/v1/datasets/{answer.json['dataset']['id']}"
    found: dict[str, Any] = answer.json["upload"]
    return found


def send(api: ApiCaller, upload: dict[str, Any], numbers: list[int], data: bytes = DATA) -> None:
    answer = api.post(f"/v1/uploads/{upload['id']}/parts", json={"numbers": numbers})
    assert answer.status == 200, answer
    assert [part["number"] for part in answer.json["parts"]] == numbers
    for part in answer.json["parts"]:
        start = (part["number"] - 1) * upload["part_bytes"]
        piece = data[start : start + upload["part_bytes"]]
        assert part["size_bytes"] == len(piece)
        assert put(part["url"], piece) == 200


def test_an_address_takes_a_part_of_its_length_alone(api: ApiCaller) -> None:
    """The last part's too: it is signed with its length, which the local cloud checks as S3 does."""
    upload = begin(api)
    for part in api.post(f"/v1/uploads/{upload['id']}/parts", json={"numbers": [1, 2]}).json["parts"]:
        assert parse_qs(urlsplit(part["url"]).query)["X-Amz-SignedHeaders"] == ["content-length;host"]
        for wrong in (part["size_bytes"] - 1, part["size_bytes"] + 1):
            assert put(part["url"], bytes(wrong)) == 403
        assert put(part["url"], bytes(part["size_bytes"])) == 200


@pytest.mark.parametrize(
    ("size_bytes", "part_bytes", "parts"),
    [
        (1, 8 * MIB, 1),
        (8 * MIB, 8 * MIB, 1),
        (8 * MIB + 1, 8 * MIB, 2),
        (10_000 * 8 * MIB, 8 * MIB, 10_000),
        (10_000 * 8 * MIB + 1, 9 * MIB, 8889),
        (MOST_BYTES, 525 * MIB, 9987),
    ],
)
def test_parts_are_as_few_as_storage_takes(size_bytes: int, part_bytes: int, parts: int) -> None:
    assert part_size(size_bytes) == part_bytes
    assert -(-size_bytes // part_bytes) == parts <= 10_000


def test_break_and_resume(api: ApiCaller, cloud: Cloud) -> None:
    upload = begin(api)
    assert (upload["part_bytes"], upload["parts"], upload["done"]) == (PART, 2, [])
    dataset = api.get(f"/v1/datasets/{upload['dataset']}").json
    assert (dataset["status"], dataset["name"], dataset["version"]) == ("uploading", "toys", "")
    assert dataset["upload"] == upload
    send(api, upload, [2])
    again = begin(api)  # as the sender does after a break
    assert again["id"] == upload["id"] and [part["number"] for part in again["done"]] == [2]
    assert again["done"][0]["size_bytes"] == len(b"the end")
    incomplete = api.post(f"/v1/uploads/{upload['id']}/complete")
    assert (incomplete.status, incomplete.slug) == (409, "upload-incomplete")
    assert incomplete.json["errors"] == [{"where": "part 1", "message": "missing"}]
    send(api, upload, [1])
    found = api.get(f"/v1/uploads/{upload['id']}").json
    assert [part["number"] for part in found["done"]] == [1, 2]
    complete = api.post(f"/v1/uploads/{upload['id']}/complete")
    assert complete.status == 200 and complete.json["status"] == "ready" and complete.json["upload"] is None
    assert api.get(f"/v1/datasets/{upload['dataset']}").json == complete.json
    stored = cloud.clients.s3.get_object(Bucket=cloud.inbox, Key="datasets/ws/toys.zip")["Body"].read()
    assert stored == DATA
    assert api.get(f"/v1/uploads/{upload['id']}").status == 404
    assert api.post(f"/v1/uploads/{upload['id']}/complete").json == complete.json  # the answer was lost


def test_completion_starts_nothing_and_the_event_all(api: ApiCaller, cloud: Cloud) -> None:
    upload = begin(api)
    send(api, upload, [1, 2])
    api.post(f"/v1/uploads/{upload['id']}/complete")
    assert cloud.executions() == {} and cloud.rows() == []
    for _ in range(2):
        cloud.receive("datasets/ws/toys.zip")
    assert len(cloud.executions()) == 1
    dataset = api.get(f"/v1/datasets/{upload['dataset']}").json
    assert dataset["annotations"] == {"queued": 1, "running": 0, "complete": 0, "failed": 0, "cancelled": 0}


def test_event_may_come_before_the_completion_is_registered(
    api: ApiCaller, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = begin(api)
    send(api, upload, [1, 2])
    uploads = "labelmill_aws.uploads.unfinished.register_packed"
    with monkeypatch.context() as patch:
        patch.setattr(uploads, lambda *_: (_ for _ in ()).throw(RuntimeError("died")))
        assert api.post(f"/v1/uploads/{upload['id']}/complete").status == 500
    cloud.receive("datasets/ws/toys.zip")
    answer = api.post(f"/v1/uploads/{upload['id']}/complete")
    assert answer.status == 200 and answer.json["status"] == "ready"
    assert len(cloud.executions()) == 1


@pytest.mark.parametrize(
    "change", [{"size_bytes": 7}, {"fingerprint": "other"}, {"fingerprint": ""}, {"suffix": ".tar"}]
)
def test_another_file_begins_anew(api: ApiCaller, cloud: Cloud, change: dict[str, Any]) -> None:
    first = begin(api)
    send(api, first, [1])
    second = begin(api, **change)
    assert second["id"] != first["id"] and second["done"] == []
    assert api.get(f"/v1/uploads/{first['id']}").status == 404
    listed = cloud.clients.s3.list_multipart_uploads(Bucket=cloud.inbox).get("Uploads", [])
    assert len(listed) == 1


def test_without_a_fingerprint_nothing_is_resumed(api: ApiCaller) -> None:
    assert begin(api, fingerprint="")["id"] != begin(api, fingerprint="")["id"]


def test_given_up_by_storage_begins_anew(api: ApiCaller, cloud: Cloud) -> None:
    first = begin(api)
    for found in cloud.clients.s3.list_multipart_uploads(Bucket=cloud.inbox)["Uploads"]:
        cloud.clients.s3.abort_multipart_upload(Bucket=cloud.inbox, Key=found["Key"], UploadId=found["UploadId"])
    assert api.get(f"/v1/uploads/{first['id']}").status == 404
    assert api.post(f"/v1/uploads/{first['id']}/complete").status == 404
    assert begin(api)["id"] != first["id"]


def test_parts_of_a_wrong_size(api: ApiCaller, cloud: Cloud) -> None:
    """No address takes one; a part may still be there that was sent otherwise."""
    upload = begin(api)
    key = "datasets/ws/toys.zip"
    (begun,) = cloud.clients.s3.list_multipart_uploads(Bucket=cloud.inbox)["Uploads"]
    where: Any = {"Bucket": cloud.inbox, "Key": key, "UploadId": begun["UploadId"], "PartNumber": 2}
    cloud.clients.s3.upload_part(**where, Body=b"too long for it")
    answer = api.post(f"/v1/uploads/{upload['id']}/complete")
    assert answer.slug == "upload-incomplete"
    assert answer.json["errors"] == [
        {"where": "part 1", "message": "missing"},
        {"where": "part 2", "message": "expected 7 bytes, found 15"},
    ]


def test_give_up(api: ApiCaller, cloud: Cloud) -> None:
    upload = begin(api)
    send(api, upload, [1])
    assert api.delete(f"/v1/uploads/{upload['id']}").status == 204
    for path in (f"/v1/uploads/{upload['id']}", f"/v1/datasets/{upload['dataset']}"):
        assert api.get(path).slug == "not-found"
    assert api.post(f"/v1/uploads/{upload['id']}/complete").status == 404
    assert api.delete(f"/v1/uploads/{upload['id']}").status == 404
    assert cloud.clients.s3.list_multipart_uploads(Bucket=cloud.inbox).get("Uploads", []) == []
    assert api.get(DATASETS).json == {"items": [], "next": None}


def test_dataset_stays_while_its_next_version_arrives(api: ApiCaller, cloud: Cloud) -> None:
    upload = begin(api)
    send(api, upload, [1, 2])
    before = api.post(f"/v1/uploads/{upload['id']}/complete").json
    after = begin(api, size_bytes=3)
    dataset = api.get(f"/v1/datasets/{upload['dataset']}").json
    assert dataset == before | {"upload": after}
    send(api, after, [1], b"new")
    changed = api.post(f"/v1/uploads/{after['id']}/complete").json
    assert changed["version"] != before["version"] and changed["size_bytes"] == 3


def test_addresses_are_bounded(api: ApiCaller) -> None:
    upload = begin(api)
    path = f"/v1/uploads/{upload['id']}/parts"
    for numbers in ([], [0], [-1], [10_001], list(range(1, 102)), ["1"], [1.5]):
        assert api.post(path, json={"numbers": numbers}).slug == "bad-request", numbers
    answer = api.post(path, json={"numbers": [1, 3, 4]})
    assert [error["message"] for error in answer.json["errors"]] == ["3: the last part is 2", "4: the last part is 2"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a/b"}, {"name": ""}, {"name": ".."}, {"name": "a\nb"}, {"name": "x" * 201}, {"size_bytes": 0},
        {"size_bytes": MOST_BYTES + 1}, {"size_bytes": "7"}, {"suffix": ".rar"}, {"suffix": None}, {"other": 1},
        {"fingerprint": "f" * 201},
    ],
)  # fmt: skip
def test_bad_requests(api: ApiCaller, body: dict[str, Any]) -> None:
    answer = api.post(DATASETS, json={"name": "toys", "size_bytes": 7, "suffix": ".zip"} | body)
    assert answer.slug == "bad-request" and answer.json["errors"], answer


@pytest.mark.parametrize("name", ["wörk 100%", "a.tar", "+ &=#?", "ünï'\"", "%2F", "🚗"])
def test_names_that_people_type(api: ApiCaller, cloud: Cloud, name: str) -> None:
    upload = begin(api, size_bytes=5, name=name)
    send(api, upload, [1], b"bytes")
    dataset = api.post(f"/v1/uploads/{upload['id']}/complete").json
    assert (dataset["name"], dataset["status"]) == (name, "ready")
    assert keys(cloud, cloud.inbox) == [f"datasets/ws/{name}.zip"]
    cloud.receive(f"datasets/ws/{name}.zip")
    assert len(cloud.executions()) == 1


def test_others_see_nothing(api: ApiCaller, cloud: Cloud) -> None:
    upload = begin(api)
    cloud.catalog.create_workspace(Workspace(name="theirs", organization="other"))
    stranger = api.as_("admin", "other")
    for method, path, body in (
        ("GET", f"/v1/uploads/{upload['id']}", None),
        ("DELETE", f"/v1/uploads/{upload['id']}", None),
        ("POST", f"/v1/uploads/{upload['id']}/parts", {"numbers": [1]}),
        ("POST", f"/v1/uploads/{upload['id']}/complete", None),
        ("GET", f"/v1/datasets/{upload['dataset']}", None),
        ("DELETE", f"/v1/datasets/{upload['dataset']}", None),
        ("POST", DATASETS, {"name": "toys", "size_bytes": 7, "suffix": ".zip"}),
    ):
        assert stranger(method, path, json=body).slug == "not-found", path
    assert api.as_("reader").get(f"/v1/uploads/{upload['id']}").slug == "forbidden"
    assert api.get(f"/v1/uploads/{upload['id']}").status == 200


def test_addresses_are_of_version_4_and_of_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name, value in (("ACCESS_KEY_ID", "AKID"), ("SECRET_ACCESS_KEY", "s"), ("DEFAULT_REGION", "eu-central-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    params = {"Bucket": "inbox", "Key": "datasets/ws/ü %.zip", "UploadId": "u", "PartNumber": 1}
    url = urlsplit(Clients().presigner.generate_presigned_url("upload_part", Params=params, ExpiresIn=3600))
    query = parse_qs(url.query)
    assert url.netloc == "inbox.s3.eu-central-1.amazonaws.com"
    assert url.path == "/datasets/ws/%C3%BC%20%25.zip"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"] and query["X-Amz-SignedHeaders"] == ["host"]
    assert "/eu-central-1/s3/" in query["X-Amz-Credential"][0]
    assert not [name for name in query if "checksum" in name.lower()]
