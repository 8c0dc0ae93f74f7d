"""Images go to splits by their group's hash alone; groups are counted the same however the dataset is cut."""

from __future__ import annotations

import json
import random
from itertools import groupby, pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.source import division
from labelmill.source.division import Divider, Groups, Runs
from labelmill.source.grouping import run_of
from labelmill.source.tally import Tally
from labelmill.split import Splits, group_digest, parse_splits

SPLITS = parse_splits("train=0.5,val=0.3,test=0.2")
NAMES = st.lists(
    st.builds("{:010}-{}-{}.png".format, st.integers(0, 8), st.integers(0, 2), st.sampled_from("ab"))
    | st.sampled_from(["0000000003-0a-b.png", "0000000005.png", "a.png", "b.png"]),
    unique=True,
).map(sorted)


def groups_of(names: list[str], split_by: str, cuts: list[int], splits: Splits = SPLITS) -> Groups:
    """Groups counted in shards, merged as parts of the service are: by way of JSON."""
    total = Groups()
    for first, last in pairwise([0, *sorted(min(cut, len(names)) for cut in cuts), len(names)]):
        divider = Divider(splits, split_by, Tally())
        for name in names[first:last]:
            divider.split_of(name, json.dumps({"place": name[9:12]}).encode())
        total.merge(msgspec.json.decode(msgspec.json.encode(divider.groups()), type=Groups))
    return total


@given(NAMES, st.lists(st.integers(0, 30), max_size=5))
def test_runs_are_counted_whole(names: list[str], cuts: list[int]) -> None:
    groups = groups_of(names, "run", cuts)
    keys = {run_of(name) or name for name in names}
    for split in SPLITS.names:
        assert groups.count(split, "run") == sum(SPLITS.of(key) == split for key in keys)
    assert groups.runs.divided == 0
    assert groups == groups_of(names, "run", [])


@given(NAMES, st.lists(st.integers(0, 30), max_size=5))
def test_leaks_of_single_images_are_counted(names: list[str], cuts: list[int]) -> None:
    groups = groups_of(names, "image", cuts)
    runs = groupby(filter(run_of, names), run_of)
    assert groups.runs.divided == sum(len({SPLITS.of(name) for name in held}) > 1 for _, held in runs)
    for split in SPLITS.names:
        assert groups.count(split, "image") == sum(SPLITS.of(name) == split for name in names)
    assert groups == groups_of(names, "image", [])


@given(NAMES, st.lists(st.integers(0, 30), max_size=5))
def test_values_are_counted(names: list[str], cuts: list[int]) -> None:
    by = "metadata['place']"
    groups = groups_of(names, by, cuts)
    keys = {json.dumps(name[9:12]) for name in names}
    for split in SPLITS.names:
        assert groups.count(split, by) == sum(SPLITS.of(key) == split for key in keys)
    assert groups == groups_of(names, by, [])


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from("xyz")), max_size=20), st.data())
def test_runs_merge_in_any_grouping(images: list[tuple[int, str]], data: st.DataObject) -> None:
    """((a b) c) and (a (b c)) are one, and what one pass gives."""
    images.sort(key=lambda image: image[0])
    cuts = sorted(data.draw(st.lists(st.integers(0, 20), min_size=2, max_size=2)))
    a, b, c = images[: cuts[0]], images[cuts[0] : cuts[1]], images[cuts[1] :]
    whole = counted(images)
    left, right = counted(a), counted(b)
    left.merge(counted(b))
    left.merge(counted(c))
    right.merge(counted(c))
    ours = counted(a)
    ours.merge(right)
    assert left == ours == whole
    by_run = {run: {split for other, split in images if other == run} for run, _ in images}
    assert whole.divided == sum(len(splits) > 1 for splits in by_run.values())
    assert whole.counts == {s: n for s in "xyz" if (n := sum(s in splits for splits in by_run.values()))}


def counted(images: list[tuple[int, str]]) -> Runs:
    runs = Runs()
    for run, split in images:
        runs.add(f"{run:010}", split)
    return runs


@given(st.sets(st.integers(0, 10**10 - 1), max_size=40), st.sets(st.integers(0, 10**10 - 1), max_size=40))
def test_adding_runs_moves_none(few: set[int], more: set[int]) -> None:
    def split(runs: set[int]) -> dict[str, str]:
        divider = Divider(SPLITS, "run", Tally())
        names = sorted(f"{run:010}-{frame}-{sensor}.png" for run in runs for frame in (0, 10) for sensor in "ab")
        return {name: divider.split_of(name, b"") for name in names}

    before, after = split(few), split(few | more)
    assert before.items() <= after.items()
    for run in few | more:
        assert len({after[name] for name in after if run_of(name) == f"{run:010}"}) == 1


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("text", ["train=0.8,val=0.1,test=0.1", "train=0.5,val=0.5"])
def test_shares_of_a_thousand_groups(seed: int, text: str) -> None:
    """Runs numbered from anywhere, runs picked at random, names of any kind: a fair hash stays within 4 points.

    That is three standard deviations of a share of 0.8; of halves they are 4.7 points.
    """
    splits = parse_splits(text)
    dice = random.Random(seed)
    first = dice.randrange(10**9)
    kinds = [
        [f"{first + i:010}" for i in range(1000)],
        [f"{run:010}" for run in dice.sample(range(10**10), 1000)],
        [f"picture {first} {i}.jpg" for i in range(1000)],
    ]
    for keys in kinds:
        for name, share in zip(splits.names, splits.shares, strict=True):
            got = sum(splits.of(key) == name for key in keys) / 1000
            assert abs(got - share) <= 0.04 + 0.01 * (share == 0.5), (name, got)


def test_the_digest_is_one_that_people_can_make() -> None:
    """``printf 0000000007 | sha256sum``; it must never change."""
    assert group_digest("0000000007").hex().startswith("65dce15efcc4d672")
    divider = Divider(SPLITS, "run", Tally())
    assert [divider.split_of(f"{run:010}-0-Cam.png", b"") for run in range(8)] == [
        SPLITS.of(f"{run:010}") for run in range(8)
    ]


def test_many_values_are_counted_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    by = "metadata['n']"
    one = parse_splits("all=1")
    exact, most = 25_000, 1_000
    monkeypatch.setattr(division, "MOST_COUNTED", most)
    total = Groups()
    for first in range(0, exact, 900):
        divider = Divider(one, by, Tally())
        for n in range(max(0, first - 100), min(first + 900, exact)):  # some are in two shards
            divider.split_of(f"{n}.png", b'{"n":%d}' % n)
        total.merge(divider.groups())
        assert len(total.values["all"]) <= most
        if first + 900 < most:
            assert total.count("all", by) == first + 900
    assert abs(total.count("all", by) / exact - 1) < 0.1  # three standard deviations of 1 / sqrt(1,000)


def test_odd_names_and_values_are_told() -> None:
    tally = Tally()
    divider = Divider(SPLITS, "run", tally)
    for name in ("0000000001-0-a.png", "x.png", "y.png"):
        divider.split_of(name, b"")
    (finding,) = tally.warnings.values()
    assert (finding.count, finding.examples) == (2, ["x.png", "y.png"])
    tally = Tally()
    divider = Divider(SPLITS, "metadata['a']", tally)
    assert len({divider.split_of(f"{i}.png", data) for i, data in enumerate((b"", b"{}", b'{"a":null}'))}) == 1
    (finding,) = tally.warnings.values()
    assert finding.count == 3
    assert sum(divider.groups().count(split, "metadata['a']") for split in SPLITS.names) == 1
    tally = Tally()
    Divider(SPLITS, "image", tally).split_of("x.png", b"")
    assert not tally.warnings
