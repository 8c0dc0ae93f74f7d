"""Make a token with the operator's AWS credentials: ``python -m labelmill_aws.access.first_token --stack Labelmill``.

Every other token is asked of the API with a token, so the first one has to come from elsewhere. Nothing of it is in the
template, in an output or in a log: it goes into the profile of the command line on this machine, or to standard output.
"""

from __future__ import annotations

import sys

import click
from botocore.exceptions import BotoCoreError, ClientError

from labelmill.client.config import Profile, save_profile
from labelmill.errors import LabelmillError
from labelmill_aws.access.codes import Codes
from labelmill_aws.access.grants import ADMIN, ROLES
from labelmill_aws.access.tokens import DEFAULT_DAYS, MAX_DAYS, Tokens
from labelmill_aws.clients import Clients
from labelmill_aws.errors import code_of
from labelmill_aws.records.catalog import DEFAULT_ORGANIZATION, Catalog
from labelmill_aws.records.table import Table
from labelmill_aws.uploads.given_names import segment_problem

OPERATOR = "operator"
"""Who has asked for a token that was made here."""


@click.command()
@click.option("--stack", default="Labelmill", show_default=True, help="The CloudFormation stack of the service.")
@click.option("--organization", default=DEFAULT_ORGANIZATION, show_default=True, help="Whom the token is for.")
@click.option("--role", type=click.Choice(ROLES), default=ADMIN, show_default=True)
@click.option("--name", default="first", show_default=True, help="What the token is called in lists.")
@click.option("--days", type=click.IntRange(1, MAX_DAYS), default=DEFAULT_DAYS, show_default=True)
@click.option("--profile", help="Profile of the labelmill command to write; by default named as the stack.")
@click.option("--url", help="Where the API is, if not where the stack says.")
@click.option("--print", "shown", is_flag=True, help="Print the token instead of writing a profile.")
@click.option("--link", is_flag=True, help="Print a link that opens the console signed in: once, within ten minutes.")
def command(
    *,
    stack: str,
    organization: str,
    role: str,
    name: str,
    days: int,
    profile: str | None,
    url: str | None,
    shown: bool,
    link: bool,
) -> None:
    """Make a token for a labelmill service that you run, with your AWS credentials."""
    problem = segment_problem(organization)
    if problem:
        raise click.UsageError(f"--organization: {problem}")
    if not name.isprintable() or not 1 <= len(name) <= 200:
        raise click.UsageError("--name: expected 1 to 200 printable characters")
    clients = Clients()
    outputs = _outputs(clients, stack)
    api_url = url or outputs.get("ApiUrl", "")
    if not shown and not api_url:
        raise click.ClickException(f"stack {stack}: it has no output ApiUrl; deploy it again, or give --url or --print")
    table = Table(clients.dynamodb, outputs["TableName"])
    Catalog(table).ensure_organization(organization)
    if link:
        code = Codes(table).create(organization=organization, role=role, name=name, created_by=OPERATOR, days=days)
        click.echo(f"{api_url}/#code={code}")
        return
    tokens = Tokens(table)
    made = tokens.create(organization=organization, role=role, name=name, created_by=OPERATOR, days=days)
    if shown:
        click.echo(made.text)
        return
    saved = False
    try:
        path = save_profile(profile or stack, Profile(url=api_url, token=made.text, organization=organization))
        saved = True
    finally:
        if not saved:  # nobody has seen it
            tokens.revoke(organization, made.row.id)
    click.echo(f"profile {profile or stack} with a token for {organization} ({role}) written to {path}", err=True)


def _outputs(clients: Clients, stack: str) -> dict[str, str]:
    found = clients.cloudformation.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found}
    if "TableName" not in outputs:
        raise click.ClickException(f"stack {stack}: it has no output TableName; is it a stack of labelmill?")
    return outputs


def main() -> None:
    """Run it; what goes wrong is said in one line."""
    try:
        command(prog_name="first_token")
    except (ClientError, BotoCoreError, LabelmillError) as error:
        said = error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else str(error)
        code = f"{code_of(error)}: " if isinstance(error, ClientError) else ""
        click.echo(f"first_token: {code}{' '.join(said.split())}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
