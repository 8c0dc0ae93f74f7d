"""Deliveries of SNS: which are believed, and every way to forge one."""

from __future__ import annotations

import http.client
import http.server
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from labelmill.client import sns
from labelmill.errors import SignatureError, TransientError

README = Path(__file__).parents[2] / "README.md"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:labelmill"
HOST = "https://sns.eu-central-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123.pem"


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(days: int = 1, kind: str = "rsa") -> bytes:
    """A certificate for the key, signed by itself; it ends in some days."""
    key = rsa_key() if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    end = datetime.now(UTC) + timedelta(days=days)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - timedelta(days=300))
        .not_valid_after(end)
    )
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def sign(said: dict[str, Any], version: str = "2") -> dict[str, Any]:
    """Sign as SNS documents it."""
    names = ["Message", "MessageId", "Timestamp", "TopicArn", "Type"]
    names += ["Subject"] if said.get("Subject") is not None else []
    names += ["SubscribeURL", "Token"] if said["Type"] != "Notification" else []
    text = "".join(f"{name}\n{said[name]}\n" for name in sorted(names))
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = rsa_key().sign(text.encode(), padding.PKCS1v15(), algorithm)
    return said | {
        "SignatureVersion": version,
        "Signature": b64encode(signature).decode(),
        "SigningCertURL": CERTIFICATE,
    }


def now(seconds: float = 0) -> str:
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def notification(version: str = "2", **more: Any) -> dict[str, Any]:
    body = {"dataset": "größe", "status": "failed", "reason": "two\nlines", "id": "an-1-0"}
    said = {
        "Type": "Notification",
        "MessageId": "m-1",
        "TopicArn": TOPIC,
        "Message": json.dumps(body, ensure_ascii=False),
        "Timestamp": now(),
        "UnsubscribeURL": f"{HOST}/?Action=Unsubscribe",
        "MessageAttributes": {"organization": {"Type": "String", "Value": "default"}},
    }
    return sign(said | more, version)


def confirmation(**more: Any) -> dict[str, Any]:
    said = {
        "Type": "SubscriptionConfirmation",
        "MessageId": "m-2",
        "TopicArn": TOPIC,
        "Message": "You have chosen to subscribe",
        "Token": "t" * 200,
        "SubscribeURL": f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t",
        "Timestamp": now(),
    }
    return sign(said | more)


def verify(said: dict[str, Any], topic: str = TOPIC, kind: bytes | None = None) -> sns.Delivery:
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return certificate() if kind is None else kind

    delivery = sns.verify(json.dumps(said).encode(), topic_arn=topic, fetch=fetch)
    assert fetched == [CERTIFICATE]
    return delivery


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [None, "labelmill"])
def test_what_sns_has_signed_is_believed(version: str, subject: str | None) -> None:
    more = {} if subject is None else {"Subject": subject}
    delivery = verify(notification(version, **more))
    assert delivery.is_notification and not delivery.is_confirmation
    assert delivery.body["dataset"] == "größe" and delivery.message_id == "m-1"


def test_the_question_is_answered_where_it_was_asked() -> None:
    delivery, asked = verify(confirmation()), []
    sns.confirm(delivery, fetch=lambda url: asked.append(url) or b"")  # type: ignore[func-returns-value]
    assert asked == [confirmation()["SubscribeURL"]]


FORGED: dict[str, Callable[[], dict[str, Any]]] = {
    "message changed": lambda: notification() | {"Message": "{}"},
    "id changed": lambda: notification() | {"MessageId": "m-9"},
    "time changed": lambda: notification() | {"Timestamp": now(-1)},
    "subject added": lambda: notification() | {"Subject": "x"},
    "type changed": lambda: confirmation() | {"Type": "Notification"},
    "question made of a message": lambda: (
        notification() | {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": f"{HOST}/"}
    ),
    "version changed": lambda: notification("1") | {"SignatureVersion": "2"},
    "unknown version": lambda: notification() | {"SignatureVersion": "3"},
    "no version": lambda: notification() | {"SignatureVersion": ""},
    "empty signature": lambda: notification() | {"Signature": ""},
    "signature is no base64": lambda: notification() | {"Signature": "%"},
    "unknown type": lambda: notification() | {"Type": "Other"},
    "question without a token": lambda: {k: v for k, v in confirmation().items() if k != "Token"},
    "another topic": lambda: notification(TopicArn=TOPIC + "2"),
    "another account's topic": lambda: notification(TopicArn=TOPIC.replace("123456789012", "210987654321")),
    "too old": lambda: notification(Timestamp=now(-3700)),
    "from the future": lambda: notification(Timestamp=now(400)),
    "time without a zone": lambda: notification(Timestamp="2026-01-31T12:00:00"),
    "no time": lambda: notification(Timestamp="soon"),
    "no dictionary": lambda: {"Type": ["Notification"]},
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_deliveries(name: str) -> None:
    with pytest.raises(SignatureError) as refused:
        verify(FORGED[name]())
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-central-1.amazonaws.com/x.pem",
        "https://evil.example/x.pem",
        "https://sns.eu-central-1.amazonaws.com.evil.example/x.pem",
        "https://sns.eu-central-1.amazonaws.com@evil.example/x.pem",
        "https://sns.eu-central-1.amazonaws.com:444/x.pem",
        "https://snsxeu-central-1.amazonaws.com/x.pem",
        "https://bucket.s3.amazonaws.com/sns.eu-central-1.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com/x.pem",
        "https://sns.eu-central-1.amazonaws.com.cn/x.pem",
        "https://sns.eu-central-1.amazonaws.com/x.txt",
        "https://sns.eu-central-1.amazonaws.com",
        "HTTPS://sns.eu-central-1.amazonaws.com/x.pem",
        "file:///etc/ssl/x.pem",
        "https://sns.eu-central-1.amazonaws.com/ x.pem",
        "https://sns.eu-central-1.amazonaws.com/x\n.pem",
        "",
    ],
)
def test_certificates_from_elsewhere_are_not_fetched(url: str) -> None:
    def fetch(_: str) -> bytes:
        raise AssertionError("fetched")

    said = notification() | {"SigningCertURL": url}
    with pytest.raises(SignatureError, match="certificate"):
        sns.verify(json.dumps(said), topic_arn=TOPIC, fetch=fetch)
    asks = confirmation(SubscribeURL=url)
    if not url.endswith("x.txt"):
        with pytest.raises(SignatureError):
            sns.confirm(verify(asks), fetch=fetch)


@pytest.mark.parametrize(
    "query",
    ["?Action=Unsubscribe", "?Action=ConfirmSubscription", f"?Action=ConfirmSubscription&TopicArn={TOPIC}2", ""],
)
def test_questions_that_lead_elsewhere(query: str) -> None:
    with pytest.raises(SignatureError):
        sns.confirm(verify(confirmation(SubscribeURL=f"{HOST}/{query}")), fetch=lambda _: b"")
    with pytest.raises(SignatureError):
        sns.confirm(verify(notification()), fetch=lambda _: b"")


@pytest.mark.parametrize("kind", [certificate(-1), certificate(400), certificate(1, "ec"), b"", b"no certificate"])
def test_certificates_that_will_not_do(kind: bytes) -> None:
    with pytest.raises(SignatureError):
        verify(notification(), kind=kind)


@pytest.mark.parametrize("posted", [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b" " * (1 << 20) + b"{}"])
def test_no_deliveries(posted: bytes) -> None:
    with pytest.raises(SignatureError):
        sns.verify(posted, topic_arn=TOPIC, fetch=lambda _: certificate())


def test_china() -> None:
    topic = "arn:aws-cn:sns:cn-north-1:123456789012:labelmill"
    said = notification(TopicArn=topic) | {"SigningCertURL": "https://sns.cn-north-1.amazonaws.com.cn/x.pem"}
    assert sns.verify(json.dumps(said), topic_arn=topic, fetch=lambda _: certificate()).topic_arn == topic


def test_what_does_not_answer_is_transient() -> None:
    with pytest.raises(TransientError):
        sns.fetch_https("http://127.0.0.1:9/x.pem")


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, list[str]]]:
    """The README's receiver, word for word but for its port; which port, and what it has fetched."""
    code = next(
        block for block in re.findall(r"```python\n(.*?)```", README.read_text(), re.S) if "sns.verify" in block
    )
    assert len(code.splitlines()) <= 30
    started, servers, fetched = Event(), [], list[str]()

    class Server(http.server.HTTPServer):
        def __init__(self, address: Any, handler: Any) -> None:
            super().__init__((address[0], 0), handler)
            servers.append(self)
            started.set()

    monkeypatch.setattr(http.server, "HTTPServer", Server)
    monkeypatch.setattr(sns, "fetch_kept", lambda url: fetched.append(url) or certificate())
    monkeypatch.setattr(sns, "fetch_https", lambda url: fetched.append(url) or b"")
    thread = Thread(target=exec, args=(code, {"__name__": "receiver"}), daemon=True)
    thread.start()
    assert started.wait(10)
    yield servers[0].server_port, fetched
    servers[0].shutdown()
    thread.join(10)


def post(port: int, said: dict[str, Any]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/", json.dumps(said).encode())
    return connection.getresponse().status


def test_the_readme_receiver(receiver: tuple[int, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    port, fetched = receiver
    asks = confirmation()
    assert post(port, asks) == 204
    assert fetched == [CERTIFICATE, asks["SubscribeURL"]]
    assert post(port, notification()) == 204
    assert capsys.readouterr().out == "größe failed two\nlines\n"
    assert post(port, notification() | {"Message": "{}"}) == 403
    assert post(port, confirmation(TopicArn=TOPIC + "2")) == 403
    assert capsys.readouterr().out == ""
    assert len(fetched) == 4 and fetched[2:] == [CERTIFICATE, CERTIFICATE]


def test_the_readme_message_is_a_message() -> None:
    from jsonschema_rs import Draft202012Validator

    from labelmill_aws.telling.messages import message_schemas

    blocks = re.findall(r"```json\n(.*?)```", README.read_text(), re.S)
    (shown,) = (block for block in blocks if '"annotation"' in block)
    schema = message_schemas()["AnnotationFinished"] | {"additionalProperties": False}
    Draft202012Validator(schema).validate(json.loads(shown))
