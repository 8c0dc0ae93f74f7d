"""``make trainers``: labels of every format through every consumer, a table, poisoned controls, trainings.

Exit code 1: a row fails, a poisoned control passes, or a training learns nothing.
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
from functools import partial
from pathlib import Path

from .compare import Cell
from .datasets import Dataset, make_datasets
from .labels import VARIANTS, labelmill
from .table import table
from .train import Training
from .trials import Cells, Trials
from .truth import read_truth


def main() -> int:
    """Run what is asked for."""
    options = _options()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    variants = [v for v in VARIANTS if not options.only or any(only.lower() in v.lower() for only in options.only)]
    trials = Trials(options.labelmill, variants, options.out)
    datasets = make_datasets(partial(labelmill, options.labelmill), options.out, options.samples)
    sample = datasets[0]
    cells: Cells = {}
    with _quiet(options.out / "consumers.log"):
        for one in datasets:
            truth = read_truth(one.folder, one.map_file)
            for split in (False, True):
                for key, cell in trials.run(one, truth, split).items():
                    cells.setdefault(key, Cell()).add(cell)
        passed = trials.controls(sample, read_truth(sample.folder, sample.map_file), cells)
        trained = [] if options.only else trials.train(sample)
    return _report(options.out / "table.md", datasets, cells, passed, trained)


def _report(file: Path, datasets: list[Dataset], cells: Cells, passed: list[str], trained: list[Training]) -> int:
    """Print and write all, and judge it."""
    failed = [
        cell
        for (_, consumer), cell in cells.items()
        if (cell.faults or cell.refused) and (consumer.is_installed or not consumer.optional)
    ]
    lines = [
        f"{time.strftime('%Y-%m-%d')}: {'; '.join(one.name for one in datasets)}; each undivided and split.",
        "",
        table([(variant, consumer.title, cell, consumer.note) for (variant, consumer), cell in cells.items()]),
        "",
        f"{len(cells) - len(failed)} of {len(cells)} rows are right. Poisoned controls not noticed: {len(passed)}.",
        *passed,
        *(training.line() for training in trained),
    ]
    file.write_text("\n".join(lines) + "\n")
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
