"""What the tests of datasets, uploads and annotations do."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterable
from typing import Any

import msgspec
from api_tools import ApiCaller
from cloud_tools import Cloud

from labelmill_aws.jobs.reports import BadFile
from labelmill_aws.names import dataset_id, errors_key, report_key
from labelmill_aws.records.annotation import Annotation
from labelmill_aws.records.catalog import Workspace
from labelmill_aws.records.job_store import Outcome

TOYS = b"classes:\n  1: [none, Toys]\nproperties:\n  obj['type'] == 'Toy': 1\n"


def make_workspace(
    cloud: Cloud, name: str = "ws", *, organization: str = "default", formats: tuple[str, ...] = (), maps: Any = ("*",)
) -> None:
    workspace = Workspace(name=name, organization=organization, auto_formats=formats, included_maps=tuple(maps))
    assert cloud.catalog.create_workspace(workspace)


def make_dataset(cloud: Cloud, name: str = "toys", workspace: str = "ws", data: bytes = b"bytes") -> str:
    """A packed dataset that has arrived, in a workspace that makes nothing by itself; its id."""
    if cloud.catalog.workspace(workspace) is None:
        make_workspace(cloud, workspace)
    key = f"datasets/{workspace}/{name}.zip"
    cloud.put(key, data)
    cloud.receive(key)
    return dataset_id(workspace, name)


def make_map(cloud: Cloud, name: str = "toys", text: bytes = TOYS) -> None:
    key = f"maps/default/{name}.yaml"
    cloud.put(key, text)
    cloud.receive(key)


def request(api: ApiCaller, dataset: str, **body: Any) -> dict[str, Any]:
    """Request a format; the annotation."""
    answer = api.post(f"/v1/datasets/{dataset}/annotations", json={"format": "COCO"} | body)
    assert answer.status in {200, 202}, answer
    found: dict[str, Any] = answer.json
    return found


def row_of(cloud: Cloud, annotation: str) -> Annotation:
    row = cloud.store.get(annotation)
    assert row is not None
    return row


def finish(cloud: Cloud, annotation: str, status: str = "complete", data: bytes = b"", **more: Any) -> None:
    """End an annotation as its execution would, with an archive where it is complete or ``data`` is given."""
    row = row_of(cloud, annotation)
    cloud.store.start_running(annotation, row.epoch, 10)
    key = f"annotations/{row.workspace}/{row.dataset}/{row.id}/archive.zip"
    if status == "complete" or data:
        data = data or b"PK zip"
        cloud.clients.s3.put_object(Bucket=cloud.outbox, Key=key, Body=data)
        more |= {"images": 10, "download_key": key, "size_bytes": len(data)}
    assert cloud.store.finish(annotation, row.epoch, Outcome(status=status, **more)) is not None


def write_results(cloud: Cloud, annotation: str, report: Any, errors: Iterable[BadFile]) -> None:
    """What lies beside an archive."""
    row = row_of(cloud, annotation)
    place = row.workspace, row.dataset, row.id
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in errors)
    for key, data in ((report_key(*place), msgspec.json.encode(report)), (errors_key(*place), lines)):
        cloud.clients.s3.put_object(Bucket=cloud.outbox, Key=key, Body=data)


def put(url: str, data: bytes) -> int:
    """PUT to a presigned address; the status."""
    message = urllib.request.Request(url, data=data, method="PUT")
    try:
        with urllib.request.urlopen(message, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def keys(cloud: Cloud, bucket: str, prefix: str = "") -> list[str]:
    listed = cloud.clients.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [found["Key"] for found in listed.get("Contents", ())]
