"""KITTI object labels. Specification: the object development kit's readme (cvlibs.net/datasets/kitti), 15 columns.

How ambiguities were read: boxes are 0-based and inclusive; unknown is the devkit's own unknown (-1, -1000, -10), never
0; a level camera is assumed for the location; ``calib`` has a file for each image whose camera is known, all four
cameras the same and identities for the sensors that there are not; ignored objects are ``DontCare`` and stand last, as
in the kit's own files, whose readers count on it; with splits, ``ImageSets/<split>.txt`` lists the stems.

Tried with: torchvision 0.29 (``Kitti``, the output as its ``Kitti/raw/training``), datumaro 1.13 (``kitti_detection``),
labelformat 0.1.17.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import atan2, inf, isfinite, remainder, tau

from labelmill.convert.batch import Batch
from labelmill.errors import FormatError
from labelmill.formats.base import Context, FormatSpec, FormatWriter, Output, Part, Parts, refuse_control_characters
from labelmill.model import Attributes, Sample
from labelmill.source.reader import Needs

UNKNOWN_LOCATION = (-1000.0, -1000.0, -1000.0)
UNKNOWN_DIMENSIONS = (-1.0, -1.0, -1.0)
UNKNOWN_ANGLE = -10.0
POSE = b"%.4f %.4f %.4f %.4f %.4f %.4f %.4f\n"
UNKNOWN_POSE = (UNKNOWN_ANGLE, POSE % (*UNKNOWN_DIMENSIONS, *UNKNOWN_LOCATION, UNKNOWN_ANGLE))
DONT_CARE = b"DontCare -1 -1 -10 %.2f %.2f %.2f %.2f -1 -1 -1 -1000 -1000 -1000 -10\n"
NO_CAMERA = "images without a known camera: no calib, labels in 2-D alone"
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
UNMOVED = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
FIELDS = frozenset({"truncated", "obstruction", "centroid", "distance", "size", "rotation"})


class KittiWriter(FormatWriter):
    """One line an object: ``type truncated occluded alpha left top right bottom h w l x y z ry``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._types = [kitti_type(category.name).encode() for category in context.categories]

    @classmethod
    def check(cls, context: Context) -> None:
        """Class names have to stay different when white space turns to ``_``."""
        refuse_control_characters("KITTI", context.categories)
        seen: dict[str, str] = {}
        for category in context.categories:
            other = seen.setdefault(kitti_type(category.name), category.name)
            if other != category.name:
                raise FormatError(
                    f"KITTI: the class names {other!r} and {category.name!r} are both written {kitti_type(other)!r}; "
                    "expected names that differ in more than white space; rename one"
                )

    def write(self, batch: Batch, part: Part) -> None:
        """One label file an image, and one of its camera."""
        types = self._types
        unknown = 0
        for sample in batch.samples:
            focal = focal_length_px(sample)
            lines = []
            ignored = []
            for i in sample.instances:
                if i.ignored:
                    ignored.append(DONT_CARE % (i.x0, i.y0, i.x1 - 1.0, i.y1 - 1.0))
                    continue
                a = i.attributes
                known = a.size is not None or a.rotation is not None
                alpha, rest = _pose(a, sample, focal) if known else UNKNOWN_POSE
                lines.append(
                    b"%b %d %d %.2f %.2f %.2f %.2f %.2f %b"
                    % (
                        types[i.category], bool(a.truncated), occluded(a.obstruction), alpha,
                        i.x0, i.y0, i.x1 - 1.0, i.y1 - 1.0, rest,
                    )
                )  # fmt: skip
            if ignored:
                lines += ignored
            part.put("label_2", f"{sample.stem}.txt", b"".join(lines))
            if focal is None:
                unknown += 1
            else:
                part.put("calib", f"{sample.stem}.txt", calibration(focal, sample.width, sample.height))
            if self.context.splits is not None:
                part.line(sample.split, f"{sample.stem}\n".encode())
        self.lose("camera-unknown", NO_CAMERA, unknown)

    @classmethod
    def join(cls, context: Context, parts: Parts, output: Output) -> None:
        """The image sets of the splits."""
        for split in context.splits.names if context.splits else ():
            output.write(f"ImageSets/{split}.txt", parts.stream(split))


def _pose(a: Attributes, sample: Sample, focal: float | None) -> tuple[float, bytes]:
    """Alpha, and the columns behind the box: dimensions, location, rotation about y."""
    size = a.size
    dimensions = (size[2], size[1], size[0]) if size is not None else UNKNOWN_DIMENSIONS
    location = UNKNOWN_LOCATION
    if focal is not None and size is not None and a.centroid is not None and a.distance is not None:
        v, u = a.centroid
        z = a.distance
        x, y = (u - sample.width / 2) * z / focal, (v - sample.height / 2) * z / focal + size[2] / 2
        if isfinite(x) and isfinite(y) and isfinite(z):
            location = (x, y, z)
    yaw = a.rotation[2] if a.rotation is not None else None
    ry = alpha = UNKNOWN_ANGLE
    if yaw is not None:
        ry = remainder(yaw, tau)  # wrapped to [-pi, pi]
        if location is not UNKNOWN_LOCATION:
            alpha = remainder(ry - atan2(location[0], location[2]), tau)
    return alpha, POSE % (*dimensions, *location, ry)


def kitti_type(name: str) -> str:
    """A class name as one column: each run of white space turns to ``_``."""
    return re.sub(r"\s", "_", name)


def occluded(obstruction: float | None) -> int:
    """KITTI's occlusion level: 0 visible, 1 partly, 2 largely, 3 unknown."""
    if obstruction is None:
        return 3
    if obstruction <= 0.0:
        return 0
    return 1 if obstruction < 0.5 else 2


def focal_length_px(sample: Sample) -> float | None:
    """Focal length in pixels, above 0 and finite; ``None`` when the camera is unknown or orthographic."""
    sensor = sample.sensor
    if sensor is None or not sensor.focal_length or not sensor.camera_size:
        return None
    if sensor.focal_length < 0 or sensor.camera_size < 0 or (sensor.lens_type or "").lower().startswith("ortho"):
        return None
    focal = sensor.focal_length * sample.width / sensor.camera_size
    return focal if 0.0 < focal < inf else None


@lru_cache(maxsize=64)
def calibration(focal: float, width: int, height: int) -> bytes:
    """A file of ``calib``.

    Args:
        focal: Focal length, pixels.
        width: Of the image, pixels.
        height: The same.

    Returns:
        Seven named matrices, row by row. Points in front of the camera, metres, x to the right and y down, go through
        ``P2`` to columns and rows as the boxes have them, so that the principal point is half the image's size.
    """
    projection = (focal, 0.0, width / 2, 0.0, 0.0, focal, height / 2, 0.0, 0.0, 0.0, 1.0, 0.0)
    matrices = {
        "P0": projection, "P1": projection, "P2": projection, "P3": projection,
        "R0_rect": IDENTITY, "Tr_velo_to_cam": UNMOVED, "Tr_imu_to_velo": UNMOVED,
    }  # fmt: skip
    lines = [f"{name}: {' '.join(f'{value:.12e}' for value in values)}\n" for name, values in matrices.items()]
    return "".join(lines).encode()


SPEC = FormatSpec(
    id="KITTI",
    title="KITTI",
    task="object detection, in 3-D where the camera is known",
    files=("label_2/<stem>.txt", "calib/<stem>.txt"),
    needs=Needs(fields=FIELDS),
    writer=KittiWriter,
    image_folder="image_2",
    label_suffix=".txt",
    keeps_ignored=True,
)
