"""JWTs: what an issuer's tokens grant, and every way known to make one up."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives import serialization
from oidc_issuer import AUDIENCE, Issuer, b64, ec_key, public_jwk, rsa_key, serve_issuer, stranger_key

from labelmill.errors import TransientError
from labelmill_aws.access.grants import RefusedTokenError
from labelmill_aws.access.jwt_tokens import JwtTokens
from labelmill_aws.settings import AuthorizeSettings, SettingError


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serve_issuer() as served:
        yield served


@pytest.fixture
def jwts(issuer: Issuer) -> JwtTokens:
    return JwtTokens(issuer.url, AUDIENCE)


def test_a_good_token(issuer: Issuer, jwts: JwtTokens) -> None:
    assert not issuer.asked, "nothing is fetched before it is needed"
    grant = jwts.check(issuer.token())
    assert (grant.organization, grant.role, grant.name) == ("default", "editor", "user-1")
    assert grant.token.startswith("jwt-") and grant.expires.endswith("Z")
    again = jwts.check(issuer.token(ec_key(), "ES256", {"kid": "ec"}, sub="user-2", role=["all", "admin", "reader"]))
    assert again.role == "admin" and again.token != grant.token
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"], "kept"


def test_other_claims_and_names(issuer: Issuer) -> None:
    jwts = JwtTokens(issuer.url, AUDIENCE, "https://example.com/org", "groups")
    said = {"https://example.com/org": "städte & co", "groups": ["reader"], "organization": "other", "role": "admin"}
    grant = jwts.check(issuer.token(**said, email="a@example.com", email_verified=True))
    assert (grant.organization, grant.role, grant.name) == ("städte & co", "reader", "a@example.com")
    assert jwts.check(issuer.token(**said, email="ceo@example.com")).name == "user-1", "nobody has checked it"
    assert jwts.check(issuer.token(**said, sub="a\r\nb\x1b[2J")).name == "ab[2J"


def hs256_with_the_public_key(issuer: Issuer) -> str:
    """The classic confusion: the public key as a shared secret."""
    public = rsa_key().public_key()
    secret = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    payload = issuer.token().split(".")[1]
    signed = f"{b64({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa'})}.{payload}"
    return f"{signed}.{b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def unsigned(alg: str) -> Callable[[Issuer], str]:
    return lambda issuer: f"{b64({'alg': alg, 'kid': 'rsa'})}.{issuer.token().split('.')[1]}."


def changed_payload(issuer: Issuer) -> str:
    header, _, signature = issuer.token().split(".")
    payload = b64({"iss": issuer.url, "aud": AUDIENCE, "sub": "x", "exp": 9e9, "organization": "o", "role": "admin"})
    return f"{header}.{payload}.{signature}"


def with_header(**header: object) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.token(headers={"kid": "rsa"} | header)


def own_key_in_header(issuer: Issuer) -> str:
    return issuer.token(stranger_key(), headers={"kid": "rsa", "jwk": public_jwk(stranger_key())})


def foreign_keys_in_header(issuer: Issuer) -> str:
    return issuer.token(
        stranger_key(), headers={"kid": "rsa", "jku": f"{issuer.url}/evil", "x5u": f"{issuer.url}/evil"}
    )


def at(seconds: int) -> int:
    """A time from now, when it is asked for: a long run must not make it another."""
    return int(time.time()) + seconds


ATTACKS: dict[str, Callable[[Issuer], str]] = {
    "public key as a secret": hs256_with_the_public_key,
    "none": unsigned("none"),
    "None": unsigned("None"),
    "nOnE": unsigned("nOnE"),
    "empty algorithm": unsigned(""),
    "no signature": lambda issuer: issuer.token().rpartition(".")[0] + ".",
    "payload changed": changed_payload,
    "a stranger's key": lambda issuer: issuer.token(stranger_key()),
    "own key in the header": own_key_in_header,
    "address of own keys": foreign_keys_in_header,
    "RS512": lambda issuer: issuer.token(algorithm="RS512"),
    "PS256": lambda issuer: issuer.token(algorithm="PS256"),
    "ES256 with RSA's key id": lambda issuer: issuer.token(ec_key(), "ES256", {"kid": "rsa"}),
    "RS256 with EC's key id": lambda issuer: issuer.token(headers={"kid": "ec"}),
    "weak key": lambda issuer: issuer.token(rsa_key(1024), headers={"kid": "weak"}),
    "symmetric key": lambda issuer: issuer.token(b"k" * 32, "HS256", {"kid": "shared"}),
    "key for encryption": lambda issuer: issuer.token(ec_key(), "ES256", {"kid": "enc"}),
    "no key id": lambda issuer: issuer.token(headers={}),
    "key id is empty": lambda issuer: issuer.token(headers={"kid": ""}),
    "key id is a path": lambda issuer: issuer.token(headers={"kid": "../../dev/null"}),
    "unknown key id": lambda issuer: issuer.token(headers={"kid": "rsa2"}),
    "key id is a list": lambda issuer: f"{b64({'alg': 'RS256', 'kid': ['rsa']})}.e30.AAAA",
    "unknown critical header": with_header(crit=["x"], x=1),
    "detached payload": with_header(crit=["b64"], b64=False),
    "foreign issuer": lambda issuer: issuer.token(iss="https://evil.example"),
    "issuer with a slash": lambda issuer: issuer.token(iss=issuer.url + "/"),
    "issuer is a list": lambda issuer: raw(issuer, iss=[issuer.url]),
    "no issuer": lambda issuer: issuer.token(iss=None),
    "wrong audience": lambda issuer: issuer.token(aud="other"),
    "wrong audiences": lambda issuer: issuer.token(aud=["other", "labelmill2"]),
    "audience in part": lambda issuer: issuer.token(aud="label"),
    "no audience": lambda issuer: issuer.token(aud=None),
    "expired": lambda issuer: issuer.token(exp=at(-60)),
    "a month old": lambda issuer: issuer.token(iat=at(-31 * 86400), exp=at(-30 * 86400)),
    "no expiry": lambda issuer: issuer.token(exp=None),
    "expiry is a word": lambda issuer: raw(issuer, exp="never"),
    "expires beyond time": lambda issuer: raw(issuer, exp=10**18),
    "expires in infinity": lambda issuer: raw(issuer, exp=float("inf")),
    "not yet": lambda issuer: issuer.token(nbf=at(120)),
    "made tomorrow": lambda issuer: issuer.token(iat=at(86400)),
    "no subject": lambda issuer: issuer.token(sub=None),
    "subject is a number": lambda issuer: raw(issuer, sub=7),
    "no organization": lambda issuer: issuer.token(organization=None),
    "organization is empty": lambda issuer: issuer.token(organization=""),
    "organizations": lambda issuer: issuer.token(organization=["default"]),
    "organization with a slash": lambda issuer: issuer.token(organization="default/maps"),
    "organization with a line": lambda issuer: issuer.token(organization="a\nb"),
    "organization is a folder": lambda issuer: issuer.token(organization=".."),
    "no role": lambda issuer: issuer.token(role=None),
    "unknown role": lambda issuer: issuer.token(role="root"),
    "role in capitals": lambda issuer: issuer.token(role="ADMIN"),
    "role in a text": lambda issuer: issuer.token(role="admin reader"),
    "role in an object": lambda issuer: issuer.token(role={"admin": True}),
    "no roles": lambda issuer: issuer.token(role=[]),
    "two parts": lambda issuer: ".".join(issuer.token().split(".")[:2]),
    "four parts": lambda issuer: issuer.token() + ".AAAA",
    "five parts (JWE)": lambda issuer: "e30.e30.e30.e30.e30",
    "one part": lambda issuer: "e30",
    "empty parts": lambda issuer: "..",
    "header is no object": lambda issuer: f"{b64(b'[]')}.e30.AAAA",
    "header is no JSON": lambda issuer: f"{b64(b'{')}.e30.AAAA",
    "header is no base64": lambda issuer: "!!!.e30.AAAA",
    "nested header": lambda issuer: f"{b64(b'[' * 5000)}.e30.AAAA",
    "nested payload": lambda issuer: f"{issuer.token().split('.')[0]}.{b64(b'[' * 5000)}.AAAA",
}


def raw(issuer: Issuer, **claims: object) -> str:
    """A rightly signed token with claims that PyJWT would not sign."""
    said = {"iss": issuer.url, "aud": AUDIENCE, "sub": "x", "exp": at(300), "organization": "o", "role": "admin"}
    from jwt import api_jws

    return api_jws.encode(json.dumps(said | claims).encode(), rsa_key(), "RS256", {"kid": "rsa"})


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits long")
@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_refused(issuer: Issuer, jwts: JwtTokens, name: str) -> None:
    issuer.keys += [
        public_jwk(rsa_key(1024), kid="weak"),
        public_jwk(ec_key(), kid="enc", use="enc"),
        {"kty": "oct", "k": b64(b"k" * 32), "kid": "shared"},
    ]
    token = ATTACKS[name](issuer)
    with pytest.raises(RefusedTokenError) as refused:
        jwts.check(token)
    assert len(str(refused.value)) < 50 and not any(part in str(refused.value) for part in token.split(".") if part)
    assert "/evil" not in issuer.asked
    assert jwts.check(issuer.token()), "and the next good one passes"


def test_the_table_signs_rightly(issuer: Issuer, jwts: JwtTokens) -> None:
    assert jwts.check(raw(issuer)).organization == "o", "else the table above would prove nothing"


def test_a_new_key_is_found(issuer: Issuer, jwts: JwtTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    assert jwts.check(issuer.token())
    issuer.keys = [public_jwk(stranger_key(), kid="new")]
    for _ in range(20):
        with pytest.raises(RefusedTokenError):
            jwts.check(issuer.token(stranger_key(), headers={"kid": "new"}))
    assert issuer.asked.count("/keys") == 1, "unknown keys don't make it ask again and again"
    later = time.monotonic() + 31
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert jwts.check(issuer.token(stranger_key(), headers={"kid": "new"}))
    with pytest.raises(RefusedTokenError):
        jwts.check(issuer.token())


@pytest.mark.parametrize(
    "breaks",
    [
        lambda issuer: issuer.instead.update({"/keys": b"x" * (256 * 1024 + 1)}),
        lambda issuer: issuer.instead.update({"/keys": b"not JSON"}),
        lambda issuer: issuer.instead.update({"/keys": b"[" * 100_000}),
        lambda issuer: issuer.instead.update({"/keys": b"[]"}),
        lambda issuer: issuer.discovery.update({"issuer": "https://evil.example"}),
        lambda issuer: issuer.discovery.update({"jwks_uri": "file:///etc/passwd"}),
        lambda issuer: issuer.discovery.update({"jwks_uri": "http://169.254.169.254/latest"}),
        lambda issuer: issuer.discovery.update({"jwks_uri": None}),
        lambda issuer: issuer.discovery.update({"jwks_uri": f"{issuer.url}/absent"}),
        lambda issuer: setattr(issuer, "redirect", f"{issuer.url}/elsewhere"),
    ],
)
def test_a_broken_issuer_lets_nobody_in(issuer: Issuer, jwts: JwtTokens, breaks: Callable[[Issuer], None]) -> None:
    breaks(issuer)
    for _ in range(3):
        with pytest.raises(TransientError, match="can't be fetched"):
            jwts.check(issuer.token())
    assert len(issuer.asked) <= 2 and "/elsewhere" not in issuer.asked, "it is left alone for a moment"


def test_an_absent_issuer_lets_nobody_in(issuer: Issuer) -> None:
    with serve_issuer() as gone:
        token = gone.token()
    with pytest.raises(TransientError):
        JwtTokens(gone.url, AUDIENCE).check(token)


@pytest.mark.parametrize(
    ("issuer_url", "audience", "said"),
    [
        ("http://login.example.com", "a", "expected https"),
        ("ftp://login.example.com", "a", "expected https"),
        ("http://127.0.0.1.example.com", "a", "expected https"),
        ("https://user:pass@login.example.com", "a", "without a user"),
        ("https:///x", "a", "with a host"),
        ("https://exa mple.com", "a", "a URL"),
        ("https://[::1", "a", "a URL"),
        ("https://login.example.com", "", "OIDC_AUDIENCE is missing"),
    ],
)
def test_settings_that_would_be_unsafe(issuer_url: str, audience: str, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        JwtTokens.of(AuthorizeSettings("table", issuer_url, audience))
