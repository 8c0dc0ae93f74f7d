"""Events that come more than once, late, in any order, or while a job runs: the end is the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_tools import Dataset, archives, zip_of
from e2e_service import MAP_TEXT, OTHER_MAP_TEXT, Place, assert_made

BOTH = ("COCO", "YOLO")


@pytest.mark.parametrize("seed", range(2))
def test_events_three_times_in_any_order(
    place: Place, toys: Dataset, packed: Path, map_file: Path, tmp_path: Path, seed: int
) -> None:
    """Map and dataset are each replaced before the events of their first versions are handled."""
    service = place.service
    before = service.uploads()
    service.cloud.shuffle_events(copies=3, window_s=0.5, seed=seed)
    service.put(place.key("toys.zip"), packed.read_bytes())
    service.put(f"maps/{place.organization}/toys.yaml", OTHER_MAP_TEXT.encode())
    toys.add("d", ("Cube", 1, 1, 5, 5))
    zip_of(toys.path, packed)
    service.put(place.key("toys.zip"), packed.read_bytes())
    service.put(f"maps/{place.organization}/toys.yaml", MAP_TEXT.encode())
    service.cloud.wait_for(lambda: service.uploads() >= before + 12, timeout_s=20)
    service.cloud.wait_for(lambda: service.is_idle() and place.rows(), timeout_s=40)
    rows = place.rest(len(place.rows()))
    assert service.uploads() == before + 12
    ours = [row for row in rows if row.map]
    assert len(ours) == 2, "each format once"
    assert_made(place, ours, archives(packed, tmp_path / "out", BOTH, map_file), 4)
    without = [row for row in rows if not row.map]  # made where the dataset came first
    assert not without or len(without) == 2
    assert len({row.execution for row in rows}) == len(rows) / 2
    assert {row.attempt for row in rows} == {0}


def test_a_late_event_of_a_replaced_dataset(place: Place, toys: Dataset, packed: Path, tmp_path: Path) -> None:
    place.put(packed)
    first = place.rest(2)
    toys.add("d", ("Cube", 1, 1, 5, 5))
    zip_of(toys.path, packed)
    place.put(packed)
    rows = place.rest(4)
    jobs = place.service.jobs()
    place.service.deliver(place.key("toys.zip"))
    place.service.cloud.wait_for(place.service.is_idle)
    assert (place.rows(), place.service.jobs()) == (rows, jobs)
    second = [row for row in rows if row.id not in {old.id for old in first}]
    assert_made(place, second, archives(packed, tmp_path / "out", BOTH), 4)


def test_an_event_of_a_dataset_that_is_deleted(place: Place, packed: Path) -> None:
    place.service.put("elsewhere", b"")
    place.service.deliver(place.key("toys.zip"))
    place.service.deliver(f"maps/{place.organization}/gone.yaml")
    place.service.deliver(place.key("loose/_SUCCESS"))
    place.service.cloud.wait_for(place.service.is_idle)
    assert (place.rows(), place.messages()) == ([], [])


def test_a_map_and_a_dataset_that_change_during_a_job(
    place: Place, toys: Dataset, packed: Path, map_file: Path, tmp_path: Path
) -> None:
    """A job makes what it was started for, of the very versions it was started with."""
    old = tmp_path / "old" / "toys.zip"
    old.parent.mkdir()
    old.write_bytes(packed.read_bytes())
    place.put_map("toys.yaml")
    place.service.fault("delay", "plan", operation="PutObject", resource=".shards", delay_s=1.5)
    place.put(packed)
    place.service.wait_for_fault()
    toys.add("d", ("Cube", 1, 1, 5, 5))
    zip_of(toys.path, packed)
    place.put(packed)
    place.service.cloud.wait_for(lambda: len(place.rows()) == 4)  # under the newest map only, if it came after that
    place.put_map("toys.yaml", OTHER_MAP_TEXT)
    rows = place.rest(6)
    versions = list(dict.fromkeys((row.dataset_version, row.map_version) for row in rows))
    assert len(versions) == 3
    first = [row for row in rows if row.images == 3]
    assert_made(place, first, archives(old, tmp_path / "first", BOTH, map_file), 3)
    second = [row for row in rows if row.images == 4 and row.map_version == first[0].map_version]
    assert_made(place, second, archives(packed, tmp_path / "second", BOTH, map_file), 4)
    map_file.write_text(OTHER_MAP_TEXT)
    third = [row for row in rows if row.images == 4 and row.map_version != first[0].map_version]
    assert_made(place, third, archives(packed, tmp_path / "third", BOTH, map_file), 4)
