"""Every variant of a dataset through every consumer; poisoned controls; trainings."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from .compare import Cell, compare
from .consumers import CONSUMERS
from .datasets import POISONS, Dataset, as_jpeg, poison
from .labels import OF_JPEG, leaks, make_labels
from .seen import Consumer, Labels
from .train import TRAININGS, Training
from .truth import TrueImage

Cells = dict[tuple[str, Consumer], Cell]
Truth = list[TrueImage]


@dataclass(frozen=True)
class Trials:
    """What trials share.

    Attributes:
        labelmill: The command to try.
        variants: Keys of ``labels.VARIANTS``.
        out: A folder for all that is made.
    """

    labelmill: str
    variants: list[str]
    out: Path

    def run(self, dataset: Dataset, truth: Truth, split: bool) -> Cells:
        """Every variant of one dataset, converted once, through every consumer that reads it."""
        cells: Cells = {}
        for variant in self.variants:
            out, source, true = self.out / "labels", dataset, truth
            if variant in OF_JPEG:
                source = as_jpeg(dataset, self.out / f"{dataset.name} as jpeg")
                true = [replace(image, name=Path(image.name).with_suffix(".jpg").name) for image in truth]
            labels, reason = make_labels(self.labelmill, source, variant, split, out)
            for consumer in (c for c in CONSUMERS if variant in c.reads):
                cells[variant, consumer] = _cell(consumer, labels, reason, true)
            shutil.rmtree(out, ignore_errors=True)
        return cells

    def controls(self, sample: Dataset, truth: Truth, cells: Cells) -> list[str]:
        """Poisons that a consumer's cell did not show, though it could have."""
        passed = []
        for number, which in enumerate(POISONS):
            poisoned = poison(sample, which, self.out / f"poisoned{number}")
            for (variant, consumer), cell in self.run(poisoned, truth, False).items():
                blind = (which == POISONS[0] and cells[variant, consumer].box is None and not consumer.masks) or (
                    which == POISONS[2] and not consumer.keeps_negatives
                )
                if not (blind or cell.refused or cell.faults):
                    passed.append(f"{variant}, {consumer.name}: {which}: not noticed")
        return passed

    def train(self, sample: Dataset) -> list[Training]:
        """All trainings on the sample; one that stops is told like the others."""
        trained = []
        for variant, train in TRAININGS.items():
            labels, reason = make_labels(self.labelmill, sample, variant, False, self.out / f"training-{variant}")
            if labels is None:
                trained.append(Training(variant, refused=f"not made: {reason}"))
                continue
            labels.scratch.mkdir()
            try:
                trained.append(train(labels))
            except Exception as error:  # whatever stops a training is its figure
                logging.exception("training on %s", variant)
                trained.append(Training(f"training on {variant}", refused=_one_line(error)))
        return trained


def _cell(consumer: Consumer, labels: Labels | None, reason: str, truth: Truth) -> Cell:
    """What one consumer makes of labels, or why nothing."""
    if not consumer.is_installed:
        return Cell(refused=f"{consumer.package} is not installed")
    if labels is None:
        return Cell(refused=f"not made: {reason}")
    labels.scratch.mkdir()
    try:
        cell = compare(consumer, truth, consumer.read(labels))
    except Exception as error:  # whatever stops a consumer is the cell's figure
        logging.exception("%s, %s", labels.folder, consumer.name)
        cell = Cell(refused=_one_line(error))
    finally:
        shutil.rmtree(labels.scratch)
    cell.faults += leaks(labels)
    return cell


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
