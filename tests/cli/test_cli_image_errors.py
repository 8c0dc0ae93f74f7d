"""Images that can't be converted: skipped with exit code 1 and an exact message, or failing the whole run."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from cli_tools import (
    HEIGHT,
    WIDTH,
    Dataset,
    entries_of,
    file_size_limit,
    labelmill,
    mask_png,
    png,
    png_of_rows,
    process,
)

ANNOTATION, METADATA, MASK = "annotations/b-ana.json", "metadata/b-metadata.json", "masks/b.png"
DEEP = "[" * 100_000
NO_SIZE = (
    "annotations/b-ana.json: no image size: expected sensor.resolution in its metadata or a readable image or mask, "
    "found none"
)
ALL = ("coco", "yolo", "sagemaker-ss")


class Case(NamedTuple):
    """One broken image ``b`` beside two good ones; ``err`` is the message without ``labelmill: ``."""

    build: Callable[[Dataset], None]
    err: str
    formats: tuple[str, ...]


CASES: list[Case] = []


def broken(err: str, formats: tuple[str, ...] = ALL) -> Callable[[Callable[[Dataset], None]], None]:
    """Put a builder into the table; ``formats`` are those that leave the image out."""
    return lambda build: CASES.append(Case(build, err, formats))


def _text(name: str, data: str | bytes, err: str) -> None:
    """The same broken bytes as annotation file and as metadata file; each says which list it misses."""
    for file, kind, entries in ((ANNOTATION, "annotation", "annotations:"), (METADATA, "metadata", "objects:")):

        def build(dataset: Dataset, file: str = file) -> None:
            dataset.write(file, data)

        build.__name__ = f"{kind}_{name}"
        broken(f"{file}: {err.replace('annotations:', entries)}")(build)


_text("empty", b"", "expected JSON, found an empty file")
_text("not_json", "hello", "expected JSON, found: Expecting value: line 1 column 1 (char 0)")
_text(
    "cut_off", '{"annotations": [{"id": 1', "expected JSON, found: Expecting ',' delimiter: line 1 column 26 (char 25)"
)
_text(
    "not_utf8",
    b'{"filename": "\xff", "annotations": [], "objects": []}',
    "expected UTF-8 text, found other bytes (invalid start byte)",
)
_text("utf16", '{"annotations": []}'.encode("utf-16"), "expected UTF-8 text, found other bytes (invalid start byte)")
_text("zero_bytes", bytes(64), "expected JSON, found: Expecting value: line 1 column 1 (char 0)")
_text(
    "zero_byte_in_text",
    b'{"filename": "b\0.png", "annotations": [], "objects": []}',
    "expected JSON, found: Invalid control character at: line 1 column 16 (char 15)",
)
_text(
    "lone_surrogate",
    '{"filename": "\\ud800", "annotations": [], "objects": []}',
    "expected UTF-8 text, found other bytes (surrogates not allowed)",
)
_text("list", "[]", "expected a JSON object, found a list of 0")
_text("number", "17", "expected a JSON object, found 17")
_text("null", "null", "expected a JSON object, found nothing")
_text("deep", DEEP, "expected JSON of some levels, found it nested too deeply")
_text(
    "deep_inside",
    '{"annotations": [], "objects": [], "x": ' + DEEP + "]" * 100_000 + "}",
    "expected JSON of some levels, found it nested too deeply",
)
_text(
    "second_document",
    '{"annotations": [], "objects": []} {}',
    "expected JSON, found: Extra data: line 1 column 36 (char 35)",
)
_text(
    "entries_an_object",
    '{"annotations": {}, "objects": {}}',
    "annotations: expected a list of objects, found an object",
)
_text(
    "entries_null", '{"annotations": null, "objects": null}', "annotations: expected a list of objects, found nothing"
)
_text(
    "entries_text",
    '{"annotations": "none", "objects": "none"}',
    "annotations: expected a list of objects, found the text 'none'",
)
_text(
    "entry_a_number", '{"annotations": [1], "objects": [1]}', "annotations: expected a list of objects, found 1 in it"
)
_text(
    "entry_null",
    '{"annotations": [null], "objects": [null]}',
    "annotations: expected a list of objects, found nothing in it",
)


@broken("annotations/b-ana.json: annotations: expected a list of objects, found nothing")
def annotations_missing_in_file(dataset: Dataset) -> None:
    dataset.json(ANNOTATION, {"filename": "b.png"})


@broken("annotations/b-ana.json: has 1,073,741,824 bytes, at most 33,554,432 are read")
def annotation_of_a_gigabyte(dataset: Dataset) -> None:
    os.truncate(dataset.path / ANNOTATION, 1 << 30)  # sparse: it takes no disk


@broken("metadata/b-metadata.json: has 1,073,741,824 bytes, at most 33,554,432 are read")
def metadata_of_a_gigabyte(dataset: Dataset) -> None:
    os.truncate(dataset.path / METADATA, 1 << 30)


@broken("annotations/b-ana.json: expected JSON, found an empty file")
def annotation_a_pipe(dataset: Dataset) -> None:
    dataset.remove(ANNOTATION)
    os.mkfifo(dataset.path / ANNOTATION)


@broken("annotations/b-ana.json: can't be read: Is a directory")
def annotation_a_folder(dataset: Dataset) -> None:
    dataset.remove(ANNOTATION)
    (dataset.path / ANNOTATION).mkdir()


@broken("annotations/b-ana.json: a link that leads out of the dataset: put the file itself there")
def annotation_a_link_to_nowhere(dataset: Dataset) -> None:
    dataset.remove(ANNOTATION)
    (dataset.path / ANNOTATION).symlink_to("/nowhere/b-ana.json")


@broken("annotations/b-ana.json: can't be read: Too many levels of symbolic links")
def annotation_a_link_to_itself(dataset: Dataset) -> None:
    dataset.remove(ANNOTATION)
    (dataset.path / ANNOTATION).symlink_to("b-ana.json")


@broken("metadata/b-metadata.json: expected JSON, found an empty file")
def metadata_a_pipe(dataset: Dataset) -> None:
    dataset.remove(METADATA)
    os.mkfifo(dataset.path / METADATA)


@broken("metadata/b-metadata.json: a link that leads out of the dataset: put the file itself there")
def metadata_a_link_to_nowhere(dataset: Dataset) -> None:
    dataset.remove(METADATA)
    (dataset.path / METADATA).symlink_to("/nowhere/b-metadata.json")


@broken("annotations/b-ana.json: has 1 annotation entries, expected metadata/b-metadata.json, found none")
def metadata_missing(dataset: Dataset) -> None:
    dataset.remove(METADATA)


@broken(NO_SIZE)
def no_size_to_be_found(dataset: Dataset) -> None:
    dataset.remove("images/b.png")
    dataset.remove(MASK)


@broken(NO_SIZE)
def no_readable_header(dataset: Dataset) -> None:
    dataset.write("images/b.png", b"\x89PNG\r\n\x1a\n")
    dataset.write(MASK, b"")


@broken("masks/b.png: expected the image's size 32x24, found 33x24", ("sagemaker-ss",))
def mask_of_another_size(dataset: Dataset) -> None:
    dataset.write(MASK, mask_png(WIDTH + 1, HEIGHT))


@broken("masks/b.png: PNG chunk with a wrong checksum", ("sagemaker-ss",))
def mask_corrupt(dataset: Dataset) -> None:
    data = bytearray((dataset.path / MASK).read_bytes())
    data[45] ^= 0xFF
    dataset.write(MASK, bytes(data))


@broken("masks/b.png: PNG cut off", ("sagemaker-ss",))
def mask_cut_off(dataset: Dataset) -> None:
    dataset.write(MASK, (dataset.path / MASK).read_bytes()[:-20])


@broken("masks/b.png: not a PNG file", ("sagemaker-ss",))
def mask_empty(dataset: Dataset) -> None:
    dataset.write(MASK, b"")


@broken("masks/b.png: not a PNG file", ("sagemaker-ss",))
def mask_a_jpeg(dataset: Dataset) -> None:
    dataset.write(MASK, b"\xff\xd8\xff\xe0 and so on")


@broken("masks/b.png: a mask has one channel: expected a grey or palette PNG", ("sagemaker-ss",))
def mask_of_colours(dataset: Dataset) -> None:
    dataset.write(MASK, png(WIDTH, HEIGHT))


@broken("masks/b.png: PNG of 69 bytes can't hold the 100000x100000 pixels it claims", ("sagemaker-ss",))
def mask_header_lies(dataset: Dataset) -> None:
    dataset.write(MASK, png_of_rows(100_000, 100_000, bytes(100), depth=16, colour=0))


@broken("masks/b.png: a link that leads out of the dataset: put the file itself there", ("sagemaker-ss",))
def mask_a_link_to_nowhere(dataset: Dataset) -> None:
    dataset.remove(MASK)
    (dataset.path / MASK).symlink_to("/nowhere/b.png")


@broken("masks/b.png: PNG cut off")
def mask_corrupt_that_alone_knows_an_object(dataset: Dataset) -> None:
    dataset.json(ANNOTATION, {"annotations": [{"id": 1}]})
    dataset.write(MASK, (dataset.path / MASK).read_bytes()[:-20])


every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.build.__name__)


def _arguments(dataset: Dataset, out: Path) -> list[object]:
    return ["convert", dataset.path, *(a for name in ALL for a in ("--format", name)), "--out", out, "--workers", 1]


def _images_written(out: Path) -> dict[str, set[str]]:
    coco = json.loads((out / "coco/coco.json").read_bytes())
    return {
        "coco": {image["file_name"][:-4] for image in coco["images"]},
        "yolo": {path.stem for path in (out / "yolo/labels").iterdir()},
        "sagemaker-ss": {path.stem for path in (out / "sagemaker_ss/train_annotation").iterdir()},
    }


@every_case
def test_skipped(case: Case, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case.build(dataset)
    result = labelmill(capsys, *_arguments(dataset, tmp_path / "out"), "--json")

    assert result.err == f"labelmill: {case.err}\n"
    assert result.code == 1
    written = _images_written(tmp_path / "out")
    assert written == {name: {"a", "c"} if name in case.formats else {"a", "b", "c"} for name in ALL}
    report = json.loads(result.out)
    assert report["failed"] == 1
    (error,) = report["errors"]
    assert f"{error['file']}: {error['reason']}" == case.err
    assert [name.replace("_", "-").lower() for name in error["formats"]] == list(case.formats)


@every_case
def test_failing_the_run(case: Case, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case.build(dataset)
    out = tmp_path / "out"
    result = labelmill(capsys, *_arguments(dataset, out), "--on-error", "fail", "--report", tmp_path / "report.json")

    assert result == (1, "", f"labelmill: {case.err}\n")
    assert not entries_of(out)
    assert not (tmp_path / "report.json").exists()


@every_case
def test_inspected(case: Case, dataset: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    case.build(dataset)
    result = labelmill(capsys, "inspect", dataset.path, "--workers", 1, "--json")

    assert not result.err
    found = json.loads(result.out)
    if len(case.formats) == len(ALL):
        assert result.code == 1
        assert [f"{file}: {reason}" for file, reason in found["errors"]] == [case.err]
    else:
        assert result.code == 0
        assert not found["errors"]


def test_every_case_has_its_own_name() -> None:
    assert len({case.build.__name__ for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("annotations", "objects", "sentence"),
    [
        (
            '[{"id": 1, "bbox": [NaN, 0, 3, 3]}]',
            '[{"id": 1, "type": "Cube"}]',
            "annotations/b-ana.json: annotations: id 1: bbox: expected 4 numbers, found NaN in a list of 4; "
            "taken for absent",
        ),
        (
            '[{"id": 1, "bbox": [1e999, 0, 3, 3]}]',
            '[{"id": 1, "type": "Cube"}]',
            "annotations/b-ana.json: annotations: id 1: bbox: expected 4 numbers, found NaN in a list of 4; "
            "taken for absent",
        ),
        (
            '[{"id": 1, "bbox": [0, 0, 3]}]',
            '[{"id": 1, "type": "Cube"}]',
            "annotations/b-ana.json: annotations: id 1: bbox: expected 4 numbers, found 3 numbers; taken for absent",
        ),
        (
            f'[{{"id": 1, "bbox": [{"9" * 5000}, 0, 3, 3]}}]',
            '[{"id": 1, "type": "Cube"}]',
            "annotations/b-ana.json: annotations: id 1: bbox: expected 4 numbers, found NaN in a list of 4; "
            "taken for absent",
        ),
        (
            f'[{{"id": {"9" * 5000}, "bbox": [0, 0, 3, 3]}}]',
            '[{"id": 1, "type": "Cube"}]',
            "annotations/b-ana.json: annotations: entry 1: id: expected an integer from 1, found NaN or infinity; "
            "skipped",
        ),
        (
            '[{"id": true}]',
            "[]",
            "annotations/b-ana.json: annotations: entry 1: id: expected an integer from 1, found true; skipped",
        ),
        (
            '[{"bbox": [0, 0, 3, 3]}]',
            "[]",
            "annotations/b-ana.json: annotations: entry 1: id: expected an integer from 1, found nothing; skipped",
        ),
        (
            "[]",
            '[{"type": "Cube"}]',
            "metadata/b-metadata.json: objects: entry 1: id: expected an integer from 1, found nothing; skipped",
        ),
    ],
    ids=["NaN", "infinite", "three numbers", "huge", "huge id", "id true", "no id", "object without id"],
)
def test_fields_of_another_shape_are_named_and_do_not_stop(
    annotations: str, objects: str, sentence: str, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset.write(ANNOTATION, f'{{"annotations": {annotations}}}')
    dataset.write(METADATA, f'{{"objects": {objects}}}')
    result = labelmill(capsys, *_arguments(dataset, tmp_path / "out"), "--json")

    assert (result.code, result.err) == (0, "")
    (example,) = json.loads(result.out)["warnings"]["fields of another shape, taken for absent"]["examples"]
    assert example == sentence
    assert _images_written(tmp_path / "out") == {name: {"a", "b", "c"} for name in ALL}


def test_more_errors_than_are_shown(dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(25):
        dataset.write(f"annotations/x{number:02}-ana.json", "[]")
    result = labelmill(capsys, "convert", dataset.path, "--format", "yolo", "--out", tmp_path / "out", "--workers", 1)

    lines = result.err.splitlines()
    assert lines[:-1] == [
        f"labelmill: annotations/x{number:02}-ana.json: expected a JSON object, found a list of 0"
        for number in range(20)
    ]
    assert lines[-1] == "labelmill: ... and 5 more; --report FILE has them all"
    assert result.code == 1


def test_escape_sequences_in_names_are_shown_and_not_obeyed(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset.add("d", ("Cu\x1b[2J\nbe", 1, 1, 3, 3))
    converted = labelmill(capsys, "convert", dataset.path, "--format", "coco", "--out", tmp_path / "out")
    inspected = labelmill(capsys, "inspect", dataset.path)
    for result in (converted, inspected):
        assert (result.code, result.err) == (0, "")
        assert "Cu\\x1b[2J\\nbe" in result.out
        assert "\x1b" not in result.out


@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_names_that_are_no_utf8_can_be_inspected(dataset: Dataset, extra: list[str]) -> None:
    dataset.write(os.fsdecode(b"images/lone\xff.png"), b"")
    result = process("inspect", dataset.path, *extra, env={"PYTHONIOENCODING": "utf-8:strict"})
    assert (result.code, result.err) == (0, "")
    assert ("lone\\\\udcff.png" if extra else "lone\\udcff.png") in result.out


@pytest.mark.parametrize("extra", [[], ["--json"], ["--archive"]])
def test_a_dataset_whose_own_name_is_no_utf8(dataset: Dataset, tmp_path: Path, extra: list[str]) -> None:
    folder = dataset.path.rename(os.fsdecode(os.fsencode(tmp_path) + b"/ds\xff"))
    result = process(
        "convert",
        folder,
        "--format",
        "coco",
        "--out",
        tmp_path / "out",
        *extra,
        env={"PYTHONIOENCODING": "utf-8:strict"},
    )
    assert (result.code, result.err) == (0, "")
    assert "ds\\" in result.out


@pytest.mark.parametrize("link", ["/nowhere/b.png", ".", "/dev/zero"])
def test_an_unreadable_image_counts_as_missing_with_images(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str], link: str
) -> None:
    """Its labels are written, as those of an image that is missing are."""
    dataset.remove("images/b.png")
    (dataset.path / "images/b.png").symlink_to(link)
    with file_size_limit(10 << 20):
        result = labelmill(capsys, *_arguments(dataset, tmp_path / "out"), "--images")

    assert result.code == 0, result.err
    assert _images_written(tmp_path / "out") == {name: {"a", "b", "c"} for name in ALL}
    assert sorted(path.name for path in (tmp_path / "out/yolo/images").iterdir()) == ["a.png", "c.png"]


def _limited(*arguments: object) -> tuple[int, str]:
    """Run with 1 GB of address space: what needs more would fill the machine."""
    result = process(*arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)))
    return result.code, result.err


@pytest.mark.parametrize("stated", [True, False], ids=["in the metadata", "in the image header"])
def test_a_size_that_lies_does_not_take_the_memory(dataset: Dataset, tmp_path: Path, stated: bool) -> None:
    """Without a mask, SageMaker SS would draw 10 GB of pixels for a file of some hundred bytes."""
    dataset.remove(MASK)
    if stated:
        objects = [{"id": 1, "type": "Cube"}]
        dataset.json(METADATA, {"objects": objects, "sensor": {"resolution": [100_000, 100_000]}})
    else:
        dataset.write("images/b.png", png_of_rows(100_000, 100_000, bytes(100)))
    code, err = _limited(*_arguments(dataset, tmp_path / "out"))

    assert "Traceback" not in err
    assert code == 1
    assert err.count("\n") == 1
    assert ("100000x100000" if stated else "no image size") in err
    assert _images_written(tmp_path / "out")["sagemaker-ss"] == {"a", "c"}


@pytest.mark.parametrize("file", [ANNOTATION, METADATA])
def test_a_link_to_an_endless_file(dataset: Dataset, tmp_path: Path, file: str) -> None:
    dataset.remove(file)
    (dataset.path / file).symlink_to("/dev/zero")
    code, err = _limited(*_arguments(dataset, tmp_path / "out"))

    assert "Traceback" not in err
    assert code == 1
    assert err.startswith(f"labelmill: {file}: ")
    assert _images_written(tmp_path / "out")["coco"] == {"a", "c"}


def test_a_name_that_is_too_long_for_a_label_file_is_named(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An image that is missing may have any name: one name must not stop the others without saying which it is."""
    dataset.remove("images/b.png")
    dataset.json(ANNOTATION, {"filename": "n" * 300 + ".png", "annotations": []})
    dataset.json(METADATA, {"objects": [], "sensor": {"resolution": [10, 10]}})
    result = labelmill(capsys, "convert", dataset.path, "--format", "yolo", "--out", tmp_path / "out")

    assert result.code == 1
    assert result.err.count("\n") == 1
    assert "n" * 50 in result.err
