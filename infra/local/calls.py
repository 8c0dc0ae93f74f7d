"""Who calls what: the service, operation, resource and caller of a request to the emulator."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

_TARGETS = {
    "AWSEvents": "events",
    "AWSStepFunctions": "states",
    "AmazonSQS": "sqs",
    "AmazonSSM": "ssm",
    "DynamoDB_20120810": "dynamodb",
    "GraniteServiceVersion20100801": "cloudwatch",
    "Logs_20140328": "logs",
}
_S3_OBJECT = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_S3_BUCKET = {"GET": "ListObjectsV2", "HEAD": "HeadBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations$")
_APP_ID = re.compile(r"\bapp/(\S+)")
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, named as boto3 names it; ``caller`` is an environment's id, empty for people and tests."""

    service: str
    operation: str
    resource: str
    caller: str
    waits_for_function: bool = False


def identify(scope: dict[str, Any]) -> Call:
    """Name the call that an ASGI ``scope`` carries, from its method, path and headers alone."""
    headers = header_texts(scope["headers"])
    method, path = scope["method"], scope["path"]
    found = _APP_ID.search(headers.get("user-agent", ""))
    caller = found.group(1) if found else ""
    target, _, operation = headers.get("x-amz-target", "").rpartition(".")
    if target:
        service = _TARGETS.get(target, target.partition("_")[0].lower())
        return Call(service, operation, path, caller)
    if invoked := _INVOKE.search(path):
        waits = headers.get("x-amz-invocation-type", "RequestResponse") == "RequestResponse"
        return Call("lambda", "Invoke", invoked.group(1), caller, waits)
    signed = _SCOPE.search(headers.get("authorization", ""))
    service = signed.group(1) if signed else ""
    if service in ("s3", ""):
        query = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
        return Call("s3", _s3_operation(method, path, query, headers), path, caller)
    return Call(service, "", path, caller)


def operation_in_body(body: bytes) -> str:
    """Answer the ``Action`` of a query-protocol request (SNS, IAM, CloudFormation)."""
    return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]


def _s3_operation(method: str, path: str, query: dict[str, list[str]], headers: dict[str, str]) -> str:
    bucket, _, key = path.strip("/").partition("/")
    if not bucket:
        return "ListBuckets"
    if not key and method == "GET" and "versions" in query:
        return "ListObjectVersions"
    if not key and method == "GET" and "uploads" in query:
        return "ListMultipartUploads"
    if not key:
        return "DeleteObjects" if "delete" in query else _S3_BUCKET.get(method, method)
    if "uploads" in query:
        return "CreateMultipartUpload"
    if "uploadId" in query:
        copied = "x-amz-copy-source" in headers
        parts = {"PUT": "UploadPartCopy" if copied else "UploadPart", "GET": "ListParts"}
        return parts.get(method, {"POST": "CompleteMultipartUpload"}.get(method, "AbortMultipartUpload"))
    if method == "PUT" and "x-amz-copy-source" in headers:
        return "CopyObject"
    return _S3_OBJECT.get(method, method)


def header_texts(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Answer headers as text, their names in lower case."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}
