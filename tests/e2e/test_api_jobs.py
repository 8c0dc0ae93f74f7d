"""Datasets and annotations through the deployed HTTP API: what people do, and many of them at once."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from boto3.dynamodb.types import TypeSerializer
from cli_tools import archives, zip_of, zip_of_files
from e2e_service import Place, Service

from labelmill.sample import write_sample
from labelmill_aws.records.annotation import Annotation

BIG = 9 << 20


@pytest.fixture
def place(service: Service) -> Place:
    """A workspace that makes nothing by itself."""
    return service.place(formats=())


@pytest.fixture
def http(service: Service, place: Place) -> Iterator[httpx.Client]:
    """An editor of the workspace's organization."""
    token = service.cloud.token(place.organization, "editor")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{service.cloud.api_url}/v1", headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def big(packed: Path) -> Path:
    """A dataset with a file beside it that makes it two parts."""
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("notes.bin", bytes(BIG))
    return packed


def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def begin(http: httpx.Client, place: Place, path: Path) -> Any:
    body = {"name": path.stem, "size_bytes": path.stat().st_size, "suffix": ".zip", "fingerprint": "f"}
    return ok(http.post(f"/workspaces/{place.name}/datasets", json=body), 201)["upload"]


def send(http: httpx.Client, upload: Any, path: Path, numbers: list[int]) -> None:
    data, size = path.read_bytes(), upload["part_bytes"]
    for part in ok(http.post(f"/uploads/{upload['id']}/parts", json={"numbers": numbers}))["parts"]:
        ok(httpx.put(part["url"], content=data[(part["number"] - 1) * size : part["number"] * size], timeout=60))


def put_dataset(http: httpx.Client, place: Place, path: Path) -> str:
    """Upload a dataset; its id."""
    upload = begin(http, place, path)
    send(http, upload, path, list(range(1, upload["parts"] + 1)))
    found: str = ok(http.post(f"/uploads/{upload['id']}/complete"))["id"]
    return found


def watch(service: Service, http: httpx.Client, annotation: str, *statuses: str) -> Any:
    def reached() -> Any:
        found = ok(http.get(f"/annotations/{annotation}"))
        return found if found["status"] in statuses else None

    return service.cloud.wait_for(reached, timeout_s=60)


def download(http: httpx.Client, annotation: str) -> tuple[str, bytes]:
    found = ok(http.get(f"/annotations/{annotation}/download"))
    answer = httpx.get(found["url"])
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert len(answer.content) == found["size_bytes"]
    return found["name"], answer.content


def test_upload_broken_off_then_resumed_requested_watched_downloaded(
    service: Service, http: httpx.Client, place: Place, big: Path, map_file: Path, tmp_path: Path
) -> None:
    maps = f"/organizations/{place.organization}/maps"
    ok(http.post(maps, json={"name": "toys", "file": map_file.read_text()}), 201)
    upload = begin(http, place, big)
    assert upload["parts"] == 2
    send(http, upload, big, [2])
    assert http.post(f"/uploads/{upload['id']}/complete").json()["errors"] == [
        {"where": "part 1", "message": "missing"}
    ]
    again = begin(http, place, big)
    assert again["id"] == upload["id"] and [part["number"] for part in again["done"]] == [2]
    send(http, again, big, [1])
    dataset = ok(http.post(f"/uploads/{upload['id']}/complete"))
    assert dataset["status"] == "ready" and dataset == ok(http.get(f"/datasets/{dataset['id']}"))
    path = f"/datasets/{dataset['id']}/annotations"
    made = {}
    for name in ("COCO", "YOLO", "SAGEMAKER_SS"):
        annotation = ok(http.post(path, json={"format": name, "map": "toys"}), 202)
        assert annotation["status"] in {"queued", "running"}
        made[name] = annotation["id"]
    for annotation in made.values():
        done = watch(service, http, annotation, "complete", "failed", "cancelled")
        assert (done["status"], done["reason"]) == ("complete", ""), done
        assert done["progress"] == {"images": 3, "of": 3, "errors": 0, "fraction": 1.0}
    expected = archives(big, tmp_path / "out", tuple(made), map_file)
    assert {name: download(http, annotation) for name, annotation in made.items()} == expected
    dataset = ok(http.get(f"/datasets/{dataset['id']}"))
    assert (dataset["images"], dataset["formats"]) == (3, sorted(made))
    assert ok(http.post(path, json={"format": "COCO", "map": "toys"}))["id"] == made["COCO"]  # 200: it is complete
    before = service.jobs()
    ok(http.post(path, json={"format": "COCO", "map": "toys", "force": True}), 202)
    redone = watch(service, http, made["COCO"], "complete")
    assert service.jobs() == before + 1 and redone["id"] == made["COCO"]
    assert download(http, made["COCO"]) == expected["COCO"]
    lines = ok(http.get(f"/annotations/{made['COCO']}/log", params={"order": "newest"}))["items"]
    assert [line["message"] for line in lines if line["message"].startswith("complete")] == [
        "complete: 3 of 3 images, 0 errors, 0 warnings"
    ] * 2


def test_a_refused_dataset_is_answered(http: httpx.Client, place: Place, tmp_path: Path) -> None:
    path = tmp_path / "fake.zip"
    path.write_bytes(b"no zip")
    dataset = put_dataset(http, place, path)
    found = ok(http.get(f"/datasets/{dataset}"))
    assert found["status"] == "refused" and found["problem"].startswith("fake.zip: expected a .zip, .tar or .tar.gz")
    for answer in (
        http.post(f"/datasets/{dataset}/annotations", json={"format": "COCO"}),
        http.get(f"/datasets/{dataset}/types"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (422, "/v1/problems/bad-dataset")
        assert answer.json()["detail"] == f"'fake' was refused: {found['problem']}."


def test_failed_log_is_read(service: Service, http: httpx.Client, place: Place, tmp_path: Path) -> None:
    path = tmp_path / "many types.zip"
    entries = [{"id": number, "bbox": [1, 1, 2, 2]} for number in range(1, 300)]
    metadata = {"sensor": {"resolution": [9, 9]}, "objects": [{"id": e["id"], "type": f"T{e['id']}"} for e in entries]}
    files = {"annotations/a-ana.json": {"annotations": entries}, "metadata/a-metadata.json": metadata}
    path.write_bytes(zip_of_files({name: json.dumps(data).encode() for name, data in files.items()}))
    dataset = put_dataset(http, place, path)
    annotation = ok(http.post(f"/datasets/{dataset}/annotations", json={"format": "SAGEMAKER_SS"}), 202)["id"]
    done = watch(service, http, annotation, "failed")
    text = http.get(f"/annotations/{annotation}/log", headers={"Accept": "text/plain"})
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert done["reason"] in text.text and "ERROR" in text.text
    assert http.get(f"/annotations/{annotation}/download").json()["type"] == "/v1/problems/not-complete"


def test_cancel_while_it_runs(service: Service, http: httpx.Client, place: Place, packed: Path) -> None:
    dataset = put_dataset(http, place, packed)
    service.fault("delay", "convert", delay_s=3)
    annotation = ok(http.post(f"/datasets/{dataset}/annotations", json={"format": "COCO"}), 202)["id"]
    watch(service, http, annotation, "running")
    opened = f"/organizations/{place.organization}/annotations"
    assert [item["id"] for item in ok(http.get(opened, params={"status": "open"}))["items"]] == [annotation]
    cancelled = ok(http.post(f"/annotations/{annotation}/cancel"))
    assert cancelled["status"] == "cancelled"
    service.cloud.wait_for(service.is_idle, timeout_s=60)
    assert ok(http.get(f"/annotations/{annotation}"))["status"] == "cancelled"
    assert ok(http.get(opened))["items"] == []
    ok(http.delete(f"/annotations/{annotation}"), 204)
    assert http.get(f"/annotations/{annotation}").status_code == 404


def test_dataset_goes_with_everything_and_comes_again(
    service: Service, http: httpx.Client, place: Place, packed: Path
) -> None:
    dataset = put_dataset(http, place, packed)
    annotation = ok(http.post(f"/datasets/{dataset}/annotations", json={"format": "COCO"}), 202)["id"]
    watch(service, http, annotation, "complete")
    ok(http.delete(f"/datasets/{dataset}"), 202)
    service.put(place.key(packed.name), packed.read_bytes())  # while it goes: it waits, and then it is new
    service.cloud.wait_for(lambda: http.get(f"/annotations/{annotation}").status_code == 404, timeout_s=30)
    found = service.cloud.wait_for(lambda: _ready(http, dataset), timeout_s=30)
    assert found["formats"] == [] and found["annotations"]["complete"] == 0
    again = ok(http.post(f"/datasets/{dataset}/annotations", json={"format": "COCO"}), 202)["id"]
    watch(service, http, again, "complete")
    ok(http.delete(f"/datasets/{dataset}"), 202)
    service.cloud.wait_for(lambda: http.get(f"/datasets/{dataset}").status_code == 404, timeout_s=30)
    for bucket, prefix in ((service.inbox, f"datasets/{place.name}/"), (service.outbox, f"annotations/{place.name}/")):
        assert service.s3.list_object_versions(Bucket=bucket, Prefix=prefix).get("Versions", []) == []
    ok(http.delete(f"/workspaces/{place.name}"), 204)


def _ready(http: httpx.Client, dataset: str) -> Any:
    answer = http.get(f"/datasets/{dataset}")
    return answer.json() if answer.status_code == 200 and answer.json()["status"] == "ready" else None


@pytest.mark.parametrize("split_by", ["run", "image", "metadata['sensor']['frame']"])
def test_divided_datasets_are_what_the_command_makes(
    service: Service, http: httpx.Client, place: Place, tmp_path: Path, split_by: str
) -> None:
    """Requested, and made by itself on arrival: the same annotation, and the bytes of ``convert --archive``."""
    write_sample(tmp_path / "runs", 16)
    packed = zip_of(tmp_path / "runs", tmp_path / "runs.zip")
    options = {"split": "train=0.5,val=0.5", "segmentation": "rle", "first_category": "1"}
    options |= {"split_by": split_by} if split_by != "run" else {}
    auto = ["KITTI", {"format": "COCO", "options": options | {"split": "training=.5,val=.5", "images": False}}]
    kept = ok(http.patch(f"/workspaces/{place.name}", json={"auto_formats": auto}))["auto_formats"]
    assert kept == ["KITTI", {"format": "COCO", "options": options}]
    dataset = put_dataset(http, place, packed)
    made = ok(http.post(f"/datasets/{dataset}/annotations", json={"format": "COCO", "options": options}), 202)
    found = service.cloud.wait_for(
        lambda: (rows := ok(http.get(f"/datasets/{dataset}/annotations"))["items"]) and len(rows) == 2 and rows
    )
    assert {row["format"]: row["options"] for row in found} == {"COCO": options, "KITTI": {}}
    assert made["id"] in {row["id"] for row in found}
    done = watch(service, http, made["id"], "complete", "failed", "cancelled")
    assert (done["status"], done["reason"], done["options"]) == ("complete", "", options), done
    arguments = ["--split", "train=0.5,val=0.5", "--split-by", split_by, "--segmentation", "rle"]
    expected = archives(packed, tmp_path / "out", ("COCO",), None, *arguments, "--first-category", "1")
    assert download(http, made["id"]) == expected["COCO"]


def test_two_hundred_requests_at_once(service: Service, http: httpx.Client, place: Place, packed: Path) -> None:
    """Nothing is lost and nothing made twice: 8 wishes, 25 times each."""
    dataset = put_dataset(http, place, packed)
    service.cloud.wait_for(service.is_idle, timeout_s=30)
    before = service.jobs()
    formats = ("COCO", "YOLO", "KITTI", "PASCAL")
    wishes = [{"format": name, "options": {"images": images}} for name in formats for images in (False, True)]

    def ask(body: dict[str, Any]) -> httpx.Response:
        return http.post(f"/datasets/{dataset}/annotations", json=body)

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(ask, wishes * 25))
    assert {answer.status_code for answer in answers} <= {200, 202}, [a.text for a in answers if a.status_code > 202]
    ids = {answer.json()["id"] for answer in answers}
    assert len(ids) == 8
    for annotation in ids:
        assert watch(service, http, annotation, "complete", "failed")["status"] == "complete"
    assert service.jobs() == before + 8
    listed = ok(http.get(f"/workspaces/{place.name}/annotations", params={"status": "complete"}))["items"]
    assert {item["id"] for item in listed} == ids


def test_ten_thousand_annotations_in_pages(service: Service, http: httpx.Client, place: Place) -> None:
    """None is missing and none comes twice, in the order of time; how long a page takes, `make bench-api` measures."""
    count = 10_000
    rows = [
        Annotation(
            id=f"an-{number:020x}",
            organization=place.organization,
            workspace=place.name,
            dataset=f"d{number % 100}",
            dataset_version="v",
            format="YOLO" if number % 7 == 0 else "COCO",
            status="complete",
            created=f"2026-01-01T00:{number % 50:02}:00.000Z",
        )
        for number in range(count)
    ]
    client, serializer = service.cloud.client("dynamodb"), TypeSerializer()

    def write(first: int) -> None:
        puts: Any = [
            {"PutRequest": {"Item": {name: serializer.serialize(value) for name, value in row.item().items()}}}
            for row in rows[first : first + 25]
        ]
        client.batch_write_item(RequestItems={service.outputs["TableName"]: puts})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(0, count, 25)))
    newest_first = [row.id for row in sorted(rows, key=lambda row: (row.created, row.id), reverse=True)]
    path = f"/workspaces/{place.name}/annotations"
    assert _walk(http, path, limit=200) == newest_first
    yolo = [annotation for annotation in newest_first if int(annotation[3:], 16) % 7 == 0]
    assert _walk(http, path, limit=100, format="YOLO") == yolo
    added = msgspec.structs.replace(rows[0], id=f"an-{count:020x}", created="2026-02-01T00:00:00.000Z")
    service.parts.table.put(added.item())
    assert ok(http.get(path, params={"limit": 1}))["items"][0]["id"] == added.id


def _walk(http: httpx.Client, path: str, **query: Any) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = ok(http.get(path, params=query | cursor))
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}
