"""Files of others in an output folder: a run replaces what a run wrote, and nothing else."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from cli_tools import Dataset, entries_of, labelmill, tree

from labelmill.convert.written import MANIFEST
from labelmill.formats import FORMAT_IDS

FOREIGN = (
    "there is a file that labelmill did not write, where this run would write one; move it away, or choose another "
    "folder"
)


def convert(dataset: Dataset, out: Path, *more: object, name: str = "all") -> list[object]:
    """Arguments of a conversion."""
    return ["convert", dataset.path, "--format", name, "--out", out, *more]


def put(path: Path, text: str = "mine") -> Path:
    """A file of the user's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("split", [[], ["--split", "train=0.5,val=0.5"]], ids=" ".join)
@pytest.mark.parametrize("again", [False, True])
def test_files_of_others_stay_wherever_they_lie(
    again: bool, split: list[str], dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clean, out = tmp_path / "clean", tmp_path / "out"
    assert labelmill(capsys, *convert(dataset, clean, *split)).code == 0
    if again:
        labelmill(capsys, *convert(dataset, out, *split))
    folders = {(out / name).parent for name in tree(clean)}
    mine = [put(folder / "real.txt") for folder in folders]
    mine += [put(out / "yolo/labels/more/real.txt"), put(out / "pascal/ImageSets/Layout/default.txt")]

    assert labelmill(capsys, *convert(dataset, out, *split)).code == 0
    assert [path.read_text() for path in mine] == ["mine"] * len(mine)
    for path in mine:
        path.unlink()
    assert tree(out) == tree(clean)


@pytest.mark.parametrize("format_id", FORMAT_IDS)
def test_a_name_that_is_somebody_else_s_is_refused_before_any_work(
    format_id: str, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Files of images and aggregates alike."""
    clean = tmp_path / "clean"
    labelmill(capsys, *convert(dataset, clean, "--images", name=format_id))
    monkeypatch.setattr("labelmill.convert.convert.Conversion._convert_shards", None)
    names = [name for name in tree(clean) if Path(name).name != MANIFEST]
    for number, name in enumerate(names):
        out = tmp_path / f"out{number}"
        put(out / name)
        result = labelmill(capsys, *convert(dataset, out, "--images", name=format_id))
        assert result == (1, "", f"labelmill: {out / name}: {FOREIGN}\n")
        assert [name for name in entries_of(out) if (out / name).is_file()] == [name]


def test_names_of_a_divided_dataset_are_refused_when_they_appear(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, split = tmp_path / "out", ["--split", "train=0.5,val=0.5"]
    labelmill(capsys, *convert(dataset, tmp_path / "clean", *split))
    for name in tree(tmp_path / "clean"):
        if Path(name).name == MANIFEST:
            continue
        mine = put(out / name)
        result = labelmill(capsys, *convert(dataset, out, *split, name=name.partition("/")[0]))
        assert result == (1, "", f"labelmill: {mine}: {FOREIGN}\n")
        assert mine.read_text() == "mine"
        mine.unlink()


@pytest.mark.parametrize("link_to", ["elsewhere", "nowhere"])
def test_a_link_in_the_place_of_a_folder_is_not_followed(
    link_to: str, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    arguments = convert(dataset, out, name="yolo")
    labelmill(capsys, *arguments)
    (out / "yolo/labels").rename(elsewhere)
    (out / "yolo/labels").symlink_to(tmp_path / link_to)
    before = tree(elsewhere)
    result = labelmill(capsys, *arguments)
    assert result == (1, "", f"labelmill: {out / 'yolo/labels'}: {FOREIGN}\n")
    assert tree(elsewhere) == before


def test_archives_and_files_of_one_format_keep_apart(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    packed = convert(dataset, out, "--archive", name="yolo")
    loose = convert(dataset, out, name="yolo")
    assert labelmill(capsys, *packed).code == 0
    assert labelmill(capsys, *loose).code == 0
    both = tree(out)
    for arguments in (packed, loose, packed):
        assert labelmill(capsys, *arguments).code == 0
        assert tree(out) == both
    foreign = put(out / "yolo" / f"{dataset.path.name}-kitti.zip")
    (out / "kitti").mkdir()
    foreign.rename(out / "kitti" / foreign.name)
    result = labelmill(capsys, *convert(dataset, out, "--archive", name="kitti"))
    assert result == (1, "", f"labelmill: {out / 'kitti' / foreign.name}: {FOREIGN}\n")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files":["../../mine.txt","/etc/passwd",""]}', '{"files":3}'])
def test_a_manifest_that_lies(text: str, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    mine = put(tmp_path / "mine.txt")
    put(out / "yolo" / MANIFEST, text)
    assert labelmill(capsys, *convert(dataset, out, name="yolo")).code == 0
    assert mine.read_text() == "mine"
    assert mine.name not in (out / "yolo" / MANIFEST).read_text()


def test_previews_do_not_overwrite_the_dataset_s_images(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = tmp_path / "pictures"
    for _ in range(2):  # pictures of an earlier run are replaced
        assert labelmill(capsys, "preview", dataset.path, "a", "--out", pictures).code == 0
    before = tree(dataset.path)
    result = labelmill(capsys, "preview", dataset.path, "a", "--out", dataset.path / "images")
    assert (result.code, result.err) == (1, f"labelmill: {dataset.path / 'images/a.png'}: {FOREIGN}\n")
    assert tree(dataset.path) == before


@pytest.mark.parametrize("lock", [False, True])
def test_what_killed_runs_left_is_deleted_and_nothing_that_only_looks_so(
    lock: bool, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run may be killed before it has its lock, and while it deletes."""
    out = tmp_path / "out"
    left = put(out / ".labelmill-12345-0/out/yolo/labels/a.txt").parents[3]
    if lock:
        put(left / "lock")
    others = [put(out / ".labelmill-notes/mine.txt"), put(out / ".labelmill-1-0-mine")]
    (out / ".labelmill-1-1").symlink_to(others[0].parent)
    assert labelmill(capsys, *convert(dataset, out, name="yolo")).code == 0
    assert not left.exists()
    assert all(path.read_text() == "mine" for path in others)


SECRET = "root:x:0:0"


@pytest.mark.parametrize("where", ["annotations/b-ana.json", "metadata/b-metadata.json", "masks/b.png"])
@pytest.mark.parametrize("relative", [False, True])
def test_links_out_of_the_dataset_are_not_followed(
    relative: bool, where: str, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = put(tmp_path / "secret", SECRET)
    dataset.remove(where)
    (dataset.path / where).symlink_to(Path("../../secret") if relative else secret)
    result = labelmill(capsys, *convert(dataset, tmp_path / "out", "--images"))
    assert f"{where}: a link that leads out of the dataset: put the file itself there" in result.err
    assert SECRET not in result.err


def test_an_image_that_is_a_link_out_is_not_copied(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = put(tmp_path / "secret", SECRET)
    dataset.remove("images/b.png")
    (dataset.path / "images/b.png").symlink_to(secret)
    assert labelmill(capsys, *convert(dataset, tmp_path / "out", "--images")).code == 0
    assert not [path for path in (tmp_path / "out").rglob("b.png") if path.parent.name != "train_annotation"]


def test_links_within_the_dataset_are_followed(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labelmill(capsys, *convert(dataset, tmp_path / "clean", "--images"))
    for name in ("images/b.png", "annotations/b-ana.json", "masks/b.png"):
        there = put(dataset.path / "store" / name)
        (dataset.path / name).replace(there)
        (dataset.path / name).symlink_to(Path("../store") / name)
    assert labelmill(capsys, *convert(dataset, tmp_path / "out", "--images")).code == 0
    assert tree(tmp_path / "out") == tree(tmp_path / "clean")


def test_a_folder_that_is_a_link_out_is_read_and_not_copied(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labelmill(capsys, *convert(dataset, tmp_path / "clean"))
    (dataset.path / "images").rename(tmp_path / "images")
    (dataset.path / "images").symlink_to(tmp_path / "images")
    result = labelmill(capsys, *convert(dataset, tmp_path / "out", "--images"))
    text = "a link that leads out of the dataset: put the folder itself there"
    assert result == (1, "", f"labelmill: {dataset.path / 'images'}: {text}\n")
    for folder in ("annotations", "metadata", "masks"):
        (dataset.path / folder).rename(tmp_path / folder)
        (dataset.path / folder).symlink_to(tmp_path / folder)
    assert labelmill(capsys, *convert(dataset, tmp_path / "out")).code == 0
    assert tree(tmp_path / "out") == tree(tmp_path / "clean")


def test_a_folder_that_can_t_be_read_is_one_line(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(path: object, *rest: object, **named: object) -> int:
        if str(path).endswith("annotations"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    result = labelmill(capsys, *convert(dataset, tmp_path / "out"))
    assert result == (1, "", f"labelmill: {dataset.path / 'annotations'}: can't be read: Permission denied\n")


def test_names_of_a_layout_are_refused_before_any_work(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    more = ["--layout", "voc2012"]
    labelmill(capsys, *convert(dataset, tmp_path / "clean", *more, name="pascal"))
    monkeypatch.setattr("labelmill.convert.convert.Conversion._convert_shards", None)
    names = [name for name in tree(tmp_path / "clean") if Path(name).name != MANIFEST]
    assert names
    for number, name in enumerate(names):
        mine = put(tmp_path / f"out{number}" / name)
        result = labelmill(capsys, *convert(dataset, tmp_path / f"out{number}", *more, name="pascal"))
        assert result == (1, "", f"labelmill: {mine}: {FOREIGN}\n")
