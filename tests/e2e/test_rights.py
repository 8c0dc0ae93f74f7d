"""What each function calls against what its role allows: every right is used, or says here why it is there."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from cli_tools import Dataset
from e2e_service import Place, Service

ACTIONS = {
    ("s3", "GetObject"): "s3:GetObject",
    ("s3", "HeadObject"): "s3:GetObject",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "PutObject"): "s3:PutObject",
    ("s3", "CreateMultipartUpload"): "s3:PutObject",
    ("s3", "UploadPart"): "s3:PutObject",
    ("s3", "UploadPartCopy"): "s3:PutObject",
    ("s3", "CompleteMultipartUpload"): "s3:PutObject",
    ("s3", "AbortMultipartUpload"): "s3:AbortMultipartUpload",
    ("dynamodb", "TransactWriteItems"): "dynamodb:PutItem",
}
"""Operations whose action is called otherwise."""
SELDOM = {"s3:AbortMultipartUpload"}  # an upload that fails in the middle is given up
OWN_LOG = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
}  # the function's own log; failures in the job log
REFUSES = {"sns:Publish", "events:PutEvents"}  # an upload is refused
NOT_CALLED = {
    "receive": OWN_LOG | REFUSES | {"s3:ListBucket", "dynamodb:UpdateItem"},
    "settle": OWN_LOG | REFUSES | SELDOM | {"dynamodb:UpdateItem"},
    "plan": OWN_LOG | SELDOM,
    "survey": OWN_LOG,
    "convert": SELDOM,
    "assemble": OWN_LOG | SELDOM,
    "conclude": {"sqs:SendMessage", "dynamodb:PutItem", "dynamodb:Query", "states:DescribeExecution"},
}
"""Rights that the uploads of this test do not use.

A missing key is 404 only with ListBucket; a repeat of an upload updates rows; an execution that broke is looked up
with its progress, or told of as a refusal; Lambda itself sends what conclude failed to do.
"""


def allowed(service: Service) -> dict[str, set[str]]:
    """The actions of each function's role, by the function's folder."""
    iam, found = service.cloud.client("iam"), {}
    for function in service.cloud.client("lambda").list_functions()["Functions"]:
        role = function["Role"].rpartition("/")[2]
        actions: set[str] = set()
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            policy: Any = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for statement in policy["Statement"]:
                listed = statement["Action"]
                actions.update([listed] if isinstance(listed, str) else listed)
        found[function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]] = actions
    return found


def called(service: Service) -> dict[str, set[str]]:
    """The actions that each function has used since the local cloud began."""
    found: dict[str, set[str]] = defaultdict(set)
    for (of, operation, caller), _ in service.cloud.request_counts().items():
        for name in ("receive", "settle", "plan", "survey", "convert", "assemble", "conclude"):
            if caller and caller in service.function(name):
                found[name].add(ACTIONS.get((of, operation), f"{of}:{operation}"))
    return found


def test_every_right_is_used(service: Service, place: Place, packed: Path, toys: Dataset) -> None:
    place.put_map("toys.yaml")
    place.put(packed)
    place.rest(2)
    toys.write("annotations/b-ana.json", "{")
    loose = service.place()
    loose.put_loose(toys.path, "_SUCCESS")
    loose.rest(2)
    used = called(service)
    for name, actions in allowed(service).items():
        # A read of a named version is another action, which the emulator counts as the same operation.
        assert actions - used[name] - NOT_CALLED[name] - {"s3:GetObjectVersion"} == set(), name
        assert used[name] <= actions, name
