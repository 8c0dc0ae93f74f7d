"""A pinhole camera that looks into the playroom.

World frame: metres, x to the right, y away from the camera, z up, floor at z = 0. Image frame: pixels,
origin at the outer corner of the top-left pixel, u to the right, v down.
"""

from __future__ import annotations

from typing import NamedTuple

Point = tuple[float, float, float]


class Camera(NamedTuple):
    """One sensor and where it stands.

    Attributes:
        name: Sensor name as it appears in file names.
        width: Columns, pixels.
        height: Rows, pixels.
        focal_length: Millimetres.
        camera_size: Width of the sensor chip, millimetres.
        place: Position in the world, metres.
        sin_down: Sine of the angle by which it looks down.
        cos_down: Cosine of it; both from a Pythagorean triple, so that no sine is computed.
        look_angle: That angle, degrees, for the metadata.
    """

    name: str
    width: int
    height: int
    focal_length: float
    camera_size: float
    place: Point
    sin_down: float
    cos_down: float
    look_angle: float

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return self.focal_length * self.width / self.camera_size

    def to_camera(self, point: Point) -> Point:
        """Turn a world point into camera coordinates: metres right, down and along the optical axis."""
        x, y, z = point[0] - self.place[0], point[1] - self.place[1], point[2] - self.place[2]
        return x, -y * self.sin_down - z * self.cos_down, y * self.cos_down - z * self.sin_down

    def project(self, point: Point) -> Point:
        """Project a world point: pixels u and v (continuous), and the depth in metres (above 0.01)."""
        right, down, depth = self.to_camera(point)
        scale = self.focal_px / (depth if depth > 0.01 else 0.01)
        return self.width / 2 + right * scale, self.height / 2 + down * scale, depth

    def ray(self, u: float, v: float) -> Point:
        """Give the world direction of the ray through a pixel, with length 1 along the optical axis."""
        right, down = (u - self.width / 2) / self.focal_px, (v - self.height / 2) / self.focal_px
        return right, self.cos_down - down * self.sin_down, -self.sin_down - down * self.cos_down


CAMERAS = (
    Camera("RGBCamera", 512, 384, 35.0, 36.0, (0.0, 0.0, 1.7), 0.28, 0.96, 16.260205),
    Camera("Panacam", 640, 256, 20.0, 36.0, (0.4, 0.3, 2.3), 0.28, 0.96, 16.260205),
)
