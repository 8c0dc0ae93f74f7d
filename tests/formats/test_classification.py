"""Classification, by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import zoo

from labelmill.convert.report import Report

Output = Callable[[str], tuple[Path, Report]]


def read(out: Path) -> dict[str, list[str]]:
    tree: dict[str, list[str]] = json.loads((out / "classification/classification.json").read_bytes())
    return tree


def test_every_class_with_its_images(zoo_output: Output) -> None:
    assert read(zoo_output("several_sizes")[0]) == {
        "Cube": ["a.png", "b.jpg", "c.png", "d.png"],
        "Big Ball": ["a.png", "b.jpg", "d.png"],
        "R&D <1>": [],
    }
    assert list(read(zoo_output("several_sizes")[0])) == zoo.CLASS_NAMES
    assert read(zoo_output("specks")[0])["Cube"] == ["0.png", "1.png", "10.png", "2.png"]


def test_an_image_is_listed_once_under_each_class(zoo_output: Output) -> None:
    assert read(zoo_output("borders")[0]) == {
        "Cube": ["a.png", "full.png"],
        "Big Ball": ["a.png"],
        "R&D <1>": ["a.png"],
    }


def test_negatives_and_empty_datasets(zoo_output: Output) -> None:
    for animal in ("empty", "nothing_visible"):
        assert read(zoo_output(animal)[0]) == {"Cube": [], "Big Ball": [], "R&D <1>": []}


def test_names_of_any_characters(zoo_output: Output) -> None:
    shown = read(zoo_output("odd_names")[0])
    assert shown["Cube"] == shown["Big Ball"] == sorted(f"{stem}.png" for stem in zoo.ODD_STEMS)
