"""``labelmill tokens``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from labelmill.cli.remote import delete_each, limit_option, print_list, service_options, yes_option

if TYPE_CHECKING:
    from labelmill.client.client import Client


@click.group("tokens")
def command() -> None:
    """Who may use the service: readers look, editors change, admins give tokens."""


@command.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(["reader", "editor", "admin"]), required=True, help="What it allows.")
@click.option("--days", type=click.IntRange(1, 3650), metavar="N", help="How long it is good; by default 365.")
@service_options
def create(
    client: Client, name: str, role: Literal["reader", "editor", "admin"], days: int | None, as_json: bool
) -> int:
    """Make a token for NAME, a person or a program. It is printed this once."""
    made = client.tokens.create(name, role, expires_in_days=days)
    if as_json:
        from labelmill.cli.show import print_json

        print_json(made)
    else:
        click.echo(made.token)
        click.echo(f"{made.id}: {made.role} {made.name} until {made.expires}; it is not shown again", err=True)
    return 0


@command.command("list")
@limit_option
@service_options
def list_tokens(client: Client, limit: int | None, as_json: bool) -> int:
    """List the tokens, without what is secret of them."""
    return print_list(
        "tokens",
        ("id", "name", "role", "status", "created", "by", "expires"),
        client.tokens.list(limit=limit),
        lambda t: (t.id, t.name, t.role, t.status, t.created, t.created_by, t.expires),
        as_json=as_json,
    )


@command.command("revoke")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@yes_option
@service_options
def revoke(client: Client, ids: tuple[str, ...], yes: bool, as_json: bool) -> int:
    """Make tokens useless, within a minute everywhere."""
    return delete_each("token", ids, client.tokens.revoke, yes=yes, as_json=as_json, done="revoked")
