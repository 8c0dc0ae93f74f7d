"""The floor: lists, reads and parses (typed) the same JSON files and writes files of about the same sizes.

No checks, no classes, no numbers formatted: what is left is what any converter in Python has to pay. For SAGEMAKER_SS
it decodes each mask, looks ids up and writes a PNG, with the fastest parts known (Wuffs, OpenCV, zlib-ng).

usage: floor.py FORMAT DATA OUT [--workers N]
"""

from __future__ import annotations

import argparse
import gc
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

FIRST_READ_BYTES = 32 * 1024
# bytes of a file: (head, an object), measured on the converter's own outputs for the benchmark data
FILE_SIZES = {
    "PASCAL": (290, 262, ".xml"),
    "YOLO": (0, 39, ".txt"),
    "YOLO_SEG": (0, 290, ".txt"),
    "KITTI": (0, 115, ".txt"),
    "SAGEMAKER_OD": (2700, 66, ".json"),
}
MANIFEST_SIZES = {"PASCAL": (23, 0), "SAGEMAKER_OD": (1800, 90)}


class Box(msgspec.Struct, gc=False):
    id: int
    bbox: tuple[float, float, float, float]


class RawContours(msgspec.Struct, gc=False):
    id: int
    bbox: msgspec.Raw
    segmentation: msgspec.Raw


class Contours(msgspec.Struct, gc=False):
    id: int
    bbox: tuple[float, float, float, float]
    segmentation: list[list[float]]


class Pose(msgspec.Struct, gc=False):
    id: int
    bbox: tuple[float, float, float, float]
    truncated: bool
    obstruction: float
    centroid: tuple[float, float]
    distance: float
    size: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Object(msgspec.Struct, gc=False):
    id: int
    type: str


class Sensor(msgspec.Struct, gc=False):
    resolution: tuple[int, int]


class Metadata(msgspec.Struct, gc=False):
    sensor: Sensor
    objects: list[Object]


def annotation_decoder(entry: Any) -> Callable[[bytes], Any]:
    fields = [("filename", str), ("annotations", list[entry])]
    return msgspec.json.Decoder(msgspec.defstruct("Annotations", fields, gc=False)).decode


ENTRIES = {"COCO": RawContours, "GEOCOCO": RawContours, "YOLO_SEG": Contours, "KITTI": Pose}


def read(folder: int, name: str) -> bytes:
    descriptor = os.open(name, os.O_RDONLY, dir_fd=folder)
    data = os.read(descriptor, FIRST_READ_BYTES)
    if len(data) == FIRST_READ_BYTES:
        while more := os.read(descriptor, 1 << 20):
            data += more
    os.close(descriptor)
    return data


def write(folder: int, name: str, data: bytes) -> None:
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=folder)
    os.write(descriptor, data)
    os.close(descriptor)


def convert_texts(formats: list[str], data: Path, out: Path, names: list[str], worker: int) -> None:
    annotations = os.open(data / "annotations", os.O_RDONLY)
    metadata = os.open(data / "metadata", os.O_RDONLY)
    images = os.open(data / "images", os.O_RDONLY)
    entry = Contours if "YOLO_SEG" in formats else ENTRIES.get(formats[0], Box) if len(formats) == 1 else RawContours
    decode_annotations = annotation_decoder(entry)
    decode_metadata = msgspec.json.Decoder(Metadata).decode
    folders = {f: os.open(out / f, os.O_RDONLY) for f in formats}
    whole = dict.fromkeys(formats, 0)
    for name in names:
        stem = name[: -len("-ana.json")]
        text = read(annotations, name)
        objects = len(decode_annotations(text).annotations)
        decode_metadata(read(metadata, stem + "-metadata.json"))
        for f in formats:
            if f in FILE_SIZES:
                head, each, suffix = FILE_SIZES[f]
                write(folders[f], stem + suffix, b"x" * (head + each * objects))
                head, each = MANIFEST_SIZES.get(f, (0, 0))
                whole[f] += head + each * objects
            else:
                whole[f] += len(text)
                if f == "GEOCOCO":
                    read(images, stem + ".png")
    for f, size in whole.items():
        if size:
            write(folders[f], f"part{worker}", b"x" * size)


def convert_masks(data: Path, out: Path, names: list[str]) -> None:
    import cv2
    import numpy as np
    from pywuffs import ImageDecoderType, PixelFormat
    from pywuffs.aux import ImageDecoder, ImageDecoderConfig
    from zlib_ng import zlib_ng

    cv2.setNumThreads(1)
    config = ImageDecoderConfig()
    config.enabled_decoders = [ImageDecoderType.PNG]
    config.pixel_format = PixelFormat.Y_16LE
    decoder = ImageDecoder(config)
    metadata, masks = os.open(data / "metadata", os.O_RDONLY), os.open(data / "masks", os.O_RDONLY)
    folder = os.open(out / "SAGEMAKER_SS", os.O_RDONLY)
    decode_metadata = msgspec.json.Decoder(Metadata).decode
    table = np.zeros(65536, np.uint8)
    palette = bytes(768)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib_ng.crc32(kind + body))

    for name in names:
        stem = name[: -len("-ana.json")]
        for item in decode_metadata(read(metadata, stem + "-metadata.json")).objects:
            table[item.id] = item.id % 80 + 1
        ids = np.asarray(decoder.decode(read(masks, stem + ".png")).pixbuf).view(np.uint16).squeeze()
        labels = cv2.LUT(ids, table)
        height, width = labels.shape
        rows = np.empty((height, width + 1), np.uint8)
        rows[:, 0], rows[0, 1:] = 2, labels[0]
        np.subtract(labels[1:], labels[:-1], out=rows[1:, 1:])
        packer = zlib_ng.compressobj(1, zlib_ng.DEFLATED, 15, 8, zlib_ng.Z_RLE)
        packed = packer.compress(rows) + packer.flush()
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        body = header + chunk(b"PLTE", palette) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
        write(folder, stem + ".png", b"\x89PNG\r\n\x1a\n" + body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("format")
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    gc.disable()
    formats = options.format.split(",")
    for f in formats:
        (options.out / f).mkdir(parents=True)
    names = sorted(os.listdir(options.data / "annotations"))  # noqa: PTH208
    children = []
    for worker in range(options.workers):
        mine = names[len(names) * worker // options.workers : len(names) * (worker + 1) // options.workers]
        child = os.fork()
        if child == 0:
            if formats == ["SAGEMAKER_SS"]:
                convert_masks(options.data, options.out, mine)
            else:
                convert_texts(formats, options.data, options.out, mine, worker)
            os._exit(0)
        children.append(child)
    sys.exit(any(os.waitpid(child, 0)[1] for child in children))


if __name__ == "__main__":
    main()
