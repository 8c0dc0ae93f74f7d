"""AWS' errors in the library's words: what may succeed later is a ``TransientError``, everything else escapes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectionError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from labelmill.errors import TransientError

THROTTLES = frozenset({
    "BandwidthLimitExceeded", "InternalError", "InternalFailure", "InternalServerError", "LimitExceededException",
    "OperationAborted", "PriorRequestNotComplete", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
    "RequestThrottled", "RequestThrottledException", "RequestTimeout", "RequestTimeoutException", "ServiceUnavailable",
    "SlowDown", "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequestsException",
    "TransactionConflictException", "TransactionInProgressException",
})  # fmt: skip
"""Codes of refusals that pass by themselves; botocore has retried them before they are seen here."""

DROPPED = (
    ConnectionClosedError,
    ConnectionError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)


def code_of(error: ClientError) -> str:
    """AWS' code of an error, such as ``NoSuchKey``; a bare HTTP status where HEAD gives no more, such as ``404``."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_missing(error: ClientError) -> bool:
    """Tell whether an error of S3 says that there is no such object or version."""
    return code_of(error) in {"404", "NoSuchKey", "NoSuchVersion", "NotFound"}


def is_transient(error: ClientError) -> bool:
    """Tell whether the same call may succeed later."""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return status >= 500 or status == 429 or code_of(error) in THROTTLES


@contextmanager
def transient_errors() -> Iterator[None]:
    """Turn throttling, faults of the service, time-outs and dropped connections into ``TransientError``.

    A handler wraps its one call in it: the workflow retries that error by its name. Any other error of AWS (a missing
    permission, a bad request) is a bug and escapes as it is.

    Raises:
        TransientError: Naming the operation and AWS' own words.
    """
    try:
        yield
    except ClientError as error:
        if is_transient(error):
            message = error.response.get("Error", {}).get("Message", "")
            raise TransientError(f"{error.operation_name}: {code_of(error)}: {message}") from error
        raise
    except DROPPED as error:
        raise TransientError(f"the connection to AWS broke: {' '.join(str(error).split())}") from error
