"""What the commands of the service share: how they find it, ask before they delete, and read tags and options."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

from labelmill.cli.options import json_option

EXIT_INTERRUPTED = 130

yes_option = click.option("--yes", "-y", is_flag=True, help="Don't ask.")
tag_option = click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A tag; repeatable.")
untag_option = click.option("--untag", "untags", multiple=True, metavar="KEY", help="A tag to take away; repeatable.")
limit_option = click.option("--limit", type=click.IntRange(1), help="Show so many at most.")
description_option = click.option("--description", metavar="TEXT", help="What it is for.")


def service_options(function: Callable[..., int]) -> Callable[..., int]:
    """``--json --profile --url --token``; the command gets a ``Client`` as its first argument."""

    @json_option
    @click.option("--profile", metavar="NAME", help="Which service, of those in 'labelmill profiles'.")
    @click.option("--url", metavar="URL", help="The service, instead of a profile.")
    @click.option("--token", metavar="TOKEN", help="The token; LABELMILL_TOKEN keeps it out of sight.")
    @functools.wraps(function)
    def call(url: str | None, token: str | None, profile: str | None, **arguments: Any) -> int:
        from labelmill.cli.near_names import explained
        from labelmill.client.client import Client

        with Client(url, token, profile=profile) as client, explained(client):
            return function(client, **arguments)

    return call


def confirm(question: str, yes: bool) -> bool:
    """Ask before something is gone; without a terminal, ``--yes`` has to be given."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Nobody is there to ask: give --yes.")
    if click.confirm(question, err=True):
        return True
    click.echo("labelmill: nothing was done", err=True)
    return False


def delete_each(
    what: str, names: Iterable[str], delete: Callable[[str], None], *, yes: bool, as_json: bool, done: str = "deleted"
) -> int:
    """Delete things after a question; tells each on stdout."""
    from labelmill.cli.show import printable, say

    names = list(names)
    shown = printable(names[0]) if len(names) == 1 else f"{len(names)} {what}s"
    verb = "Revoke" if done == "revoked" else "Delete"
    if not confirm(f"{verb} {what} {shown}?" if len(names) == 1 else f"{verb} {shown}?", yes):
        return 1
    for name in names:
        delete(name)
        if not as_json:
            say(f"{name} {done}")
    if as_json:
        from labelmill.cli.show import print_json

        print_json({done: names})
    return 0


def read_pairs(pairs: Iterable[str], option: str) -> dict[str, str]:
    """``KEY=VALUE`` texts as a dict."""
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"expected KEY=VALUE, found {pair!r}", param_hint=f"'{option}'")
        found[key] = value
    return found


def read_options(pairs: Iterable[str]) -> dict[str, Any]:
    """Format options: values that are JSON (``true``, ``3``) are taken as such, all others as text."""
    import msgspec

    found: dict[str, Any] = {}
    for key, value in read_pairs(pairs, "--option").items():
        try:
            found[key] = msgspec.json.decode(value)
        except msgspec.DecodeError:
            found[key] = value
    return found


def changed_tags(tags: Mapping[str, str], more: Mapping[str, str], fewer: Iterable[str]) -> dict[str, str]:
    """Tags after some were added and some taken away."""
    gone = set(fewer)
    return {**{key: value for key, value in tags.items() if key not in gone}, **more}


def shown_tags(tags: Mapping[str, str]) -> str:
    """Tags on a line."""
    return ", ".join(f"{key}={value}" for key, value in tags.items())


def print_list(title: str, columns: tuple[str, ...], items: Iterable[Any], row: Any, *, as_json: bool) -> int:
    """Print a list: a table, or with ``--json`` one JSON array."""
    from labelmill.cli.show import print_json, print_table

    records = list(items)
    if as_json:
        print_json(records)
    elif records or not title:
        print_table("", columns, map(row, records))
    else:
        click.echo(f"no {title}", err=True)
    return 0


def print_record(record: Any, rows: Iterable[tuple[str, object]], *, as_json: bool, title: str = "") -> int:
    """Print one thing: what is known of it line by line, or with ``--json`` one JSON object."""
    from labelmill.cli.show import print_fields, print_json

    if as_json:
        print_json(record)
    else:
        print_fields(title, [(name, value) for name, value in rows if value not in ("", None, [], {})])
    return 0


def size_of(size_bytes: int) -> str:
    """A size for people: ``1.2 GB``; nothing for 0, which stands for not known."""
    if not size_bytes:
        return ""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
