"""Everything that is refused as a whole: the input, the arguments, the exit code and the exact text."""

from __future__ import annotations

import os
import shlex
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from cli_tools import MAP_TEXT, Dataset, entries_of, labelmill, tar_of, tar_with, zip_of

COCO = "convert {src} --format coco --out {out}"
YOLO = "convert {src} --format yolo --out {out}"
WITH_MAP = COCO + " --map {map}"
USAGE = "Usage: labelmill convert [OPTIONS] SRC\nTry 'labelmill convert --help' for help.\n\nError: "
LONG = "n" * 1025


class Case(NamedTuple):
    """One refusal; ``build`` breaks the tiny dataset, and answers where SRC lies if that is elsewhere."""

    build: Callable[[Dataset], Path | None]
    arguments: str
    code: int
    err: str


CASES: list[Case] = []


def refused(
    code: int, err: str, arguments: str = COCO
) -> Callable[[Callable[[Dataset], Path | None]], Callable[[Dataset], Path | None]]:
    """Put a builder into the table."""

    def put(build: Callable[[Dataset], Path | None]) -> Callable[[Dataset], Path | None]:
        CASES.append(Case(build, arguments, code, err))
        return build

    return put


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.build.__name__)
def test_refusal(case: Case, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = {"src": case.build(dataset) or dataset.path, "out": tmp_path / "out", "tmp": tmp_path}
    places["map"] = tmp_path / "map.yml"
    arguments = [argument.format(**places) for argument in shlex.split(case.arguments)]

    result = labelmill(capsys, *arguments)

    assert result.err == case.err.format(**places)
    assert result.code == case.code
    assert not result.out
    assert not entries_of(tmp_path / "out"), "nothing may be written"


def test_every_case_has_its_own_name() -> None:
    names = [case.build.__name__ for case in CASES]
    assert len(set(names)) == len(names)


# --- what is asked for -------------------------------------------------------------------------------------------


@refused(2, USAGE + "Invalid value for 'SRC': Path '{src}' does not exist.\n")
def missing_src(dataset: Dataset) -> Path:
    return dataset.path / "nowhere"


@refused(2, USAGE + "Missing option '--format'.\n", "convert {src} --out {out}")
def no_format(dataset: Dataset) -> None:
    pass


@refused(2, USAGE + "Missing option '--out'.\n", "convert {src} --format coco")
def no_out(dataset: Dataset) -> None:
    pass


@refused(
    2,
    USAGE + "No such option '--fromat'. (Did you mean one of: '--format', '--out', '--report'?)\n",
    "convert {src} --fromat coco --out {out}",
)
def unknown_option(dataset: Dataset) -> None:
    pass


@refused(
    2,
    "labelmill: unknown format 'yolo-sge': expected one of COCO, GEOCOCO, PASCAL, YOLO, YOLO_SEG, KITTI, SAGEMAKER_OD, "
    "SAGEMAKER_SS, CLASSIFICATION; did you mean YOLO_SEG?\n",
    "convert {src} --format yolo-sge --out {out}",
)
def misspelt_format(dataset: Dataset) -> None:
    pass


@refused(
    2,
    "labelmill: unknown format '': expected one of COCO, GEOCOCO, PASCAL, YOLO, YOLO_SEG, KITTI, SAGEMAKER_OD, "
    "SAGEMAKER_SS, CLASSIFICATION\n",
    "convert {src} --format '' --out {out}",
)
def empty_format(dataset: Dataset) -> None:
    pass


@refused(
    2,
    "labelmill: unknown format 'nonsense': expected one of COCO, GEOCOCO, PASCAL, YOLO, YOLO_SEG, KITTI, SAGEMAKER_OD, "
    "SAGEMAKER_SS, CLASSIFICATION\n",
    "convert {src} --format all --format nonsense --out {out}",
)
def unknown_format_beside_all(dataset: Dataset) -> None:
    pass


@refused(2, USAGE + "Invalid value for '--workers': 0 is not in the range 1<=x<=256.\n", COCO + " --workers 0")
def no_workers(dataset: Dataset) -> None:
    pass


@refused(2, USAGE + "Invalid value for '--workers': 257 is not in the range 1<=x<=256.\n", COCO + " --workers 257")
def too_many_workers(dataset: Dataset) -> None:
    pass


@refused(
    2, USAGE + "Invalid value for '--on-error': 'ignore' is not one of 'skip', 'fail'.\n", COCO + " --on-error ignore"
)
def unknown_on_error(dataset: Dataset) -> None:
    pass


@refused(
    2,
    USAGE + "Invalid value for '--out': Directory '{tmp}/file' is a file.\n",
    "convert {src} --format coco --out {tmp}/file",
)
def out_is_a_file(dataset: Dataset) -> None:
    dataset.path.with_name("file").write_text("mine")


@refused(
    1,
    "labelmill: {tmp}/file/out: can't be written: Not a directory\n",
    "convert {src} --format coco --out {tmp}/file/out",
)
def out_below_a_file(dataset: Dataset) -> None:
    dataset.path.with_name("file").write_text("mine")


@refused(
    1,
    "labelmill: {tmp}/file/report.json: can't be written: Not a directory\n",
    COCO + " --report {tmp}/file/report.json",
)
def report_below_a_file(dataset: Dataset) -> None:
    dataset.path.with_name("file").write_text("mine")


@refused(2, USAGE + "Invalid value for '--report': File '{tmp}' is a directory.\n", COCO + " --report {tmp}")
def report_is_a_folder(dataset: Dataset) -> None:
    pass


# --- splits ------------------------------------------------------------------------------------------------------


def _split(name: str, text: str, err: str) -> None:
    def build(dataset: Dataset) -> None:
        pass

    build.__name__ = f"split_{name}"
    refused(2, err, f"{COCO} --split {shlex.quote(text)}")(build)


_split("empty", "", "labelmill: split '': expected name=share, for example train=0.8,val=0.2, found ''\n")
_split("no_name", "=1", "labelmill: split '=1': expected name=share, for example train=0.8,val=0.2, found '=1'\n")
_split("no_share", "train", "labelmill: split train: expected a share above 0 and at most 1, found ''\n")
_split("text", "train=most", "labelmill: split train: expected a share above 0 and at most 1, found 'most'\n")
_split("zero", "train=1,val=0", "labelmill: split val: expected a share above 0 and at most 1, found '0'\n")
_split("negative", "a=1.5,b=-0.5", "labelmill: split a: expected a share above 0 and at most 1, found '1.5'\n")
_split("nan", "a=nan", "labelmill: split a: expected a share above 0 and at most 1, found 'nan'\n")
_split("infinite", "a=inf", "labelmill: split a: expected a share above 0 and at most 1, found 'inf'\n")
_split("short", "a=0.5,b=0.4", "labelmill: split 'a=0.5,b=0.4': expected shares of 1 together, found 0.9\n")
_split("beyond", "a=0.8,b=0.8", "labelmill: split 'a=0.8,b=0.8': expected shares of 1 together, found 1.6\n")
_split("twice", "val=0.5,VAL=0.5", "labelmill: split VAL: named twice\n")
_split(
    "path",
    "../up=1",
    "labelmill: split '../up=1': expected name=share, for example train=0.8,val=0.2, found '../up=1'\n",
)
_split("spelt_twice", "val=0.5,valid=0.5", "labelmill: split valid: named twice (valid is read as val)\n")
_split("comma", "a=1,", "labelmill: split 'a=1,': expected name=share, for example train=0.8,val=0.2, found ''\n")


# --- other options -----------------------------------------------------------------------------------------------


def _options(name: str, arguments: str, err: str) -> None:
    def build(dataset: Dataset) -> None:
        pass

    build.__name__ = f"options_{name}"
    refused(2, err, f"{COCO} {arguments}")(build)


HALVES = "--split train=0.5,val=0.5 --split-by "
GROUPS = "expected run, image or an expression about metadata, for example metadata['environment']['name']"
_options(
    "nothing_to_divide",
    "--split-by image",
    "labelmill: --split-by: expected --split beside it, for example --split train=0.8,val=0.2\n",
)
_options("word", HALVES + "scene", f'labelmill: split_by: {GROUPS}; found "scene"\n')
_options("blank", HALVES + "''", f'labelmill: split_by: {GROUPS}; found ""\n')
_options("rule", HALVES + "\"obj['type']\"", f"labelmill: split_by: {GROUPS}; found \"obj['type']\"\n")
_options(
    "expression",
    HALVES + "'open(metadata)'",
    "labelmill: split_by, column 1: found the function open(); allowed are the functions abs all any bool float int "
    "len max min round sorted str sum\n",
)
_options(
    "of_other_formats",
    "--layout voc2012",
    "labelmill: layout: expected a format that knows it (PASCAL), found COCO\n",
)
_options("simplify_below", "--simplify -1", "labelmill: simplify: expected pixels from 0, found -1.0\n")
_options("simplify_nan", "--simplify nan", "labelmill: simplify: expected pixels from 0, found nan\n")
_options("simplify_infinite", "--simplify inf", "labelmill: simplify: expected pixels from 0, found inf\n")
_options("simplify_text", "--simplify much", USAGE + "Invalid value for '--simplify': 'much' is not a valid float.\n")
_options(
    "segmentation",
    "--segmentation mask",
    USAGE + "Invalid value for '--segmentation': 'mask' is not one of 'polygons', 'rle'.\n",
)
_options(
    "first_category",
    "--first-category 0",
    USAGE + "Invalid value for '--first-category': '0' is not one of 'map', '1'.\n",
)
_options("layout", "--layout voc", USAGE + "Invalid value for '--layout': 'voc' is not 'voc2012'.\n")


# --- what lies at SRC --------------------------------------------------------------------------------------------


@refused(
    1,
    "labelmill: notes.txt: expected a .zip, .tar or .tar.gz, found something else (it begins with the "
    "bytes 68 65 6c 6c)\n",
)
def plain_text_as_src(dataset: Dataset) -> Path:
    path = dataset.path.with_name("notes.txt")
    path.write_text("hello")
    return path


@refused(1, "labelmill: a-ana.json: expected a .zip, .tar or .tar.gz, found JSON text\n")
def annotation_as_src(dataset: Dataset) -> Path:
    return dataset.path / "annotations/a-ana.json"


@refused(1, "labelmill: a.png: expected a .zip, .tar or .tar.gz, found a PNG image\n")
def image_as_src(dataset: Dataset) -> Path:
    return dataset.path / "images/a.png"


@refused(1, "labelmill: empty.zip: expected a .zip, .tar or .tar.gz, found an empty file\n")
def empty_file_as_src(dataset: Dataset) -> Path:
    path = dataset.path.with_name("empty.zip")
    path.touch()
    return path


@refused(1, "labelmill: {tmp}/pipe: expected a dataset folder, .zip, .tar or .tar.gz, found no plain file\n")
def pipe_as_src(dataset: Dataset) -> Path:
    path = dataset.path.with_name("pipe")
    os.mkfifo(path)
    return path


@refused(1, "labelmill: {tmp}/above: expected a dataset with a folder 'annotations', found tiny\n")
def folder_above_the_dataset(dataset: Dataset) -> Path:
    (dataset.path.parent / "above").mkdir()
    return dataset.path.rename(dataset.path.parent / "above" / "tiny").parent


@refused(1, "labelmill: {tmp}/empty: expected a dataset with a folder 'annotations', found an empty folder\n")
def empty_folder(dataset: Dataset) -> Path:
    path = dataset.path.with_name("empty")
    path.mkdir()
    return path


# --- archives ----------------------------------------------------------------------------------------------------


def _zip(dataset: Dataset, name: str, data: bytes = b"{}") -> Path:
    """The packed dataset with one more member."""
    path = zip_of(dataset.path, dataset.path.with_name("tiny.zip"))
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr(name, data)
    return path


def _info(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def _patched(dataset: Dataset, name: str, **fields: int) -> Path:
    """The packed dataset with numbers of one member's directory entry replaced."""
    path = zip_of(dataset.path, dataset.path.with_name("tiny.zip"))
    data = bytearray(path.read_bytes())
    at = data.rindex(name.encode()) - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    for field, value in fields.items():
        offset, form = {"flags": (8, "<H"), "method": (10, "<H"), "size": (24, "<I"), "offset": (42, "<I")}[field]
        struct.pack_into(form, data, at + offset, value)
    path.write_bytes(data)
    return path


@refused(1, "labelmill: tiny.zip: annotations/../../evil-ana.json: the name leaves its folder (..)\n")
def zip_leaves_its_folder(dataset: Dataset) -> Path:
    return _zip(dataset, "annotations/../../evil-ana.json")


@refused(1, "labelmill: tiny.zip: /etc/evil-ana.json: the name is absolute: pack it again relative to the dataset\n")
def zip_absolute(dataset: Dataset) -> Path:
    return _zip(dataset, "/etc/evil-ana.json")


@refused(
    1,
    "labelmill: tiny.zip: C:evil-ana.json: the name starts with a drive letter: pack it again relative to "
    "the dataset\n",
)
def zip_drive_letter(dataset: Dataset) -> Path:
    return _zip(dataset, "C:evil-ana.json")


@refused(
    1,
    "labelmill: tiny.zip: annotations\\..\\evil-ana.json: the name holds a backslash: pack it again with / "
    "between folders\n",
)
def zip_backslash(dataset: Dataset) -> Path:
    return _zip(dataset, "annotations\\..\\evil-ana.json")


@refused(1, "labelmill: tiny.zip: annotations/\\x1b[2Jevil-ana.json: the name holds control characters\n")
def zip_control_characters(dataset: Dataset) -> Path:
    return _zip(dataset, "annotations/\x1b[2Jevil-ana.json")


@refused(
    1,
    f"labelmill: tiny.zip: annotations/{'n' * 168}...: expected a name of at most 1024 bytes, found 1046\n",
)
def zip_long_name(dataset: Dataset) -> Path:
    return _zip(dataset, f"annotations/{LONG}-ana.json")


@refused(
    1, "labelmill: tiny.zip: images/link.png: expected a file, found a link: pack it again with the files themselves\n"
)
def zip_link(dataset: Dataset) -> Path:
    path = zip_of(dataset.path, dataset.path.with_name("tiny.zip"))
    link = zipfile.ZipInfo("images/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr(link, "/etc/passwd")
    return path


@refused(1, "labelmill: tiny.zip: annotations/a-ana.json: encrypted: pack it again without a password\n")
def zip_encrypted(dataset: Dataset) -> Path:
    return _patched(dataset, "annotations/a-ana.json", flags=1)


@refused(
    1,
    "labelmill: tiny.zip: annotations/a-ana.json: packed with lzma (method 14): pack it again with deflate "
    "or without compression\n",
)
def zip_unknown_method(dataset: Dataset) -> Path:
    return _patched(dataset, "annotations/a-ana.json", method=14)


@refused(1, "labelmill: tiny.zip: unpacks to more than 200 times its 2505 bytes: refused as a bomb\n")
def zip_bomb_by_directory(dataset: Dataset) -> Path:
    return _patched(dataset, "annotations/a-ana.json", size=0xFFFFFFF0)


@refused(1, "labelmill: tiny.zip: unpacks to more than 200 times its 84042 bytes: refused as a bomb\n")
def zip_bomb_by_data(dataset: Dataset) -> Path:
    path = dataset.path.with_name("tiny.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(20):
            packed.writestr(f"annotations/{number}-ana.json", bytes(4 << 20))
    return path


@refused(
    1,
    "labelmill: tiny.zip: annotations/a-ana.json and annotations/b-ana.json share the same bytes: refused as a bomb\n",
)
def zip_overlapping_members(dataset: Dataset) -> Path:
    return _patched(dataset, "annotations/b-ana.json", offset=0)


@refused(1, "labelmill: tiny.zip: expected a zip's end record, found none: the file is cut off or no zip\n")
def zip_truncated(dataset: Dataset) -> Path:
    path = zip_of(dataset.path, dataset.path.with_name("tiny.zip"))
    path.write_bytes(path.read_bytes()[:-30])
    return path


@refused(
    1,
    "labelmill: tiny.zip: expected a .zip, .tar or .tar.gz, found something else (it begins with the bytes "
    "73 2f 61 2d)\n",
)
def zip_beginning_lost(dataset: Dataset) -> Path:
    path = zip_of(dataset.path, dataset.path.with_name("tiny.zip"))
    path.write_bytes(path.read_bytes()[40:])
    return path


@refused(1, "labelmill: tiny.zip: annotations/a-ana.json: two members have this name: pack the dataset again\n")
def zip_100_000_members_of_one_name(dataset: Dataset) -> Path:
    path = dataset.path.with_name("tiny.zip")
    name = b"annotations/a-ana.json"
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0) + name
    central = [
        struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0, at) + name
        for at in range(0, 100_000 * len(local), len(local))
    ]
    body, directory = local * 100_000, b"".join(central)
    end64 = struct.pack(
        "<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 100_000, 100_000, len(directory), len(body)
    ) + struct.pack("<IIQI", 0x07064B50, 0, len(body) + len(directory), 1)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, len(directory), len(body), 0)
    path.write_bytes(body + directory + end64 + end)
    return path


@refused(
    1,
    "labelmill: tiny.zip: expected a folder annotations/, metadata/ or images/ in the archive, at any depth, "
    "found holiday/\n",
)
def zip_without_a_dataset(dataset: Dataset) -> Path:
    path = dataset.path.with_name("tiny.zip")
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("holiday/beach.jpg", b"x")
    return path


@refused(1, "labelmill: tiny.zip: expected one dataset, found one/annotations/ and two/annotations/\n")
def zip_with_two_datasets(dataset: Dataset) -> Path:
    path = zip_of(dataset.path, dataset.path.with_name("tiny.zip"), "one/")
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("two/annotations/x-ana.json", b"{}")
    return path


@refused(
    1,
    "labelmill: tiny.zip: expected a folder annotations/, metadata/ or images/ in the archive, at any depth, "
    "found no files\n",
)
def zip_of_nothing(dataset: Dataset) -> Path:
    path = dataset.path.with_name("tiny.zip")
    with zipfile.ZipFile(path, "w"):
        pass
    return path


@refused(1, "labelmill: tiny.tar: expected a .zip, .tar or .tar.gz named so, found a .zip named .tar: rename it\n")
def zip_named_tar(dataset: Dataset) -> Path:
    return zip_of(dataset.path, dataset.path.with_name("tiny.tar"))


@refused(1, "labelmill: tiny.rar: expected a .zip, .tar or .tar.gz, found a RAR archive\n")
def rar(dataset: Dataset) -> Path:
    path = dataset.path.with_name("tiny.rar")
    path.write_bytes(b"Rar!\x1a\x07\x01\x00" + bytes(600))
    return path


@refused(1, "labelmill: tiny.tar: annotations/../../evil-ana.json: the name leaves its folder (..)\n")
def tar_leaves_its_folder(dataset: Dataset) -> Path:
    return tar_with(dataset.path.with_name("tiny.tar"), _info("annotations/../../evil-ana.json"))


@refused(1, "labelmill: tiny.tar: /etc/evil-ana.json: the name is absolute: pack it again relative to the dataset\n")
def tar_absolute(dataset: Dataset) -> Path:
    return tar_with(dataset.path.with_name("tiny.tar"), _info("/etc/evil-ana.json"))


@refused(
    1,
    "labelmill: tiny.tar: annotations/a-ana.json: expected a file, found a link: pack it again with the "
    "files themselves\n",
)
def tar_link(dataset: Dataset) -> Path:
    info = _info("annotations/a-ana.json", tarfile.SYMTYPE, "/etc/passwd")
    return tar_with(dataset.path.with_name("tiny.tar"), info)


@refused(
    1,
    "labelmill: tiny.tar: annotations/a-ana.json: expected a file, found a link: pack it again with the "
    "files themselves\n",
)
def tar_hard_link(dataset: Dataset) -> Path:
    info = _info("annotations/a-ana.json", tarfile.LNKTYPE, "annotations/b-ana.json")
    return tar_with(dataset.path.with_name("tiny.tar"), info)


@refused(1, "labelmill: tiny.tar: annotations/a-ana.json: expected a file, found a device\n")
def tar_device(dataset: Dataset) -> Path:
    return tar_with(dataset.path.with_name("tiny.tar"), _info("annotations/a-ana.json", tarfile.CHRTYPE))


@refused(1, "labelmill: tiny.tar: annotations/a-ana.json: expected a file, found a pipe\n")
def tar_pipe(dataset: Dataset) -> Path:
    return tar_with(dataset.path.with_name("tiny.tar"), _info("annotations/a-ana.json", tarfile.FIFOTYPE))


@refused(1, "labelmill: tiny.tar: annotations/a-ana.json: two members have this name: pack the dataset again\n")
def tar_one_name_twice(dataset: Dataset) -> Path:
    return tar_with(dataset.path.with_name("tiny.tar"), *[_info("annotations/a-ana.json")] * 2000)


@refused(1, "labelmill: tiny.tar: cut off: the tar's end mark is missing\n")
def tar_truncated(dataset: Dataset) -> Path:
    path = tar_of(dataset.path, dataset.path.with_name("tiny.tar"))
    path.write_bytes(path.read_bytes()[: 3 * 512])
    return path


@refused(1, "labelmill: tiny.tar.gz: cut off: its gzip data ends early\n")
def tar_gz_truncated(dataset: Dataset) -> Path:
    path = tar_of(dataset.path, dataset.path.with_name("tiny.tar.gz"))
    path.write_bytes(path.read_bytes()[:-20])
    return path


@refused(
    1,
    "labelmill: tiny.tar.gz: damaged: its gzip data is not readable (Error -3 while decompressing data: "
    "incorrect data check)\n",
)
def tar_gz_damaged(dataset: Dataset) -> Path:
    path = tar_of(dataset.path, dataset.path.with_name("tiny.tar.gz"))
    data = bytearray(path.read_bytes())
    data[-5] ^= 0xFF  # the checksum
    path.write_bytes(data)
    return path


@refused(1, "labelmill: tiny.tar.gz: unpacks to more than 200 times its 203940 bytes: refused as a bomb\n")
def tar_gz_bomb(dataset: Dataset) -> Path:
    path = dataset.path.with_name("tiny.tar.gz")
    info = _info("annotations/a-ana.json")
    info.size = 200 << 20
    with tarfile.open(path, "w:gz") as packed, open("/dev/zero", "rb") as zeros:
        packed.addfile(info, zeros)
    return path


@refused(1, "labelmill: tiny.json.gz: expected a tar inside the gzip, found JSON text\n")
def gzip_of_something_else(dataset: Dataset) -> Path:
    import gzip

    path = dataset.path.with_name("tiny.json.gz")
    path.write_bytes(gzip.compress(b'{"a": 1}'))
    return path


# --- maps --------------------------------------------------------------------------------------------------------


def _map(name: str, text: str | bytes, err: str) -> None:
    def build(dataset: Dataset) -> None:
        dataset.path.with_name("map.yml").write_bytes(text.encode() if isinstance(text, str) else text)

    build.__name__ = f"map_{name}"
    refused(1, err, WITH_MAP)(build)


@refused(2, USAGE + "Invalid value for '--map': File '{tmp}/map.yml' does not exist.\n", WITH_MAP)
def map_missing(dataset: Dataset) -> None:
    pass


@refused(2, USAGE + "Invalid value for '--map': File '{tmp}/map.yml' is a directory.\n", WITH_MAP)
def map_is_a_folder(dataset: Dataset) -> None:
    dataset.path.with_name("map.yml").mkdir()


_map("empty", "", "labelmill: {tmp}/map.yml: the file is empty, expected the keys classes and properties\n")
_map("not_utf8", b"classes: \xff\n", "labelmill: {tmp}/map.yml:1: expected UTF-8 text, found the byte 0xff\n")
_map(
    "list",
    "- 1\n",
    "labelmill: {tmp}/map.yml:1: expected a mapping with the keys classes and properties, found a list\n",
)
_map(
    "many_problems",
    """\
clases:
  0: Cube
classes:
  0: Cube
  1: Cube
  two: Ball
  3: ['']
properties:
  obj['type'] == 'Cube': 9
  obj['type' == 'Ball': 1
  obj.type == 'Ball': 1
  __import__('os').system('true'): 1
  obj['a']: 0
  obj['b']: 1.5
""",
    'labelmill: {tmp}/map.yml:1: unknown key "clases", allowed are classes, properties, drop, ignore and stuff; did '
    'you mean "classes"?\n'
    'labelmill: {tmp}/map.yml:5: class 1: duplicate class name "Cube", first of class 0 on line 4\n'
    'labelmill: {tmp}/map.yml:6: a class number must be an integer, found the text "two"\n'
    'labelmill: {tmp}/map.yml:7: class 3: empty name ""\n'
    "labelmill: {tmp}/map.yml:9: rule \"obj['type'] == 'Cube'\": class 9 is not in classes\n"
    "labelmill: {tmp}/map.yml:10: rule \"obj['type' == 'Ball'\", column 4: is not an expression in "
    "Python syntax ('[' was never closed)\n"
    'labelmill: {tmp}/map.yml:11: rule "obj.type == \'Ball\'", column 1: found the attribute ".type"; '
    "allowed is obj['type']\n"
    "labelmill: {tmp}/map.yml:12: rule \"__import__('os').system('true')\", column 1: found the function "
    "__import__(); allowed are the functions abs all any bool float int len max min round sorted str sum\n"
    "labelmill: {tmp}/map.yml:12: rule \"__import__('os').system('true')\", column 1: found the method "
    ".system(); allowed are the methods count endswith get items keys lower replace split startswith strip "
    "upper values\n"
    "labelmill: {tmp}/map.yml:14: rule \"obj['b']\": a class number must be an integer, found the number "
    '"1.5"\n',
)
_map(
    "duplicate_key",
    MAP_TEXT + "  obj['type'] == 'Cube': 5\n",
    "labelmill: {tmp}/map.yml:7: duplicate key \"obj['type'] == 'Cube'\", first on line 5\n",
)
_map(
    "alias_bomb",
    "a: &a [x, x, x, x, x, x, x, x]\n"
    + "".join(f"b{i}: &b{i} [{', '.join(['*' + ('a' if not i else f'b{i - 1}')] * 9)}]\n" for i in range(9)),
    "labelmill: {tmp}/map.yml:6: more than 200,000 values, aliases counted by what they stand for\n",
)
_map(
    "tag",
    "classes: !!python/object/apply:os.system ['true']\nproperties: {obj: 0}\n",
    'labelmill: {tmp}/map.yml:1: found the tag "tag:yaml.org,2002:python/object/apply:os.system": tags are '
    "not allowed\n"
    "labelmill: {tmp}/map.yml:1: classes: expected a mapping of class numbers and names, found a list\n",
)
_map(
    "deep",
    "classes: " + "[" * 100_000 + "\n",
    "labelmill: {tmp}/map.yml:1: more than 20 levels of lists and mappings\n",
)
_map(
    "two_documents",
    MAP_TEXT + "---\n" + MAP_TEXT,
    "labelmill: {tmp}/map.yml:7: expected one document, found the start of a second\n",
)
_map(
    "large",
    "#" + " " * (1 << 20) + "\n" + MAP_TEXT,
    "labelmill: {tmp}/map.yml: the file is 1,048,689 bytes, allowed are 1,048,576 (1 MiB)\n",
)


# --- what the formats can't hold ---------------------------------------------------------------------------------


@refused(
    1,
    "labelmill: SageMaker Semantic Segmentation: expected at most 254 classes, found 255; merge classes in "
    "the map or leave this format out\n",
    "convert {src} --format sagemaker-ss --out {out} --map {map}",
)
def classes_beyond_sagemaker_ss(dataset: Dataset) -> None:
    classes = "".join(f"  {number}: class {number}\n" for number in range(255))
    dataset.path.with_name("map.yml").write_text(f"classes:\n{classes}properties:\n  obj['type'] == 'Cube': 0\n")


@refused(
    1,
    "labelmill: KITTI: the class names 'Big Ball' and 'Big_Ball' are both written 'Big_Ball'; expected "
    "names that differ in more than white space; rename one\n",
    "convert {src} --format coco --format kitti --out {out} --map {map}",
)
def classes_that_kitti_writes_alike(dataset: Dataset) -> None:
    text = "classes:\n  0: Big Ball\n  1: Big_Ball\nproperties:\n  obj['type'] == 'Cube': 0\n"
    dataset.path.with_name("map.yml").write_text(text)


def _types_with_control_characters(name: str, title: str) -> None:
    def build(dataset: Dataset) -> None:
        dataset.add("d", ("Cu\x1b[2J\nbe", 1, 1, 3, 3))

    build.__name__ = f"type_with_control_characters_{name.replace('-', '_')}"
    err = (
        f"labelmill: {title}: the class name 'Cu\\x1b[2J\\nbe' has a control character, which the format can't hold; "
        "rename the class\n"
    )
    refused(1, err, f"convert {{src}} --format {name} --out {{out}}")(build)


_types_with_control_characters("pascal", "PASCAL VOC")
_types_with_control_characters("yolo", "YOLO")
_types_with_control_characters("yolo-seg", "YOLO segmentation")
_types_with_control_characters("kitti", "KITTI")
_types_with_control_characters("sagemaker-ss", "SageMaker Semantic Segmentation")


@refused(
    1,
    "labelmill: images/'two\\nlines.png': expected a name that label files can hold, found control "
    "characters or bytes that are no UTF-8; rename the file\n",
)
def image_name_with_control_characters(dataset: Dataset) -> None:
    dataset.add("two\nlines")


@refused(
    1,
    "labelmill: images/'d\\udcff.png': expected a name that label files can hold, found control characters "
    "or bytes that are no UTF-8; rename the file\n",
    "convert {src} --format classification --out {out}",
)
def image_name_not_utf8(dataset: Dataset) -> None:
    dataset.json(os.fsdecode(b"annotations/d\xff-ana.json"), {"annotations": []})
    dataset.json(os.fsdecode(b"metadata/d\xff-metadata.json"), {"objects": []})


@refused(
    1,
    "labelmill: images/a.jpg and images/a.png would both be the label file a in YOLO; rename one, or "
    "convert only to formats of one file (COCO, GeoCOCO, Classification)\n",
    YOLO,
)
def two_images_of_one_label_file(dataset: Dataset) -> None:
    dataset.json("annotations/d-ana.json", {"filename": "a.jpg", "annotations": []})
    dataset.json("metadata/d-metadata.json", {"filename": "a.jpg", "objects": []})
    dataset.write("images/a.jpg", b"")


@refused(
    1,
    "labelmill: annotations/a-ana.json and annotations/d-ana.json both describe the image a.png; expected "
    "one annotation file an image\n",
)
def two_annotation_files_of_one_image(dataset: Dataset) -> None:
    dataset.json("annotations/d-ana.json", {"filename": "a.png", "annotations": []})


# --- other commands ----------------------------------------------------------------------------------------------


@refused(
    1,
    "labelmill: {tmp}/tiny/images: expected a dataset with a folder 'annotations', found a.png, b.png, c.png\n",
    "inspect {src}",
)
def inspect_a_folder_without_dataset(dataset: Dataset) -> Path:
    return dataset.path / "images"


@refused(
    1,
    "labelmill: tiny: expected an image of the dataset, found no 'z.png'; 'labelmill inspect' lists it\n",
    "preview {src} z.png --out {out}",
)
def preview_of_an_unknown_image(dataset: Dataset) -> None:
    pass


@refused(1, "labelmill: {tmp}/file/out: can't be written: Not a directory\n", "preview {src} --out {tmp}/file/out")
def preview_below_a_file(dataset: Dataset) -> None:
    dataset.path.with_name("file").write_text("mine")


@refused(1, "labelmill: images/a.png: can't be drawn: image file is truncated\n", "preview {src} a --out {out}")
def preview_of_a_damaged_image(dataset: Dataset) -> None:
    dataset.write("images/a.png", (dataset.path / "images/a.png").read_bytes()[:50])


@refused(
    1,
    "labelmill: annotations/a-ana.json: its image has 100000x100000 pixels, at most 134,217,728 are drawn\n",
    "preview {src} a --out {out}",
)
def preview_of_a_huge_resolution(dataset: Dataset) -> None:
    objects = [{"id": 1, "type": "Cube"}, {"id": 2, "type": "Ball"}]
    dataset.json("metadata/a-metadata.json", {"objects": objects, "sensor": {"resolution": [100_000, 100_000]}})


@refused(
    1, "labelmill: annotations/b-ana.json: expected a JSON object, found a list of 0\n", "preview {src} b --out {out}"
)
def preview_of_a_broken_annotation(dataset: Dataset) -> None:
    dataset.write("annotations/b-ana.json", "[]")


@refused(1, "labelmill: {tmp}/tiny: the folder is not empty\n", "sample {src}")
def sample_into_a_full_folder(dataset: Dataset) -> None:
    pass


@refused(1, "labelmill: {tmp}/file/ds: can't be written: Not a directory\n", "sample {tmp}/file/ds")
def sample_below_a_file(dataset: Dataset) -> None:
    dataset.path.with_name("file").write_text("mine")


@refused(
    2,
    "Usage: labelmill sample [OPTIONS] FOLDER\n"
    "Try 'labelmill sample --help' for help.\n"
    "\n"
    "Error: Invalid value for '--images': -1 is not in the range x>=0.\n",
    "sample {out} --images -1",
)
def sample_of_less_than_nothing(dataset: Dataset) -> None:
    pass


@refused(
    1, "labelmill: {tmp}/map.yml:3: rule \"obj['type'] == 'Cube'\": class 1 is not in classes\n", "map check {map}"
)
def map_check_of_a_bad_map(dataset: Dataset) -> None:
    dataset.path.with_name("map.yml").write_text("classes: {0: Cube}\nproperties:\n  obj['type'] == 'Cube': 1\n")


@refused(
    1,
    "labelmill: {tmp}/tiny/images: expected a dataset with a folder 'annotations', found a.png, b.png, c.png\n",
    "map explain {map} {src}",
)
def map_explain_without_dataset(dataset: Dataset) -> Path:
    dataset.path.with_name("map.yml").write_text(MAP_TEXT)
    return dataset.path / "images"


@refused(
    2,
    "Usage: labelmill map [OPTIONS] COMMAND [ARGS]...\n"
    "Try 'labelmill map --help' for help.\n"
    "\n"
    "Error: No such command 'explian'. Did you mean 'explain'?\n",
    "map explian {map} {src}",
)
def unknown_map_command(dataset: Dataset) -> None:
    pass


@refused(
    2,
    "Usage: labelmill [OPTIONS] COMMAND [ARGS]...\n"
    "Try 'labelmill --help' for help.\n"
    "\n"
    "Error: No such command 'convrt'. Did you mean 'convert'?\n",
    "convrt {src}",
)
def unknown_command(dataset: Dataset) -> None:
    pass
