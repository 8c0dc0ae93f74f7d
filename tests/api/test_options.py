"""Options of annotations: told by format, refused with every reason, and kept so that one wish has one identity."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from api_tools import ApiCaller
from cloud_tools import Cloud
from job_steps import make_dataset, request, row_of
from msgspec.structs import fields

from labelmill.convert.choices import known_options
from labelmill.convert.job import Options
from labelmill.convert.option_specs import OPTIONS
from labelmill.formats import FORMAT_IDS, formats
from labelmill_aws.jobs.options import MORE, AnnotationOptions, plain_options

SPLIT = {"split": "train=0.8,val=0.2"}
PLACE = "metadata['environment']['name']"
OF_SOME = ("segmentation", "first_category", "simplify", "layout", "image_base", "label_base")
VALUES: dict[str, tuple[Any, Any]] = {
    "images": (True, "yes"),
    "split": ("a=0.5,b=0.5", 1),
    "split_by": ("image", 5),
    "segmentation": ("rle", "mask"),
    "first_category": ("1", 1),
    "simplify": (1.5, -1),
    "layout": ("voc2012", "voc2007"),
    "image_base": ("s3://bucket/", None),
    "label_base": ("x" * 2000, "x" * 2001),
    "tolerated_errors": (3, 0.5),
}
"""Option -> a value that can be used, and one that can't."""


@pytest.fixture
def dataset(cloud: Cloud) -> str:
    return make_dataset(cloud)


@pytest.fixture
def schemas(api: ApiCaller) -> dict[str, Any]:
    """Format -> the schema of its options, as clients are told."""
    return {item["id"]: item["options"] for item in api.as_("reader").get("/v1/formats").json["items"]}


def reasons(api: ApiCaller, dataset: str, format_id: str, options: dict[str, Any]) -> dict[str, str]:
    """Why options are refused; nothing when they are not."""
    answer = api.post(f"/v1/datasets/{dataset}/annotations", json={"format": format_id, "options": options})
    if answer.status == 202:
        return {}
    assert (answer.status, answer.slug) == (422, "bad-options")
    return {error["where"].removeprefix("body.options."): error["message"] for error in answer.json["errors"]}


def test_one_table_says_what_there_is() -> None:
    library, service = ({field.name: field.default for field in fields(kind)} for kind in (Options, AnnotationOptions))
    assert list(service) == [*OPTIONS, *MORE] == list(VALUES)
    assert {name: option.default for name, option in (OPTIONS | MORE).items()} == service
    assert {name: library[name] for name in OPTIONS if name != "split"} == {
        name: service[name] for name in OPTIONS if name != "split"
    }
    assert {name for spec in formats().values() for name in spec.options} == set(OF_SOME)
    for option in (OPTIONS | MORE).values():
        said = [option, *option.choices]
        assert all(one.title and one.text.endswith(".") and len(one.text) <= 120 for one in said), option.name
        assert not option.choices or option.default in [choice.value for choice in option.choices]


def test_each_format_tells_its_own(schemas: dict[str, Any]) -> None:
    assert list(schemas) == list(FORMAT_IDS)
    told = {name: [one for one in OF_SOME if one in schema["properties"]] for name, schema in schemas.items()}
    assert {name: names for name, names in told.items() if names} == {
        "COCO": ["segmentation", "first_category", "simplify"],
        "GEOCOCO": ["segmentation", "first_category", "simplify"],
        "YOLO_SEG": ["simplify"],
        "PASCAL": ["layout"],
        "SAGEMAKER_OD": ["image_base"],
        "SAGEMAKER_SS": ["image_base", "label_base"],
    }
    by = schemas["YOLO"]["properties"]["split_by"]
    assert (by["type"], by["default"]) == ("string", "run")
    assert [one.get("const") for one in by["anyOf"]] == ["run", "image", None]
    assert "no scene is in both training and validation" in by["anyOf"][0]["description"]


@pytest.mark.parametrize("format_id", FORMAT_IDS)
def test_what_is_told_is_what_is_taken(api: ApiCaller, schemas: dict[str, Any], dataset: str, format_id: str) -> None:
    is_valid = jsonschema_rs.Draft202012Validator(schemas[format_id]).is_valid
    known = [*known_options([format_id]), *MORE]
    for name, values in VALUES.items():
        for value in values:
            options = {**SPLIT, name: value}
            refused = reasons(api, dataset, format_id, options)
            assert set(refused) == ({name} if name not in known or value == values[1] else set()), (options, refused)
            assert is_valid(options) == (not refused), options
    alone = {"split_by": "image"}
    assert not is_valid(alone) and set(reasons(api, dataset, format_id, alone)) == {"split_by"}


@pytest.mark.parametrize("name", ["\\N", "(", "(.|.)*!", "images|", ""])
def test_a_name_is_no_pattern(api: ApiCaller, dataset: str, name: str) -> None:
    """A stranger's text is no regular expression: it was a fault of the service, and one could take for ever."""
    (reason,) = reasons(api, dataset, "YOLO", {name: 1}).values()
    assert reason.startswith("expected one of images, ") and reason.endswith(f"found {name!a}")


def test_reasons_say_what_to_do(api: ApiCaller, cloud: Cloud, dataset: str) -> None:
    coco = {
        "colour": 1,
        "first_category": 1,
        "images": 0,
        "layout": "voc2012",
        "segmentation": "mask",
        "simplify": -1,
        "split": "train=2",
        "split_by": "open(metadata)",
        "tolerated_errors": True,
    }
    assert reasons(api, dataset, "COCO", coco) == {
        "colour": "expected one of images, split, split_by, segmentation, first_category, simplify, tolerated_errors, "
        "found 'colour'",
        "first_category": "expected text, found 1",
        "images": "expected true or false, found 0",
        "layout": "expected a format that knows it (PASCAL), found COCO",
        "segmentation": "expected polygons or rle, found 'mask'",
        "simplify": "expected a number from 0, found -1",
        "split": "split train: expected a share above 0 and at most 1, found '2'",
        "split_by": "column 1: found the function open(); allowed are the functions abs all any bool float "
        "int len max min round sorted str sum",
        "tolerated_errors": "expected a whole number, found True",
    }
    yolo = {"segmentation": "rle", "split_by": "image", "split": ""}
    assert reasons(api, dataset, "YOLO", yolo) == {
        "segmentation": "expected a format that knows it (COCO, GEOCOCO), found YOLO",
        "split_by": "expected split beside it, without which it does nothing",
    }
    word = reasons(api, dataset, "YOLO", SPLIT | {"split_by": "scene"})["split_by"]
    assert word.startswith("expected run, image or an expression about metadata, for example ")
    assert cloud.rows() == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"images": False, "split": "", "segmentation": "polygons", "first_category": "map", "simplify": 0}, {}),
        ({"simplify": 0.0, "tolerated_errors": 0}, {}),
        ({"simplify": 1.0}, {"simplify": 1}),
        ({"simplify": 0.25}, {"simplify": 0.25}),
        (SPLIT | {"split_by": "run"}, SPLIT),
        ({"split": " training=.80 , valid=0.20", "split_by": f" {PLACE} "}, SPLIT | {"split_by": PLACE}),
    ],
)
def test_one_wish_has_one_identity(
    api: ApiCaller, cloud: Cloud, dataset: str, said: dict[str, Any], kept: dict[str, Any]
) -> None:
    first = request(api, dataset, options=said)
    assert first["options"] == kept and plain_options(kept) == kept
    assert request(api, dataset, options=kept)["id"] == first["id"]
    job = cloud.store.job(row_of(cloud, first["id"]).execution)
    assert job is not None and job.options == kept
    assert len(cloud.executions()) == 1
