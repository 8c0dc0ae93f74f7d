"""JWTs of the one issuer that was named when the service was deployed.

The issuer is trusted with who is in which organization and what they may do there. A token that does not say both is
refused: a claim that is missing or misspelt must not open anything. The algorithm is one of two, both asymmetric, and
is that of the key; what the token's header says besides its ``kid`` changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import jwt
from jwt.exceptions import ExpiredSignatureError, PyJWKClientConnectionError, PyJWTError

from labelmill.errors import TransientError
from labelmill_aws.access.grants import ROLES, Grant, RefusedTokenError
from labelmill_aws.access.issuer import IssuerKeys, address_problem
from labelmill_aws.names import short_digest
from labelmill_aws.settings import AuthorizeSettings, SettingError
from labelmill_aws.uploads.given_names import segment_problem

ALGORITHMS: Final = ("RS256", "ES256")
LEEWAY_S: Final = 30
"""How far the issuer's clock may be off."""

ORGANIZATION_CLAIM: Final = "organization"
ROLE_CLAIM: Final = "role"
MAX_NAME_CHARS: Final = 200


class JwtTokens:
    """Checks JWTs.

    Args:
        issuer: What ``iss`` has to be, to the letter, and where the keys are found.
        audience: What ``aud`` has to be or hold.
        organization_claim: Where the organization stands.
        role_claim: Where the role stands, or a list of groups with roles among them; the highest counts.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        organization_claim: str = ORGANIZATION_CLAIM,
        role_claim: str = ROLE_CLAIM,
    ) -> None:
        self._issuer, self._audience = issuer, audience
        self._organization_claim, self._role_claim = organization_claim, role_claim
        self._keys = IssuerKeys(issuer)

    @classmethod
    def of(cls, settings: AuthorizeSettings) -> JwtTokens:
        """From the settings of the authorizer.

        Raises:
            SettingError: If the issuer can't be one, or there is no audience: any service's token would do.
        """
        problem = address_problem(settings.oidc_issuer)
        if problem:
            raise SettingError(f"the environment variable OIDC_ISSUER: {problem}")
        if not settings.oidc_audience:
            raise SettingError("the environment variable OIDC_AUDIENCE is missing")
        return cls(
            settings.oidc_issuer,
            settings.oidc_audience,
            settings.oidc_organization_claim or ORGANIZATION_CLAIM,
            settings.oidc_role_claim or ROLE_CLAIM,
        )

    def check(self, token: str) -> Grant:
        """Say what a JWT grants.

        Raises:
            RefusedTokenError: If it is none of the issuer's, not for this service, not in force, or says too little.
            TransientError: If the issuer's keys can't be had now.
        """
        claims = self._verified(token)
        subject = claims["sub"]
        return Grant(
            organization=_organization(claims.get(self._organization_claim)),
            role=_role(claims.get(self._role_claim)),
            token=f"jwt-{short_digest([self._issuer, subject])}",
            name=_name(claims, subject),
            expires=_expires(claims["exp"]),
        )

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            if not isinstance(kid, str) or not kid:
                raise RefusedTokenError("jwt: no key id")
            claims: dict[str, Any] = jwt.decode(
                token,
                self._keys.get_signing_key(kid),
                algorithms=list(ALGORITHMS),
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_S,
                options={"require": ["aud", "exp", "iss", "sub"], "enforce_minimum_key_length": True},
            )
        except PyJWKClientConnectionError as error:
            raise TransientError("the keys of the OIDC issuer can't be fetched") from error
        except ExpiredSignatureError as error:
            raise RefusedTokenError("expired") from error
        except (PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise RefusedTokenError(f"jwt: {type(error).__name__}") from error
        return claims


def _organization(value: object) -> str:
    if not isinstance(value, str) or segment_problem(value):
        raise RefusedTokenError("jwt: no organization")
    return value


def _role(value: object) -> str:
    said = value if isinstance(value, list) else [value]
    roles = [role for role in ROLES if role in said]
    if not roles:
        raise RefusedTokenError("jwt: no role")
    return roles[-1]


def _name(claims: Mapping[str, Any], subject: str) -> str:
    """Who it is, for people: an address only if the issuer has checked it."""
    email = claims.get("email")
    name = email if isinstance(email, str) and email and claims.get("email_verified") is True else subject
    return "".join(char for char in name if char.isprintable())[:MAX_NAME_CHARS]


def _expires(value: Any) -> str:
    """When the API stops to believe the answer about this token."""
    try:
        at = datetime.fromtimestamp(int(value) + LEEWAY_S, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise RefusedTokenError("jwt: no expiry") from error
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
