"""`make bench`: labelmill against the floor and its peers, ratios from one run on one machine.

Whole processes, one warm-up, medians; output on a memory disk where there is one, as creating files on a disk hides
every difference. Peers get environments of their own below ``out/bench``. ``--only`` measures some groups.
"""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
OUT = Path("out/bench").resolve()
PEERS = {
    "anatools": ["anatools==6.1.2"],
    "labelformat": ["labelformat==0.1.17"],
    "panlabel": ["panlabel==0.7.0"],
    "floor": ["msgspec", "numpy", "opencv-python-headless", "pywuffs", "zlib-ng"],
}
TEXTS = ["PASCAL", "YOLO", "KITTI", "SAGEMAKER_OD", "CLASSIFICATION", "YOLO_SEG", "COCO", "GEOCOCO"]
ANATOOLS = """
import os, sys
from anatools.annotations import annotations
os.makedirs(sys.argv[3])
getattr(annotations(), sys.argv[1])(sys.argv[2], sys.argv[3], *sys.argv[4:])
"""
Figures = dict[str, float]


def python_of(peer: str) -> Path:
    """A peer's interpreter; makes its environment once."""
    folder = OUT / "venvs" / peer
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", *PEERS[peer]], check=True)
        (folder / "ready").touch()
    return folder / "bin/python"


def data_of(name: str, *arguments: object) -> Path:
    """Benchmark data; made once."""
    folder = OUT / "data" / name
    if not folder.exists():
        aside = folder.with_name(folder.name + ".part")
        shutil.rmtree(aside, ignore_errors=True)
        subprocess.run([sys.executable, HERE / "make_data.py", aside, *map(str, arguments)], check=True)
        aside.rename(folder)
    return folder


def measure(commands: dict[str, Callable[[Path], list[object]]], runs: int) -> dict[str, Figures]:
    """Time several commands in turn, A B A B ..., each on a fresh output folder."""
    base = Path("/dev/shm" if Path("/dev/shm").is_dir() else OUT) / f"labelmill-bench-{os.getpid()}"
    rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    try:
        for turn in range(runs + 1):
            for name, command in commands.items():
                base.mkdir()
                start = time.monotonic()
                process = subprocess.Popen(
                    [str(part) for part in command(base / "o")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
                )
                errors = process.stderr.read() if process.stderr else b""
                _, status, usage = os.wait4(process.pid, 0)
                wall = time.monotonic() - start
                shutil.rmtree(base)
                if status:
                    raise SystemExit(f"{name} failed: {errors.decode()[-2000:]}")
                if turn:  # the first is the warm-up
                    rows[name].append((wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
    finally:
        shutil.rmtree(base, ignore_errors=True)
    return {
        name: dict(zip(("wall", "cpu", "peak"), (statistics.median(c) for c in zip(*taken, strict=True)), strict=True))
        for name, taken in rows.items()
    }


def labelmill(data: Path, formats: str, *more: object, mapped: bool = True) -> Callable[[Path], list[object]]:
    """A conversion by labelmill."""
    chosen = [part for f in formats.split(",") for part in ("--format", f)]
    chosen += ["--map", data / "map.yml"] if mapped else []  # type: ignore[list-item]
    return lambda out: [sys.executable, "-m", "labelmill", "convert", data / "ana", *chosen, "--out", out, *more]


def floor(data: Path, formats: str) -> Callable[[Path], list[object]]:
    """The floor for the same."""
    return lambda out: [python_of("floor"), HERE / "floor.py", formats, data / "ana", out]


def show(title: str, images: int, figures: dict[str, Figures], ratio_of: str) -> None:
    """Print a group: rates, and labelmill's rate as a multiple of each."""
    print(f"\n{title}")
    ours = images / figures[ratio_of]["wall"]
    for name, f in figures.items():
        rate = images / f["wall"]
        ratio = "" if name == ratio_of else f"   labelmill is {ours / rate:.2f} x"
        print(
            f"  {name:34s} {rate:9,.0f} images/s  {f['cpu'] / images * 1e6:7.1f} us CPU  {f['peak']:5.0f} MiB{ratio}",
            flush=True,
        )


def against_floor(data: Path, images: int, runs: int, label: str) -> None:
    """Each text format alone, and all in one pass."""
    for f in [*TEXTS, ",".join(TEXTS)]:
        name = f if "," not in f else "all text formats in one pass"
        figures = measure({"labelmill": labelmill(data, f), "floor": floor(data, f)}, runs)
        show(f"{name}, {label}", images, figures, "labelmill")


def against_peers(data: Path, images: int, runs: int) -> None:
    """The same content in COCO, which the peers read."""
    coco = data / "coco" / "instances.json"
    panlabel = [python_of("panlabel").with_name("panlabel"), "convert", "--allow-lossy", "-f", "coco", "-i", coco]
    labelformat = [python_of("labelformat").with_name("labelformat"), "convert", "--task", "object-detection"]
    labelformat += ["--input-format", "coco", "--input-file", coco, "--output-format"]
    cases = {
        "YOLO": ("yolo", ["yolov8", "--output-split", "train"], "--output-file"),
        "PASCAL": ("voc", ["pascalvoc"], "--output-folder"),
        "KITTI": ("kitti", ["kitti"], "--output-folder"),
    }
    for f, (pan, form, target) in cases.items():
        leaf = "data.yaml" if target == "--output-file" else "labels"
        figures = measure(
            {
                "labelmill, ana ->": labelmill(data, f),
                "panlabel 0.7.0, COCO ->": lambda out, pan=pan: [*panlabel, "-t", pan, "-o", out],
                "labelformat 0.1.17, COCO ->": lambda out, form=form, target=target, leaf=leaf: [
                    *labelformat, *form, target, out / leaf,
                ],
            },
            runs,
        )  # fmt: skip
        show(f"{f}, against converters from COCO", images, figures, "labelmill, ana ->")


def against_vendor(data: Path, images: int, runs: int, *, mapped: bool, cases: dict[str, str]) -> None:
    """The vendor's converters on the same dataset."""
    for f, task in cases.items():
        more = [data / "map.yml"] if mapped else []
        figures = measure(
            {
                "labelmill": labelmill(data, f, mapped=mapped),
                "anatools 6.1.2": lambda out, task=task, more=more: [
                    python_of("anatools"), "-c", ANATOOLS, task, data / "ana", out, *more,
                ],
            },
            runs,
        )  # fmt: skip
        label = "the 80-class map" if mapped else "no map"
        show(f"{f}, against the vendor, {label}", images, figures, "labelmill")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=["floor", "dense", "masks", "peers", "vendor", "memory"])
    options = parser.parse_args()
    images, runs = options.images, options.runs
    wanted = set(options.only or ["floor", "dense", "masks", "peers", "vendor", "memory"])
    processors = len(os.sched_getaffinity(0))
    # As pip leaves an installed package; a shell that forbids bytecode would time the compiler.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(HERE.parents[1] / "layers/core/python", quiet=1)
    print(f"{images:,} images, medians of {runs} runs, {processors} processors, Python {sys.version.split()[0]}")
    sparse = data_of(f"sparse-{images}", "--images", images, "--masks")
    if "floor" in wanted:
        against_floor(sparse, images, runs, "sparse contours")
    if "dense" in wanted:
        against_floor(data_of(f"dense-{images}", "--images", images, "--dense"), images, runs, "dense contours")
    if "masks" in wanted:
        figures = measure(
            {"labelmill": labelmill(sparse, "SAGEMAKER_SS"), "floor": floor(sparse, "SAGEMAKER_SS")}, runs
        )
        show("SAGEMAKER_SS, from 16-bit masks", images, figures, "labelmill")
    if "peers" in wanted:
        against_peers(sparse, images, runs)
    if "vendor" in wanted:
        text = {"YOLO": "dump_yolo", "PASCAL": "dump_pascal", "KITTI": "dump_kitti", "COCO": "dump_coco"}
        against_vendor(sparse, images, runs, mapped=False, cases={**text, "SAGEMAKER_OD": "dump_sagemaker_od"})
        against_vendor(sparse, images, 1, mapped=True, cases={"YOLO": "dump_yolo", "COCO": "dump_coco"})
    if "memory" in wanted:
        many = data_of(f"sparse-{10 * images}", "--images", 10 * images)
        figures = measure({"labelmill": labelmill(many, "COCO,YOLO")}, 1)
        show(
            f"COCO and YOLO, {10 * images:,} images: peak memory of the largest process",
            10 * images,
            figures,
            "labelmill",
        )


if __name__ == "__main__":
    main()
