"""The datasets to try things on, and poisoned ones that have to be found out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

SAMPLE_IMAGES = 32
POISONS = ("boxes a pixel to the right", "classes one further", "a negative less")
IGNORING = """
ignore:
  - ann['truncated']
  - ann['obstruction'] > 0.3
drop:
  - ann['bbox'][2] < 25
"""


@dataclass(frozen=True)
class Dataset:
    """A dataset in the ana format, and the map it goes with; None: each type is a class."""

    name: str
    folder: Path
    map_file: Path | None


def make_datasets(run: Callable[..., None], out: Path, samples: Path | None) -> list[Dataset]:
    """The generated sample first (it has holes, several parts, negatives, a class 0), what is made of it, the caller's.

    The caller's are every ``X/`` that lies beside an ``X-map.yml``: under its map, and without one.
    """
    folder, map_file, ignoring = out / "sample", out / "sample" / "map.yml", out / "ignoring.yml"
    run("sample", folder, "--images", SAMPLE_IMAGES)
    ignoring.write_text(map_file.read_text() + IGNORING)
    made = [
        Dataset("sample", folder, map_file),
        Dataset("sample, some ignored", folder, ignoring),
        Dataset("sample, ids alone", _with_ids_alone(folder, out / "ids"), map_file),
    ]
    for found in sorted(samples.glob("*-map.yml")) if samples else ():
        name = found.name.removesuffix("-map.yml")
        made.append(Dataset(name, found.with_name(name), found))
        made.append(Dataset(f"{name}, types as classes", found.with_name(name), None))
    return made


def _with_ids_alone(source: Path, folder: Path) -> Path:
    """A copy whose objects only the mask knows."""
    shutil.copytree(source, folder)

    def strip(document: dict[str, Any]) -> None:
        document["annotations"] = [{"id": one["id"]} for one in document["annotations"]]

    _edit(folder.glob("annotations/*.json"), strip)
    return folder


def as_jpeg(dataset: Dataset, folder: Path) -> Dataset:
    """A copy of a dataset whose images are JPEG; made once."""
    if not folder.exists():
        shutil.copytree(dataset.folder, folder)
        for path in folder.glob("images/*.*"):
            Image.open(path).convert("RGB").save(path.with_suffix(".jpg"))
            if path.suffix != ".jpg":
                path.unlink()

        def rename(document: dict[str, Any]) -> None:
            document["filename"] = Path(document["filename"]).with_suffix(".jpg").name

        _edit((*folder.glob("annotations/*.json"), *folder.glob("metadata/*.json")), rename)
    return replace(dataset, folder=folder)


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
        poisoned = replace(poisoned, map_file=folder / "poisoned.yml")
        (folder / "poisoned.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    elif which == POISONS[2]:
        files = sorted((folder / "annotations").iterdir())
        empty = next(path for path in files if not json.loads(path.read_text())["annotations"])
        for path in folder.glob(f"*/{empty.name.removesuffix('-ana.json')}*"):
            path.unlink()
    return poisoned


def _shift(folder: Path) -> None:
    """Move every object one pixel to the right, in boxes, contours and mask."""

    def shift(document: dict[str, Any]) -> None:
        mask = folder / "masks" / document["filename"]
        ids = np.asarray(Image.open(mask))
        last = ids.shape[1] - 1
        Image.fromarray(np.pad(ids, ((0, 0), (1, 0)))[:, :-1]).save(mask)
        for entry in document["annotations"]:
            entry["bbox"][0] = min(entry["bbox"][0] + 1, last)
            entry["segmentation"] = [
                [min(v + 1, last) if at % 2 == 0 else v for at, v in enumerate(ring)] for ring in entry["segmentation"]
            ]

    _edit(folder.glob("annotations/*.json"), shift)


def _edit(files: Any, change: Callable[[dict[str, Any]], None]) -> None:
    for path in list(files):
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))
