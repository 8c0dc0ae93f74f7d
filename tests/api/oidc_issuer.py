"""An OIDC issuer on the loopback interface, with keys of its own."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "labelmill"


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def stranger_key() -> rsa.RSAPrivateKey:
    """A key that no issuer has."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(key: Any, **more: Any) -> dict[str, Any]:
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return algorithm.to_jwk(key.public_key(), as_dict=True) | more


@dataclass
class Issuer:
    """What it answers, and what it was asked."""

    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    instead: dict[str, bytes] = field(default_factory=dict)
    redirect: str = ""
    discovery: dict[str, Any] = field(default_factory=dict)

    def answer(self, path: str) -> bytes | None:
        self.asked.append(path)
        if path in self.instead:
            return self.instead[path]
        if path == "/.well-known/openid-configuration":
            return json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys"} | self.discovery).encode()
        return json.dumps({"keys": self.keys}).encode() if path == "/keys" else None

    def token(self, key: Any = None, algorithm: str = "RS256", headers: Any = None, **claims: Any) -> str:
        """A token, good unless told otherwise; a claim of None is left out."""
        now = int(time.time())
        said = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "user-1",
            "iat": now,
            "exp": now + 300,
            "organization": "default",
            "role": "editor",
        } | claims
        return jwt.encode(
            {name: value for name, value in said.items() if value is not None},
            rsa_key() if key is None else key,
            algorithm=algorithm,
            headers={"kid": "rsa"} if headers is None else headers,
        )


@contextmanager
def serve_issuer() -> Iterator[Issuer]:
    """It, on a free port."""
    issuer = Issuer(keys=[public_jwk(rsa_key(), kid="rsa", use="sig"), public_jwk(ec_key(), kid="ec")])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = issuer.answer(self.path)
            if issuer.redirect and self.path == "/keys":
                self.send_response(302)
                self.send_header("Location", issuer.redirect)
            else:
                self.send_response(404 if data is None else 200)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()


def b64(data: bytes | dict[str, Any]) -> str:
    """A part of a JWT."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
