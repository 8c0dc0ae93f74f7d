"""Draws what is known of an image over it: contours, boxes, 3-D boxes and class names, one colour a class.

Objects that the map ignores are grey and not filled, and their names say so; dropped ones are not labels, nor drawn.
"""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from labelmill.convert.batch import Batch
from labelmill.maps.annotation_map import AnnotationMap
from labelmill.model import Instance, Sample

if TYPE_CHECKING:
    from labelmill.geometry import Outlines

Colour = tuple[int, int, int]
GOLDEN_TURN = 0.618033988749895  # neighbours in class order get colours far apart
IGNORED: Colour = (200, 200, 200)
FILL_OPACITY = 90  # of 255
# the channel's corners: two opposite faces of four, each walked round
BOX_3D_EDGES = ((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7))


def class_colour(index: int) -> Colour:
    """The colour of a class, bright enough on dark and light images."""
    hue = (0.02 + index * GOLDEN_TURN) % 1.0
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.75 if index % 2 else 0.95, 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)


def _colour(instance: Instance) -> Colour:
    return IGNORED if instance.ignored else class_colour(instance.category)


def draw_preview(
    picture: Image.Image | None, sample: Sample, batch: Batch, annotation_map: AnnotationMap
) -> Image.Image:
    """Draw the labels of one image.

    Args:
        picture: The image; ``None`` draws on grey.
        sample: Its labels.
        batch: A batch of just this sample, with contours.
        annotation_map: Gives classes their names.

    Returns:
        An RGB image of the sample's size.
    """
    size = (sample.width, sample.height)
    base = Image.new("RGB", size, (72, 72, 72)) if picture is None else picture.convert("RGB")
    if base.size != size:
        base = base.resize(size)
    line = max(1, round(min(size) / 400))
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    order = sorted(range(len(sample.instances)), key=lambda i: -_box_area(sample.instances[i]))
    for i in order:
        if not sample.instances[i].ignored:
            _fill(layer, batch.outlines, i, class_colour(sample.instances[i].category))
    base = Image.alpha_composite(base.convert("RGBA"), layer).convert("RGB")
    pen = ImageDraw.Draw(base)
    font = ImageFont.load_default(max(10, round(min(size) / 45)))
    for i in order:
        _draw_instance(pen, sample.instances[i], batch.outlines, i, line)
    for i in order:
        instance = sample.instances[i]
        name = annotation_map.categories[instance.category].name
        _label(pen, instance, f"{name} (ignored)" if instance.ignored else name, font, size)
    return base


def _box_area(instance: Instance) -> float:
    return (instance.x1 - instance.x0) * (instance.y1 - instance.y0)


def _fill(layer: Image.Image, outlines: Outlines, index: int, colour: Colour) -> None:
    mask = Image.new("L", layer.size, 0)
    pen = ImageDraw.Draw(mask)
    rings = outlines.rings(index)
    outer = {ring.tobytes() for ring in outlines.outer_rings(index)}
    for ring in sorted(rings, key=lambda ring: ring.tobytes() not in outer):  # holes after the rings that hold them
        if len(ring) >= 3:
            pen.polygon([(float(x), float(y)) for x, y in ring], fill=FILL_OPACITY if ring.tobytes() in outer else 0)
    layer.paste(Image.new("RGBA", layer.size, (*colour, FILL_OPACITY)), (0, 0), mask.point(lambda v: 255 if v else 0))


def _draw_instance(pen: ImageDraw.ImageDraw, instance: Instance, outlines: Outlines, index: int, line: int) -> None:
    colour = _colour(instance)
    for ring in outlines.rings(index):
        points = [(float(x), float(y)) for x, y in ring]
        pen.line([*points, points[0]], fill=colour, width=line)
    corners = instance.attributes.bbox3d
    if corners is not None:
        dark = tuple(channel // 2 for channel in colour)
        for a, b in BOX_3D_EDGES:
            ends = [(corners[3 * a] + 0.5, corners[3 * a + 1] + 0.5), (corners[3 * b] + 0.5, corners[3 * b + 1] + 0.5)]
            if corners[3 * a + 2] > 0 and corners[3 * b + 2] > 0:  # an edge behind the camera has no picture
                pen.line(ends, fill=dark, width=line)
    pen.rectangle((instance.x0, instance.y0, instance.x1 - 1, instance.y1 - 1), outline=colour, width=line)


def _label(
    pen: ImageDraw.ImageDraw,
    instance: Instance,
    name: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    size: tuple[int, int],
) -> None:
    left, top, right, bottom = pen.textbbox((0, 0), name, font=font)
    width, height = right - left + 4, bottom - top + 4
    x = min(max(0.0, instance.x0), max(0.0, size[0] - width))
    y = instance.y0 - height if instance.y0 >= height else min(instance.y0, size[1] - height)
    pen.rectangle((x, y, x + width, y + height), fill=_colour(instance))
    pen.text((x + 2 - left, y + 2 - top), name, font=font, fill=(0, 0, 0))
