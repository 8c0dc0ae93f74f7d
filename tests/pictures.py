"""`make pictures`: the README's pictures, made from a generated dataset."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

PICTURES = Path(__file__).parent / "pictures"
IMAGES = ("0000000000-0-RGBCamera", "0000000000-250-Panacam")
GAP_PX = 8


def labelmill(*arguments: object) -> None:
    """Run the command."""
    subprocess.run([sys.executable, "-m", "labelmill", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def side_by_side(files: list[Path], height: int) -> Image.Image:
    """Pictures in a row, scaled to one height in pixels, on white."""
    pictures = [Image.open(file).convert("RGB") for file in files]
    scaled = [p.resize((round(p.width * height / p.height), height), Image.Resampling.LANCZOS) for p in pictures]
    row = Image.new("RGB", (sum(p.width for p in scaled) + GAP_PX * (len(scaled) - 1), height), "white")
    x = 0
    for picture in scaled:
        row.paste(picture, (x, 0))
        x += picture.width + GAP_PX
    return row


def main() -> None:
    """Write ``preview.png``: labels drawn on two images, and the segmentation classes of the second."""
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "data", Path(folder) / "out"
        labelmill("sample", data, "--images", 6)
        labelmill("preview", data, *IMAGES, "--map", data / "map.yml", "--out", out)
        labelmill("convert", data, "--map", data / "map.yml", "--format", "sagemaker_ss", "--out", out)
        classes = out / "sagemaker_ss" / "train_annotation" / f"{IMAGES[1]}.png"
        row = side_by_side([*(out / f"{name}.png" for name in IMAGES), classes], 320)
        row.quantize(200, dither=Image.Dither.NONE).save(PICTURES / "preview.png", optimize=True)


if __name__ == "__main__":
    main()
