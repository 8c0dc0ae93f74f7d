"""Previews of chosen images of a dataset."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from labelmill.convert.batch import Batch
from labelmill.convert.planning import with_plan
from labelmill.convert.staging import staging_folder
from labelmill.convert.survey import survey_types
from labelmill.convert.written import foreign_file, is_there, read_written, record_written
from labelmill.errors import DatasetError, ImageError, OutputError
from labelmill.maps.annotation_map import AnnotationMap, map_from_types
from labelmill.model import stem_of
from labelmill.preview.draw import draw_preview
from labelmill.source.dataset import ANNOTATIONS, IMAGES, Entry, Source
from labelmill.source.plan import Plan
from labelmill.source.reader import ImageReader, Needs

NEEDS = Needs(frozenset({"bbox3d"}), contours=True)
SHOWN_BY_DEFAULT = 3
MOST_PIXELS = 2**27
# what Pillow raises over damaged files
READ_ERRORS = (
    *(OSError, ValueError, SyntaxError, ArithmeticError, LookupError, TypeError, struct.error),
    *(MemoryError, Image.DecompressionBombError),
)


def write_previews(
    source: Source, names: Sequence[str], annotation_map: AnnotationMap | None, out: Path, *, workers: int = 1
) -> list[Path]:
    """Draw some images with their labels.

    Args:
        source: The dataset.
        names: Image names or stems; none means the first few.
        annotation_map: The classes; without one, each type is a class.
        out: Folder for ``<stem>.png``.
        workers: Processes to find the types with.

    Returns:
        The files written.

    Raises:
        DatasetError: An image that is not in the dataset.
        ImageError: An image that can't be read.
        OutputError: The folder can't be written.
    """
    return with_plan(source, workers, lambda plan: _write(source, plan, names, annotation_map, out, workers))


def _write(
    source: Source, plan: Plan, names: Sequence[str], annotation_map: AnnotationMap | None, out: Path, workers: int
) -> list[Path]:
    entries = choose(plan.entries, names, source.name)
    used = annotation_map or map_from_types(survey_types(source, plan.entries, workers))
    reader = ImageReader(source, used, NEEDS, by_filename=plan.by_filename)
    with staging_folder(out) as staging:
        paths = _free_paths(entries, out)
        for entry, path in zip(entries, paths, strict=True):
            sample = reader.read(entry)
            batch = Batch([sample], source, NEEDS)
            if batch.beyond_stated_size():
                sample = reader.resized(sample)
                batch = Batch([sample], source, NEEDS)
            if sample.width * sample.height > MOST_PIXELS:
                raise ImageError(
                    f"{ANNOTATIONS}/{entry.annotation}",
                    f"its image has {sample.width}x{sample.height} pixels, at most {MOST_PIXELS:,} are drawn",
                )
            drawn = draw_preview(_open(source, entry), sample, batch, used)
            try:
                drawn.save(staging / "picture.png")
                record_written(out, [path.name])
                (staging / "picture.png").replace(path)
            except OSError as error:
                raise OutputError(f"{path}: can't be written: {error.strerror or error}") from error
    return paths


def _free_paths(entries: Sequence[Entry], out: Path) -> list[Path]:
    """Where the pictures go; what lies there has to be an earlier picture. Raises OutputError."""
    ours = read_written(out).files
    paths: list[Path] = []
    for entry in entries:
        path = out / f"{stem_of(entry.name)}.png"
        if path in paths:  # a.jpg beside a.png
            path = out / f"{entry.name}.png"
        if path.name not in ours and is_there(str(path)):
            raise foreign_file(path)
        paths.append(path)
    return paths


def choose(entries: Sequence[Entry], names: Sequence[str], dataset: str) -> list[Entry]:
    """The entries of the named images."""
    if not names:
        return list(entries[:SHOWN_BY_DEFAULT])
    by_name = {key: entry for entry in reversed(entries) for key in (entry.stem, entry.name)}
    chosen: dict[str, Entry] = {}
    for name in names:
        entry = by_name.get(Path(name).name)
        if entry is None:
            raise DatasetError(
                f"{dataset}: expected an image of the dataset, found no {name!r}; 'labelmill inspect' lists it"
            )
        chosen[entry.name] = entry
    return list(chosen.values())


def _open(source: Source, entry: Entry) -> Image.Image | None:
    if entry.image is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(source.read(IMAGES, entry.image)))
            picture.load()
    except READ_ERRORS as error:
        raise ImageError(f"{IMAGES}/{entry.image}", f"can't be drawn: {error}") from error
    if picture.mode.startswith(("I", "F")):  # 16-bit pictures: show their range
        low, high = picture.getextrema()
        scale = 255.0 / max(1.0, float(high) - float(low))  # type: ignore[arg-type]
        return picture.point(lambda value: (value - float(low)) * scale).convert("L")  # type: ignore[arg-type]
    return picture
