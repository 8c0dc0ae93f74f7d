"""``labelmill login``."""

from __future__ import annotations

import sys

import click

from labelmill.cli.options import json_option


@click.command("login")
@click.option("--url", metavar="URL", envvar="LABELMILL_URL", help="The service; by default the profile's.")
@click.option("--token-stdin", is_flag=True, help="Read the token from stdin; else it is asked for.")
@click.option("--profile", metavar="NAME", default="default", show_default=True, help="What to keep it as.")
@json_option
def command(url: str | None, token_stdin: bool, profile: str, as_json: bool) -> int:
    """Keep the URL and a token of a service, after a look whether they are right.

    They are written to the configuration file, which nobody else can read; the commands of the service use them from
    then on. LABELMILL_URL and LABELMILL_TOKEN do without.
    """
    from labelmill.client.address import check_token, checked_url
    from labelmill.client.client import Client
    from labelmill.client.config import Profile, load, save_profile

    kept = load().profiles.get(profile)
    if url is None and kept is not None:
        url = kept.url
    if url is None:
        raise click.UsageError("Missing option '--url': the service's address, like https://api.example.com")
    url = checked_url(url)
    token = _read_token(token_stdin, url)
    check_token(token)
    with Client(url, token) as client:
        me = client.me()
    path = save_profile(profile, Profile(url, token, me.organization), make_current=True)
    if as_json:
        from labelmill.cli.show import print_json

        print_json({"profile": profile, "url": url, "config": str(path), "me": me})
    else:
        until = f" until {me.token.expires}" if me.token.expires else ""
        from labelmill.cli.show import say

        say(f"{me.token.name}: {me.role} of organization {me.organization} at {url}{until}")
        click.echo(f"kept as profile {profile} in {path}", err=True)
    return 0


def _read_token(from_stdin: bool, url: str) -> str:
    if from_stdin:
        return sys.stdin.readline().strip()
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is there to ask for the token: give --token-stdin.")
    answer: str = click.prompt(f"Token for {url}", hide_input=True, err=True)
    return answer.strip()
