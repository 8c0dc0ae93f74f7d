"""`make demo`: makes a dataset, converts it into every format, draws previews, says what to do next."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

IMAGES = "24"


def labelmill(*arguments: object) -> None:
    """Run the command as a user would."""
    shown = " ".join(map(str, arguments))
    print(f"\n$ labelmill {shown}", flush=True)
    subprocess.run([sys.executable, "-m", "labelmill", *map(str, arguments)], check=True)


def main(out: Path) -> None:
    """Run the main job end to end."""
    dataset = out / "dataset"
    if out.exists():
        shutil.rmtree(out)  # a demo before this one
    labelmill("sample", dataset, "--images", IMAGES)
    labelmill("map", "explain", dataset / "map.yml", dataset)
    labelmill("convert", dataset, "--map", dataset / "map.yml", "--format", "all", "--images", "--out", out / "labels")
    labelmill("preview", dataset, "--map", dataset / "map.yml", "--out", out / "previews")
    command = Path(sys.executable).with_name("labelmill")
    print(
        f"""
Done. Look at
  {out}/previews/   images with their labels drawn on them
  {out}/labels/     one folder a format, images beside the labels
  {out}/dataset/    the dataset, and map.yml, the annotation map that was used

Next, with a dataset of your own (a folder, .zip, .tar or .tar.gz):
  {command} inspect DATASET
  {command} convert DATASET --format coco --format yolo --map MAP --out labels"""
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
