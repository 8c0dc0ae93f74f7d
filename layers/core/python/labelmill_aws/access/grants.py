"""What a good token grants: an organization, a role, and a name to sign with."""

from __future__ import annotations

from typing import Final

import msgspec

READER: Final = "reader"
EDITOR: Final = "editor"
ADMIN: Final = "admin"
ROLES: Final = (READER, EDITOR, ADMIN)
"""In ascending order: each may do all that those before it may."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """The authorizer's answer about a token; its fields are the keys that the API finds in the request's context.

    Attributes:
        organization: Everything else does not exist for this caller.
        role: One of ``ROLES``.
        token: Id of the token, or what stands for the subject of a JWT; unlike any other caller's, and no secret.
        name: Who it is, for people.
        expires: ISO 8601, UTC. The answer is cached, so the API looks at it again.
    """

    organization: str
    role: str
    token: str
    name: str
    expires: str


class RefusedTokenError(Exception):
    """A token that grants nothing. Its text is one of a few fixed words for the log and holds nothing of the token."""
