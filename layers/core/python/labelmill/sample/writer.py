"""Writes a sample dataset to a folder."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec

from labelmill.errors import OptionError, OutputError
from labelmill.images.png_write import encode_png
from labelmill.sample.picture import ROOMS, paint
from labelmill.sample.records import annotation_record, metadata_record
from labelmill.sample.scene import scene_of, shot_of
from labelmill.sample.texts import GRAPH_TEXT, MAP_TEXT, dataset_text

_CHUNK = 200


class SampleSummary(NamedTuple):
    """What was written: counts, and where the annotation map lies."""

    images: int
    objects: int
    map_file: Path


def write_sample(folder: Path, images: int, seed: int = 7, *, masks: bool = True, workers: int = 1) -> SampleSummary:
    """Write a sample dataset in the ana format.

    Args:
        folder: Where to; made when it is missing, refused when it holds anything.
        images: How many images, 0 or more. Four make a run: two frames, each seen by two sensors.
        seed: What everything follows from, 0 or more.
        masks: Write ``masks/`` too.
        workers: Processes; they change the time, never the bytes.

    Returns:
        Images and annotated objects written, and the path of ``map.yml`` in the folder.

    Raises:
        OptionError: If a number is out of its range.
        OutputError: If the folder is not empty or can't be written.
    """
    for name, value, least in (("images", images, 0), ("seed", seed, 0), ("workers", workers, 1)):
        if value < least:
            raise OptionError(f"{name}: expected {least} or more, got {value}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if next(folder.iterdir(), None) is not None:
            raise OutputError(f"{folder}: the folder is not empty")
        for name in ("images", "annotations", "metadata", *(("masks",) if masks else ())):
            (folder / name).mkdir()
        (folder / "dataset.yaml").write_bytes(dataset_text(images, seed).encode())
        (folder / "graph.yaml").write_bytes(GRAPH_TEXT.encode())
        (folder / "map.yml").write_bytes(MAP_TEXT.encode())
        objects = sum(_counts(folder, images, seed, masks, workers))
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror or error}") from error
    return SampleSummary(images, objects, folder / "map.yml")


def _counts(folder: Path, images: int, seed: int, masks: bool, workers: int) -> Iterator[int]:
    chunks = [range(start, min(start + _CHUNK, images)) for start in range(0, images, _CHUNK)]
    if workers == 1 or len(chunks) < 2:
        for chunk in chunks:
            yield _write_images(folder, chunk, seed, masks)
        return
    with ProcessPoolExecutor(min(workers, len(chunks))) as pool:
        tasks = [pool.submit(_write_images, folder, chunk, seed, masks) for chunk in chunks]
        for task in tasks:
            yield task.result()


def _write_images(folder: Path, chunk: range, seed: int, masks: bool) -> int:
    """Write the images of a range; return how many annotations they have."""
    encode = msgspec.json.Encoder().encode
    root = str(folder)
    annotated = 0
    for index in chunk:
        shot = shot_of(index)
        things = [thing.after(shot.frame) for thing in scene_of(seed, shot.run)]
        picture = paint(things, shot.camera, (seed + shot.run) % len(ROOMS))
        annotation = annotation_record(shot, picture)
        annotated += len(annotation["annotations"])
        _put(f"{root}/images/{shot.stem}.png", encode_png(picture.pixels))
        if masks:
            _put(f"{root}/masks/{shot.stem}.png", encode_png(picture.ids))
        _put(f"{root}/annotations/{shot.stem}-ana.json", encode(annotation))
        _put(f"{root}/metadata/{shot.stem}-metadata.json", encode(metadata_record(shot, things, seed)))
    return annotated


def _put(path: str, data: bytes) -> None:
    with open(path, "xb") as file:
        file.write(data)
