"""Reads back which split an image went to, as each format says it."""

from __future__ import annotations

import json
from pathlib import Path

from labelmill.model import stem_of


def split_members(folder: Path, format_id: str) -> dict[str, set[str]]:
    """Split -> stems of its images, as each format says it."""
    names = ("train", "val", "test")
    if format_id in ("COCO", "GEOCOCO"):
        files = {n: json.loads((folder / f"{format_id.lower()}_{n}.json").read_bytes()) for n in names}
        return {n: {stem_of(i["file_name"]) for i in tree["images"]} for n, tree in files.items()}
    if format_id == "CLASSIFICATION":
        trees = {n: json.loads((folder / f"classification_{n}.json").read_bytes()) for n in names}
        return {n: {stem_of(name) for shown in tree.values() for name in shown} for n, tree in trees.items()}
    if format_id in ("YOLO", "YOLO_SEG"):
        return {n: {p.stem for p in (folder / "labels" / n).glob("*.txt")} for n in names}
    if format_id in ("PASCAL", "KITTI"):
        sets = folder / "ImageSets" / ("Main" if format_id == "PASCAL" else ".")
        return {n: set((sets / f"{n}.txt").read_text().splitlines()) for n in names}
    channels = {"train": "train", "val": "validation", "test": "test"}
    members = {}
    for split, channel in channels.items():
        lines = [json.loads(line) for line in (folder / f"{channel}.manifest").read_text().splitlines()]
        members[split] = {stem_of(line["source-ref"]) for line in lines}
        labels = {stem_of(p.name) for p in folder.glob(f"{channel}_annotation/*")}
        assert labels == members[split]
    return members
