"""The local cloud as Python uses it: ``with LocalCloud() as cloud: cloud.client("s3").upload_file(...)``."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from infra.local.deploy import deploy, stack_names
from infra.local.emulator import KEYS_VARIABLE, REGION, EmulatorSettings
from infra.local.faults import Fault
from infra.local.guard import Keys
from infra.local.profile import first_token
from infra.local.scratch import Scratch
from infra.synth import ROOT, synthesized

BUILD = ROOT / "build" / "local"
"""What may stay between runs: zips and unpacked layers (ignored by git, removed by ``make clean``)."""
START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0


class LocalCloudError(Exception):
    """The local cloud did not start or has ended; the message holds what the emulator said."""


class LocalCloud:
    """The emulator with the stack deployed; nothing of it is left when it is stopped.

    Args:
        assembly: A cloud assembly (``cdk.out``); synthesized from this project where None.
        port: Port on 127.0.0.1; a free one where 0.
        state: Folder to keep data in over a restart or a crash; nothing is kept where None.
        auth: Whether the functions' roles are enforced. Who has ``keys``, made anew each time, may do everything.
        max_environments: How many functions may run at a time; twice the cores where None.
        faults: Whether tests may break things (``cloud.faults``).
        context: CDK context for the synthesis.
        log_level: Of the emulator's own log, which goes to standard error.
    """

    def __init__(
        self,
        assembly: Path | None = None,
        *,
        port: int = 0,
        state: Path | None = None,
        auth: bool = True,
        max_environments: int | None = None,
        faults: bool = False,
        context: Mapping[str, str] | None = None,
        build: Path = BUILD,
        log_level: str = "ERROR",
    ) -> None:
        self.endpoint = ""
        self.outputs: dict[str, str] = {}
        self.stack = ""
        self.keys = Keys.new()
        self._assembly, self._context, self._build = assembly, context, build
        self._options: dict[str, Any] = {
            "port": port,
            "state": str(state.resolve()) if state else None,
            "auth": auth,
            "max_environments": max_environments,
            "faults": faults,
            "log_level": log_level,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: Scratch | None = None
        self._clients: dict[str, Any] = {}
        self._making_clients = threading.Lock()

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def start(self) -> Self:
        """Synthesize (where needed), start and deploy.

        Raises:
            RuntimeError: If the template can't be made.
            LocalCloudError: If the emulator doesn't start.
            DeployError: If the stack can't be made.
        """
        assembly = self._assembly or synthesized(**{"target": "local", **(self._context or {})})
        try:
            self._start_emulator()
            for self.stack in stack_names(assembly):
                self.outputs |= deploy(self.client, assembly, self.stack, REGION, self._build / "zips")
            if "ApiUrl" in self.outputs:  # data that was kept may be from another port
                self.outputs["ApiUrl"] = self.endpoint
            if self._options["state"]:
                self._own("POST", "kept")
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End every process and remove every file of it (but not ``state``); safe to call twice."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        if self._process:
            assert self._process.stdin and self._process.stdout
            self._process.stdin.close()
            try:
                self._process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()  # its functions watch it and end themselves
                self._process.wait()
            self._process.stdout.close()
            self._process = None
        if self._scratch:
            self._scratch.remove()
            self._scratch = None

    def client(self, service: str) -> Any:
        """Answer a boto3 client of ``service`` with all rights; one is made per service."""
        with self._making_clients:  # boto3's session is not made for threads, its clients are
            if service not in self._clients:
                session: Any = self.session()
                self._clients[service] = session.client(
                    service,
                    endpoint_url=self.endpoint,
                    config=Config(max_pool_connections=64, s3={"addressing_style": "path"}),
                )
            return self._clients[service]

    def session(self) -> boto3.Session:
        """Answer a boto3 session with the credentials of a person who may do everything."""
        return boto3.Session(self.keys.access_key, self.keys.secret_key, region_name=REGION)

    def environ(self) -> dict[str, str]:
        """Answer the environment variables with which any AWS tool talks to this cloud."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.keys.access_key,
            "AWS_SECRET_ACCESS_KEY": self.keys.secret_key,
            "AWS_DEFAULT_REGION": REGION,
        }

    @property
    def api_url(self) -> str:
        """Where the HTTP API is, without ``/v1``."""
        return self.outputs["ApiUrl"]

    def token(self, organization: str = "default", role: str = "admin", name: str = "local") -> str:
        """Make a token for the HTTP API, as an operator makes the first one on AWS.

        Raises:
            ProfileError: If that fails.
        """
        options = ("--organization", organization, "--role", role, "--name", name, "--print")
        return first_token(self.environ(), self.stack, *options)

    def console_link(self, organization: str = "default", role: str = "admin", name: str = "local console") -> str:
        """Make a link that opens the console signed in, once within ten minutes. Raises ProfileError if that fails."""
        options = ("--organization", organization, "--role", role, "--name", name, "--url", self.api_url, "--link")
        return first_token(self.environ(), self.stack, *options)

    def function_names(self) -> list[str]:
        """Answer the names of the deployed functions."""
        pages = self.client("lambda").get_paginator("list_functions").paginate()
        return [function["FunctionName"] for page in pages for function in page["Functions"]]

    def function_log(self, function: str = "") -> list[str]:
        """Answer what the functions whose name holds ``function`` have logged, in the order of time."""
        logs, found = self.client("logs"), []
        for name in self.function_names():
            if function in name:
                config = self.client("lambda").get_function_configuration(FunctionName=name)
                group = config.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"
                with contextlib.suppress(logs.exceptions.ResourceNotFoundException):  # it never ran
                    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
                    found += [event for page in pages for event in page["events"]]
        return [event["message"] for event in sorted(found, key=lambda event: event["timestamp"])]

    def kill_environments(self, function: str = "") -> int:
        """Kill the processes of the functions whose name holds ``function``; answer how many."""
        return int(self._own("DELETE", f"environments?function={function}"))

    def busy_functions(self) -> int:
        """Answer how many functions run now."""
        return int(self._own("GET", "busy"))

    def request_counts(self) -> dict[tuple[str, str, str], int]:
        """Answer how often each (service, operation, calling function) was requested; "" calls from outside."""
        return {(service, operation, caller): n for service, operation, caller, n in self._own("GET", "requests")}

    def reset_request_counts(self) -> None:
        """Count from nothing again."""
        self._own("DELETE", "requests")

    def add_fault(self, fault: Fault) -> None:
        """Break something (see ``faults``)."""
        self._own("POST", "faults", asdict(fault))

    def faults(self) -> list[Fault]:
        """Answer all faults that were added, with how often each was applied."""
        return [Fault(**rule) for rule in self._own("GET", "faults")]

    def clear_faults(self) -> None:
        """Break nothing any more."""
        self._own("DELETE", "faults")
        self.shuffle_events(copies=1, window_s=0.0)

    def shuffle_events(self, copies: int = 3, window_s: float = 0.5, seed: int = 0) -> None:
        """Deliver events to the state machine and functions ``copies`` times, in random order within ``window_s``."""
        self._own("POST", "chaos", {"copies": copies, "window_s": window_s, "seed": seed})

    def wait(self) -> None:
        """Wait until the emulator ends.

        Raises:
            LocalCloudError: When it has, since it does so by itself only in a crash.
        """
        if self._process:
            code = self._process.wait()
            raise LocalCloudError(f"the emulator has ended (exit {code})")

    def terminate(self) -> None:
        """Kill the emulator without warning, as a crash would; ``stop`` is still needed."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)

    def _start_emulator(self) -> None:
        self._scratch = Scratch()
        settings = EmulatorSettings(str(self._scratch.path), str(self._build / "unpacked"), **self._options)
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.emulator", settings.to_json()],
            env=os.environ | {"PYTHONPATH": path, KEYS_VARIABLE: f"{self.keys.access_key} {self.keys.secret_key}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for its owner, which then closes its standard input
        )
        assert self._process.stdout
        late = threading.Timer(START_LIMIT_S, self._process.kill)
        late.start()
        port = self._process.stdout.readline().decode().strip()
        late.cancel()
        if not port.isdigit():
            self._process.wait()
            raise LocalCloudError(f"the emulator did not start (exit {self._process.returncode}); it said why above")
        self.endpoint = f"http://127.0.0.1:{port}"

    def _own(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_local/{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def wait_for(self, condition: Any, timeout_s: float = 60.0, every_s: float = 0.05) -> Any:
        """Call ``condition`` until it answers something true, and answer that.

        Raises:
            TimeoutError: If it doesn't in ``timeout_s``.
        """
        deadline = time.monotonic() + timeout_s
        while not (found := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not so after {timeout_s:g} s")
            time.sleep(every_s)
        return found
