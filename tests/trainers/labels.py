"""The labels that the command makes of a dataset."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from .datasets import Dataset
from .seen import Labels

# key -> format and the options that make it so
VARIANTS: dict[str, tuple[str, tuple[str, ...]]] = {
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
}
OF_JPEG = {"PASCAL, voc2012"}  # for readers that open .jpg alone: labelmill copies images, it makes none
SPLIT = "train=0.8,val=0.2"


def labelmill(command: str, *arguments: object) -> None:
    """Run the command, a process of its own: another environment's, another version's."""
    words = [*shlex.split(command), *map(str, arguments)]
    subprocess.run(words, check=True, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def make_labels(command: str, dataset: Dataset, variant: str, split: bool, out: Path) -> tuple[Labels | None, str]:
    """Convert; without labels comes the command's reason."""
    spec, options = VARIANTS[variant]
    mapping = ("--map", dataset.map_file) if dataset.map_file else ()
    splitting = ("--split", SPLIT) if split else ()
    arguments = (dataset.folder, "--format", spec, "--out", out, "--images", "--workers", 1)
    try:
        labelmill(command, "convert", *arguments, *options, *mapping, *splitting)
    except subprocess.CalledProcessError as error:
        return None, error.stderr.strip().splitlines()[-1]
    return Labels(out / spec.lower(), ("train", "val") if split else (), dataset.folder, out / "scratch"), ""


def leaks(labels: Labels) -> list[str]:
    """What is to be said of runs that lie in two splits, as YOLO's folders show it."""
    stems = [[path.stem for path in labels.folder.glob(f"labels/{split}/*.txt")] for split in labels.splits]
    runs = [{stem.split("-")[0] for stem in one} for one in stems]
    shared = set.intersection(*runs) if runs else set()
    return [f"{len(shared)} runs in two splits"] if shared else []
