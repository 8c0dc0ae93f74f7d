"""Makes benchmark data: one content as an ana dataset (with masks if asked) and as COCO for tools that read that.

Shaped like COCO train2017: 7.5 objects an image in the mean, 80 classes, ten image sizes. Contours are sparse (20 to 40
vertices with fractions, as annotators draw) or dense (every boundary pixel, as channels write). Same seed, same bytes.
"""

from __future__ import annotations

import argparse
import math
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image, ImageDraw

from labelmill.images.png_write import encode_png

SIZES = ((640, 480), (640, 427), (480, 640), (427, 640), (612, 612), (500, 375), (640, 640), (333, 500))
CLASSES = [f"thing {i}" for i in range(80)]
EMPTY_SHARE = 0.01
SEED = 11
JSON = msgspec.json.Encoder(decimal_format="number")


def outline(rng: random.Random, width: int, height: int) -> list[tuple[float, float]]:
    """A star-shaped blob inside the image: its vertices, pixels, two decimals."""
    radius = min(0.4, max(0.012, math.exp(rng.gauss(math.log(0.07), 0.8)))) * min(width, height)
    stretch = math.exp(rng.gauss(0.0, 0.3))
    cx, cy = rng.uniform(radius, width - radius), rng.uniform(radius, height - radius)
    phase = rng.uniform(0.0, math.tau)
    count = rng.randint(20, 40)
    points = []
    for i in range(count):
        angle = math.tau * i / count
        r = radius * (1.0 + 0.25 * math.sin(2 * angle + phase) + 0.12 * math.sin(5 * angle + 2 * phase))
        x = min(max(cx + r * math.cos(angle) * stretch, 0.0), width - 1.0)
        y = min(max(cy + r * math.sin(angle) / stretch, 0.0), height - 1.0)
        points.append((round(x, 2), round(y, 2)))
    return points


def dense_ring(points: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """The ring of pixels along a polygon, each step to one of the 8 neighbours."""
    corners = [(round(x), round(y)) for x, y in points]
    ring: list[tuple[int, int]] = []
    for (x0, y0), (x1, y1) in pairwise([*corners, corners[0]]):
        steps = max(abs(x1 - x0), abs(y1 - y0))
        ring += [(x0 + round((x1 - x0) * i / steps), y0 + round((y1 - y0) * i / steps)) for i in range(steps)]
    return ring or [corners[0]]


def image_objects(number: int, dense: bool) -> tuple[int, int, list[dict[str, Any]]]:
    """Size and objects of one image; depends on its number alone."""
    rng = random.Random(f"{SEED}-{number}")
    width, height = rng.choice(SIZES)
    count = 0 if rng.random() < EMPTY_SHARE else min(60, 1 + int(rng.expovariate(1 / 7.0)))
    objects = []
    for i in range(count):
        points: list[Any] = outline(rng, width, height)
        if dense:
            points = dense_ring(points)
        xs, ys = [x for x, _ in points], [y for _, y in points]
        box = [min(xs), min(ys), round(max(xs) - min(xs), 2), round(max(ys) - min(ys), 2)]
        flat = [value for point in points for value in point]
        objects.append(
            {
                "id": i + 1,
                "class": min(79, int(rng.expovariate(1 / 18.0))),
                "bbox": box,
                "segmentation": [flat],
                "centroid": [round(box[1] + box[3] / 2), round(box[0] + box[2] / 2)],
                "distance": round(rng.uniform(2.0, 60.0), 4),
                "truncated": False,
                "obstruction": round(rng.random(), 3),
                "size": [round(rng.uniform(0.1, 2.0), 4) for _ in range(3)],
                "rotation": [0.0, 0.0, round(rng.uniform(-3.1, 3.1), 5)],
            }
        )
    return width, height, objects


def write_image(folder: Path, number: int, coco: dict[str, list[Any]], dense: bool, masks: bool) -> None:
    """All files of one image."""
    width, height, objects = image_objects(number, dense)
    stem = f"{number // 100:010d}-{number % 100}-RGBCamera"
    name = f"{stem}.png"
    annotations = [{key: value for key, value in o.items() if key != "class"} for o in objects]
    ana = {"filename": name, "annotations": annotations}
    metadata = {
        "filename": name,
        "channel": "bench",
        "version": "1.0",
        "date": "2026-01-01T00:00:00",
        "seed": number,
        "sensor": {"resolution": [width, height], "frame": number % 100, "focal_length": 35.0, "camera_size": 36.0},
        "objects": [{"id": o["id"], "type": CLASSES[o["class"]], "material": f"m{o['id'] % 7}"} for o in objects],
    }
    (folder / "annotations" / f"{stem}-ana.json").write_bytes(JSON.encode(ana))
    (folder / "metadata" / f"{stem}-metadata.json").write_bytes(JSON.encode(metadata))
    coco["images"].append({"id": number + 1, "file_name": name, "width": width, "height": height})
    for o in objects:
        x, y, w, h = o["bbox"]
        coco["annotations"].append(
            {
                "id": len(coco["annotations"]) + 1,
                "image_id": number + 1,
                "category_id": o["class"] + 1,
                "segmentation": o["segmentation"],
                "area": round(w * h, 2),
                "bbox": [x, y, w + 1, h + 1],
                "iscrowd": 0,
            }
        )
    if masks:
        mask = Image.new("I;16", (width, height))
        pen = ImageDraw.Draw(mask)
        for o in objects:
            ring = o["segmentation"][0]
            pen.polygon([(round(x), round(y)) for x, y in zip(ring[::2], ring[1::2], strict=True)], fill=o["id"])
        # filtered as OpenCV does, which channels write masks with
        (folder / "masks" / name).write_bytes(encode_png(np.asarray(mask)))


def write_images(folder: Path) -> None:
    """One small valid PNG a size, linked to by all images of that size: no converter but GeoCOCO reads them."""
    for size in SIZES:
        Image.new("RGB", size, (90, 120, 60)).save(folder / f"{size[0]}x{size[1]}.png")


def main() -> None:
    """Write ``OUT/ana``, ``OUT/map.yml`` and ``OUT/coco/instances.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--dense", action="store_true")
    parser.add_argument("--masks", action="store_true")
    options = parser.parse_args()
    ana = options.out / "ana"
    for folder in ("annotations", "metadata", "images", "masks"):
        (ana / folder).mkdir(parents=True)
    (options.out / "coco").mkdir()
    categories = [{"id": i + 1, "name": name, "supercategory": "none"} for i, name in enumerate(CLASSES)]
    coco: dict[str, list[Any]] = {"images": [], "annotations": [], "categories": categories}
    templates = options.out / "templates"
    templates.mkdir()
    write_images(templates)
    for number in range(options.images):
        write_image(ana, number, coco, options.dense, options.masks)
        image = coco["images"][-1]
        target = ana / "images" / image["file_name"]
        target.hardlink_to(templates / f"{image['width']}x{image['height']}.png")
    (options.out / "coco" / "instances.json").write_bytes(JSON.encode(coco))
    classes = "".join(f"  {i + 1}: [none, {name}]\n" for i, name in enumerate(CLASSES))
    rules = "".join(f"  obj['type'] == '{name}': {i + 1}\n" for i, name in enumerate(CLASSES))
    (options.out / "map.yml").write_text(f"classes:\n{classes}properties:\n{rules}", encoding="utf-8")


if __name__ == "__main__":
    main()
