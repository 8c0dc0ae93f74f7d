"""Receive the service's messages by https: is this from the topic that was subscribed, and agree to the subscription.

Anybody can post to a URL, so each delivery is signed by Amazon SNS. ``verify`` checks the signature with SNS'
certificate, that the topic is the expected one, and that the delivery is not an old one sent again. Needs the extra
``webhook``.
"""

from __future__ import annotations

import json
import re
import urllib.request
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from labelmill.errors import OptionError, SignatureError, TransientError

MAX_BYTES: Final = 1 << 20
"""Nothing that SNS sends is longer."""
MAX_AGE_S: Final = 3600
CLOCKS_DIFFER_S: Final = 300
FETCH_TIMEOUT_S: Final = 5
MAX_FETCHED_BYTES: Final = 64 * 1024

NOTIFICATION: Final = "Notification"
CONFIRMATION: Final = "SubscriptionConfirmation"
SIGNED: Final = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
"""What the signature covers, in its order; of a notification without a subject, that is left out."""

Fetch = Callable[[str], bytes]


class Delivery(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What SNS has posted; once ``verify`` has answered with it, it can be believed.

    Attributes:
        type: ``Notification``, ``SubscriptionConfirmation`` or ``UnsubscribeConfirmation``.
        message_id: The same when SNS delivers twice.
        timestamp: When it was published, ISO 8601, UTC.
        message: The message's text, or SNS' own words.
        subscribe_url: Where a confirmation agrees.
    """

    type: str
    message_id: str
    topic_arn: str
    timestamp: str
    message: str
    signature: str
    signature_version: str
    signing_cert_url: str = msgspec.field(name="SigningCertURL")
    subject: str | None = None
    token: str | None = None
    subscribe_url: str | None = msgspec.field(name="SubscribeURL", default=None)

    @property
    def is_notification(self) -> bool:
        """Whether it is a message of the service, with a ``body``."""
        return self.type == NOTIFICATION

    @property
    def is_confirmation(self) -> bool:
        """Whether SNS asks if the subscription is wanted."""
        return self.type == CONFIRMATION

    @property
    def body(self) -> dict[str, Any]:
        """The message: ``AnnotationFinished`` or ``UploadRefused`` of the service's OpenAPI document."""
        body: dict[str, Any] = json.loads(self.message)
        return body


def verify(
    posted: bytes | str, *, topic_arn: str, fetch: Fetch | None = None, max_age_s: float = MAX_AGE_S
) -> Delivery:
    """Check that a request's body is from the topic.

    Args:
        posted: The body, as it came.
        topic_arn: The one topic that is expected: SNS signs those of everybody with the same key.
        fetch: Gets the certificate from its URL; by https and kept where ``None``.
        max_age_s: How old it may be. Within that time ``message_id`` tells what is sent again.

    Raises:
        SignatureError: If it is from somebody else, was changed, or is too old. Answer 403.
        TransientError: If the certificate can't be had now. Answer 503, and SNS tries again.
        OptionError: If the extra ``webhook`` is not installed.
    """
    if len(posted) > MAX_BYTES:
        raise SignatureError(f"expected at most {MAX_BYTES:,} bytes")
    try:
        delivery = msgspec.json.decode(posted, type=Delivery)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SignatureError("expected a delivery of Amazon SNS") from error
    if delivery.type not in SIGNED:
        raise SignatureError(f"expected one of {', '.join(SIGNED)}, found {delivery.type!a}")
    if delivery.topic_arn != topic_arn:
        raise SignatureError(f"expected the topic {topic_arn}, found {delivery.topic_arn!a}")
    _check_age(delivery.timestamp, max_age_s)
    if not _is_of_sns(delivery.signing_cert_url, topic_arn) or not delivery.signing_cert_url.endswith(".pem"):
        raise SignatureError(f"the certificate is not Amazon's: {delivery.signing_cert_url!a}")
    certificate = (fetch or fetch_kept)(delivery.signing_cert_url)
    _check_signature(delivery, certificate)
    return delivery


def confirm(delivery: Delivery, *, fetch: Fetch | None = None) -> None:
    """Agree to the subscription that a verified delivery asks about.

    Raises:
        SignatureError: If it is not such a question, or leads elsewhere.
        TransientError: If SNS does not answer.
    """
    url = delivery.subscribe_url or ""
    if not delivery.is_confirmation or not _is_of_sns(url, delivery.topic_arn):
        raise SignatureError("expected a question whether to subscribe")
    asked = parse_qs(urlsplit(url).query)
    if asked.get("Action") != ["ConfirmSubscription"] or asked.get("TopicArn") != [delivery.topic_arn]:
        raise SignatureError("expected a question whether to subscribe to this topic")
    (fetch or fetch_https)(url)


def fetch_https(url: str) -> bytes:
    """Get what a URL of SNS answers, without following it elsewhere.

    Raises:
        TransientError: If that fails.
    """
    try:
        with urllib.request.build_opener(_NoRedirects).open(url, timeout=FETCH_TIMEOUT_S) as answer:
            data: bytes = answer.read(MAX_FETCHED_BYTES + 1)
    except OSError as error:  # urllib's errors are of this kind
        raise TransientError(f"{urlsplit(url).hostname} does not answer: {error}") from error
    if len(data) > MAX_FETCHED_BYTES:
        raise TransientError(f"{urlsplit(url).hostname} answers with more than {MAX_FETCHED_BYTES:,} bytes")
    return data


@lru_cache(maxsize=8)
def fetch_kept(url: str) -> bytes:
    """The same, once: a certificate of SNS never changes, a new one has a new URL."""
    return fetch_https(url)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """A redirect is an error."""


def _is_of_sns(url: str, topic_arn: str) -> bool:
    """Whether a URL is SNS' own, of the topic's region: anybody may have a certificate elsewhere."""
    parts = topic_arn.split(":")
    if len(parts) != 6 or not re.fullmatch(r"[a-z0-9-]+", parts[3]):
        return False
    end = "amazonaws.com.cn" if parts[1] == "aws-cn" else "amazonaws.com"
    return re.fullmatch(rf"https://sns\.{parts[3]}\.{re.escape(end)}/[!-~]*", url) is not None


def _check_age(timestamp: str, max_age_s: float) -> None:
    try:
        at = datetime.fromisoformat(timestamp)
        age = datetime.now(UTC) - at
    except (ValueError, TypeError) as error:  # TypeError: it names no zone
        raise SignatureError(f"expected a time, found {timestamp!a}") from error
    if not timedelta(seconds=-CLOCKS_DIFFER_S) <= age <= timedelta(seconds=max_age_s):
        raise SignatureError(f"expected a delivery of the last {max_age_s:g} s, found {timestamp}")


def _check_signature(delivery: Delivery, certificate: bytes) -> None:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.hashes import SHA1, SHA256
        from cryptography.x509 import load_pem_x509_certificate
    except ImportError as error:
        raise OptionError("checking signatures needs an extra: pip install 'labelmill[webhook]'") from error
    hashes = {"1": SHA1, "2": SHA256}
    if delivery.signature_version not in hashes:
        raise SignatureError(f"expected the signature version 1 or 2, found {delivery.signature_version!a}")
    try:
        loaded = load_pem_x509_certificate(certificate)
        key = loaded.public_key()
        signature = b64decode(delivery.signature, validate=True)
    except (ValueError, Base64Error) as error:
        raise SignatureError("the signature or its certificate can't be read") from error
    if not isinstance(key, RSAPublicKey):
        raise SignatureError("expected a certificate with an RSA key")
    if not loaded.not_valid_before_utc <= datetime.now(UTC) <= loaded.not_valid_after_utc:
        raise SignatureError("the certificate is not in force")
    try:
        key.verify(signature, _signed_text(delivery).encode(), PKCS1v15(), hashes[delivery.signature_version]())
    except InvalidSignature as error:
        raise SignatureError("the signature does not fit") from error


def _signed_text(delivery: Delivery) -> str:
    said: dict[str, Any] = msgspec.to_builtins(delivery)
    lines = []
    for name in SIGNED[delivery.type]:
        value = said.get(name)
        if value is not None:
            lines.append(f"{name}\n{value}\n")
        elif name != "Subject":
            raise SignatureError(f"expected {name}")
    return "".join(lines)
