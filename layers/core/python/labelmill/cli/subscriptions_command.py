"""``labelmill subscriptions``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from labelmill.cli.remote import delete_each, limit_option, print_list, print_record, service_options, yes_option

if TYPE_CHECKING:
    from labelmill.client.client import Client
    from labelmill.client.models import MessageStatus


@click.group("subscriptions")
def command() -> None:
    """Who is told when labels are made, or could not be made."""


@command.command("create")
@click.argument("protocol", type=click.Choice(["email", "https", "sqs"]))
@click.argument("endpoint")
@click.option("--workspace", "workspaces", multiple=True, metavar="NAME", help="Only of this one; repeatable.")
@click.option("--format", "formats", multiple=True, metavar="FORMAT", help="Only of this one; repeatable.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(["complete", "failed", "cancelled", "refused"]),
    help="Only these ends; repeatable.",
)
@service_options
def create(
    client: Client,
    protocol: Literal["email", "https", "sqs"],
    endpoint: str,
    workspaces: tuple[str, ...],
    formats: tuple[str, ...],
    statuses: tuple[MessageStatus, ...],
    as_json: bool,
) -> int:
    """Tell ENDPOINT of what is made, fails or is refused.

    ENDPOINT is an e-mail address or a URL, which have to confirm it, or the ARN of a queue.
    """
    from labelmill.formats import find_format

    made = client.subscriptions.create(
        protocol,
        endpoint,
        workspaces=workspaces or None,
        formats=[find_format(name).id for name in formats] or None,
        statuses=statuses or None,
    )
    rows: list[tuple[str, object]] = [
        ("tells", f"{made.protocol} {made.endpoint}"),
        ("status", made.status),
        ("workspaces", ", ".join(made.workspaces)),
        ("formats", ", ".join(made.formats)),
        ("statuses", ", ".join(made.statuses)),
    ]
    print_record(made, rows, as_json=as_json, title=made.id)
    if made.queue_policy is not None and not as_json:
        from labelmill.cli.show import json_of

        click.echo("labelmill: nothing arrives before the queue's policy has this statement:", err=True)
        click.echo(json_of(made.queue_policy), err=True)
    return 0


@command.command("list")
@limit_option
@service_options
def list_subscriptions(client: Client, limit: int | None, as_json: bool) -> int:
    """List the subscriptions."""
    return print_list(
        "subscriptions",
        ("id", "protocol", "endpoint", "status", "workspaces", "formats", "ends", "by"),
        client.subscriptions.list(limit=limit),
        lambda s: (
            s.id,
            s.protocol,
            s.endpoint,
            s.status,
            ", ".join(s.workspaces) or "all",
            ", ".join(s.formats) or "all",
            ", ".join(s.statuses) or "all",
            s.created_by,
        ),
        as_json=as_json,
    )


@command.command("delete")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@yes_option
@service_options
def delete(client: Client, ids: tuple[str, ...], yes: bool, as_json: bool) -> int:
    """End subscriptions."""
    return delete_each("subscription", ids, client.subscriptions.delete, yes=yes, as_json=as_json)
