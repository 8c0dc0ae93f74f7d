"""The style sheet's colours have the contrasts of WCAG 2.2 AA, light and dark: 4.5 for text, 3 for what is drawn."""

from __future__ import annotations

import re

import pytest
from infra.components.console import WEB

TOKENS = (WEB / "src" / "style" / "tokens.css").read_text()
GROUNDS = ("ground", "surface", "raised", "hover", "selected")
TEXTS = [("text", ground) for ground in (*GROUNDS, "bad-ground", "info-ground")]
TEXTS += [(text, ground) for text in ("quiet", "accent", "bad", "running", "good") for ground in GROUNDS]
TEXTS += [("on-accent", "accent-fill"), ("on-accent", "accent-fill-hover"), ("on-accent", "bad-fill")]
TEXTS += [("bad", "bad-ground"), ("quiet", "bad-ground")]
DRAWN = [
    (name, ground) for name in ("control-line", "chart", "chart-quiet", "focus") for ground in ("surface", "raised")
]


def colour(name: str, dark: bool) -> tuple[float, float, float]:
    found = re.search(rf"--{name}: (?:light-dark\((#\w+), (#\w+)\)|(#\w+));", TOKENS)
    assert found, name
    written = found[3] or found[2 if dark else 1]
    assert len(written) == 7, f"{name}: {written}"
    red, green, blue = (int(written[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def luminance(rgb: tuple[float, float, float]) -> float:
    """Relative luminance as WCAG defines it."""
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str, dark: bool) -> float:
    low, high = sorted((luminance(colour(one, dark)), luminance(colour(other, dark))))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_texts_can_be_read(dark: bool) -> None:
    assert [(a, b, round(contrast(a, b, dark), 2)) for a, b in TEXTS if contrast(a, b, dark) < 4.5] == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_borders_of_controls_and_charts_can_be_seen(dark: bool) -> None:
    assert [(a, b, round(contrast(a, b, dark), 2)) for a, b in DRAWN if contrast(a, b, dark) < 3] == []


def test_every_other_colour_comes_from_there() -> None:
    """No page has a colour of its own, which would be light on light in one of the two themes."""
    for path in (WEB / "src").rglob("*.css"):
        if path.name != "tokens.css":
            own = re.findall(r"(?:^|[\s:(])(#[0-9a-fA-F]{3,8})\b(?![^{]*\{)", path.read_text())
            assert [one for one in own if one not in ("#fff", "#ffd166", "#1c233073", "#000a")] == [], path.name
