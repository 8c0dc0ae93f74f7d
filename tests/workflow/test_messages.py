"""What subscribers get, as its JSON Schemas say; and nobody gets another organization's."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from cloud_tools import Cloud, claim, make_job
from jsonschema_rs import Draft202012Validator, meta

from labelmill_aws.records.catalog import Workspace
from labelmill_aws.telling.messages import MESSAGES, message_schemas


def check(body: dict[str, Any], name: str) -> None:
    schema = message_schemas()[name]
    assert set(schema["required"]) == set(schema["properties"]), "all fields are always there"
    Draft202012Validator(schema | {"additionalProperties": False}).validate(body)


def test_the_schemas_are_json_schemas() -> None:
    schemas = message_schemas()
    assert set(schemas) == {kind.__name__ for kind in MESSAGES.values()}
    for schema in schemas.values():
        meta.validate(schema)
        assert schema["description"]


def test_a_finished_annotation_is_told_as_documented(cloud: Cloud) -> None:
    id_ = claim(cloud, make_job(cloud))
    row = cloud.store.get(id_)
    assert row is not None
    cloud.ending.notifier.annotation_finished(msgspec.structs.replace(row, status="failed", reason="x" * 5000))
    (message,) = cloud.messages()
    check(message["body"], "AnnotationFinished")
    assert len(message["body"]["reason"]) < 4100
    assert message["attributes"]["organization"] == "default"


@pytest.mark.parametrize("key", ["datasets/theirs-ws/toys\u2028.zip", "maps/theirs/toys.txt"])
def test_a_refused_upload_is_told_to_its_organization_alone(cloud: Cloud, key: str) -> None:
    cloud.catalog.create_workspace(Workspace(name="theirs-ws", organization="theirs"))
    cloud.put(key)
    cloud.receive(key)
    (message,) = cloud.messages()
    check(message["body"], "UploadRefused")
    assert message["attributes"]["organization"] == message["body"]["organization"] == "theirs"
