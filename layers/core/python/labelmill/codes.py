"""Stable names of everything that reports count beside images and objects: sentences may be reworded, these stay."""

from __future__ import annotations

from typing import Literal

Code = Literal[
    # Of the dataset's files.
    "dataset-empty",
    "file-twice",
    "file-unknown",
    "image-alone",
    "image-missing",
    "image-unreadable",
    "mask-unusable",
    "size-exceeded",
    # Of what stands in them.
    "field-shape",
    "filename-unusable",
    "entry-id-twice",
    "object-id-missing",
    "object-id-twice",
    # Objects that are in no output.
    "entries-lost",
    "no-entry",
    "no-object",
    "no-box",
    "box-outside",
    "left-out-hidden",
    # Of the division into splits.
    "split-few-groups",
    "split-empty",
    "split-share",
    "split-runs",
    "group-unknown",
    "run-unknown",
    # Of one format's trainers.
    "image-becomes-negative",
    "image-kind",
    "image-negative",
    "set-name",
    "set-unknown",
    "channel-empty",
    "train-empty",
    "val-is-train",
    "set-unnamed",
    # What a format could not hold.
    "ignored-lost",
    "no-contours",
    "no-segmentation",
    "no-pixels",
    "no-mask-pixels",
    "header-unreadable",
    "size-differs",
    "camera-unknown",
    # Of the map.
    "rule-constant",
    "filter-constant",
    "rule-failed",
    "filter-failed",
    "rule-conflict",
    "rule-conflicts",
]
