"""``Idempotency-Key``: a POST that is repeated with its key is answered as the first time, and done once.

Kept for a day, by organization, token, method, path and key. Only answers that say that something was done are kept:
a request that was refused can be mended and sent again with its key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)

from labelmill_aws.api.caller import Caller
from labelmill_aws.api.problems import Problem
from labelmill_aws.api.routing import Endpoint
from labelmill_aws.records.table import Table

KEPT_FOR_S: Final = 24 * 3600
MAX_KEY_CHARS: Final = 255
MAX_KEPT_CHARS: Final = 90_000
"""An item holds 400 KB; JSON in JSON, in UTF-8, of four bytes a character."""
REPLAYED: Final = "Idempotent-Replayed"

Answer = dict[str, Any]


class Once:
    """Sees to it that a request is done once."""

    def __init__(self, table: Table, client: Any) -> None:
        self._store = _Rows(table.name, key_attr="pk", expiry_attr="expires_at", boto3_client=client)

    def answer(
        self,
        key: str,
        caller: Caller,
        endpoint: Endpoint,
        path: str,
        body: bytes,
        context: Any,
        do: Callable[[], Answer],
    ) -> Answer:
        """Do a request, or answer as it was answered.

        Args:
            key: The header, as it came.
            caller: Who asks.
            endpoint: What for.
            path: The path that was called.
            body: The request's body.
            context: Lambda's: a request that dies is over when its function's time is.
            do: Does it; its answer is one of a Lambda function.

        Raises:
            Problem: ``bad-request``, ``request-in-progress``, ``idempotency-mismatch``, and ``conflict`` for a repeat
                of what is shown once.
        """
        if not 1 <= len(key) <= MAX_KEY_CHARS or not (key.isascii() and key.isprintable()):
            expected = f"expected 1 to {MAX_KEY_CHARS} printable ASCII characters"
            raise Problem("bad-request", errors=[("header.Idempotency-Key", expected)])
        done: list[Answer] = []

        def run(request: dict[str, Any]) -> Answer:
            answer = do()
            done.append(answer)
            if answer["statusCode"] >= 300 or len(str(answer.get("body"))) > MAX_KEPT_CHARS:
                raise _NotKeptError
            return answer | {"body": None} if endpoint.secret else answer

        def replay(response: Any, idempotent_data: Any) -> Any:
            if endpoint.secret:
                raise Problem("conflict", "It was made before with this Idempotency-Key, and is shown once.")
            return response | {"headers": response["headers"] | {REPLAYED: "true"}}

        request = {
            "key": [caller.organization, caller.id, endpoint.method, path, key],
            "payload": hashlib.sha256(body).hexdigest(),
        }
        config = IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="payload",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=KEPT_FOR_S,
            hash_function="sha256",
            lambda_context=context,
            response_hook=replay,
        )
        once = idempotent_function(
            run, data_keyword_argument="request", persistence_store=self._store, config=config, key_prefix="once"
        )
        try:
            answer: Answer = once(request=request)
        except _NotKeptError:
            return done[0]
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as error:
            raise Problem("request-in-progress", headers={"Retry-After": "1"}) from error
        except IdempotencyValidationError as error:
            raise Problem("idempotency-mismatch", "Its path was the same, its body was another.") from error
        except IdempotencyPersistenceLayerError as error:
            if done:
                return done[0]  # it is done, and only its answer could not be kept
            raise error.__cause__ or error from error
        return done[0] if done else answer


class _Rows(DynamoDBPersistenceLayer):
    """Rows ``ONCE#{key}``/``ONCE``: a partition each, since all in one would throttle each other."""

    def _get_key(self, idempotency_key: str) -> dict[str, Any]:
        return {"pk": {"S": f"ONCE#{idempotency_key}"}, "sk": {"S": "ONCE"}}


class _NotKeptError(Exception):
    """Makes Powertools forget the request."""
