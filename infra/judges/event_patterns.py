"""How complex EventBridge finds a rule's pattern: it refuses one whose wildcards match in too many ways at once.

Source:
    aws/event-ruler, MachineComplexityEvaluator: the most wildcard prefixes that one value of a field can match at the
    same time, which may be 10. Reckoned here by walking all wildcards of a field together, byte by byte.

It can't tell whether a pattern matches what is meant, and judges no other rule of EventBridge's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LIMIT = 10
STOP = 40
"""Walks end here, since the count of states grows fast and is too high anyway."""

Position = tuple[int, int]
"""A wildcard of the field, and how much of it has matched."""


def judge_rules(template: dict[str, Any]) -> list[str]:
    """Answer one line for each field of a rule that is too complex for EventBridge."""
    found = []
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Events::Rule":
            for field, wildcards in _fields(resource["Properties"].get("EventPattern", {})):
                score = complexity(wildcards)
                if score > LIMIT:
                    found.append(f"{name}: wildcards of {field} are too complex: {score}, expected at most {LIMIT}")
    return found


def complexity(wildcards: list[str]) -> int:
    """Answer the most prefixes of ``wildcards`` that one value matches at a time; counting ends at ``STOP``."""
    tokens = [_tokens(wildcard) for wildcard in wildcards]
    # A byte that no wildcard names stands for all others.
    alphabet = {token for pattern in tokens for token in pattern if token} | {"\0"}
    start = _with_stars(tokens, frozenset((n, 0) for n in range(len(tokens))))
    seen, waiting, most = {start}, [start], 0
    while waiting and most < STOP:
        active = waiting.pop()
        for byte in alphabet:
            following = _with_stars(tokens, frozenset(_step(tokens, active, byte)))
            most = max(most, len(following))
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return most


def _fields(pattern: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    if isinstance(pattern, dict):
        for key, value in pattern.items():
            yield from _fields(value, f"{path}.{key}".lstrip("."))
    elif isinstance(pattern, list):
        yield path, [text for item in pattern for text in _wildcards(item)]
        for item in pattern:
            if isinstance(item, dict) and path.endswith("$or"):
                yield from _fields(item, path)


def _wildcards(item: Any) -> list[str]:
    """Wildcards of one value of a field, also those below ``anything-but``."""
    if not isinstance(item, dict):
        return []
    found = item.get("wildcard", [])
    return [*([found] if isinstance(found, str) else found), *_wildcards(item.get("anything-but"))]


def _tokens(wildcard: str) -> list[str | None]:
    r"""One token a byte, None for a star; ``\*`` and ``\\`` are bytes."""
    found: list[str | None] = []
    bytes_ = iter(wildcard)
    for byte in bytes_:
        found.append(None if byte == "*" else next(bytes_, "\\") if byte == "\\" else byte)
    return found


def _step(tokens: list[list[str | None]], active: frozenset[Position], byte: str) -> Iterator[Position]:
    for n, at in active:
        if at and tokens[n][at - 1] is None:
            yield n, at
        if at < len(tokens[n]) and tokens[n][at] == byte:
            yield n, at + 1


def _with_stars(tokens: list[list[str | None]], active: frozenset[Position]) -> frozenset[Position]:
    """What matches ``foo`` matches ``foo*``, too."""
    return active | {(n, at + 1) for n, at in active if at < len(tokens[n]) and tokens[n][at] is None}
