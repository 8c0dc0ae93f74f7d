"""What the functions' roles allow, and what of it was used."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from e2e_service import Service

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
    ("s3", "ListObjectVersions"): "s3:ListBucketVersions",
    ("s3", "ListMultipartUploads"): "s3:ListBucketMultipartUploads",
    ("s3", "DeleteObjects"): "s3:DeleteObject",
    ("s3", "ListParts"): "s3:ListMultipartUploadParts",
    ("lambda", "Invoke"): "lambda:InvokeFunction",
    ("dynamodb", "TransactWriteItems"): "dynamodb:PutItem",
}
"""Operations whose action is called otherwise."""


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
    names = {service.function(name): name for name in allowed(service)}
    for of, operation, caller in service.cloud.request_counts():
        if caller:
            found[names[caller]].add(ACTIONS.get((of, operation), f"{of}:{operation}"))
    return found
