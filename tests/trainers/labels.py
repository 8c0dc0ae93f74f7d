"""Datasets to try things on, and the labels that the command makes of them. Poisoned ones have to be found out."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from .seen import Labels

# key -> format and the options that make it so
VARIANTS = {
    "COCO": ("COCO", ()),
    "COCO, rle": ("COCO", ("--segmentation", "rle")),
    "COCO, classes from 1": ("COCO", ("--first-category", "1")),
    "GEOCOCO": ("GEOCOCO", ()),
    "PASCAL": ("PASCAL", ()),
    "PASCAL, voc2012": ("PASCAL", ("--layout", "voc2012")),
    "YOLO": ("YOLO", ()),
    "YOLO_SEG": ("YOLO_SEG", ()),
    "KITTI": ("KITTI", ()),
    "SAGEMAKER_OD": ("SAGEMAKER_OD", ()),
    "SAGEMAKER_SS": ("SAGEMAKER_SS", ()),
}  # fmt: skip
OF_JPEG = {"PASCAL, voc2012"}  # for readers that open .jpg alone: labelmill copies images, it makes none
SPLIT = "train=0.8,val=0.2"
SAMPLE_IMAGES = 32
POISONS = ("boxes a pixel to the right", "classes one further", "a negative less")


@dataclass(frozen=True)
class Dataset:
    """A dataset in the ana format, and the map it goes with; None: each type is a class."""

    name: str
    folder: Path
    map_file: Path | None


def make_sample(labelmill: str, folder: Path) -> Dataset:
    """The generated sample: holes, several parts, negatives, a class 0."""
    _run(labelmill, "sample", folder, "--images", SAMPLE_IMAGES)
    return Dataset("sample", folder, folder / "map.yml")


def with_ignored(dataset: Dataset, map_file: Path) -> Dataset:
    """The same under a map that ignores some objects and drops others."""
    lines = ["ignore:", "  - ann['truncated']", "  - ann['obstruction'] > 0.3", "drop:", "  - ann['bbox'][2] < 25"]
    map_file.write_text((dataset.map_file.read_text() if dataset.map_file else "") + "\n".join(["", *lines, ""]))
    return Dataset(f"{dataset.name}, some ignored", dataset.folder, map_file)


def find_datasets(folder: Path) -> list[Dataset]:
    """Every ``X/`` that lies beside an ``X-map.yml``: under its map, and without one."""
    found = []
    for map_file in sorted(folder.glob("*-map.yml")):
        name = map_file.name.removesuffix("-map.yml")
        found += [Dataset(name, folder / name, map_file), Dataset(f"{name}, types as classes", folder / name, None)]
    return found


def as_jpeg(dataset: Dataset, folder: Path) -> Dataset:
    """A copy of a dataset whose images are JPEG; made once."""
    if not folder.exists():
        shutil.copytree(dataset.folder, folder)
        for path in folder.glob("images/*.*"):
            Image.open(path).convert("RGB").save(path.with_suffix(".jpg"))
            if path.suffix != ".jpg":
                path.unlink()
        for path in (*folder.glob("annotations/*.json"), *folder.glob("metadata/*.json")):
            document = json.loads(path.read_text())
            document["filename"] = Path(document["filename"]).with_suffix(".jpg").name
            path.write_text(json.dumps(document))
    return replace(dataset, folder=folder)


def make_labels(labelmill: str, dataset: Dataset, variant: str, split: bool, out: Path) -> tuple[Labels | None, str]:
    """Convert; without labels comes the command's reason."""
    spec, options = VARIANTS[variant]
    mapping = ("--map", dataset.map_file) if dataset.map_file else ()
    splitting = ("--split", SPLIT) if split else ()
    arguments = (dataset.folder, "--format", spec, "--out", out, "--images", "--workers", 1)
    try:
        _run(labelmill, "convert", *arguments, *options, *mapping, *splitting)
    except subprocess.CalledProcessError as error:
        return None, error.stderr.strip().splitlines()[-1]
    return Labels(out / spec.lower(), ("train", "val") if split else (), dataset.folder, out / "scratch"), ""


def leaks(labels: Labels) -> list[str]:
    """What is to be said of runs that lie in two splits, as YOLO's folders show it."""
    stems = [[path.stem for path in labels.folder.glob(f"labels/{split}/*.txt")] for split in labels.splits]
    runs = [{stem.split("-")[0] for stem in one} for one in stems]
    shared = set.intersection(*runs) if runs else set()
    return [f"{len(shared)} runs in two splits"] if shared else []


def poison(dataset: Dataset, which: str, folder: Path) -> Dataset:
    """A copy of a dataset with one thing wrong. Compared with the truth of the unharmed one, every cell has to fail."""
    shutil.copytree(dataset.folder, folder)
    poisoned = Dataset(which, folder, dataset.map_file)
    if which == POISONS[0]:
        _shift(folder)
    elif which == POISONS[1] and dataset.map_file:
        document = yaml.safe_load(dataset.map_file.read_text())
        names = list(document["classes"].values())
        document["classes"] = dict(zip(document["classes"], names[1:] + names[:1], strict=True))
        poisoned = Dataset(which, folder, folder / "poisoned.yml")
        (folder / "poisoned.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    elif which == POISONS[2]:
        stems = (path.name.removesuffix("-ana.json") for path in sorted((folder / "annotations").iterdir()))
        stem = next(
            s for s in stems if not json.loads((folder / f"annotations/{s}-ana.json").read_text())["annotations"]
        )
        for path in folder.glob(f"*/{stem}*"):
            path.unlink()
    return poisoned


def _shift(folder: Path) -> None:
    """Move every object one pixel to the right, in boxes, contours and mask."""
    for path in (folder / "annotations").iterdir():
        document = json.loads(path.read_text())
        mask = folder / "masks" / document["filename"]
        ids = np.asarray(Image.open(mask))
        last = ids.shape[1] - 1
        Image.fromarray(np.pad(ids, ((0, 0), (1, 0)))[:, :-1]).save(mask)
        for entry in document["annotations"]:
            entry["bbox"][0] = min(entry["bbox"][0] + 1, last)
            entry["segmentation"] = [
                [min(v + 1, last) if at % 2 == 0 else v for at, v in enumerate(ring)] for ring in entry["segmentation"]
            ]
        path.write_text(json.dumps(document))


def _run(labelmill: str, *arguments: object) -> None:
    """The command, as a process of its own: another environment's, another version's."""
    subprocess.run(
        [*shlex.split(labelmill), *map(str, arguments)],
        check=True,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
