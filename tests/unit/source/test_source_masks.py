"""When masks are read, how often, and what is wrong with them."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest
import zoo

from labelmill.geometry import label_runs
from labelmill.images import png_read
from labelmill.source import masks
from labelmill.source.folder import FolderSource

UNUSABLE = "masks that can't be used, objects without contours have no pixels"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes of the masks that were decoded."""
    found: list[int] = []

    def noting(decode: Any) -> Any:
        return lambda data, *more: found.append(len(data)) or decode(data, *more)

    monkeypatch.setattr(masks, "decode_runs", noting(png_read.decode_runs))
    monkeypatch.setattr(masks, "decode_labels", noting(png_read.decode_labels))
    return found


def two_objects(root: Path, *entries: dict[str, Any], **scene: Any) -> zoo.Dataset:
    dataset = zoo.Dataset(root)
    dataset.scene("a", zoo.BLOCKS, entries=entries, **scene)
    return dataset


@pytest.mark.parametrize("format_ids", [["COCO"], ["YOLO"], ["COCO", "GEOCOCO", "YOLO_SEG", "YOLO", "KITTI"]])
@pytest.mark.parametrize(
    "entries",
    [
        ({"id": 1}, {"id": 2}),
        ({"id": 1}, {"id": 2, "bbox": [5, 2, 1, 2]}),
        ({"id": 1, "bbox": [-1, 1, 3, 1]}, {"id": 2, "bbox": [5, 2, 1, 2]}),
    ],
)
def test_a_mask_is_decoded_once(
    format_ids: list[str], entries: tuple[dict[str, Any], ...], tmp_path: Path, decoded: list[int]
) -> None:
    dataset = two_objects(tmp_path / "d", *entries)
    report = zoo.convert_dataset(dataset.root, tmp_path, format_ids)
    assert report.objects == 2
    needed = format_ids != ["YOLO"] or any("bbox" not in entry for entry in entries)
    assert len(decoded) == needed


def test_a_mask_is_left_alone_where_contours_tell_all(tmp_path: Path, decoded: list[int]) -> None:
    entries = [{k: v for k, v in zoo.entry(zoo.BLOCKS, i).items() if k != "bbox"} for i in (1, 2)]
    zoo.convert_dataset(two_objects(tmp_path / "d", *entries).root, tmp_path, ["COCO", "YOLO"])
    assert decoded == []


def test_sizes_are_compared_before_pixels_are_decoded(tmp_path: Path, decoded: list[int]) -> None:
    dataset = two_objects(tmp_path / "d", {"id": 1}, {"id": 2})
    dataset.mask("a", zoo.HOLES)
    report = zoo.convert_dataset(dataset.root, tmp_path, ["COCO", "YOLO", "SAGEMAKER_SS"])
    assert [(e.file, e.reason, len(e.formats)) for e in report.errors] == [
        ("masks/a.png", "expected the image's size 8x6, found 10x6", 3)
    ]
    assert decoded == []


def test_a_mask_of_another_size_costs_objects_with_boxes_their_pixels_only(tmp_path: Path) -> None:
    dataset = two_objects(tmp_path / "d", zoo.entry(zoo.BLOCKS, 1), {"id": 2, "bbox": [5, 2, 1, 2]})
    dataset.mask("a", zoo.HOLES)
    report = zoo.convert_dataset(dataset.root, tmp_path, ["COCO", "YOLO", "SAGEMAKER_SS"])
    first, second = json.loads((tmp_path / "coco/coco.json").read_bytes())["annotations"]
    assert (first["area"], second["area"], second["segmentation"]) == (4, 6, [])
    assert [e.formats for e in report.errors] == [("SAGEMAKER_SS",)]
    assert report.warnings[UNUSABLE].examples == ["masks/a.png: expected the image's size 8x6, found 10x6"]


def test_contours_tell_a_size_before_the_mask_is_compared_with_it(tmp_path: Path) -> None:
    """The stated resolution is too small: contours show it, the header has the size, and the mask has it, too."""
    own = {**zoo.entry(zoo.BLOCKS, 1), "bbox": [1, 1, 0, 0]}
    far = {**zoo.entry(zoo.BLOCKS, 2), "id": 3, "bbox": [1, 1, 0, 0]}
    for number, entries in enumerate(([own, far, {"id": 2, "bbox": [1, 1, 0, 0]}], [own, far, {"id": 2}])):
        dataset = two_objects(
            tmp_path / f"{number}", *entries, objects=zoo.objects("Cube", "Ball", "Cube"), sensor={"resolution": [6, 4]}
        )
        report = zoo.convert_dataset(dataset.root, tmp_path / f"o{number}", ["COCO", "YOLO_SEG", "YOLO"])
        assert report.errors == []
        assert UNUSABLE not in report.warnings
        tree = json.loads((tmp_path / f"o{number}/coco/coco.json").read_bytes())
        assert [a["area"] for a in tree["annotations"]] == [4, 6, 6]
        assert (tree["images"][0]["width"], tree["images"][0]["height"]) == (8, 6)


def test_noise_is_an_error_of_its_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_runs, "MOST_RUNS", 4)
    report = zoo.convert_dataset(two_objects(tmp_path / "d", {"id": 1}, {"id": 2}).root, tmp_path, ["YOLO"])
    expected = "expected at most 4 runs of pixels of objects without contours, found more"
    assert [(e.file, e.reason) for e in report.errors] == [("masks/a.png", expected)]


def test_memory_that_runs_out_is_an_error_of_its_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(data: bytes) -> Any:
        raise MemoryError

    monkeypatch.setattr(masks, "decode_runs", decode)
    dataset = two_objects(tmp_path / "d", {"id": 1}, {"id": 2})
    dataset.scene("b", zoo.BLOCKS)
    report = zoo.convert_dataset(dataset.root, tmp_path, ["COCO"])
    assert [(e.image, e.file, e.reason) for e in report.errors] == [
        ("a.png", "masks/a.png", "too large for the memory there is")
    ]
    assert report.images == 1


def test_a_size_that_is_a_lie_is_found_at_once(tmp_path: Path, decoded: list[int]) -> None:
    """A header of 30,000 x 30,000 pixels over next to no data."""
    dataset = two_objects(tmp_path / "d", {"id": 1}, {"id": 2}, sensor={"resolution": [30_000, 30_000]})
    good = (dataset.root / "masks/a.png").read_bytes()
    header = b"IHDR" + (30_000).to_bytes(4, "big") * 2 + good[24:29]
    dataset.file("masks/a.png", good[:12] + header + zlib.crc32(header).to_bytes(4, "big") + good[33:])
    report = zoo.convert_dataset(dataset.root, tmp_path, ["COCO"])
    assert [(e.file, e.reason.partition(" of ")[0]) for e in report.errors] == [("masks/a.png", "PNG")]
    assert decoded == []


def test_reads_of_a_mask_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for all formats that see objects, one for SageMaker SS."""
    reads: list[str] = []
    read = FolderSource.read
    monkeypatch.setattr(
        FolderSource, "read", lambda self, folder, name: reads.append(folder) or read(self, folder, name)
    )
    zoo.convert_dataset(two_objects(tmp_path / "d", {"id": 1}, {"id": 2}).root, tmp_path)
    assert reads.count("masks") == 2
