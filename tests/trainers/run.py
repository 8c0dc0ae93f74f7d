"""``make trainers``: labels of every format through every consumer, a table, poisoned controls, trainings.

Exit code 1: a cell fails, a poisoned control passes, or a training learns nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from .compare import Cell, compare
from .consumers import CONSUMERS
from .labels import POISONS, VARIANTS, Dataset, find_datasets, make_labels, make_sample, poison
from .seen import Consumer, Labels
from .table import Row, table
from .train import TRAININGS, Training
from .truth import TrueImage, read_truth

Cells = dict[tuple[str, Consumer], Cell]
Truth = list[TrueImage]


def main() -> int:
    """Run what is asked for."""
    options = _options()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    sample = make_sample(options.labelmill, options.out / "sample")
    datasets = [sample, *(find_datasets(options.samples) if options.samples else [])]
    truths = {one.name: read_truth(one.folder, one.map_file) for one in datasets}
    wanted = [v for v in VARIANTS if not options.only or any(only.lower() in v.lower() for only in options.only)]
    cells: Cells = {}
    with _quiet(options.out / "consumers.log"):
        for one in datasets:
            for split in (False, True):
                for key, cell in _try(options, one, truths[one.name], wanted, split).items():
                    cells.setdefault(key, Cell()).add(cell)
        passed = _controls(options, sample, truths["sample"], wanted, cells)
        trained = [] if options.only else _train(options, sample)
    return _report(options, datasets, cells, passed, trained)


def _try(options: argparse.Namespace, dataset: Dataset, truth: Truth, wanted: list[str], split: bool) -> Cells:
    """Every variant of one dataset, converted once, through every consumer that reads it."""
    cells: Cells = {}
    for variant in wanted:
        out = options.out / "labels"
        labels, reason = make_labels(options.labelmill, dataset, variant, split, out)
        for consumer in (c for c in CONSUMERS if variant in c.reads):
            cells[variant, consumer] = _cell(consumer, labels, reason, truth)
        shutil.rmtree(out, ignore_errors=True)
    return cells


def _cell(consumer: Consumer, labels: Labels | None, reason: str, truth: Truth) -> Cell:
    """What one consumer makes of labels, or why nothing."""
    if not consumer.is_installed:
        return Cell(refused=f"{consumer.package} is not installed")
    if labels is None:
        return Cell(refused=f"not made: {reason}")
    labels.scratch.mkdir()
    try:
        return compare(consumer, truth, consumer.read(labels))
    except Exception as error:  # whatever stops a consumer is the cell's figure
        logging.exception("%s, %s", labels.folder, consumer.name)
        return Cell(refused=_one_line(error))
    finally:
        shutil.rmtree(labels.scratch)


def _controls(options: argparse.Namespace, sample: Dataset, truth: Truth, wanted: list[str], cells: Cells) -> list[str]:
    """Poisons that a consumer's cell did not show, though it could have."""
    passed = []
    for number, which in enumerate(POISONS):
        poisoned = poison(sample, which, options.out / f"poisoned{number}")
        for (variant, consumer), cell in _try(options, poisoned, truth, wanted, False).items():
            blind = (which == POISONS[0] and cells[variant, consumer].box is None and not consumer.masks) or (
                which == POISONS[2] and not consumer.keeps_negatives
            )
            if not (blind or cell.refused or cell.faults):
                passed.append(f"{variant}, {consumer.name}: {which}: not noticed")
    return passed


def _train(options: argparse.Namespace, sample: Dataset) -> list[Training]:
    """All trainings on the sample; one that stops is told like the others."""
    trained = []
    for variant, train in TRAININGS.items():
        labels, reason = make_labels(options.labelmill, sample, variant, False, options.out / f"training-{variant}")
        if labels is None:
            trained.append(Training(variant, refused=f"not made: {reason}"))
            continue
        labels.scratch.mkdir()
        try:
            trained.append(train(labels))
        except Exception as error:  # as above
            logging.exception("training on %s", variant)
            trained.append(Training(f"training on {variant}", refused=_one_line(error)))
    return trained


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"


def _report(
    options: argparse.Namespace, datasets: list[Dataset], cells: Cells, passed: list[str], trained: list[Training]
) -> int:
    rows: list[Row] = [(variant, consumer.title, cell, consumer.note) for (variant, consumer), cell in cells.items()]
    failed = [
        cell
        for (_, consumer), cell in cells.items()
        if (cell.faults or cell.refused) and (consumer.is_installed or not consumer.optional)
    ]
    lines = [
        f"{time.strftime('%Y-%m-%d')}: {', '.join(one.name for one in datasets)}; each undivided and split.",
        "",
        table(rows),
        "",
        f"{len(rows) - len(failed)} of {len(rows)} rows are right. Poisoned controls not noticed: {len(passed)}.",
        *passed,
        *(training.line() for training in trained),
    ]
    (options.out / "table.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    return 1 if failed or passed or not all(training.has_learnt for training in trained) else 0


@contextlib.contextmanager
def _quiet(log: Path) -> Iterator[None]:
    """What consumers print goes to a file."""
    warnings.simplefilter("ignore")
    with log.open("w") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        logging.basicConfig(stream=file, level=logging.WARNING, force=True)
        yield


def _options() -> argparse.Namespace:
    samples = os.environ.get("LABELMILL_SAMPLES")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labelmill", default=os.environ.get("LABELMILL", "labelmill"), help="the command to try")
    parser.add_argument("--samples", type=Path, default=samples and Path(samples), help="folders X beside X-map.yml")
    parser.add_argument("--only", action="append", help="formats with this in their name, no training; repeatable")
    parser.add_argument("--out", type=Path, default=Path("out/trainers"))
    options = parser.parse_args()
    options.out = options.out.resolve()
    options.samples = options.samples and options.samples.resolve()
    return options


if __name__ == "__main__":
    sys.exit(main())
