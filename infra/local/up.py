"""``python -m infra.local.up``: bring the local cloud up, say how to use it, take it down on Ctrl-C."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from infra.local.cloud import LocalCloud, LocalCloudError
from infra.local.deploy import DeployError
from infra.local.profile import PROFILE, ProfileError, remove_profile, write_profile
from infra.synth import synthesized

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command()
@click.option("--port", default=0, metavar="N", help="Port on 127.0.0.1 (default: a free one).")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep the data in DIR over a restart (default: keep nothing).",
)
@click.option("--auth/--no-auth", default=True, help="Enforce the functions' roles (default: yes).")
@click.option(
    "--environments", type=click.IntRange(min=1), metavar="N", help="Functions at a time (default: 2 a core)."
)
@click.option("--verbose", is_flag=True, help="Show the emulator's own log.")
def up(port: int, state: Path | None, auth: bool, environments: int | None, verbose: bool) -> None:
    """Run the whole service on this machine, without AWS and without docker."""
    stop = threading.Event()

    def leave(number: int, frame: FrameType | None) -> None:
        if not stop.is_set():
            stop.set()
            raise KeyboardInterrupt

    for number in SIGNALS:
        signal.signal(number, leave)
    try:
        _run(port, state, auth, environments, verbose)
    except KeyboardInterrupt:
        click.echo("Taken down.", err=True)
    except (RuntimeError, DeployError, LocalCloudError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _run(port: int, state: Path | None, auth: bool, environments: int | None, verbose: bool) -> None:
    click.echo("Synthesizing (a few seconds; nothing to do when no source has changed) ...", err=True)
    assembly = synthesized(target="local")
    started = time.monotonic()
    cloud = LocalCloud(
        assembly,
        port=port,
        state=state,
        auth=auth,
        max_environments=environments,
        log_level="INFO" if verbose else "ERROR",
    )
    with cloud:
        click.echo(f"Up after {time.monotonic() - started:.1f} s. Ctrl-C takes it down.", err=True)
        click.echo(describe(cloud))
        with _profile(cloud):
            _say_console(cloud)
            cloud.wait()


@contextmanager
def _profile(cloud: LocalCloud) -> Iterator[None]:
    """Let the command line find the cloud while it is up."""
    if "ApiUrl" not in cloud.outputs:
        yield
        return
    try:
        try:
            found = write_profile(cloud.environ(), cloud.stack, cloud.api_url)
        except ProfileError as error:
            click.echo(f"The labelmill command does not find it by itself: {error}", err=True)
        else:
            option = "" if found else f" --profile {PROFILE}"
            click.echo(f"The labelmill command finds it by itself:\n  labelmill{option} workspaces list\n")
        yield
    finally:
        try:
            remove_profile(cloud.api_url)
        except ProfileError as error:
            click.echo(f"The profile {PROFILE} of the labelmill command is still there: {error}", err=True)


def _say_console(cloud: LocalCloud) -> None:
    """Say the link that opens the console signed in; the browser keeps what is behind ``#`` to itself."""
    if "ApiUrl" not in cloud.outputs:
        return
    try:
        click.echo(f"Console  {cloud.console_link()}")
        click.echo("         The link signs in once, within ten minutes; later paste a token.\n")
    except ProfileError as error:
        click.echo(f"Console  {cloud.api_url}/   (no link could be made: {error})\n")


def describe(cloud: LocalCloud) -> str:
    """Say what is there and how to use it."""
    width = max(map(len, cloud.outputs), default=0)
    outputs = [f"  {name:<{width}}  {value}" for name, value in sorted(cloud.outputs.items())]
    inbox = cloud.outputs.get("InboxBucket", "INBOX")
    variables = " ".join(f"{name}={value}" for name, value in cloud.environ().items())
    return "\n".join(
        [
            "",
            f"Endpoint  {cloud.endpoint}   (127.0.0.1 only)",
            *([f"API       {cloud.api_url}/v1"] if "ApiUrl" in cloud.outputs else []),
            "",
            *outputs,
            "",
            "For aws, boto3 and any other AWS tool:",
            f"  export {variables}",
            f"  aws s3 cp dataset.zip s3://{inbox}/datasets/my-workspace/dataset.zip",
            "",
            "After a change of the stack, with the same variables:",
            "  npx aws-cdk@2.1148.1 deploy -c target=local --require-approval never",
            "",
        ]
    )


if __name__ == "__main__":
    up()
