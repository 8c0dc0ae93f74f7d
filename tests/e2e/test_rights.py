"""What the workflow calls against what its roles allow: every right is used, or says here why it is there."""

from __future__ import annotations

from pathlib import Path

from cli_tools import Dataset
from e2e_service import Place, Service
from rights import allowed, called

SELDOM = {"s3:AbortMultipartUpload"}  # an upload that fails in the middle is given up
OWN_LOG = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
}  # the function's own log; failures in the job log
TAKES_BACK = {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}  # claims, when the dataset is being deleted
CHECKS = {"dynamodb:ConditionCheckItem"}  # a transaction's; the whole of it is counted as a put
REPLACES = {"lambda:InvokeFunction"}  # an upload takes the place of one that was packed in another way
REFUSES = {"sns:Publish", "events:PutEvents"}  # an upload is refused
NOT_CALLED = {
    "receive": OWN_LOG | CHECKS | REFUSES | REPLACES | TAKES_BACK | {"s3:ListBucket", "dynamodb:UpdateItem"},
    "settle": OWN_LOG | CHECKS | REFUSES | REPLACES | TAKES_BACK | SELDOM | {"dynamodb:UpdateItem"},
    "plan": OWN_LOG | SELDOM,
    "survey": OWN_LOG,
    "convert": SELDOM | {"s3:DeleteObject"},
    "assemble": OWN_LOG | SELDOM | {"s3:DeleteObject", "logs:GetLogEvents"},
    "conclude": {"sqs:SendMessage", "dynamodb:PutItem", "dynamodb:Query", "states:DescribeExecution"},
}
"""Rights that the uploads of this test do not use.

A missing key is 404 only with ListBucket; a repeat of an upload updates rows; an execution that broke is looked up
with its progress, or told of as a refusal; Lambda itself sends what conclude failed to do; what is deleted while it is
made or joined is taken away again; the log is asked where a step died while it told what it had found.
"""


def test_every_right_is_used(service: Service, place: Place, packed: Path, toys: Dataset) -> None:
    place.put_map("toys.yaml")
    place.put(packed)
    place.rest(2)
    toys.write("annotations/b-ana.json", "{")
    loose = service.place()
    loose.put_loose(toys.path, "_SUCCESS")
    loose.rest(2)
    used, rights = called(service), allowed(service)
    for name in NOT_CALLED:  # the API's functions: see test_api_rights
        actions = rights[name]
        # A read of a named version is another action, which the emulator counts as the same operation.
        assert actions - used[name] - NOT_CALLED[name] - {"s3:GetObjectVersion"} == set(), name
        assert used[name] <= actions, name
