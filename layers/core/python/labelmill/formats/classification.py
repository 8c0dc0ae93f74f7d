"""Classification: which images show which class. There is no public specification.

How ambiguities were read: every class is a key, used or not; an image is listed once under each class that
it shows; with splits, one file a split.

Tried: by hand alone; it is the vendor's own file, which users' scripts read and no trainer does.
"""

from __future__ import annotations

from collections.abc import Iterator

from labelmill.convert.batch import Batch
from labelmill.formats.base import Context, FormatSpec, FormatWriter, Output, Part, Parts, json_text
from labelmill.source.reader import Needs


class ClassificationWriter(FormatWriter):
    """A stream of file names for each class."""

    def write(self, batch: Batch, part: Part) -> None:
        """An image's name goes to each of its classes."""
        for sample in batch.samples:
            shown = {instance.category for instance in sample.instances}
            if shown:
                split = sample.split
                line = json_text(sample.name) + b"\n"
                for category in sorted(shown):
                    part.line(f"{category}.{split}", line)

    @classmethod
    def join(cls, context: Context, parts: Parts, output: Output) -> None:
        """One JSON object a split."""
        for split in context.split_names(""):
            name = f"classification_{split}.json" if split else "classification.json"
            output.write(name, cls._document(context, parts, split))

    @classmethod
    def _document(cls, context: Context, parts: Parts, split: str) -> Iterator[bytes]:
        yield b"{"
        for category in context.categories:
            yield b"%b\n%b:[" % (b"," if category.index else b"", json_text(category.name))
            first = True
            for lines in parts.stream_lines(f"{category.index}.{split}"):
                for line in lines:
                    yield line[:-1] if first else b"," + line[:-1]
                    first = False
            yield b"]"
        yield b"\n}\n"


SPEC = FormatSpec(
    id="CLASSIFICATION",
    title="Classification",
    task="image classification",
    files=("classification.json",),
    needs=Needs(),
    writer=ClassificationWriter,
    image_folder="images",
)
