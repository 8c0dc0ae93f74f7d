"""PASCAL VOC. Specification: the VOC2012 development kit (host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf).

How ambiguities were read: boxes are 1-based and inclusive; fractional boxes grow to whole pixels; ``segmented`` is 0,
as no segmentation files are written beside; an absent ``truncated`` is 0; ``difficult`` is 1 for ignored objects.
``labelmap.txt`` is datumaro's and CVAT's, which the kit has not: background first, then the classes in their order,
with the kit's colours.

Tried with: datumaro 1.13 (``voc_detection``), torchvision 0.29 (``VOCDetection``, the ``voc2012`` layout), supervision
0.31, labelformat 0.1.17.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil

from labelmill.codes import Code
from labelmill.convert.batch import Batch
from labelmill.errors import FormatError
from labelmill.formats.base import Context, FormatSpec, FormatWriter, Output, Part, Parts, refuse_control_characters
from labelmill.images.voc_colours import voc_colour
from labelmill.model import stem_of
from labelmill.source.reader import Needs

HEAD = (
    "<annotation>\n\t<folder>JPEGImages</folder>\n\t<filename>%s</filename>\n"
    "\t<source>\n\t\t<database>labelmill</database>\n\t</source>\n"
    "\t<size>\n\t\t<width>%d</width>\n\t\t<height>%d</height>\n\t\t<depth>%d</depth>\n\t</size>\n"
    "\t<segmented>0</segmented>\n"
)
OBJECT = (
    "\t<object>\n\t\t<name>%s</name>\n\t\t<pose>Unspecified</pose>\n\t\t<truncated>%d</truncated>\n"
    "\t\t<difficult>%d</difficult>\n\t\t<bndbox>\n\t\t\t<xmin>"
)
END_OF_OBJECT = "</ymax>\n\t\t</bndbox>\n\t</object>\n"
XML_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
UNDIVIDED = "trainval"
BACKGROUND = "background"
LABEL_MAP_HEAD = f"# label:color_rgb:parts:actions\n{BACKGROUND}:0,0,0::\n"
JPEG = ".jpg"
KIT_SETS = ("train", "trainval", "val")


class PascalWriter(FormatWriter):
    """One XML file an image."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        names = [category.name.translate(XML_ESCAPES) for category in context.categories]
        self._objects = [
            [OBJECT % (name, truncated, ignored) for ignored in (0, 1) for truncated in (0, 1)] for name in names
        ]
        self._annotations = f"{SPEC.below(context.layout)}Annotations"

    @classmethod
    def check(cls, context: Context) -> None:
        """XML and the lists hold no control characters, and the label map not all others."""
        refuse_control_characters("PASCAL VOC", context.categories)
        for category in context.categories:
            name = category.name
            for what, found in (
                ("a colon", ":" in name),
                ("a # at its beginning", name.startswith("#")),
                ("blanks around it", name != name.strip()),
            ):
                if found:
                    raise FormatError(
                        f"PASCAL VOC: the class name {name!r} has {what}, which labelmap.txt can't hold; "
                        "rename the class"
                    )

    @classmethod
    def check_images(cls, layout: str, names: Iterable[str]) -> None:
        """Who reads the kit's layout looks for ``.jpg`` and nothing else."""
        if layout not in SPEC.layouts:
            return
        for name in names:
            if not name.endswith(JPEG):
                raise FormatError(
                    f"images/{name}: expected a name that ends in {JPEG} for the layout {layout}, whose readers open "
                    f"no others; convert without the images, and put JPEG copies into {SPEC.images_in('', layout)}"
                )

    @classmethod
    def check_stems(cls, names: Iterable[str]) -> None:
        """Readers of the image sets take # for a comment and strip blanks, and lose the image."""
        for name in names:
            stem = stem_of(name)
            if stem[0] == "#" or stem != stem.strip():
                what = "a # at its beginning" if stem[0] == "#" else "blanks around it"
                raise FormatError(
                    f"images/{name}: expected a name that PASCAL VOC's image sets can hold, found one with {what}; "
                    "rename the file"
                )

    @classmethod
    def cautions(cls, context: Context, images: Mapping[str, int]) -> Iterable[tuple[Code, str]]:
        """A list with an underscore is taken for that of a class; who reads the kit's layout knows its names alone."""
        for split in images:
            if "_" in split:
                yield (
                    "set-name",
                    f"ImageSets/Main/{split}.txt is passed over by datumaro, as its name holds _; rename the split",
                )
            elif context.layout in SPEC.layouts and split and split not in KIT_SETS:
                known = ", ".join(KIT_SETS)
                yield "set-unknown", f"ImageSets/Main/{split}.txt is refused by torchvision, which reads {known} alone"

    def write(self, batch: Batch, part: Part) -> None:
        """One XML file an image, and its line in the image set."""
        beginnings, folder = self._objects, self._annotations
        for sample in batch.samples:
            stem = sample.stem
            head = HEAD % (sample.name.translate(XML_ESCAPES), sample.width, sample.height, sample.depth)
            objects = [
                # int() floors as boxes lie inside the image
                f"{beginnings[i.category][bool(i.attributes.truncated) + 2 * i.ignored]}{int(i.x0) + 1}</xmin>\n\t\t\t"
                f"<ymin>{int(i.y0) + 1}</ymin>\n\t\t\t<xmax>{ceil(i.x1)}</xmax>\n\t\t\t"
                f"<ymax>{ceil(i.y1)}{END_OF_OBJECT}"
                for i in sample.instances
            ]
            part.put(folder, f"{stem}.xml", f"{head}{''.join(objects)}</annotation>\n".encode())
            part.line(sample.split or UNDIVIDED, f"{stem}\n".encode())

    @classmethod
    def join(cls, context: Context, parts: Parts, output: Output) -> None:
        """The image sets and the label map."""
        below = SPEC.below(context.layout)
        for split in context.split_names(UNDIVIDED):
            output.write(f"{below}ImageSets/Main/{split}.txt", parts.stream(split))
        output.write(f"{below}labelmap.txt", [label_map(context).encode()])


def label_map(context: Context) -> str:
    """The classes with their colours; one called background has the background's line."""
    lines = [LABEL_MAP_HEAD]
    for category in context.categories:
        if category.name != BACKGROUND:
            red, green, blue = voc_colour(category.index + 1)
            lines.append(f"{category.name}:{red},{green},{blue}::\n")
    return "".join(lines)


SPEC = FormatSpec(
    id="PASCAL",
    title="PASCAL VOC",
    task="object detection",
    files=("Annotations/<stem>.xml", f"ImageSets/Main/{UNDIVIDED}.txt", "labelmap.txt"),
    needs=Needs(fields=frozenset({"truncated"})),
    writer=PascalWriter,
    image_folder="JPEGImages",
    label_suffix=".xml",
    keeps_ignored=True,
    layouts=("voc2012",),
    options=("layout",),
)
