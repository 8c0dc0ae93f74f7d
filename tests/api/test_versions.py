"""After a dataset has come again, one can tell which annotation is of which version."""

from __future__ import annotations

from typing import Any

from api_tools import ApiCaller
from cloud_tools import Cloud
from job_steps import finish, make_dataset, request

OF_WORKSPACE = "/v1/workspaces/ws/annotations"


def test_annotations_tell_their_version(api: ApiCaller, cloud: Cloud) -> None:
    dataset = make_dataset(cloud, data=b"first")
    first = request(api, dataset)
    assert (first["dataset_number"], first["is_current"], first["download_name"]) == (1, True, "toys-coco.zip")
    finish(cloud, first["id"])
    make_dataset(cloud, data=b"second")
    second = request(api, dataset)
    finish(cloud, second["id"])
    assert (second["dataset_number"], second["is_current"], second["download_name"]) == (2, True, "toys-coco.zip")
    first = api.get(f"/v1/annotations/{first['id']}").json
    assert (first["dataset_number"], first["is_current"], first["download_name"]) == (1, False, "toys-v1-coco.zip")
    assert api.get(f"/v1/annotations/{first['id']}/download").json["name"] == "toys-v1-coco.zip"
    assert api.get(f"/v1/datasets/{dataset}").json["number"] == 2
    make_dataset(cloud, data=b"first")  # the bytes of the first again
    first = api.get(f"/v1/annotations/{first['id']}").json
    assert (first["dataset_number"], first["is_current"], first["download_name"]) == (1, True, "toys-coco.zip")


def test_lists_leave_older_versions_out_where_asked(api: ApiCaller, cloud: Cloud) -> None:
    dataset, other = make_dataset(cloud, data=b"first"), make_dataset(cloud, "cars")
    old, kept = request(api, dataset)["id"], request(api, other)["id"]
    make_dataset(cloud, data=b"second")
    new = request(api, dataset)["id"]

    def listed(path: str, **query: Any) -> set[str]:
        return {item["id"] for item in api.get(path, query=query).json["items"]}

    of_dataset = f"/v1/datasets/{dataset}/annotations"
    assert listed(of_dataset) == listed(of_dataset, version="all") == {old, new}
    assert listed(of_dataset, version="current") == {new}
    assert listed(OF_WORKSPACE) == {old, new, kept}
    assert listed(OF_WORKSPACE, version="current") == {new, kept}
    assert api.get(of_dataset, query={"version": "newest"}).slug == "bad-request"
