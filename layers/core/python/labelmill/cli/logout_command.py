"""``labelmill logout``."""

from __future__ import annotations

import click

from labelmill.cli.options import json_option


@click.command("logout")
@click.option("--profile", metavar="NAME", help="Which one; by default the current one.")
@json_option
def command(profile: str | None, as_json: bool) -> int:
    """Forget a service's URL and token.

    The token itself stays good: 'labelmill tokens revoke' ends it.
    """
    from labelmill.client.config import load, remove_profile

    name = profile or load().current
    gone = bool(name) and remove_profile(name)
    if as_json:
        from labelmill.cli.show import print_json

        print_json({"profile": name, "removed": gone})
    elif gone:
        click.echo(f"profile {name} is forgotten")
    else:
        click.echo(f"labelmill: there is no profile {name}" if name else "labelmill: no profile is current", err=True)
    return 0 if gone else 1
