"""Every command where nothing is wrong: what it prints, what it writes, how it behaves in a shell."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cli_tools import (
    HEIGHT,
    MAP_TEXT,
    WIDTH,
    Dataset,
    command,
    entries_of,
    labelmill,
    outputs,
    process,
    tar_of,
    tree,
    zip_of,
)
from PIL import Image, ImageChops

from labelmill import __version__
from labelmill.cli.main import LOCAL_COMMANDS, SERVICE_COMMANDS
from labelmill.convert.inspection import Inspection
from labelmill.convert.job import Options
from labelmill.convert.report import Report
from labelmill.errors import OptionError
from labelmill.formats import FORMAT_IDS, formats
from labelmill.split import parse_splits

CONFLICTS = """\
classes:
  0: [toy, Block]
  5: [toy, Globe]
  6: Never
properties:
  obj['type'] == 'Cube': 0
  obj['id'] == 1: 5
  obj['size'] > 3: 6
"""


# --- convert -----------------------------------------------------------------------------------------------------


def test_the_summary(dataset: Dataset, map_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset.add("d", ("Train", 1, 1, 3, 3), ("Cube", 8, 8, 3, 3))
    dataset.json("metadata/d-metadata.json", {"objects": [{"id": 1, "type": "Train"}]})
    out = tmp_path / "out"
    arguments = ["convert", dataset.path, "--map", map_file, "--format", "coco", "--format", "yolo", "--out", out]
    result = labelmill(capsys, *arguments)

    assert result.code == 0
    assert not result.err
    assert (
        result.out
        == f"""\
tiny
                                            count
images                                          4
objects                                         3
objects skipped: no object in the metadata      1

Classes
class  objects
Block        2
Globe        1

Left out by the map
type   objects
Train        1

Warnings
what                                                                                                      count
YOLO: no image to validate with: val is train's in data.yaml; divide the dataset, e.g. train=0.8,val=0.2      1

Written
format  where
COCO    {out}/coco
YOLO    {out}/yolo

"""
    )


def test_the_summary_of_a_conversion_with_errors_and_warnings(
    dataset: Dataset, write_map: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset.write("annotations/b-ana.json", "[]")
    dataset.remove("images/c.png")
    arguments = ["convert", dataset.path, "--format", "sagemaker-od", "--out", tmp_path / "out", "--images"]
    result = labelmill(capsys, *arguments, "--map", write_map(CONFLICTS))

    assert result.code == 1
    assert result.err == "labelmill: annotations/b-ana.json: expected a JSON object, found a list of 0\n"
    assert (
        result.out
        == f"""\
tiny
                             count
images                           2
objects                          1
images left out of a format      1

Classes
class  objects
Block        1
Globe        0
Never        0

Left out by the map
type  objects
Ball        1

Warnings
{"what":135}  count
{"image files missing: their labels are written, no image lies beside them, e.g. c.png":135}      1
SageMaker Object Detection: no image in the validation channel, which training needs: \
divide the dataset, for example train=0.8,val=0.2      1
{"SageMaker Object Detection: images without objects, which the algorithm may refuse, e.g. c.png":135}      1

rule "obj['size'] > 3" (line 8) could not be evaluated for 2 objects: it is not true for them
rule "obj['type'] == 'Cube'" (line 6) and rule "obj['id'] == 1" (line 7) are both true for 1 object: \
the first one decides, class 0 (Block) and not 5 (Globe)
Written
format        where
SAGEMAKER_OD  {tmp_path}/out/sagemaker_od

"""
    )


def test_json_has_the_fields_of_the_report_and_equals_the_report_file(
    dataset: Dataset, map_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset.write("annotations/b-ana.json", "[]")
    arguments = ["convert", dataset.path, "--map", map_file, "--format", "all", "--out", tmp_path / "out", "--json"]
    result = labelmill(capsys, *arguments, "--report", tmp_path / "new/report.json")

    assert result.code == 1
    report = json.loads(result.out)
    assert list(report) == [field.name for field in msgspec.structs.fields(Report)]
    assert (tmp_path / "new/report.json").read_text() == result.out
    assert entries_of(tmp_path / "new") == ["report.json"]
    assert report["dataset"] == "tiny"
    assert report["formats"] == {name: str(tmp_path / "out" / name.lower()) for name in FORMAT_IDS}
    assert (report["images"], report["failed"], report["objects"]) == (2, 1, 2)
    assert report["classes"] == {"Block": 1, "Globe": 1}
    reason = "expected a JSON object, found a list of 0"
    assert report["errors"] == [
        {"image": "b.png", "file": "annotations/b-ana.json", "reason": reason, "formats": list(FORMAT_IDS)}
    ]


@pytest.mark.parametrize("pack", ["zip", "zip below a folder", "tar", "tar.gz", "tgz"])
def test_a_packed_dataset_gives_what_its_folder_gives(
    pack: str, sample_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / f"sample.{pack.split()[0]}"
    below = "folder/" if pack == "zip below a folder" else ""
    packed = zip_of(sample_folder, target, below) if "zip" in pack else tar_of(sample_folder, target)
    rest = ["--map", sample_folder / "map.yml", "--format", "all", "--images", "--json"]
    from_folder = labelmill(capsys, "convert", sample_folder, "--out", tmp_path / "folder", *rest)
    from_pack = labelmill(capsys, "convert", packed, "--out", tmp_path / "packed", *rest)

    assert (from_pack.code, from_pack.err) == (0, "")
    assert from_pack.out.replace("/packed/", "/folder/") == from_folder.out
    assert outputs(tmp_path / "packed") == outputs(tmp_path / "folder")
    assert len(json.loads(from_pack.out)["formats"]) == len(FORMAT_IDS)


@pytest.mark.parametrize("extra", [[], ["--archive"], ["--split", "train=0.5,val=0.5"]], ids=" ".join)
def test_workers_change_nothing(
    extra: list[str], sample_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("labelmill.convert.convert.SMALLEST_SHARD", 1)
    for workers in (1, 3):
        out = tmp_path / str(workers)
        arguments = ["convert", sample_folder, "--format", "all", "--out", out, "--workers", workers, *extra]
        assert labelmill(capsys, *arguments).code == 0
    assert outputs(tmp_path / "1") == outputs(tmp_path / "3")
    assert outputs(tmp_path / "1")


@pytest.mark.parametrize("spelling", ["SageMaker OD", "sagemaker-od", "SAGEMAKER_OD", "sagemakerod"])
def test_spellings_of_a_format(
    spelling: str, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert labelmill(capsys, "convert", dataset.path, "--format", spelling, "--out", tmp_path / "out").code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["sagemaker_od"]


def test_a_format_given_twice_is_made_once(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["--format", "coco", "--format", "COCO", "--format", "yolo", "--format", "c-o-c-o"]
    result = labelmill(capsys, "convert", dataset.path, *names, "--out", tmp_path / "out", "--json")
    assert list(json.loads(result.out)["formats"]) == ["COCO", "YOLO"]


def test_all_in_any_case_and_beside_others(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["--format", "coco", "--format", "ALL"]
    result = labelmill(capsys, "convert", dataset.path, *names, "--out", tmp_path / "out", "--json")
    assert tuple(json.loads(result.out)["formats"]) == FORMAT_IDS


def test_formats_with_commas_between(dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["--format", "coco, yolo", "--format", "kitti,coco"]
    result = labelmill(capsys, "convert", dataset.path, *names, "--out", tmp_path / "out", "--json")
    assert list(json.loads(result.out)["formats"]) == ["COCO", "YOLO", "KITTI"]


def test_splits_are_shown(sample_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["convert", sample_folder, "--format", "yolo", "--split", "training=0.5,valid=0.5", "--out"]
    by_run = labelmill(capsys, *arguments, tmp_path / "run").out
    assert re.search(r"^groups in several splits +0$", by_run, re.MULTILINE)
    assert re.search(
        r"^Splits by run\nsplit  share  images  objects  groups\ntrain  50 % .*\nval    50 % ", by_run, re.M
    )
    expression = "metadata['sensor']['frame']"
    by_frame = labelmill(capsys, *arguments, tmp_path / "frame", "--split-by", expression).out
    assert f"\nSplits by {expression}\n" in by_frame
    by_image = labelmill(capsys, *arguments, tmp_path / "image", "--split-by", "image").out
    assert re.search(r"^runs in several splits +[1-9][0-9]*$", by_image, re.MULTILINE)


def test_options_reach_the_conversion(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from labelmill.convert import convert as convert_module

    given: list[Options] = []

    def convert(source: object, annotation_map: object, options: Options, *rest: object, **more: object) -> None:
        given.append(options)
        raise OptionError("enough")

    monkeypatch.setattr(convert_module, "convert", convert)
    arguments = ["convert", dataset.path, "--format", "coco", "--out", tmp_path / "out"]
    chosen = "--split a=1 --split-by image --segmentation rle --first-category 1 --simplify 1.5 --layout voc2012"
    assert labelmill(capsys, *arguments).err == labelmill(capsys, *arguments, *chosen.split()).err
    assert given == [
        Options(("COCO",)),
        Options(
            ("COCO",),
            splits=parse_splits("a=1"),
            split_by="image",
            segmentation="rle",
            first_category="1",
            simplify=1.5,
            layout="voc2012",
        ),
    ]


@pytest.mark.parametrize("source", ["tiny", "tiny/", "./tiny//", "tiny/../tiny/", "tiny.zip", "tiny.tar.gz", "here"])
@pytest.mark.parametrize("with_map", [True, False])
def test_names_of_archives(
    source: str, with_map: bool, dataset: Dataset, map_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    if source.endswith(("zip", "gz")):
        (zip_of if source.endswith("zip") else tar_of)(dataset.path, tmp_path / source)
    if source == "here":
        monkeypatch.chdir(dataset.path)
        source = "."
    named = ["--map", os.path.relpath(map_file)] if with_map else []
    formats = ["--format", "coco", "--format", "yolo-seg"]
    result = labelmill(capsys, "convert", source, *formats, "--out", "the out", "--archive", *named)

    assert result.code == 0, result.err
    end = "-map.zip" if with_map else ".zip"
    written = [f"coco/tiny-coco{end}", f"yolo_seg/tiny-yolo_seg{end}"]
    assert sorted(outputs(Path("the out"))) == written
    for name in written:
        assert f"the out/{name}" in result.out
        with zipfile.ZipFile(Path("the out") / name) as packed:
            assert packed.testzip() is None


def test_an_archive_holds_what_the_folder_holds(
    sample_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["convert", sample_folder, "--format", "all", "--images", "--split", "train=0.5,val=0.5", "--out"]
    labelmill(capsys, *arguments, tmp_path / "folder")
    labelmill(capsys, *arguments, tmp_path / "packed", "--archive")
    for name in FORMAT_IDS:
        (archive,) = (tmp_path / "packed" / name.lower()).glob("*.zip")
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(tmp_path / "unpacked" / name.lower())
    assert outputs(tmp_path / "unpacked") == outputs(tmp_path / "folder")


@pytest.mark.parametrize("name", ["with space", "Wörter & 中文", "-dash", "dots.and.more", "'quote\"", "a+b%20c"])
def test_odd_paths(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / name
    dataset = Dataset(folder / name)
    (folder / f"{name}.yml").write_text(MAP_TEXT)
    arguments = ["convert", dataset.path, "--map", folder / f"{name}.yml", "--format", "kitti", "--format", "coco"]
    result = labelmill(capsys, *arguments, "--out", folder / f"{name} out", "--archive")

    assert (result.code, result.err) == (0, "")
    assert sorted(outputs(folder / f"{name} out")) == [f"{f}/{name}-{f}-{name}.zip" for f in ("coco", "kitti")]


def test_a_map_in_json(dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.json").write_text(json.dumps({"classes": {"3": ["Block"]}, "properties": {"obj['id'] == 1": "3"}}))
    arguments = ["convert", dataset.path, "--format", "coco", "--out", tmp_path / "out", "--json"]
    result = labelmill(capsys, *arguments, "--map", tmp_path / "m.json")
    assert json.loads(result.out)["classes"] == {"Block": 2}
    (category,) = json.loads((tmp_path / "out/coco/coco.json").read_bytes())["categories"]
    assert (category["id"], category["name"]) == (3, "Block")


def test_prefixes_in_manifests(dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["convert", dataset.path, "--format", "sagemaker-ss", "--out", tmp_path]
    labelmill(capsys, *arguments, "--image-base", "s3://images/", "--label-base", "s3://labels/")
    lines = [json.loads(line) for line in (tmp_path / "sagemaker_ss/train.manifest").read_text().splitlines()]
    assert [line["source-ref"] for line in lines] == ["s3://images/a.png", "s3://images/b.png", "s3://images/c.png"]
    assert lines[0]["class-labels-ref"] == "s3://labels/train_annotation/a.png"


@pytest.mark.parametrize("where", ["folder", "zip"])
def test_an_empty_dataset(where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "empty"
    (folder / "annotations").mkdir(parents=True)
    (folder / "dataset.yaml").write_text("name: empty\n")
    source = zip_of(folder, tmp_path / "empty.zip") if where == "zip" else folder
    for arguments in (["convert", source, "--format", "all", "--out", tmp_path / "out"], ["inspect", source]):
        result = labelmill(capsys, *arguments)
        assert (result.code, result.err) == (0, "")
        assert re.search(r"^images +0$", result.out, re.MULTILINE)
    assert json.loads((tmp_path / "out/coco/coco.json").read_bytes())["images"] == []
    assert labelmill(capsys, "preview", source, "--out", tmp_path / "pictures") == (0, "", "")


# --- formats, inspect, map ---------------------------------------------------------------------------------------


def test_formats_is_made_from_the_registry(capsys: pytest.CaptureFixture[str]) -> None:
    result = labelmill(capsys, "formats")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0].split() == ["id", "name", "for", "files"]
    for line, spec in zip(lines[1:-1], formats().values(), strict=True):
        columns = [re.escape(text) for text in (spec.id, spec.title, spec.task, ", ".join(spec.files))]
        assert re.fullmatch(" +".join(columns), line)
    found = json.loads(labelmill(capsys, "formats", "--json").out)
    assert [(f["id"], f["name"], f["task"], tuple(f["files"]), f["images"]) for f in found] == [
        (spec.id, spec.title, spec.task, spec.files, spec.image_folder) for spec in formats().values()
    ]


def test_inspect(dataset: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    dataset.write("images/lone.png", b"")
    dataset.write("annotations/notes.txt", "x")
    dataset.add("0000000000-1-Cam-2", ("Cube", 0, 0, 3, 3), image=False, mask=True)
    result = labelmill(capsys, "inspect", dataset.path)
    sizes = {f: sum(p.stat().st_size for p in (dataset.path / f).glob("*.*")) for f in ("annotations", "metadata")}

    assert (result.code, result.err) == (0, "")
    rows = {  # the files of no image are not counted
        "annotations": sizes["annotations"] - 1,
        "metadata": sizes["metadata"],
        "images": sum((dataset.path / f"images/{stem}.png").stat().st_size for stem in "abc"),
        "masks": sum(path.stat().st_size for path in (dataset.path / "masks").iterdir()),
    }
    assert (
        result.out
        == """\
tiny
                        count
images                      4
image files                 3
masks                       4
images without objects      1
objects                     4
objects with contours       4
"""
        + "".join(f"bytes of {folder}".ljust(22) + f"{count:>7,}\n" for folder, count in rows.items())
        + """
Types
type  objects
Cube        3
Ball        1

Sizes
width x height  images
32 x 24              4

Sensors
sensor  images
Cam-2        1

Odd
what                                                                                         count
image files without an annotation file: not part of the dataset, e.g. images/lone.png            1
files that are none of a dataset's, or of no image: passed over, e.g. annotations/notes.txt      1

"""
    )


def test_inspect_in_json(sample_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = labelmill(capsys, "inspect", sample_folder, "--json")
    assert (result.code, result.err) == (0, "")
    found = json.loads(result.out)
    assert list(found) == [field.name for field in msgspec.structs.fields(Inspection)]
    annotations = [json.loads(p.read_bytes())["annotations"] for p in (sample_folder / "annotations").iterdir()]
    assert found["images"] == found["image_files"] == found["masks"] == len(annotations) == 4
    assert found["objects"] == sum(found["types"].values()) == sum(map(len, annotations))
    assert sum(found["sizes"].values()) == sum(found["sensors"].values()) == 4
    for folder, size_bytes in found["bytes"].items():
        assert size_bytes == sum(path.stat().st_size for path in (sample_folder / folder).iterdir())
    assert found["errors"] == found["lone_images"] == found["ignored"] == []


def test_map_check(map_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = labelmill(capsys, "map", "check", map_file)
    assert result == (
        0,
        f"""\
{map_file}: 2 rules
number  class  supercategory  rules
     0  Block  toy                1
     5  Globe  toy                1

""",
        "",
    )
    found = json.loads(labelmill(capsys, "map", "check", map_file, "--json").out)
    assert found == {
        "ok": True,
        "classes": [
            {"number": 0, "index": 0, "name": "Block", "supercategory": "toy"},
            {"number": 5, "index": 1, "name": "Globe", "supercategory": "toy"},
        ],
        "rules": [
            {"line": 5, "rule": "obj['type'] == 'Cube'", "class": 0},
            {"line": 6, "rule": "obj['type'] == 'Ball'", "class": 5},
        ],
        "filters": [],
        "stuff": [],
        "warnings": [],
    }


FILTERED = """\
classes:
  0: [toy, Block]
  5: [toy, Globe]
properties:
  obj['type'] == 'Cube' or 'Ball': 5
drop:
  - ann['width'] < 3
ignore:
  - obj['type'] == 'Ball'
stuff: [0]
"""
ALWAYS = (
    "rule \"obj['type'] == 'Cube' or 'Ball'\" (line 5) is always true: it asks nothing; "
    "did you mean obj['type'] in ['Cube', 'Ball']?"
)


def test_map_check_tells_all_that_a_map_does(
    write_map: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_map(FILTERED)
    result = labelmill(capsys, "map", "check", path)
    assert result == (
        0,
        f"""\
{path}: 1 rules
number  class  supercategory  rules
     0  Block  toy                0
     5  Globe  toy                1

Objects dropped or ignored
line  key     expression
   7  drop    ann['width'] < 3
   9  ignore  obj['type'] == 'Ball'

Stuff: regions, not things
number
     0

{ALWAYS}
""",
        "",
    )
    found = json.loads(labelmill(capsys, "map", "check", path, "--json").out)
    assert found["filters"] == [
        {"line": 7, "filter": "drop", "rule": "ann['width'] < 3"},
        {"line": 9, "filter": "ignore", "rule": "obj['type'] == 'Ball'"},
    ]
    assert (found["stuff"], found["warnings"]) == ([0], [{"line": 5, "message": ALWAYS}])


def test_map_explain_tells_what_is_dropped_and_ignored(
    dataset: Dataset, write_map: Callable[[str], Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = write_map(FILTERED)
    found = json.loads(labelmill(capsys, "map", "explain", path, dataset.path, "--json").out)
    rule, drop, ignore = found["rules"]
    assert (rule["filter"], drop["filter"], ignore["filter"]) == ("", "drop", "ignore")
    assert drop["class_number"] is ignore["class_number"] is None
    assert ignore["objects"] == 1 and ignore["types"] == [["Ball", 1]] and len(ignore["examples"]) == 1
    assert rule["objects"] == 3, "what is ignored has its class all the same"
    assert found["warnings"] == [ALWAYS]
    result = labelmill(capsys, "map", "explain", path, dataset.path)
    assert "Of these, dropped or ignored" in result.out
    assert f"ignore  obj['type'] == 'Ball'  Ball (1)        1  {ignore['examples'][0]}" in result.out
    report = tmp_path / "report.json"
    labelmill(
        capsys,
        "convert",
        dataset.path,
        "--map",
        path,
        "--format",
        "coco",
        "--out",
        tmp_path / "out",
        "--report",
        report,
    )
    assert ALWAYS in report.read_text().replace('\\"', '"'), "a conversion warns of it, too"


def test_map_check_of_a_bad_map_in_json(write_map: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    path = write_map("classes: {0: Cube}\nproperties:\n  obj.x: 0\n  obj['type']: 7\n")
    result = labelmill(capsys, "map", "check", path, "--json")
    assert (result.code, result.err) == (1, "")
    found = json.loads(result.out)
    assert found["ok"] is False
    assert [(e["file"], e["line"]) for e in found["errors"]] == [(str(path), 3), (str(path), 4)]
    assert found["errors"][1]["reason"] == "rule \"obj['type']\": class 7 is not in classes"


def test_map_explain(dataset: Dataset, write_map: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    path = write_map(CONFLICTS)
    result = labelmill(capsys, "map", "explain", path, dataset.path)
    assert result == (
        0,
        """\
bad.yml on tiny
line  rule                   class  types     objects
   6  obj['type'] == 'Cube'  Block  Cube (2)        2
   7  obj['id'] == 1         Globe                  0
   8  obj['size'] > 3        Never                  0

Left out: no rule takes them
type  objects
Ball        1

rule "obj['size'] > 3" (line 8) could not be evaluated for 3 objects: it is not true for them
rule "obj['type'] == 'Cube'" (line 6) and rule "obj['id'] == 1" (line 7) are both true for 2 objects: \
the first one decides, class 0 (Block) and not 5 (Globe)
""",
        "",
    )
    found = json.loads(labelmill(capsys, "map", "explain", path, dataset.path, "--json").out)
    assert [(row["rule"], row["objects"], row["failed"]) for row in found["rules"]] == [
        ("obj['type'] == 'Cube'", 2, 0),
        ("obj['id'] == 1", 0, 0),
        ("obj['size'] > 3", 0, 3),
        (None, 1, 0),
    ]
    assert found["rules"][0]["conflicts"] == [{"rule": "obj['id'] == 1", "line": 7, "class_number": 5, "objects": 2}]
    assert found["left_out"]["types"] == {"Ball": 1}
    assert found["warnings"] == result.out.splitlines()[-2:]


# --- preview, sample ---------------------------------------------------------------------------------------------


def test_preview(sample_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stems = sorted(path.stem for path in (sample_folder / "images").iterdir())
    result = labelmill(
        capsys, "preview", sample_folder, stems[3], f"{stems[0]}.png", "--map", sample_folder / "map.yml",
        "--out", tmp_path / "out",
    )  # fmt: skip
    written = [tmp_path / f"out/{stem}.png" for stem in (stems[3], stems[0])]
    assert result == (0, "".join(f"{path}\n" for path in written), "")
    assert sorted((tmp_path / "out").glob("*.png")) == sorted(written)
    for path in written:
        before = Image.open(sample_folder / "images" / path.name).convert("RGB")
        after = Image.open(path)
        assert (after.size, after.mode, after.format) == (before.size, "RGB", "PNG")
        changed = ImageChops.difference(before, after).convert("L").point(lambda v: 255 if v else 0)
        record = json.loads((sample_folder / f"annotations/{path.stem}-ana.json").read_bytes())
        types = {
            o["id"]: o["type"]
            for o in json.loads((sample_folder / f"metadata/{path.stem}-metadata.json").read_bytes())["objects"]
        }
        seen = 0
        for found in record["annotations"]:
            x, y, w, _ = found["bbox"]
            if types[found["id"]] in ("Box", "Robot", "Train", "Ring", "Ball"):
                border = changed.crop((x, y, x + w + 1, y + 1))
                assert border.getextrema()[0] == 255, "the box's upper edge is drawn"
                seen += 1
        assert seen


def test_preview_of_the_first_images(dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset.add("d")
    result = labelmill(capsys, "preview", dataset.path, "--out", tmp_path / "out")
    assert result.code == 0
    assert [Path(line).name for line in result.out.splitlines()] == ["a.png", "b.png", "c.png"]
    plain = Image.open(tmp_path / "out/c.png")
    assert plain.size == (WIDTH, HEIGHT)
    assert plain.getcolors() == [(WIDTH * HEIGHT, (0x40, 0x60, 0x80))], "nothing is drawn where nothing is"
    assert len(Image.open(tmp_path / "out/a.png").getcolors() or []) > 1


def test_previews_of_images_that_share_a_stem(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset.json("annotations/x-ana.json", {"filename": "a.bmp", "annotations": []})
    dataset.json("metadata/x-metadata.json", {"filename": "a.bmp", "objects": []})
    Image.new("RGB", (5, 4)).save(dataset.path / "images/a.bmp")
    result = labelmill(capsys, "preview", dataset.path, "a.png", "a.bmp", "a.png", "--out", tmp_path / "out")
    assert [Path(line).name for line in result.out.splitlines()] == ["a.png", "a.bmp.png"]
    assert Image.open(tmp_path / "out/a.bmp.png").size == (5, 4)
    assert Image.open(tmp_path / "out/a.png").size == (WIDTH, HEIGHT)


def test_preview_without_the_image(dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset.remove("images/a.png")
    assert labelmill(capsys, "preview", dataset.path, "a", "--out", tmp_path / "out").code == 0
    assert Image.open(tmp_path / "out/a.png").size == (WIDTH, HEIGHT)


def test_sample(sample_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a sample"
    result = labelmill(capsys, "sample", folder, "--images", 4)
    assert result == (0, f"4 images in {folder}; its annotation map is {folder / 'map.yml'}\n", "")
    assert outputs(folder) == outputs(sample_folder)
    for option in (["--seed", 8], ["--workers", 2], ["--images", 2]):
        labelmill(capsys, "sample", tmp_path / str(option), "--images", 4, *option)
    assert outputs(tmp_path / str(["--workers", 2])) == outputs(sample_folder)
    assert outputs(tmp_path / str(["--seed", 8])) != outputs(sample_folder)
    fewer = outputs(tmp_path / str(["--images", 2]))
    same = [name for name in fewer if name != "dataset.yaml"]
    assert [fewer[name] for name in same] == [tree(sample_folder)[name] for name in same]
    assert len(entries_of(tmp_path / str(["--images", 2]) / "images")) == 2


def test_a_sample_of_no_images_can_be_converted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert labelmill(capsys, "sample", tmp_path / "s", "--images", 0).code == 0
    result = labelmill(capsys, "convert", tmp_path / "s", "--format", "all", "--out", tmp_path / "out")
    assert (result.code, result.err) == (0, "")


# --- in a shell --------------------------------------------------------------------------------------------------


def _on_terminal(*arguments: object) -> tuple[int, bytes]:
    """Run with stderr on a pseudo-terminal; what was shown on it."""
    reader, terminal = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(command(*arguments), stderr=terminal, stdout=subprocess.DEVNULL, env=env) as running:
        os.close(terminal)
        shown = b""
        while True:
            try:
                piece = os.read(reader, 1 << 16)
            except OSError:  # how Linux says that the other end is closed
                break
            if not piece:
                break
            shown += piece
        os.close(reader)
        return running.wait(), shown


@pytest.mark.parametrize("name", ["convert", "inspect", "map explain"])
def test_progress_on_a_terminal_and_only_there(name: str, sample_folder: Path, tmp_path: Path) -> None:
    arguments: dict[str, list[object]] = {
        "convert": ["convert", sample_folder, "--format", "yolo", "--out", tmp_path / "out"],
        "inspect": ["inspect", sample_folder],
        "map explain": ["map", "explain", sample_folder / "map.yml", sample_folder],
    }
    code, shown = _on_terminal(*arguments[name])
    assert code == 0
    assert b"images" in shown
    assert b"4/4" in shown
    assert shown.rstrip().endswith((b"\x1b[2K", b"\x1b[?25h")), "the bar is taken away at the end"
    assert process(*arguments[name]).err == ""


@pytest.mark.parametrize("arguments", [["formats"], ["formats", "--json"], ["--help"], ["convert", "--help"]])
def test_a_reader_that_goes_away(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen(command(*arguments), stdout=writer, stderr=subprocess.PIPE) as running:
        os.close(writer)
        assert running.communicate(timeout=30)[1] == b""
        assert running.returncode == 1


def test_through_a_shell_s_pipe() -> None:
    line = " ".join(command("formats")) + " | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=False, timeout=30)
    assert done.stdout.split() == [b"id", b"name", b"for", b"files"]
    assert done.stderr == b""


def test_version_and_module() -> None:
    assert process("--version") == (0, f"labelmill, version {__version__}\n", "")


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    expected = (
        "Usage: labelmill [OPTIONS] COMMAND [ARGS]...\n\n  Turn image datasets into the labels that trainers read.\n\n"
        "Options:\n  --version   Show the version and exit.\n  --debug     Show a traceback with an error.\n"
        "  -h, --help  Show this message and exit.\n"
    )
    for title, commands in (("On this machine", LOCAL_COMMANDS), ("With the service", SERVICE_COMMANDS)):
        expected += f"\n{title}:\n" + "".join(f"  {name:13}  {text}\n" for name, text in commands.items())
    assert labelmill(capsys, "--help") == labelmill(capsys, "-h") == (0, expected, "")
    assert labelmill(capsys) == (2, "", expected)


OPTIONS = {
    "convert": "--format --map --out --archive --images --split --split-by --segmentation --first-category --simplify"
    " --layout --image-base --label-base --on-error --workers --report --json",
    "formats": "--json",
    "inspect": "--workers --json",
    "map": "check explain",
    "map check": "--json",
    "map explain": "--workers --json",
    "preview": "--map --out --workers",
    "sample": "--images --seed --workers",
}


@pytest.mark.parametrize("name", OPTIONS)
def test_help_of_each_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = labelmill(capsys, *name.split(), "-h")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: labelmill {name} [OPTIONS]")
    found = re.findall(r"^  (?:-\w, )?([-a-z]+)", result.out.partition("Options:")[2], re.MULTILINE)
    assert found == [*[o for o in OPTIONS[name].split() if o[0] == "-"], "--help"] + (
        ["check", "explain"] if name == "map" else []
    )


@pytest.mark.parametrize("arguments", [["inspect"], ["inspect", "--json"], ["convert", "--format", "coco"]])
def test_a_terminal_of_few_characters(arguments: list[str], tmp_path: Path) -> None:
    dataset = Dataset(tmp_path / "Wörter")
    dataset.write("annotations/é-ana.json", "[]")
    out = ["--out", tmp_path / "out"] if arguments[0] == "convert" else []
    result = process(*arguments, dataset.path, *out, env={"PYTHONIOENCODING": "ascii:strict"})
    assert result.code == 1
    assert "Traceback" not in result.err
    assert "W\\xf6rter" in result.out or "Wörter" in result.out  # JSON is UTF-8 wherever it goes


def test_debug(dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["convert", dataset.path, "--format", "nonsense", "--out", tmp_path / "out"]
    with pytest.raises(OptionError):
        labelmill(capsys, "--debug", *arguments)
    result = process("--debug", *arguments)
    assert result.code == 1
    assert result.err.startswith("Traceback")
    assert result.err.rstrip().splitlines()[-1].startswith("labelmill.errors.OptionError: unknown format 'nonsense'")


def test_the_installed_command_is_the_module(tmp_path: Path) -> None:
    import tomllib

    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    scripts = tomllib.loads(pyproject.read_text())["project"]["scripts"]
    assert scripts == {"labelmill": "labelmill.cli.start:main"}


def test_usage_errors_cannot_command_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    result = labelmill(capsys, "convert", "x", "--form\x1b[2Jat", "coco")
    assert result.code == 2 and "\x1b" not in result.err and "--form" in result.err
