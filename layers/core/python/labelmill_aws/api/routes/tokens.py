"""``/v1/organizations/{org}/tokens``."""

from __future__ import annotations

from typing import cast

from aws_lambda_powertools.event_handler import Request, Response

from labelmill_aws.access.tokens import TokenRow, Tokens
from labelmill_aws.api.answers import Organization, answer, caller_of, nothing
from labelmill_aws.api.caller import ADMIN
from labelmill_aws.api.models.me import Role
from labelmill_aws.api.models.tokens import CreatedToken, NewToken, TokenAnswer, TokenList
from labelmill_aws.api.paging import DEFAULT_LIMIT, Cursor, Limit, read_cursor, write_cursor
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import Problem, not_found
from labelmill_aws.api.routing import Routes
from labelmill_aws.records.annotation import now_text

routes = Routes("tokens", "Who may use the API. A token is for one organization.")
PATH = "/v1/organizations/<org>/tokens"


@routes.get(PATH, ADMIN, problems=("bad-cursor",))
def list_tokens(org: Organization, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> TokenList:
    """List the tokens of an organization

    Newest first. One that was made a moment ago may be missing.
    """
    position = read_cursor(cursor, 2)
    try:
        page = _tokens().page(org, limit, (position[0], position[1]) if position else None)
    except ValueError as error:
        raise Problem("bad-cursor", "Expected a `next` of this list as it was answered.") from error
    last = write_cursor(page.rows[-1].created, page.rows[-1].id) if page.more and page.rows else None
    return TokenList(items=[token_answer(row) for row in page.rows], next=last)


@routes.post(PATH, ADMIN, status=201, secret=True)
def create_token(request: Request, org: Organization, new: NewToken) -> Response[CreatedToken]:
    """Make a token

    Its text is in this answer and nowhere else. A repeat with the same `Idempotency-Key` is refused, since the answer
    was not kept either.
    """
    made = _tokens().create(
        organization=org, role=new.role, name=new.name, created_by=caller_of(request).name, days=new.expires_in_days
    )
    return answer(CreatedToken(**token_answer(made.row).model_dump(), token=made.text), status=201)


@routes.delete(f"{PATH}/<token>", ADMIN, status=204)
def revoke_token(org: Organization, token: str) -> Response[None]:
    """Revoke a token

    For good, and within a minute everywhere: for so long the gateway keeps what it knows of a token.
    """
    if not _tokens().revoke(org, token):
        raise not_found()
    return nothing()


def _tokens() -> Tokens:
    return Tokens(parts().table)


def token_answer(row: TokenRow) -> TokenAnswer:
    """A token as it is shown."""
    return TokenAnswer(
        id=row.id,
        name=row.name,
        role=cast(Role, row.role),
        status=row.status(now_text()),
        created=row.created,
        created_by=row.created_by,
        expires=row.expires,
        revoked=row.revoked,
    )
