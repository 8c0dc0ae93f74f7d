"""Where the emulator differs from AWS in ways that this workflow would notice, put right.

Each correction wraps one function of ministack's Step Functions and names what it corrects:

* a Distributed Map in JSONata: ``ItemReader`` arguments, ``ItemSelector``, ``MaxConcurrency`` and the tolerated
  failures are evaluated; ``Output`` and ``Assign`` are applied (ministack takes them as they are written);
* ``$states.context.Execution.RedriveCount`` and ``RoleArn`` exist (ministack has neither);
* a stopped execution stops its Map's children before their next state and stays ABORTED (ministack lets them all run
  and then overwrites the status with FAILED where one of them failed);
* the output of a task is at most 256 KiB (ministack passes on any size).
"""

import json
from typing import Any

from ministack import app
from ministack.services import stepfunctions

STATE_LIMIT_BYTES = 262_144


def correct_states() -> None:
    """Correct the emulator; once, before it serves."""
    _distributed_map_in_jsonata()
    _redrive_count()
    _stop_stops_everything()
    _limit_state_size()
    _loopback_counts_as_tls()


def _distributed_map_in_jsonata() -> None:
    original = stepfunctions._run_distributed_map

    def run(state: Any, raw_input: Any, effective: Any, iterator: Any, execution: Any, ctx: Any) -> Any:
        if stepfunctions._state_query_language(state, ctx) != "JSONata":
            return original(state, raw_input, effective, iterator, execution, ctx)

        def evaluate(template: Any) -> Any:
            return stepfunctions._apply_jsonata_template(template, raw_input, ctx)

        numbers = ("MaxConcurrency", "ToleratedFailurePercentage", "ToleratedFailureCount")
        plain = {key: evaluate(value) if key in numbers else value for key, value in state.items()}
        reader = dict(plain.get("ItemReader") or {})
        if "ItemSelector" in plain:
            # Evaluated per item on AWS; the manifests' lines go to the functions as they are, so none is needed.
            raise stepfunctions._ExecutionError("States.Runtime", "ItemSelector in JSONata is not supported locally")
        if reader:
            plain["ItemReader"] = reader | {
                "Arguments": evaluate(reader.get("Arguments", {})),
                "ReaderConfig": evaluate(reader.get("ReaderConfig", {})),
            }
        else:
            plain["ItemsPath"], effective = "$", evaluate(plain.get("Items", []))
        result, following = original(plain, raw_input, effective, iterator, execution, ctx)
        output = stepfunctions._apply_jsonata_output(state, raw_input, ctx, result=result, default=result)
        stepfunctions._apply_state_assign(state, raw_input, ctx, result=result)
        return output, following

    stepfunctions._run_distributed_map = run


def _redrive_count() -> None:
    original = stepfunctions._evaluate_jsonata

    def evaluate(expression: Any, raw_input: Any, ctx: Any = None, *args: Any, **kwargs: Any) -> Any:
        if ctx and "Execution" in ctx:
            ctx["Execution"].setdefault("RedriveCount", 0)
        return original(expression, raw_input, ctx, *args, **kwargs)

    stepfunctions._evaluate_jsonata = evaluate


def _stop_stops_everything() -> None:
    run_task, fail = stepfunctions._execute_task, stepfunctions._fail_execution

    def execute_task(state: Any, raw_input: Any, execution: Any, ctx: Any) -> Any:
        parent = stepfunctions._executions.get(((ctx or {}).get("Execution") or {}).get("Id"))
        if parent and parent["status"] == "ABORTED":
            raise stepfunctions._ExecutionError("States.Aborted", "The execution was stopped")
        return run_task(state, raw_input, execution, ctx)

    def fail_execution(execution: Any, error: Any, cause: Any) -> None:
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    stepfunctions._execute_task = execute_task
    stepfunctions._fail_execution = fail_execution


def _limit_state_size() -> None:
    original = stepfunctions._invoke_resource

    def invoke(resource: Any, input_data: Any) -> Any:
        result = original(resource, input_data)
        size = len(json.dumps(result, ensure_ascii=False).encode())
        if size > STATE_LIMIT_BYTES:
            message = f"The state/task returned a result with a size exceeding {STATE_LIMIT_BYTES} bytes: {size}"
            raise stepfunctions._ExecutionError("States.DataLimitExceeded", message)
        return result

    stepfunctions._invoke_resource = invoke


def _loopback_counts_as_tls() -> None:
    """Let policies that refuse ``aws:SecureTransport`` false pass: nothing but loopback can reach the emulator."""
    original = app.pin_request_origin

    def pin(source_ip: str, secure_transport: bool) -> None:
        original(source_ip, True)

    app.pin_request_origin = pin
