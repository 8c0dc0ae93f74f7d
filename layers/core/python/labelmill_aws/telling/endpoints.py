"""Where messages may be sent: an address that SNS takes, and that is meant for the public.

SNS is the one that calls, from its own network, and asks each endpoint whether it agrees. What is checked here is that
a mistake is told at once, and that nobody points the service at addresses that only make sense inside a network.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

EMAIL: Final = "email"
HTTPS: Final = "https"
SQS: Final = "sqs"
MAX_URL_CHARS: Final = 1000
MAX_EMAIL_CHARS: Final = 254

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,58}}[a-z0-9])", re.IGNORECASE)
_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_QUEUE: Final = re.compile(r"arn:([a-z-]+):sqs:([a-z]{2}(?:-[a-z]+)+-\d):(\d{12}):([A-Za-z0-9_-]{1,80})")
_PRIVATE_NAMES: Final = frozenset({
    "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain", "localhost",
    "onion", "private", "test",
})  # fmt: skip
"""Top names that the public name servers have not."""


def endpoint_problem(protocol: str, endpoint: str, topic_arn: str) -> str | None:
    """Why an endpoint can't be subscribed, in one line; ``None`` when it can."""
    if not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        return "expected printable ASCII characters without spaces"
    if protocol == HTTPS:
        return _url_problem(endpoint)
    if protocol == EMAIL:
        return _email_problem(endpoint)
    return _queue_problem(endpoint, topic_arn)


def queue_policy(queue_arn: str, topic_arn: str) -> dict[str, Any]:
    """The statement that a queue's policy needs for messages to arrive."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }


def _url_problem(url: str) -> str | None:
    if len(url) > MAX_URL_CHARS:
        return f"expected at most {MAX_URL_CHARS:,} characters"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "expected a URL such as https://example.com/hook"
    if not url.startswith("https://") or "\\" in url:
        return "expected a URL such as https://example.com/hook"
    if parts.username is not None or parts.password is not None:
        return "expected a URL without user and password"
    if "#" in url:
        return "expected a URL without '#'"
    if port == 0 or parts.netloc.endswith(":"):
        return "expected a port from 1 to 65535"
    return _host_problem(host)


def _host_problem(host: str) -> str | None:
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return "expected the name of a host, found an address"
    if len(host) > 253 or not _HOST.fullmatch(host) or host.rpartition(".")[2].lower() in _PRIVATE_NAMES:
        return f"expected the name of a public host, found {host!a}"
    return None


def _email_problem(address: str) -> str | None:
    local, _, host = address.rpartition("@")
    if len(address) > MAX_EMAIL_CHARS or len(local) > 64 or not _LOCAL_PART.fullmatch(local):
        return "expected an e-mail address"
    return _host_problem(host)


def _queue_problem(arn: str, topic_arn: str) -> str | None:
    match = _QUEUE.fullmatch(arn)
    if match is None:
        return "expected the ARN of a standard queue, such as arn:aws:sqs:eu-central-1:123456789012:labels"
    partition = topic_arn.split(":")[1]
    if match[1] != partition:
        return f"expected a queue in the partition {partition}, found {match[1]}"
    return None
