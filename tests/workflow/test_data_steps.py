"""Plan, survey, convert and assemble make what the command line makes, byte for byte, however a dataset comes."""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_tools import MAP_TEXT, Dataset, archives, tar_of, zip_of
from cloud_tools import Cloud
from data_tools import start

from labelmill.convert.job import Options
from labelmill.formats import FORMAT_IDS
from labelmill.split import parse_splits
from labelmill_aws.jobs.options import AnnotationOptions
from labelmill_aws.steps.convert import ShardConverter

BOTH = ("COCO", "YOLO")
KINDS = ("COCO", "YOLO", "SAGEMAKER_OD", "SAGEMAKER_SS")
"""One joined file, many files, manifests, pixels."""
HALVES = "train=0.5,val=0.5"
SHARD_FAILED = "was not converted: its shard failed even when it was repeated; redrive the execution or upload again"


@pytest.fixture
def toys(tmp_path: Path) -> Dataset:
    """Six images: three shards of two."""
    dataset = Dataset(tmp_path / "toys")
    for stem, kind in (("d", "Cube"), ("e", "Ball"), ("f", "Ball")):
        dataset.add(stem, (kind, 3, 3, 6, 7), mask=True)
    return dataset


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    path = tmp_path / "blocks.yaml"
    path.write_text(MAP_TEXT)
    return path


def shuffled_zip(folder: Path, target: Path) -> Path:
    """Members in an order in which nobody reads them, some deflated."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    random.Random(5).shuffle(paths)
    with zipfile.ZipFile(target, "w") as packed:
        for number, path in enumerate(paths):
            packed.write(
                path, path.relative_to(folder).as_posix(), (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)[number % 2]
            )
    return target


def in_folders(folder: Path, target: Path) -> Path:
    return zip_of(folder, target, below="folder/")


def as_it_is(folder: Path, target: Path) -> Path:
    return folder


PACKINGS = [
    (zip_of, ".zip"), (in_folders, ".zip"), (shuffled_zip, ".zip"), (tar_of, ".tar"), (tar_of, ".tar.gz"),
    (as_it_is, ""),
]  # fmt: skip
Pack = Callable[[Path, Path], Path]


@pytest.mark.parametrize("with_map", [True, False])
@pytest.mark.parametrize(("pack", "suffix"), PACKINGS)
def test_every_packing(
    cloud: Cloud, toys: Dataset, map_file: Path, tmp_path: Path, pack: Pack, suffix: str, with_map: bool
) -> None:
    path = pack(toys.path, tmp_path / f"toys{suffix}")
    chosen = map_file if with_map else None
    formats = FORMAT_IDS if pack is zip_of and with_map else KINDS
    done = start(cloud, path, formats, chosen).run()
    assert {answer.status for answer in done.answers.values()} == {"complete"}
    assert done.archives() == archives(path, tmp_path / "out", formats, chosen)
    assert [(plan.shards, plan.survey) for plan in done.plans] == [(3, True)] * (not with_map) + [(3, False)]
    assert {(answer.images, answer.errors) for answer in done.answers.values()} == {(6, 0)}


@pytest.mark.parametrize("loose", [True, False])
@pytest.mark.parametrize("with_map", [True, False])
def test_names_differ(cloud: Cloud, toys: Dataset, map_file: Path, tmp_path: Path, with_map: bool, loose: bool) -> None:
    """Found by a shard that is converted; then the names are surveyed, and all is planned and made again."""
    first, last = (toys.path / f"annotations/{stem}-ana.json" for stem in "af")
    data = first.read_bytes(), last.read_bytes()
    last.write_bytes(data[0])
    first.write_bytes(data[1])
    path = toys.path if loose else zip_of(toys.path, tmp_path / "toys.zip")
    chosen = map_file if with_map else None
    done = start(cloud, path, BOTH, chosen).run()
    assert done.archives() == archives(path, tmp_path / "out", BOTH, chosen)
    assert [plan.pass_number for plan in done.plans if not plan.survey] == [1, 2]


def test_bad_images(cloud: Cloud, toys: Dataset, map_file: Path, tmp_path: Path) -> None:
    toys.write("annotations/b-ana.json", "{")
    toys.write("annotations/e-ana.json", "[]")
    toys.write("masks/f.png", b"no picture")
    path = zip_of(toys.path, tmp_path / "toys.zip")
    formats = ("COCO", "YOLO", "SAGEMAKER_SS")
    done = start(cloud, path, formats, map_file).run()
    assert done.archives() == archives(path, tmp_path / "out", formats, map_file)
    bad = {"COCO": 2, "YOLO": 2, "SAGEMAKER_SS": 3}
    for format_id, count in bad.items():
        answer = done.answers[format_id]
        assert (answer.status, answer.errors, answer.images) == ("failed", count, 6 - count)
        assert answer.reason.startswith(f"{count} of 6 images could not be converted;")
        assert len(done.errors(format_id)) == count
        assert {line["file"]: line["message"] for line in done.log(format_id, "ERROR")} == done.errors(format_id)
        assert done.report(format_id)["failed"] == count


def test_what_a_format_warns_of(cloud: Cloud, toys: Dataset, map_file: Path, tmp_path: Path) -> None:
    """Counted over the shards, in the report and in the answer."""
    toys.write("annotations/e-ana.json", '{"annotations": []}')
    done = start(cloud, zip_of(toys.path, tmp_path / "toys.zip"), KINDS, map_file).run()
    title = "SageMaker Object Detection"
    told = {what: found for what, found in done.report("SAGEMAKER_OD")["warnings"].items() if what.startswith(title)}
    assert list(told.values()) == [
        {"count": 1, "examples": [], "code": "channel-empty"},
        {"count": 2, "examples": ["c.png", "e.png"], "code": "image-negative"},
    ]
    assert "validation channel" in next(iter(told))
    assert done.answers["SAGEMAKER_OD"].warnings == 3
    assert not any(what.startswith("SageMaker") for what in done.report("COCO")["warnings"])


OPTIONS = [
    ({"images": True}, ["--images"]),
    ({"split": "train=0.5,val=0.5"}, ["--split", "train=0.5,val=0.5"]),
    ({"images": True, "split": "train=0.7,val=0.3"}, ["--images", "--split", "train=0.7,val=0.3"]),
    (
        {"split": "train=0.5,val=0.5", "split_by": "metadata['sensor']['name']", "images": True},
        ["--split", "train=0.5,val=0.5", "--split-by", "metadata['sensor']['name']", "--images"],
    ),
    ({"split": "a=0.5,b=0.5", "split_by": "image"}, ["--split", "a=0.5,b=0.5", "--split-by", "image"]),
    ({"segmentation": "rle", "first_category": "1"}, ["--segmentation", "rle", "--first-category", "1"]),
    ({"simplify": 1.5}, ["--simplify", "1.5"]),
    ({"image_base": "s3://a/b", "label_base": "s3://c"}, ["--image-base", "s3://a/b", "--label-base", "s3://c"]),
]


@pytest.mark.parametrize(("options", "arguments"), OPTIONS)
def test_options(
    cloud: Cloud, toys: Dataset, map_file: Path, tmp_path: Path, options: dict[str, object], arguments: list[str]
) -> None:
    path = zip_of(toys.path, tmp_path / "toys.zip")
    done = start(cloud, path, KINDS, map_file, options).run()
    assert {answer.status for answer in done.answers.values()} == {"complete"}
    assert done.archives() == archives(path, tmp_path / "out", KINDS, map_file, *arguments)


@pytest.mark.parametrize("by", ["run", "image", "metadata['objects'][0]['type']"])
def test_report_tells_of_splits(
    cloud: Cloud, map_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """What shards count of runs that lie across them is what the command counts in one."""
    monkeypatch.setattr(AnnotationOptions, "for_format", divided_by(by))
    dataset = Dataset(tmp_path / "toys")
    for run in range(4):
        for frame in range(3):
            dataset.add(f"{run:010}-{frame}-Cam", ("Cube" if run % 2 else "Ball", 3, 3, 6, 7), mask=True)
    path = zip_of(dataset.path, tmp_path / "toys.zip")
    done = start(cloud, path, ("YOLO",), map_file).run()
    more = ("--report", str(tmp_path / "report.json"), "--split", HALVES, "--split-by", by)
    assert done.archives() == archives(path, tmp_path / "out", ("YOLO",), map_file, *more)
    ours, theirs = done.report("YOLO"), json.loads((tmp_path / "report.json").read_text())
    assert [ours.pop("formats"), theirs.pop("formats")]
    assert ours == theirs
    assert list(ours["splits"]) == ["train", "val"]
    assert (ours["split_by"], ours["leaks"] > 0) == (by, by == "image")


def divided_by(by: str) -> Callable[[AnnotationOptions, str], Options]:
    """Options of an annotation, divided in halves."""
    return lambda options, format_id: Options((format_id,), True, splits=parse_splits(HALVES), split_by=by)


@pytest.mark.parametrize(("lost", "kept"), [({1}, "abef"), ({0, 2}, "cd"), ({0, 1, 2}, "")])
def test_lost_shards(cloud: Cloud, toys: Dataset, map_file: Path, tmp_path: Path, lost: set[int], kept: str) -> None:
    """Every file of a lost shard is named; the rest is what it would be without them."""
    done = start(cloud, zip_of(toys.path, tmp_path / "toys.zip"), BOTH, map_file, lose=lambda x: x.shard in lost).run()
    for stem in set("abcdef") - set(kept):
        for path in toys.path.glob(f"*/{stem}[-.]*"):
            path.unlink()
    toys.write("dataset.yaml", "")  # a dataset without an image is known by it
    rest = zip_of(toys.path, tmp_path / "toys.zip")
    assert done.archives() == archives(rest, tmp_path / "out", BOTH, map_file)
    named = {f"annotations/{stem}-ana.json": SHARD_FAILED for stem in "abcdef" if stem not in kept}
    for format_id, answer in done.answers.items():
        assert (answer.status, answer.images, answer.errors) == ("failed", len(kept), len(named))
        assert done.errors(format_id) == named
        assert {line["file"]: line["message"] for line in done.log(format_id, "ERROR")} == named


def test_a_format_that_cannot_hold_the_classes_fails_alone(cloud: Cloud, toys: Dataset, tmp_path: Path) -> None:
    many = tmp_path / "many.yaml"
    classes = "".join(f"  {number}: [none, C{number}]\n" for number in range(300))
    many.write_text(f"classes:\n{classes}properties:\n  obj['type'] == 'Cube': 0\n")
    path = zip_of(toys.path, tmp_path / "toys.zip")
    done = start(cloud, path, ("COCO", "SAGEMAKER_SS"), many).run()
    assert done.answers["COCO"].status == "complete"
    refused = done.answers["SAGEMAKER_SS"]
    assert (refused.status, refused.download_key) == ("failed", "") and "classes" in refused.reason
    assert done.archives() == archives(path, tmp_path / "out", ("COCO",), many)


def test_repeated_steps_write_the_same(cloud: Cloud, toys: Dataset, map_file: Path, tmp_path: Path) -> None:
    done = start(cloud, zip_of(toys.path, tmp_path / "toys.zip"), BOTH, map_file).run()
    before = {key: done.outbox.get(key) for key, _ in done.outbox.list("")}
    assert done.plan() == done.plans[0]
    done.convert(done.plans[0])
    done.assemble(done.plans[0])
    assert {key: done.outbox.get(key) for key, _ in done.outbox.list("")} == before
    rows = {answer.annotation for answer in done.answers.values()}
    for row in cloud.rows():
        assert row.id in rows
        progress = cloud.store.progress(row)
        assert (progress.images, progress.errors, progress.shards) == (6, 0, 3)


def test_a_loose_file_that_changes_after_the_listing(cloud: Cloud, toys: Dataset, map_file: Path) -> None:
    run = start(cloud, toys.path, BOTH, map_file)
    cloud.clients.s3.put_object(Bucket=cloud.inbox, Key="datasets/ws/toys/annotations/c-ana.json", Body=b"{}")
    cloud.clients.s3.delete_object(Bucket=cloud.inbox, Key="datasets/ws/toys/annotations/d-ana.json")
    run.run()
    said = "was changed or deleted after the dataset was complete; upload _SUCCESS again"
    assert run.errors("YOLO") == dict.fromkeys(["annotations/c-ana.json", "annotations/d-ana.json"], said)


def test_cancelled_annotations_are_left_alone(cloud: Cloud, toys: Dataset, map_file: Path, tmp_path: Path) -> None:
    path = zip_of(toys.path, tmp_path / "toys.zip")
    run = start(cloud, path, BOTH, map_file)
    cloud.store.cancel(run.job.annotations[0].id, "ann")
    run.run()
    assert {name: answer.status for name, answer in run.answers.items()} == {"COCO": "cancelled", "YOLO": "complete"}
    assert list(run.outbox.list(f"work/{run.job.annotations[0].id}/")) == []
    assert run.archives() == archives(path, tmp_path / "out", ("YOLO",), map_file)


def test_a_part_that_comes_after_its_deletion_is_taken_away(
    cloud: Cloud, toys: Dataset, map_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The deletion has looked through the work while the shard was converted."""
    run = start(cloud, zip_of(toys.path, tmp_path / "toys.zip"), ("COCO",), map_file)
    annotation, make = run.job.annotations[0].id, ShardConverter._make_part

    def deleted_meanwhile(self: ShardConverter, *args: Any) -> Any:
        report = make(self, *args)
        assert list(run.outbox.list(f"work/{annotation}/"))
        cloud.store.delete(annotation)
        return report

    monkeypatch.setattr(ShardConverter, "_make_part", deleted_meanwhile)
    run.run()
    assert list(run.outbox.list(f"work/{annotation}/")) == [] and list(cloud.table.query(f"AN#{annotation}")) == []
    assert cloud.lines(annotation) == []


def test_shards_are_cut_by_bytes_too(cloud: Cloud, toys: Dataset, map_file: Path, tmp_path: Path) -> None:
    path = zip_of(toys.path, tmp_path / "toys.zip")
    done = start(cloud, path, BOTH, map_file, shard_images=6, shard_bytes=1).run()
    assert done.plans[0].shards == 6
    assert done.archives() == archives(path, tmp_path / "out", BOTH, map_file)
