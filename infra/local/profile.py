"""Tokens for the local cloud, and the profile by which the command line finds it.

Both by labelmill's own commands in processes of their own: the infrastructure imports none of it.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping

from infra.synth import ROOT

PROFILE = "local"
LIMIT_S = 60.0
_CURRENT = "from labelmill.client.config import load; print(load().current)"
_FORGET = """
import sys
from labelmill.client.config import load, remove_profile
name, url = sys.argv[1:]
kept = load().profiles.get(name)
if kept and kept.url == url:  # not that of another local cloud, which was started after this one
    remove_profile(name)
"""


class ProfileError(Exception):
    """A token could not be made or a profile not be written; the message says why."""


def first_token(environ: Mapping[str, str], stack: str, *options: str) -> str:
    """Make a token as an operator makes the first one on AWS; answer what the command printed.

    Args:
        environ: By which AWS' tools find the cloud.
        stack: Name of the stack.
        options: More options of ``labelmill_aws.access.first_token``.

    Raises:
        ProfileError: If it fails.
    """
    return _run(["-m", "labelmill_aws.access.first_token", "--stack", stack, *options], environ)


def write_profile(environ: Mapping[str, str], stack: str, url: str) -> bool:
    """Let the command line find the API at ``url``; answer whether it does so without being told the profile.

    A profile that a local cloud left which was killed is replaced.

    Raises:
        ProfileError: If that fails.
    """
    first_token(environ, stack, "--profile", PROFILE, "--url", url, "--name", "local cloud")
    return _run(["-c", _CURRENT]) == PROFILE


def remove_profile(url: str) -> None:
    """Take the profile of the API at ``url`` away again; nothing is done if there is none.

    Raises:
        ProfileError: If that fails.
    """
    _run(["-c", _FORGET, PROFILE, url])


def _run(arguments: list[str], environ: Mapping[str, str] | None = None) -> str:
    path = os.pathsep.join(filter(None, [str(ROOT / "layers/core/python"), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **(environ or {}), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        start_new_session=True,  # Ctrl-C is for its owner, which may be cleaning up
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        raise ProfileError(re.sub(r"^[\w.]+Error: ", "", last))
    return done.stdout.strip()
