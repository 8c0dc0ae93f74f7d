"""Writes a dataset of which some objects are ignored, whatever says so."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from msgspec.structs import replace
from zoo import MAP_TEXT

from labelmill.convert.batch import Batch
from labelmill.convert.job import Options
from labelmill.formats import format_by_id
from labelmill.maps.annotation_map import parse_map
from labelmill.source.open_source import open_source
from labelmill.source.plan import list_dataset, plan_by_stem
from labelmill.source.reader import ImageReader


class Files:
    """A part in memory: path -> bytes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, folder: str, name: str, data: bytes) -> None:
        self.files[f"{folder}/{name}"] = data

    def line(self, stream: str, data: bytes) -> None:
        self.files[stream] = self.files.get(stream, b"") + data


def write_ignoring(root: Path, format_id: str, ids: Collection[int]) -> dict[str, bytes]:
    """What a format's writer makes of a dataset whose objects of these ids are ignored."""
    annotation_map, spec = parse_map(MAP_TEXT.encode(), "map.yml"), format_by_id(format_id)
    source = open_source(root)
    plan = plan_by_stem(list_dataset(source))
    assert plan is not None
    reader = ImageReader(source, annotation_map, spec.needs, by_filename=False)
    samples = [reader.read(entry) for entry in plan.entries]
    marked = [
        replace(sample, instances=[replace(i, ignored=i.id in ids) for i in sample.instances]) for sample in samples
    ]
    part = Files()
    spec.writer(Options((format_id,)).context(annotation_map)).write(Batch(marked, source, spec.needs), part)
    source.close()
    return part.files
