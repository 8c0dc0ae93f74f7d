"""What the dataset says about an image: its annotation and its metadata."""

from __future__ import annotations

from math import floor
from typing import Any

import numpy as np

from labelmill.sample.border import trace_borders
from labelmill.sample.camera import Camera
from labelmill.sample.picture import Picture, Seen
from labelmill.sample.scene import Shot, Thing

_MIN_PIXELS = 2
"""Objects with fewer visible pixels stay in the mask but get no annotation, as real channels have it."""


def annotation_record(shot: Shot, picture: Picture) -> dict[str, Any]:
    """Describe the visible objects of an image.

    Args:
        shot: Which image.
        picture: Its mask and what was painted.

    Returns:
        The content of its ``-ana.json``, objects by id.
    """
    entries = [_entry(seen, picture, shot.camera) for seen in sorted(picture.seen, key=lambda seen: seen.thing.id)]
    return {"filename": f"{shot.stem}.png", "annotations": [entry for entry in entries if entry]}


def _entry(seen: Seen, picture: Picture, camera: Camera) -> dict[str, Any] | None:
    left, top, right, bottom = seen.box
    if left >= right:
        return None
    thing, toy = seen.thing, seen.thing.toy
    mask = picture.ids[top:bottom, left:right] == thing.id
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    visible = int(np.count_nonzero(mask))
    if visible < _MIN_PIXELS:
        return None
    mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    x, y = left + int(columns[0]), top + int(rows[0])
    height, width = mask.shape
    u, v, depth = camera.project(thing.to_world((0.0, 0.0, toy.size[2] / 2)))
    entry: dict[str, Any] = {
        "id": thing.id,
        "bbox": [x, y, width - 1, height - 1],
        "segmentation": trace_borders(mask, x, y),
        "bbox3d": _box_3d(thing, camera),
        "centroid": [floor(v), floor(u)],
        "distance": round(depth, 4),
        "truncated": x == 0 or y == 0 or x + width == camera.width or y + height == camera.height,
        "obstruction": round(1 - visible / seen.full_pixels, 4),
        "size": [round(side, 4) for side in toy.size],
        "rotation": [0.0, 0.0, thing.yaw],
    }
    if toy.keypoints:
        points = [camera.project(thing.to_world(point)) for point in toy.keypoints]
        entry["keypoints"] = [floor(value) for point in points for value in point[:2]]
    return entry


def _box_3d(thing: Thing, camera: Camera) -> list[float]:
    """Project the eight corners of the box around a thing: pixels x, y and depth in metres for each."""
    x, y, z = thing.toy.size
    # each of the two faces is walked round, as channels write it
    corners = [(i * x / 2, j * y / 2, k * z) for i in (-1, 1) for j, k in ((-1, 0), (-1, 1), (1, 1), (1, 0))]
    values: list[float] = []
    for corner in corners:
        u, v, depth = camera.project(thing.to_world(corner))
        values += (round(u, 2), round(v, 2), round(depth, 4))
    return values


def metadata_record(shot: Shot, things: list[Thing], seed: int) -> dict[str, Any]:
    """Describe an image's scene, sensor and surroundings.

    Args:
        shot: Which image.
        things: Every object of the scene, visible or not.
        seed: The dataset's seed.

    Returns:
        The content of its ``-metadata.json``.
    """
    camera, run = shot.camera, shot.run
    metres_px = 0.01
    degrees_px = metres_px / 111_320
    lat, lon = 52.0 + run % 1000 * 0.001, 13.0 + run // 1000 * 0.001
    return {
        "filename": f"{shot.stem}.png",
        "channel": "playroom",
        "version": "1.0.0",
        "date": date_of(seed, run),
        "seed": seed,
        "objects": [
            {
                "id": thing.id,
                "type": thing.toy.kind,
                "modifiers": [{"name": "Color Variation", "color": thing.toy.colour}],
                "colour": thing.toy.colour,
                "volume": round(thing.toy.size[0] * thing.toy.size[1] * thing.toy.size[2], 6),
            }
            for thing in things
        ],
        "nodes": ["RandomPlacement_1", f"{camera.name}_2", "Render_3"],
        "sensor": {
            "name": camera.name,
            "resolution": [camera.width, camera.height],
            "frame": shot.frame,
            "lens_type": "PERSP",
            "focal_length": camera.focal_length,
            "camera_size": camera.camera_size,
            "look_angle": camera.look_angle,
            "azimuth": 0.0,
            "gsd_at_nadir": metres_px,
            "meters_per_pixel": metres_px,
        },
        "environment": {
            "name": "playroom",
            "lat": round(lat, 8),
            "lon": round(lon, 8),
            "bottom": round(lat - camera.height * degrees_px, 8),
            "right": round(lon + camera.width * degrees_px / 0.6, 8),
            "mimetype": "image/png",
            "image_type": "EO",
            "datetime": date_of(seed, run),
            "sun_angle": 35.0,
            "sun_azimuth": 140.0,
            "renderer": "labelmill sample",
            "cloud_cover": 0.0,
            "platform": "tripod",
            "classification": "UNCLASSIFIED",
        },
    }


def date_of(seed: int, run: int) -> str:
    """Give a run its date: no clock, one minute after the run before, on a day that follows from the seed."""
    minutes = run % (24 * 60)
    days = seed * 11 + run // (24 * 60)
    day = f"{2020 + days // 336 % 10}-{days // 28 % 12 + 1:02}-{days % 28 + 1:02}"
    return f"{day}T{minutes // 60:02}:{minutes % 60:02}:00.000000"
