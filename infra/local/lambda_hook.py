"""The one hook in the emulator's Lambda: Python functions run in the pool instead of in its own workers.

Its own worker runs handlers in a loop of its own making and loses the names of their errors, by which the workflow
retries. The pool runs AWS' runtime client.
"""

import contextvars
import json
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.lambda_runtime import execution_credentials
from ministack.services import lambda_svc

from infra.local.environment import FunctionSpec
from infra.local.function_logs import FunctionLog
from infra.local.pool import Lane, RuntimePool, Setup
from infra.local.unpacked import UnpackedZips

LANE: contextvars.ContextVar[Lane] = contextvars.ContextVar("lane", default=Lane.WORK)
"""Where the invocations that a request leads to wait for their turn."""

Refuse = Callable[[str], tuple[str, str] | None]
"""Given a function's name, answers an error (type, message) that its invocation ends with instead of running."""


def run_in_pool(pool: RuntimePool, zips: UnpackedZips, refuse: Refuse) -> None:
    """Make the emulator run Python functions in ``pool``."""
    own_executor, own_logs = lambda_svc._execute_function_warm, lambda_svc._emit_lambda_logs

    def execute(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        config = function.get("config") or function
        if not _is_python(config):
            answer: dict[str, Any] = own_executor(function, event, request_id)
            return answer
        if refused := refuse(config["FunctionName"]):
            return {"error": True, "body": dict(zip(("errorType", "errorMessage"), refused, strict=True)), "log": ""}
        key = (config["FunctionArn"], config.get("RevisionId"), config.get("CodeSha256"))
        outcome = pool.invoke(
            key, lambda: _setup(function, config, zips), json.dumps(event).encode(), request_id, LANE.get()
        )
        try:
            body = json.loads(outcome.body) if outcome.body else None
        except ValueError:
            body = outcome.body.decode("utf-8", "replace")
        return {"body": body, "log": "\n".join(outcome.lines), **({"error": True} if outcome.failed else {})}

    def emit_logs(function: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        if not _is_python(function.get("config") or function):  # the pool has written them already
            own_logs(function, *args, **kwargs)

    lambda_svc._execute_function_warm = execute
    lambda_svc._emit_lambda_logs = emit_logs


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python")


def _setup(function: dict[str, Any], config: dict[str, Any], zips: UnpackedZips) -> Setup:
    name, logging = config["FunctionName"], config.get("LoggingConfig") or {}
    as_json = logging.get("LogFormat") == "JSON"
    _, _, _, region, *_ = config["FunctionArn"].split(":")
    variables = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    variables |= {key: value for key, value in execution_credentials(config).items() if value}
    if as_json:
        variables |= {
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": logging.get("ApplicationLogLevel") or "INFO",
        }
    layers = [lambda_svc._resolve_layer_zip(layer) for layer in config.get("Layers") or ()]
    spec = FunctionSpec(
        name=name,
        arn=config["FunctionArn"],
        handler=config["Handler"],
        task_root=zips.path(function["code_zip"]),
        layers=tuple(zips.path(layer) for layer in layers if layer),
        variables=variables | lambda_svc._runtime_env_vars(config),
        memory_mb=int(config.get("MemorySize") or 128),
        disk_mb=int((config.get("EphemeralStorage") or {}).get("Size") or 512),
        timeout_s=float(config.get("Timeout") or 3),
    )
    group = logging.get("LogGroup") or f"/aws/lambda/{name}"
    return Setup(spec, FunctionLog(group, uuid.uuid4().hex, as_json=as_json))
