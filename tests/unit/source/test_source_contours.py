"""Contours stay text only where reading them as text says the same as reading them as lists."""

from __future__ import annotations

import msgspec
import pytest

from labelmill.source.boxes import flat_rings, has_points
from labelmill.source.contours import LONGEST
from labelmill.source.records import Decoder, _annotation_file, annotation_decoder

FIELDS = frozenset({"segmentation", "keypoints"})
PLAIN = ["[[1,2]]", "[[1,2,3]]", "[[1.5,-2],[3,4,5,6]]", "[ [1, 2],\n[3, 4] ]", "[[0,-0.0]]", "[]", "null"]
ODD = [
    "[[]]", "[[1]]", "[[1,2],[]]", "[[1,2],[3]]", "[1,2,3,4]", "[1]", "[[1,2],5]", "[5,[1,2]]", "[[1,2],5,[3,4]]",
    "[[[1,2]]]", "[[1,2],[[3,4]]]", "[[[1,2],[3,4]],[5,6]]", "[[1e2,2]]", "[[1E2,2]]", "[[1e999,2]]", "[[NaN,2]]",
    "[[Infinity,1]]", "[[null,2]]", "[[true,2]]", '[["1",2]]', '"[[1,2]]"', "5", "-1.5", "{}", '{"a":[[1,2]]}',
    "[{}]", "[[1,2],{}]", "[[1,2],null]", f"[[1,{'9' * 320}.5]]", f"[[1,{'9' * 320}]]", f"[[{'9' * 5000},1]]",
    f"[[1,{'9' * (LONGEST + 1)}]]", "[" * 1500 + "1" + "]" * 1500, "[[]", "[[1,2]", "[[1,2,]]", "[[01,2]]", "[[1.,2]]",
]  # fmt: skip


def file_with(*contours: str) -> bytes:
    entries = (f'{{"id":{i},"bbox":[1,2,3,4],"segmentation":{text}}}' for i, text in enumerate(contours, 1))
    return f'{{"filename":"a.png","annotations":[{",".join(entries)}]}}'.encode()


def outcome(decoder: object, data: bytes) -> object:
    problems: list[str] = []
    try:
        record = decoder.decode(data, "annotations/a-ana.json", problems)  # type: ignore[attr-defined]
    except Exception as error:  # noqa: BLE001  whichever it is, both have to raise it
        return type(error), str(error)
    rings = [(flat_rings(entry.segmentation), has_points(entry.segmentation)) for entry in record.annotations]
    return rings, [entry.id for entry in record.annotations], record.filename, problems


@pytest.mark.parametrize("text", [*PLAIN, *ODD])
@pytest.mark.parametrize(
    "beside", [[], ["[[7,8]]"], ["[[7,8]]", "[]"], ["[[7,8],[9,9]]", "[5]"], ["[[[1,2]],[[3,4]]]"]]
)
def test_both_ways_of_reading_agree(text: str, beside: list[str]) -> None:
    exact = Decoder(_annotation_file(FIELDS, {}))
    for contours in ([text, *beside], [*beside, text], [*beside, text, *beside]):
        data = file_with(*contours)
        assert outcome(annotation_decoder(FIELDS), data) == outcome(exact, data)


@pytest.mark.parametrize("text", PLAIN[:5])
def test_plain_contours_stay_text(text: str) -> None:
    record = annotation_decoder(FIELDS).decode(file_with(text, "[]", "null", text), "a", [])
    kinds = [type(entry.segmentation) for entry in record.annotations]
    assert kinds == [msgspec.Raw, type(None), type(None), msgspec.Raw]


@pytest.mark.parametrize("text", ODD[:20])
def test_other_contours_do_not(text: str) -> None:
    try:
        record = annotation_decoder(FIELDS).decode(file_with("[[1,2]]", text), "a", [])
    except Exception:  # noqa: BLE001  how such a file is answered is tested above
        return
    assert not isinstance(record.annotations[0].segmentation, msgspec.Raw)
