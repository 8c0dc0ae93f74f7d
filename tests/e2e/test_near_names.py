"""What is mistyped is answered with what was perhaps meant, in the words of the command line."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from cli_tools import labelmill, zip_of_files
from e2e_service import MAP_TEXT, Service

HERE = "in your organization"
TYPED = [
    ("datasets get kennels/toybx", f"there is no dataset 'kennels/toybx' {HERE}; did you mean 'kennels/toybox'?"),
    ("datasets get kennel/toybox", f"there is no dataset 'kennel/toybox' {HERE}; did you mean 'kennels/toybox'?"),
    ("datasets delete -y kennels/zzz", f"there is no dataset 'kennels/zzz' {HERE}"),
    ("datasets list kennel", f"there is no workspace 'kennel' {HERE}; did you mean 'kennels'?"),
    ("workspaces get zzz", f"there is no workspace 'zzz' {HERE}"),
    ("annotations list kennel", f"there is no workspace 'kennel' {HERE}; did you mean 'kennels'?"),
    ("annotations get an-1", f"there is no annotation 'an-1' {HERE}"),
    ("maps get road", f"there is no map 'road' {HERE}; did you mean 'roads'?"),
    ("maps download raods", f"there is no map 'raods' {HERE}; did you mean 'roads'?"),
    (
        "annotations request kennels/toybx --format coco",
        f"there is no dataset 'kennels/toybx' {HERE}; did you mean 'kennels/toybox'?",
    ),
    (
        "annotations request kennels/toybox --format coco --map road",
        "The workspace 'kennels' includes no map 'road'. Did you mean 'roads'?",
    ),
    (
        "annotations request kennels/toybox --format coco --split train=2",
        "The options can't be used.\n"
        "labelmill: --split: split train: expected a share above 0 and at most 1, found '2'",
    ),
]


@pytest.fixture(scope="module")
def signed_in(service: Service, worker_id: str) -> dict[str, str]:
    organization = f"near-{worker_id}"
    token = service.cloud.token(organization)
    with httpx.Client(
        base_url=f"{service.cloud.api_url}/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ) as http:
        for path, body in (
            ("maps", {"name": "roads", "file": MAP_TEXT}),
            ("workspaces", {"name": "kennels", "auto_formats": [], "included_maps": ["*"]}),
        ):
            http.post(f"/organizations/{organization}/{path}", json=body).raise_for_status()
        service.upload("datasets/kennels/toybox.zip", zip_of_files({"annotations/a-ana.json": b"{}"}))
        service.cloud.wait_for(lambda: http.get("/workspaces/kennels/datasets").json()["items"], timeout_s=20)
    return {"LABELMILL_URL": service.cloud.api_url, "LABELMILL_TOKEN": token}


@pytest.mark.parametrize(("line", "said"), TYPED)
def test_what_was_meant(
    line: str,
    said: str,
    signed_in: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in (signed_in | {"LABELMILL_CONFIG": str(tmp_path / "config.json")}).items():
        monkeypatch.setenv(name, value)
    assert labelmill(capsys, *line.split()) == (1, "", f"labelmill: {said}\n")
