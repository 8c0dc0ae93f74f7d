"""An upload becomes what the command line makes of the same dataset, byte for byte."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from cli_tools import Dataset, archives, tar_of, zip_of
from e2e_service import OTHER_MAP_TEXT, Place, Service, assert_made

from labelmill.formats import FORMAT_IDS
from labelmill_aws.records.catalog import CLASSIC_FORMATS

BOTH = ("COCO", "YOLO")


def test_sample_in_every_format(
    service: Service, sample: Callable[[str], tuple[Path, Path]], sample_name: str, tmp_path: Path
) -> None:
    folder, map_file = sample(sample_name)
    packed = zip_of(folder, tmp_path / f"{sample_name}.zip")
    place = service.place(FORMAT_IDS)
    place.put_map(map_file.name, map_file.read_bytes())
    place.put(packed)
    rows = place.rest(len(FORMAT_IDS))
    images = len(list((folder / "annotations").iterdir()))
    assert_made(place, rows, archives(packed, tmp_path / "out", FORMAT_IDS, map_file), images)


def test_first_upload_creates_a_workspace_with_the_classic_formats(
    service: Service, packed: Path, tmp_path: Path
) -> None:
    table = service.parts.table  # other tests of this worker may have made maps of this organization
    table.delete_many([(item["pk"], item["sk"]) for item in table.query("ORG#default", "MAP#")])
    place = Place(service, f"new-{tmp_path.name}", "default")
    place.put(packed)
    rows = place.rest(len(CLASSIC_FORMATS))
    assert {(row.organization, row.map) for row in rows} == {("default", "")}
    assert_made(place, rows, archives(packed, tmp_path / "out", CLASSIC_FORMATS), 3)


def test_loose_dataset_with_success(place: Place, toys: Dataset, map_file: Path, tmp_path: Path) -> None:
    place.put_map("toys.yaml")
    toys.write("dataset.yaml", "name: toys\n")
    place.put_loose(toys.path, "_SUCCESS")
    assert_made(place, place.rest(2), archives(toys.path, tmp_path / "out", BOTH, map_file), 3)


def test_loose_dataset_that_arrives_in_any_order_and_goes_quiet(place: Place, toys: Dataset, tmp_path: Path) -> None:
    files = [path for path in sorted(toys.path.rglob("*")) if path.is_file()]
    random.Random(3).shuffle(files)
    place.service.upload(place.key("toys/dataset.yaml"), b"name: toys\n")
    for path in files:
        place.service.put(place.key(f"toys/{path.relative_to(toys.path).as_posix()}"), path.read_bytes())
    rows = place.rest(2)
    assert {row.dataset_version for row in rows} == {rows[0].dataset_version}, "one version: none was made too early"
    assert_made(place, rows, archives(toys.path, tmp_path / "out", BOTH), 3)


def test_tar_gz_without_a_map(place: Place, toys: Dataset, tmp_path: Path) -> None:
    packed = tar_of(toys.path, tmp_path / "toys.tar.gz")
    place.put(packed)
    assert_made(place, place.rest(2), archives(packed, tmp_path / "out", BOTH), 3)


def test_records_that_name_their_images_otherwise_than_their_files(
    place: Place, toys: Dataset, map_file: Path, tmp_path: Path
) -> None:
    """The workflow plans such a dataset again."""
    first, second = toys.path / "annotations/a-ana.json", toys.path / "annotations/b-ana.json"
    first.rename(toys.path / "kept")
    second.rename(first)
    (toys.path / "kept").rename(second)
    packed = zip_of(toys.path, tmp_path / "toys.zip")
    place.put_map("toys.yaml")
    place.put(packed)
    rows = place.rest(2)
    assert {row.pass_ for row in rows} == {2}
    assert_made(place, rows, archives(packed, tmp_path / "out", BOTH, map_file), 3)


def test_a_job_for_each_included_map(service: Service, packed: Path, map_file: Path, tmp_path: Path) -> None:
    place = service.place(maps=("toys", "other"))
    other = tmp_path / "other.json"
    other.write_text('{"classes": {"1": ["none", "Any"]}, "properties": {"obj[\'type\'] == \'Cube\'": 1}}')
    place.put_map("toys.yaml")
    place.put_map("other.json", other.read_bytes())
    place.put_map("left-out.yaml")
    place.put(packed)
    rows = place.rest(4)
    assert len({row.execution for row in rows}) == 2
    for name, file in (("toys", map_file), ("other", other)):
        ours = [row for row in rows if row.map == name]
        assert_made(place, ours, archives(packed, tmp_path / name, BOTH, file), 3)


def test_a_map_that_comes_later_or_changes_makes_the_datasets_again(
    place: Place, packed: Path, map_file: Path, tmp_path: Path
) -> None:
    place.put(packed)
    without = place.rest(2)
    place.put_map("toys.yaml")
    first = [row for row in place.rest(4) if row.map]
    place.put_map("toys.yaml", OTHER_MAP_TEXT)
    rows = place.rest(6)
    second = [row for row in rows if row.map_version not in ("", first[0].map_version)]
    assert [row for row in rows if row not in second] == [*without, *first], "what was made stays as it is"
    assert_made(place, without, archives(packed, tmp_path / "without", BOTH), 3)
    assert_made(place, first, archives(packed, tmp_path / "first", BOTH, map_file), 3)
    map_file.write_text(OTHER_MAP_TEXT)
    assert_made(place, second, archives(packed, tmp_path / "second", BOTH, map_file), 3)


def test_the_same_bytes_twice_do_nothing_twice(place: Place, toys: Dataset, packed: Path) -> None:
    place.put_map("toys.yaml")
    place.put(packed)
    place.put_loose(toys.path.rename(toys.path.with_name("loose")), "_SUCCESS")
    before = place.rest(4)
    jobs, told = place.service.jobs(), len(place.messages())
    place.put(packed)
    place.put_map("toys.yaml")
    place.service.upload(place.key("loose/_SUCCESS"), b"")
    place.service.deliver(place.key("toys.zip"))
    after = place.rest(4)
    assert [(row.id, row.epoch, row.finished) for row in after] == [(row.id, row.epoch, row.finished) for row in before]
    assert (place.service.jobs(), len(place.messages())) == (jobs, told)
