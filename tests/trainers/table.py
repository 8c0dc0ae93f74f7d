"""The table, in Markdown."""

from __future__ import annotations

import numpy as np

from .compare import Cell

HEAD = ("format", "consumer", "loads", "images", "objects", "negatives", "classes", "box, px", "IoU mean", "least", "")
Row = tuple[str, str, Cell, str]  # format, consumer, figures, note


def table(rows: list[Row]) -> str:
    """Aligned, so that a terminal shows it as well as a page."""
    lines = [HEAD, *(_texts(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEAD))]
    texts = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    return "\n".join([texts[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *texts[1:]])


def _texts(row: Row) -> tuple[str, ...]:
    variant, consumer, cell, note = row
    if cell.refused and not cell.images[0]:
        return (variant, consumer, "no", *[""] * 7, cell.refused)
    counts = (f"{seen}/{true}" for seen, true in (cell.images, cell.objects, cell.negatives, cell.classes))
    box = "" if cell.box is None else f"{cell.box:.2f}"
    mean, least = (f"{np.mean(cell.ious):.4f}", f"{min(cell.ious):.4f}") if cell.ious else ("", "")
    verdict = "; ".join(dict.fromkeys(cell.faults))
    loads = "some" if cell.refused else "yes"
    return (variant, consumer, loads, *counts, box, mean, least, "; ".join(filter(None, (cell.refused, verdict, note))))
