"""``labelmill profiles``."""

from __future__ import annotations

import click

from labelmill.cli.options import json_option


@click.command("profiles")
@click.option("--use", metavar="NAME", help="Make this one current.")
@json_option
def command(use: str | None, as_json: bool) -> int:
    """List the services that are kept, without their tokens; the current one is marked."""
    from labelmill.cli.remote import print_list
    from labelmill.client.config import config_path, load, save_profile
    from labelmill.errors import OptionError

    config = load()
    if use is not None:
        if use not in config.profiles:
            raise OptionError(f"no profile {use!r} in {config_path()} (there: {', '.join(config.profiles) or 'none'})")
        save_profile(use, config.profiles[use], make_current=True)
        config = load()
    rows = [
        {"name": name, "url": kept.url, "organization": kept.organization, "current": name == config.current}
        for name, kept in config.profiles.items()
    ]
    columns = ("", "name", "url", "organization")
    return print_list(
        "profiles: 'labelmill login' makes one",
        columns,
        rows,
        lambda row: ("*" if row["current"] else "", row["name"], row["url"], row["organization"]),
        as_json=as_json,
    )
