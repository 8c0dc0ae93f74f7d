"""The look at a dataset before anything is made of it: as strict as a conversion, and bounded."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from labelmill.archive.ranged import LocalFile
from labelmill.client.packing import check_dataset
from labelmill.errors import DatasetError
from labelmill.source import arrival
from labelmill.source.arrival import look_at

GOOD = ["annotations/a-ana.json", "metadata/a-metadata.json", "images/a.png"]
Pack = Callable[[Path, Iterable[str]], Path]


def zipped(folder: Path, names: Iterable[str]) -> Path:
    with zipfile.ZipFile(folder / "toys.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"{}")
    return folder / "toys.zip"


def tarred(folder: Path, names: Iterable[str]) -> Path:
    with tarfile.open(folder / "toys.tar", "w") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 2
            archive.addfile(info, io.BytesIO(b"{}"))
    return folder / "toys.tar"


def gzipped(folder: Path, names: Iterable[str]) -> Path:
    packed = folder / "toys.tgz"
    packed.write_bytes(gzip.compress(tarred(folder, names).read_bytes()))
    return packed


PACKS: list[Pack] = [zipped, tarred, gzipped]


def looked_at(path: Path) -> None:
    with LocalFile(path) as file:
        look_at(file, path.name)


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("root", ["", "toys/", "home/me/data/toys/"])
@pytest.mark.parametrize("annotation", ["a-ana.json", "a-ANN.JSON"])
def test_a_dataset_is_let_in(tmp_path: Path, pack: Pack, root: str, annotation: str) -> None:
    names = [*GOOD[1:], f"annotations/{annotation}", "annotations/notes.txt"]
    path = pack(tmp_path, [root + name for name in names])
    looked_at(path)
    check_dataset(path)


REFUSED = [
    (["readme.txt"], "expected a folder annotations/"),
    (["metadata/a-metadata.json", "images/a.png"], "annotations: expected annotation files"),
    (["annotations/coco.json", "images/a.png"], "found none among its 1 files: 'coco.json'"),
    ([f"toys/annotations/{n}.xml" for n in range(9)], "found none among its 9 files: '0.xml', '1.xml', '2.xml' and 6 "),
    (["annotations/-ana.json", "annotations/.b-ana.json"], "found none among its 2 files"),
    ([f"{part}/{name}" for part in ("one", "two") for name in GOOD], "expected one dataset, found one/annotations/"),
    (["old/annotations/a-ana.json", "annotations/a.txt"], "found none among its 1 files: 'a.txt'"),
    (["../annotations/a-ana.json"], ".."),
]


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize(("names", "said"), REFUSED)
def test_what_holds_none_is_refused(tmp_path: Path, pack: Pack, names: list[str], said: str) -> None:
    path = pack(tmp_path, names)
    for look in (looked_at, check_dataset):
        with pytest.raises(DatasetError) as error:
            look(path)
        assert said in str(error.value) and path.name in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz", ".tgz"])
@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04", b"\x1f\x8b\x08\0", b"7z\xbc\xaf\x27\x1c", bytes(99)])
def test_what_is_no_archive_is_refused(tmp_path: Path, suffix: str, data: bytes) -> None:
    path = tmp_path / f"fake{suffix}"
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"fake\."):
        looked_at(path)


@pytest.mark.parametrize("pack", PACKS)
def test_what_was_cut_off_is_refused(tmp_path: Path, pack: Pack) -> None:
    path = pack(tmp_path, [f"{name}-{number}.json" for name in GOOD for number in range(50)])
    data = path.read_bytes()
    for length in random.Random(1).sample(range(600, len(data) - 1100), 5 if pack is not gzipped else 0) or [200]:
        path.write_bytes(data[:length])
        with pytest.raises(DatasetError):
            looked_at(path)


def test_what_would_take_long_is_let_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A conversion says what is wrong with it."""
    monkeypatch.setattr(arrival, "MOST_MEMBERS", 2)
    monkeypatch.setattr(arrival, "MOST_TAR_BYTES", 2048)
    for pack in PACKS:
        looked_at(pack(tmp_path, ["a.txt", "b.txt", "c.txt"]))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["annotations/coco.json"], "found none among its 1 files: 'coco.json'"),
        (["images/a.png"], "annotations: expected annotation files"),
        (["notes/a.txt"], ""),
    ],
)
def test_folders_are_looked_at_too(tmp_path: Path, files: list[str], said: str) -> None:
    for file in files:
        (tmp_path / "toys" / file).parent.mkdir(parents=True)
        (tmp_path / "toys" / file).write_bytes(b"{}")
    if not said:
        check_dataset(tmp_path / "toys")  # whoever packs it says that there is none
        return
    with pytest.raises(DatasetError) as error:
        check_dataset(tmp_path / "toys")
    assert said in str(error.value)
