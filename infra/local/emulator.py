"""The process that holds the cloud: ministack on loopback, with functions in the pool.

Started by ``cloud.LocalCloud`` as ``python -m infra.local.emulator``, with its settings as JSON in the first argument.
It prints its port when it is ready, and stops when its standard input closes, on SIGTERM and on SIGINT.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import threading
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from infra.local.guard import Guard, Keys

MINISTACK = "1.5.33"
"""The version that ``lambda_hook``, ``function_logs`` and the corrections are written for: they reach into it."""
REGION = "us-east-1"
KEYS_VARIABLE = "LABELMILL_LOCAL_KEYS"
"""Access key and secret key, a space between: arguments can be read by everybody on a machine, variables can't."""
HEAD_BYTES = 4 * 1024 * 1024
"""How long a request's head may be until the server breaks off. Far beyond the HTTP API's limit, which answers."""
STOP_LIMIT_S = 15.0
"""Data that is kept must be written in this time; the cloud waits a little longer (``cloud.STOP_LIMIT_S``)."""


class EmulatorError(Exception):
    """The emulator can't be started; the message says why."""


@dataclass(frozen=True)
class EmulatorSettings:
    """What the emulator is started with."""

    scratch: str
    unpacked: str
    port: int = 0
    state: str | None = None
    auth: bool = True
    faults: bool = False
    max_environments: int | None = None
    log_level: str = "WARNING"

    def to_json(self) -> str:
        """Answer the settings as the process takes them."""
        return json.dumps(asdict(self))

    def variables(self, port: int, keys: Keys) -> dict[str, str]:
        """Answer the environment variables by which ministack is set up; it reads them when it is imported."""
        switch = {True: "1", False: "0"}
        state = self.state or f"{self.scratch}/state"
        return {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AUTH": str(self.auth).lower(),
            "LOG_LEVEL": self.log_level,
            "PERSIST_STATE": switch[self.state is not None],
            "STATE_DIR": f"{state}/services",
            "S3_PERSIST": switch[self.state is not None],
            "S3_DATA_DIR": f"{state}/s3",
            "TMPDIR": self.scratch,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": "unix:///nonexistent",  # nothing here needs docker: don't look for it
        }


def main(argument: str) -> None:
    """Serve until told to stop."""
    settings = EmulatorSettings(**json.loads(argument))
    if (found := version("ministack")) != MINISTACK:
        raise EmulatorError(f"the local cloud is written for ministack {MINISTACK}, found {found}")
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", settings.port))
    except OSError as error:
        raise EmulatorError(f"port {settings.port} of 127.0.0.1 is taken: {error.strerror}") from error
    port = listening.getsockname()[1]
    keys = Keys(*os.environ.pop(KEYS_VARIABLE).split(" "))
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # a profile or an endpoint of the user's must not reach in here
    os.environ |= settings.variables(port, keys)
    _serve(settings, listening, port, keys)


def _serve(settings: EmulatorSettings, listening: socket.socket, port: int, keys: Keys) -> None:
    # Only now: ministack reads its environment when it is imported.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app
    from ministack.services import eventbridge

    from infra.local.api_corrections import correct_api
    from infra.local.dynamodb_corrections import correct_dynamodb
    from infra.local.faults import EventChaos, FaultQueue
    from infra.local.gateway import Gateway
    from infra.local.kept_state import KeptState
    from infra.local.lambda_hook import run_in_pool
    from infra.local.pool import RuntimePool
    from infra.local.runtime_view import link_runtime
    from infra.local.s3_corrections import correct_s3
    from infra.local.states_corrections import correct_states
    from infra.local.unpacked import UnpackedZips

    scratch = Path(settings.scratch)
    faults, chaos = (FaultQueue(), EventChaos()) if settings.faults else (None, None)
    pool = RuntimePool(
        link_runtime(scratch / "runtime"),
        scratch / "environments",
        {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"},
        settings.max_environments,
    )
    run_in_pool(pool, UnpackedZips(Path(settings.unpacked)), faults.refuse if faults else lambda _: None)
    kept = KeptState(Path(os.environ["STATE_DIR"]))
    kept.correct()
    correct_states()
    correct_s3()
    correct_dynamodb()
    correct_api(port)
    if chaos:
        eventbridge._dispatch_to_stepfunctions = chaos.wrap(eventbridge._dispatch_to_stepfunctions)
        eventbridge._dispatch_to_lambda = chaos.wrap(eventbridge._dispatch_to_lambda)
    config = Config()
    config.bind = [f"fd://{listening.detach()}"]
    config.loglevel = settings.log_level
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5
    config.h11_max_incomplete_size = HEAD_BYTES
    gateway: Any = Gateway(app, pool, Guard(port, keys), kept, faults, chaos)

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        threading.Thread(target=_watch_owner, args=(loop, stop), daemon=True).start()
        asyncio.create_task(_announce(port))  # noqa: RUF006 (the loop lives as long as the task matters)
        if settings.state is not None:
            asyncio.create_task(kept.save_as_it_goes(gateway.requests))  # noqa: RUF006

        async def told_to_stop() -> None:
            await stop.wait()
            threading.Timer(STOP_LIMIT_S, _leave, args=(scratch,)).start()
            await asyncio.to_thread(pool.close)  # first: a request that waits for a function holds up the rest

        await serve(gateway, config, shutdown_trigger=told_to_stop)

    try:
        asyncio.run(run())
    finally:
        pool.close()
        _leave(scratch)


def _leave(scratch: Path) -> None:
    """End the process at once, since threads that wait would hold it up, and leave no file: the owner may be gone."""
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(0)


def _watch_owner(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop when the owner's end of standard input closes: it has left, perhaps without a word."""
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


async def _announce(port: int) -> None:
    """Say the port on standard output as soon as it answers."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        break
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except EmulatorError as error:
        sys.exit(str(error))
