"""Identities must never change: a changed one makes everything again and loses what was claimed."""

from __future__ import annotations

import json
import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill_aws import names
from labelmill_aws.api.models.base import NAME_PATTERN
from labelmill_aws.uploads.given_names import key_problem, name_problem, segment_problem
from labelmill_aws.uploads.inbox import LooseKey, MapKey, PackedKey, RefusedKey, read_key


def digest(parts: object, length: int) -> str:
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return sha256(text.encode()).hexdigest()[:length]


def test_identities_are_what_the_contract_says() -> None:
    assert names.packed_version('"abc"', 7) == names.packed_version("abc", 7) == digest(["packed", "abc", 7], 16)
    assert names.map_version(b"x") == sha256(b"x").hexdigest()[:16]
    expected = digest(["w", "d", "v", "COCO", "m", "mv", {"a": 1, "b": 2}], 20)
    assert names.annotation_id("w", "d", "v", "COCO", "m", "mv", {"b": 2, "a": 1}) == f"an-{expected}"
    expected = digest(["w", "d", "v", ["COCO", "YOLO"], "", "", {}], 20)
    name = names.execution_name("w", "d", "v", ["YOLO", "COCO"], "", "", {}, 3)
    assert name == f"job-{expected}-3"
    assert (names.epoch_of(2, 5), names.epoch_of(2, 5000)) == (2005, 2999)


def test_listing_version_depends_on_all_of_it() -> None:
    def version(*files: tuple[str, str, int, str]) -> str:
        listing = names.ListingVersion()
        for file in files:
            listing.add(*file)
        return listing.text()

    one = ("images", "a.png", 1, "e")
    versions = {version(), version(one), version(one, one), version(("masks", *one[1:])), version((*one[:3], "f"))}
    assert len(versions) == 5
    assert version(one) == version(("images", "a.png", 1, '"e"'))


def test_arns() -> None:
    machine = "arn:aws:states:eu-central-1:1:stateMachine:Convert"
    arn = names.execution_arn(machine, "job-1")
    assert arn == "arn:aws:states:eu-central-1:1:execution:Convert:job-1"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("maps/org/toys.yaml", MapKey("maps/org/toys.yaml", "org", "toys", "toys.yaml")),
        ("maps/org/toys.v2.YML", MapKey("maps/org/toys.v2.YML", "org", "toys.v2", "toys.v2.YML")),
        ("maps/o r+g/100%25.json", MapKey("maps/o r+g/100%25.json", "o r+g", "100%25", "100%25.json")),
        ("datasets/ws/toys.zip", PackedKey("datasets/ws/toys.zip", "ws", "toys")),
        ("datasets/ws/toys.tar.gz", PackedKey("datasets/ws/toys.tar.gz", "ws", "toys")),
        ("datasets/ws/toys.tgz", PackedKey("datasets/ws/toys.tgz", "ws", "toys")),
        ("datasets/ws/a.b.tar", PackedKey("datasets/ws/a.b.tar", "ws", "a.b")),
        ("datasets/ws/Größe 東京.zip", PackedKey("datasets/ws/Größe 東京.zip", "ws", "Größe 東京")),
        ("datasets/ws/toys/_SUCCESS", LooseKey("datasets/ws/toys/_SUCCESS", "ws", "toys", True)),
        ("datasets/ws/toys/dataset.yaml", LooseKey("datasets/ws/toys/dataset.yaml", "ws", "toys", False)),
        ("datasets/ws/toys.zip/_SUCCESS", LooseKey("datasets/ws/toys.zip/_SUCCESS", "ws", "toys.zip", True)),
        ("datasets/ws/toys/_success", LooseKey("datasets/ws/toys/_success", "ws", "toys", True)),
        ("datasets/ws/TOYS.ZIP", PackedKey("datasets/ws/TOYS.ZIP", "ws", "TOYS")),
    ],
)
def test_keys_that_mean_something(key: str, expected: object) -> None:
    assert read_key(key) == expected


@pytest.mark.parametrize(
    "key",
    [
        "", "maps", "maps/", "maps/org/", "maps/readme.txt", "datasets/", "datasets/ws/", "datasets/ws/notes.txt",
        "datasets/ws/toys/masks/_success", "datasets/ws/toys/metadata/dataset.yaml",
        "datasets/ws/toys/images/1.png", "datasets/ws/toys/images/_SUCCESS", "Maps/org/toys.yaml",
        "datasets/ws/toys/images/a.zip", "/maps/org/toys.yaml", "other/x.zip", "maps/org/old/notes.txt",
    ],
)  # fmt: skip
def test_keys_that_start_nothing(key: str) -> None:
    assert read_key(key) is None


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("maps/org/toys.txt", "expected a name that ends in .yaml, .yml, .json, found 'toys.txt'"),
        ("maps/org/sub/toys.yaml", "expected maps/{organization}/{name}.yaml, found a folder more"),
        ("datasets/ws/toys.7z", "expected a name that ends in .tar.gz, .tgz, .zip, .tar, found 'toys.7z'"),
        ("datasets/ws/toys.Tar.XZ", "expected a name that ends in .tar.gz, .tgz, .zip, .tar, found 'toys.Tar.XZ'"),
        ("datasets/ws/old/toys.zip", "expected datasets/{workspace}/{dataset}.zip, found a folder more"),
        ("datasets/ws/old/toys.rar", "expected datasets/{workspace}/{dataset}.zip, found a folder more"),
        ("datasets/toys.zip", "expected datasets/{workspace}/{dataset}.zip, found no workspace"),
        ("datasets/ws/old/toys/_SUCCESS", "expected datasets/{workspace}/{dataset}/_SUCCESS, found a folder more"),
        ("datasets/ws/a/b/c/_success", "expected datasets/{workspace}/{dataset}/_SUCCESS, found a folder more"),
        ("datasets/ws/_SUCCESS", "expected datasets/{workspace}/{dataset}/_SUCCESS, found no dataset"),
        ("datasets/ws/a/b/dataset.yaml", "expected datasets/{workspace}/{dataset}/dataset.yaml, found a folder more"),
        ("maps/org/.yaml", "the map's name: expected 1 to 200 characters, found none"),
        ("maps//toys.yaml", "the organization's name: expected 1 to 200 characters, found none"),
        ("maps/../toys.yaml", "the organization's name: expected a name, found '..', which means a folder"),
        ("datasets/./toys.zip", "the workspace's name: expected a name, found '.', which means a folder"),
        ("datasets//_SUCCESS.zip", "the workspace's name: expected 1 to 200 characters, found none"),
        ("datasets/ws/..zip", "the dataset's name: expected a name, found '.', which means a folder"),
        ("datasets/ws//_SUCCESS", "the dataset's name: expected 1 to 200 characters, found none"),
        ("datasets/ws/" + "a" * 201 + ".zip", "the dataset's name: expected at most 200 characters, found 201"),
        ("datasets/ws/" + "東" * 100 + ".zip", "the dataset's name: expected at most 230 bytes in UTF-8, found 300"),
        (
            "datasets/ws/a\nb.zip",
            "the dataset's name: expected no control characters or line separators, found U+000A as character 2",
        ),
        (
            "datasets/w\u2028s/a.zip",
            "the workspace's name: expected no control characters or line separators, found U+2028 as character 2",
        ),
        (
            "datasets/ws/to\u202eys.zip",
            "the dataset's name: expected no characters that can't be seen, found U+202E as character 3",
        ),
        (
            "datasets/w\u200bs/toys/_SUCCESS",
            "the workspace's name: expected no characters that can't be seen, found U+200B as character 2",
        ),
        (
            "datasets/ws/toys\U000e0041.zip",
            "the dataset's name: expected no characters that can't be seen, found U+E0041 as character 5",
        ),
        (
            "maps/org /toys.yaml",
            "the organization's name: expected no blanks around it, found a name that ends with U+0020",
        ),
        (
            "maps/org/\xa0toys.yaml",
            "the map's name: expected no blanks around it, found a name that begins with U+00A0",
        ),
        (
            "datasets/ws/Ku\u0308che.zip",
            "the dataset's name: expected composed characters (NFC, here U+00FC), found U+0075 as character 2",
        ),
        (
            "datasets/ws/a\ud800.zip",
            "the dataset's name: expected no control characters or line separators, found U+D800 as character 2",
        ),
    ],
)
def test_keys_that_are_refused(key: str, reason: str) -> None:
    found = read_key(key)
    assert isinstance(found, RefusedKey)
    assert found.reason == reason


def test_what_was_named_before_is_still_found() -> None:
    """Or it could not be deleted."""
    for name in ("to\u202eys", " toys", "Ku\u0308che"):
        assert name_problem(name) and key_problem(name) is None


@given(st.text(max_size=60))
def test_the_document_s_pattern_refuses_no_name_that_can_be_given(name: str) -> None:
    if segment_problem(name) is None:
        assert re.search(NAME_PATTERN, name)


@given(st.text(max_size=300))
def test_any_key_is_answered(text: str) -> None:
    for key in (text, f"maps/{text}.yaml", f"datasets/{text}", f"datasets/ws/{text}.zip", f"datasets/{text}/_SUCCESS"):
        found = read_key(key)
        if isinstance(found, PackedKey | LooseKey):
            assert name_problem(found.dataset) is None and name_problem(found.workspace) is None
        if isinstance(found, RefusedKey):
            assert "\n" not in found.reason
            assert len(names.upload_stream(found.owner, found.name)) <= 512


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="/"), min_size=1))
def test_keys_of_the_outbox_fit_s3(name: str) -> None:
    longest = (name * 230)[:200]
    while len(longest.encode()) > 230:
        longest = longest[:-1]
    if name_problem(longest) is None:
        key = names.download_key(longest, longest, "an-" + "0" * 20, "SAGEMAKER_OD", longest)
        assert len(key.encode()) <= 1024
        assert len(names.listing_key(longest, longest, "0" * 16).encode()) <= 1024


def test_log_stream_names_hold_what_cloudwatch_takes() -> None:
    assert names.upload_stream("a:b*c", "d\ne/é") == "uploads/a_b_c/d_e/é"
    assert len(names.upload_stream("a" * 400, "b" * 400)) == 512
