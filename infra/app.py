"""Synthesize the stack: ``python -m infra.app [-c key=value …] [--output DIR]``, which is also what ``cdk`` runs.

No AWS call is made and no credentials are needed. Context (``cdk.json``, ``-c``): ``target`` (``aws`` or ``local``),
``stack`` (its name), ``wheels`` (``lambda``, or ``installed`` for what this interpreter has), ``quiet_s``,
``max_concurrency``, ``shards_reserved``, ``api_reserved``, ``shard_images``, ``shard_bytes``, ``api_rate``,
``api_burst``, ``oidc_issuer``, ``oidc_audience``, ``oidc_organization_claim``, ``oidc_role_claim``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from infra.components.node import put_node_on_path

put_node_on_path()

# The CDK starts Node when it is imported.
from aws_cdk import App, Validations  # noqa: E402
from cdk_nag import AwsSolutionsChecks  # noqa: E402

from infra.components.functions import Concurrency  # noqa: E402
from infra.stack import Choices, LabelmillStack  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
TARGETS = {"aws": "lambda", "local": "installed"}
"""Where a stack can run, and the wheels its functions need there."""


def synthesize(context: dict[str, str], output: Path | None = None) -> Path:
    """Write the cloud assembly and return its folder.

    Args:
        context: Overrides ``cdk.json``.
        output: Where to write; where ``cdk`` wants it, or ``cdk.out``, if not given.

    Raises:
        ValueError: If a context value is not of its kind.
        RuntimeError: If cdk-nag has a finding that nothing acknowledges.
    """
    from_file = json.loads((ROOT / "cdk.json").read_text())["context"]
    if output is None and "CDK_OUTDIR" not in os.environ:  # which the cdk command sets
        output = ROOT / "cdk.out"
    app = App(context={**from_file, **context}, outdir=str(output) if output else None)
    LabelmillStack(app, str(app.node.get_context("stack")), choices=_choices(app))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return Path(app.synth().directory)


def _choices(app: App) -> Choices:
    target = app.node.get_context("target")
    if target not in TARGETS:
        raise ValueError(f"context target: expected one of {', '.join(TARGETS)}, got {target!r}")
    wheels = app.node.try_get_context("wheels") or TARGETS[target]
    if wheels not in TARGETS.values():
        raise ValueError(f"context wheels: expected one of {', '.join(TARGETS.values())}, got {wheels!r}")
    local = target == "local"

    def number(name: str, default: int) -> int:
        value = app.node.try_get_context(name)
        try:
            chosen = default if value is None else int(value)
        except (TypeError, ValueError):
            chosen = 0
        if chosen < 1:
            raise ValueError(f"context {name}: expected a whole number above 0, got {value!r}")
        return chosen

    def text(name: str) -> str:
        return str(app.node.try_get_context(name) or "")

    oidc = {name: text(f"oidc_{name}") for name in ("issuer", "audience", "organization_claim", "role_claim")}
    if oidc["issuer"] and not oidc["audience"]:
        # A token that the issuer made for any other program would be one of ours.
        raise ValueError("context oidc_audience: needed with oidc_issuer")
    if any(oidc.values()) and not oidc["issuer"]:
        raise ValueError("context oidc_issuer: needed with the other oidc_ values")
    if oidc["issuer"] and not oidc["issuer"].startswith("https://"):
        raise ValueError(f"context oidc_issuer: expected an https:// address, got {oidc['issuer']!r}")

    def reserved(name: str) -> int | None:
        return number(name, 1) if app.node.try_get_context(name) is not None else None

    concurrency = Concurrency(of_shards=reserved("shards_reserved"), of_api=reserved("api_reserved"))
    # Lambda allows most accounts 1,000 at once, young ones 10; a laptop has a few cores.
    at_once = number("max_concurrency", 32 if local else 1000)
    return Choices(
        target=target,
        wheels=wheels,
        quiet_s=number("quiet_s", 2 if local else 60),
        max_concurrency=min(at_once, concurrency.of_shards or at_once),
        concurrency=concurrency,
        shard_images=number("shard_images", 2000),
        shard_bytes=number("shard_bytes", 64 * 1024 * 1024),
        # An account's default is 10,000 requests a second over all its APIs and 1,000 functions at a time over all of
        # them, workflows too: so much that a program in a loop must not take them all.
        api_rate=number("api_rate", 200),
        api_burst=number("api_burst", 400),
        oidc=oidc,
    )


def main(arguments: list[str]) -> None:
    """Parse the command line and synthesize."""
    parser = argparse.ArgumentParser(prog="python -m infra.app", description="Synthesize the stack.")
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("-o", "--output", type=Path)
    parsed = parser.parse_args(arguments)
    pairs = [pair.partition("=") for pair in parsed.context]
    for key, equals, _ in pairs:
        if not (key and equals):
            parser.error(f"--context: expected KEY=VALUE, got {key!r}")
    try:
        synthesize({key: value for key, _, value in pairs}, parsed.output)
    except (RuntimeError, ValueError) as error:
        sys.exit(f"infra.app: {str(error).splitlines()[0]}")


if __name__ == "__main__":
    main(sys.argv[1:])
