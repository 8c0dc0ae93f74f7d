"""What belongs together goes to one split, in every format; the report counts splits and leaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zoo
from split_tools import split_members
from zoo import convert_dataset, tree_of

from labelmill.convert import convert as convert_module
from labelmill.convert.report import Report
from labelmill.errors import OptionError
from labelmill.formats import FORMAT_IDS
from labelmill.split import parse_splits

THREE = "train=0.6,val=0.25,test=0.15"
BY_PLACE = "metadata['environment']['name']"
PLACES = ("harbour", "airport", "forest", "desert")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve runs of two frames and two sensors each, three a place."""
    dataset = zoo.Dataset(tmp_path_factory.mktemp("runs") / "runs")
    for run in range(12):
        for frame in (0, 25):
            for sensor in ("RGBCamera", "Cam.left"):
                image(dataset, f"{run:010}-{frame}-{sensor}", {"name": PLACES[run % 4]})
    return dataset.root


def image(dataset: zoo.Dataset, stem: str, environment: dict[str, Any] | None = None, **fields: Any) -> None:
    """An image of two objects."""
    more = {"environment": environment} if environment is not None else {}
    dataset.scene(stem, zoo.BLOCKS, image=False, mask=False, sensor={"resolution": [8, 6]}, **more, **fields)


def converted(path: Path, out: Path, split: str = THREE, by: str = "run", formats: Any = ("YOLO",)) -> Report:
    return convert_dataset(path, out, formats, splits=parse_splits(split), split_by=by)


def test_frames_and_sensors_of_a_run_go_one_way_in_all_formats(runs: Path, tmp_path: Path) -> None:
    report = converted(runs, tmp_path, formats=FORMAT_IDS)
    splits = parse_splits(THREE)
    expected: dict[str, set[str]] = {name: set() for name in splits.names}
    for path in (runs / "annotations").iterdir():
        stem = path.name.removesuffix("-ana.json")
        expected[splits.of(stem[:10])].add(stem)
    assert all(expected.values())
    for format_id in FORMAT_IDS:
        assert split_members(tmp_path / format_id.lower(), format_id) == expected, format_id
    assert (report.split_by, report.leaks) == ("run", 0)
    assert {name: (s.images, s.objects, s.groups) for name, s in report.splits.items()} == {
        name: (len(stems), 2 * len(stems), len(stems) // 4) for name, stems in expected.items()
    }


def test_counts_of_a_split_are_those_of_its_labels(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    for run in range(9):
        image(dataset, f"{run:010}-0-Cam")
        dataset.scene(f"{run:010}-1-Cam", zoo.PARTS, ["Cube"], image=False, mask=False, sensor={"resolution": [8, 4]})
    dataset.file("annotations/0000000003-2-Cam-ana.json", b"[]")  # fails: it is in no split
    report = converted(dataset.root, tmp_path / "out", formats=("COCO",))
    assert report.failed == 1
    for name, split in report.splits.items():
        tree = json.loads((tmp_path / f"out/coco/coco_{name}.json").read_bytes())
        numbers = {category["name"]: category["id"] for category in tree["categories"]}
        ids = [annotation["category_id"] for annotation in tree["annotations"]]
        assert (split.images, split.objects) == (len(tree["images"]), len(ids))
        assert split.classes == {name: ids.count(number) for name, number in numbers.items()}
    assert sum(split.objects for split in report.splits.values()) == report.objects
    assert sum(split.images for split in report.splits.values()) == report.images == 18
    assert sum(split.groups for split in report.splits.values()) == 9
    totals = {name: sum(split.classes[name] for split in report.splits.values()) for name in report.classes}
    assert totals == report.classes
    assert [split.share for split in report.splits.values()] == [0.6, 0.25, 0.15]


def test_images_with_one_value_of_an_expression_go_one_way(runs: Path, tmp_path: Path) -> None:
    report = converted(runs, tmp_path, by=BY_PLACE)
    splits = parse_splits(THREE)
    members = split_members(tmp_path / "yolo", "YOLO")
    for name, stems in members.items():
        places = [place for place in PLACES if splits.of(f'"{place}"') == name]
        names = [path.name.removesuffix("-ana.json") for path in (runs / "annotations").iterdir()]
        assert stems == {stem for stem in names if PLACES[int(stem[:10]) % 4] in places}
        assert report.splits[name].groups == len(places)
    assert (report.split_by, report.leaks) == (BY_PLACE, 0)


def test_images_by_themselves_leak_and_it_is_said(runs: Path, tmp_path: Path) -> None:
    report = converted(runs, tmp_path, by="image")
    members = split_members(tmp_path / "yolo", "YOLO")
    runs_of = {name: {stem[:10] for stem in stems} for name, stems in members.items()}
    leaks = [run for run in range(12) if sum(f"{run:010}" in found for found in runs_of.values()) > 1]
    assert report.leaks == len(leaks) > 6
    assert sum(split.groups for split in report.splits.values()) == 48


def test_a_dataset_that_is_not_divided_says_nothing_of_splits(runs: Path, tmp_path: Path) -> None:
    report = convert_dataset(runs, tmp_path, ["COCO"])
    assert (report.split_by, report.splits, report.leaks, report.warnings) == ("", {}, 0, {})


@pytest.mark.parametrize("by", ["run", "image", BY_PLACE, "metadata['nothing']"])
@pytest.mark.parametrize("archive", [False, True])
def test_shards_and_workers_change_nothing(
    by: str, archive: bool, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for number, (size, workers) in enumerate([(2000, 1), (1, 1), (3, 2), (5, 1), (7, 2)]):
        monkeypatch.setattr(convert_module, "LARGEST_SHARD", size)
        monkeypatch.setattr(convert_module, "SMALLEST_SHARD", size)
        out = tmp_path / str(number)
        splits = parse_splits(THREE)
        formats = ("COCO", "YOLO", "PASCAL", "SAGEMAKER_OD")
        report = convert_dataset(runs, out, formats, workers=workers, archive=archive, splits=splits, split_by=by)
        report.formats.clear()
        found.append((tree_of(out), report))
    assert all(one == found[0] for one in found)


# --- warnings ----------------------------------------------------------------------------------------------------


def warnings_of(report: Report) -> dict[str, tuple[int, list[str]]]:
    """What is said of the division; what YOLO says of it besides is tried with that format."""
    said = {what: finding for what, finding in report.warnings.items() if not what.startswith("YOLO: ")}
    return {what: (finding.count, finding.examples) for what, finding in said.items()}


def test_one_run_is_too_few(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    for frame in range(20):
        image(dataset, f"0000000000-{frame}-Cam")
    report = converted(dataset.root, tmp_path / "out", "train=0.8,val=0.2")
    assert {name: split.images for name, split in report.splits.items()} == {"train": 20, "val": 0}
    assert warnings_of(report) == {
        "groups too few to divide; split_by image divides runs, too": (1, ["1 by run, 5 wanted for a share of 20 %"]),
        "splits without an image": (1, ["val: 20 % asked for"]),
    }


def test_shares_that_are_met_are_not_spoken_of(tmp_path: Path) -> None:
    splits = parse_splits("train=0.5,val=0.5")
    halves: dict[str, list[int]] = {"train": [], "val": []}
    for run in range(60):
        halves[splits.of(f"{run:010}")].append(run)
    dataset = zoo.Dataset(tmp_path / "d")
    for run in halves["train"][:8] + halves["val"][:8]:
        image(dataset, f"{run:010}-0-Cam")
    assert converted(dataset.root, tmp_path / "a", "train=0.5,val=0.5").warnings == {}
    image(dataset, f"{halves['val'][8]:010}-0-Cam")  # 8 of 17: 2.9 points
    assert converted(dataset.root, tmp_path / "b", "train=0.5,val=0.5").warnings == {}
    image(dataset, f"{halves['val'][9]:010}-0-Cam")  # 8 of 18: 5.6 points
    assert warnings_of(converted(dataset.root, tmp_path / "c", "train=0.5,val=0.5")) == {
        "splits far from their share: groups are few, or of different sizes": (
            2,
            ["train: 50 % asked for, 44.4 % of the images", "val: 50 % asked for, 55.6 % of the images"],
        )
    }


def test_less_than_half_of_a_small_share_is_told(tmp_path: Path) -> None:
    text = "train=0.96,val=0.04"
    splits = parse_splits(text)
    train = [run for run in range(200) if splits.of(f"{run:010}") == "train"]
    val = [run for run in range(200) if splits.of(f"{run:010}") == "val"]
    dataset = zoo.Dataset(tmp_path / "d")
    for run in train[:60] + val[:1]:
        image(dataset, f"{run:010}-0-Cam")
    assert list(warnings_of(converted(dataset.root, tmp_path / "out", text)).values()) == [
        (1, ["val: 4 % asked for, 1.64 % of the images"])
    ]


def test_odd_names_are_groups_of_their_own_and_it_is_said(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    for i in range(12):
        image(dataset, f"picture {i:02}")
    report = converted(dataset.root, tmp_path / "out", "train=0.5,val=0.5")
    assert sum(split.groups for split in report.splits.values()) == 12
    found = warnings_of(report)["names that tell no run: each such image is a group of its own"]
    assert found == (12, [f"picture {i:02}.png" for i in range(5)])
    by_image = converted(dataset.root, tmp_path / "image", "train=0.5,val=0.5", "image")
    assert tree_of(tmp_path / "image") == tree_of(tmp_path / "out")
    assert by_image.leaks == 0
    assert "names that tell no run: each such image is a group of its own" not in by_image.warnings


def test_images_without_a_value_are_one_group_and_it_is_said(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    for i in range(12):
        image(dataset, f"{i:010}-0-Cam", {"name": f"place {i}"} if i % 2 else None)
    dataset.image("negative.png", 8, 6)
    dataset.labels("negative", [])
    report = converted(dataset.root, tmp_path / "out", by=BY_PLACE)
    none = {f"{i:010}-0-Cam" for i in range(0, 12, 2)} | {"negative"}
    split = parse_splits(THREE).of("")
    assert split_members(tmp_path / "out/yolo", "YOLO")[split] >= none
    assert sum(one.groups for one in report.splits.values()) == 7
    found = warnings_of(report)["images for which split_by fails or gives no value: they are one group"]
    assert found == (7, [f"{i:010}-0-Cam.png" for i in range(0, 10, 2)])


def test_runs_that_an_expression_divides_are_told(tmp_path: Path) -> None:
    dataset = zoo.Dataset(tmp_path / "d")
    for i in range(12):
        image(dataset, f"{i:010}-0-Cam", {"name": "a"})
        image(dataset, f"{i:010}-1-Cam", {"name": next(n for n in "bcdefghijk" if differs(n))})
    report = converted(dataset.root, tmp_path / "out", "train=0.5,val=0.5", BY_PLACE)
    assert report.leaks == 0
    assert warnings_of(report)["runs with images in several splits"] == (12, [BY_PLACE])


def differs(place: str) -> bool:
    splits = parse_splits("train=0.5,val=0.5")
    return splits.of(f'"{place}"') != splits.of('"a"')


def test_a_share_of_next_to_nothing(runs: Path, tmp_path: Path) -> None:
    report = converted(runs, tmp_path, "train=1,val=1e-320")
    assert warnings_of(report)["splits without an image"] == (1, ["val: 1e-318 % asked for"])


def test_an_empty_dataset_has_no_empty_splits(zoo_folder: Callable[[str], Path], tmp_path: Path) -> None:
    report = converted(zoo_folder("empty"), tmp_path)
    assert [split.images for split in report.splits.values()] == [0, 0, 0]
    assert not [what for what in report.warnings if "split" in what or "groups" in what]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("split_by", "runs"),
        ("segmentation", "mask"),
        ("first_category", "0"),
        ("simplify", -0.5),
        ("layout", "voc2007"),
    ],
)
def test_options_are_refused_before_any_work(option: str, value: Any, runs: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=f"^{option}: expected"):
        convert_dataset(runs, tmp_path / "out", ["YOLO"], **{option: value})
    assert not (tmp_path / "out").exists()
