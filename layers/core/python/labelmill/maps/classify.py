"""Gives objects their classes and remembers the results by the values that rules read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from labelmill.errors import RuleTimeError
from labelmill.maps.budget import NO_ENTRY, BudgetError, Frame
from labelmill.maps.evaluate import FAILURES
from labelmill.maps.fields import Fields
from labelmill.maps.limits import (
    MAX_REMEMBERED,
    MAX_REMEMBERED_RULES,
    MAX_REMEMBERED_TYPE_CHARS,
    OBJECT_BUDGET,
    RULE_BUDGET,
)
from labelmill.maps.rules import RuleSet

_UNENCODABLE: Final = (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError)
_KEY_BYTES: Final = 64

Pairs = tuple[tuple[int, int], ...]


class Outcome:
    """What the rules say about all objects with the same values: one for each distinct tuple of values.

    Attributes:
        category: Index into the map's categories, ``None`` when the object is left out.
        rule: Index of the rule that decided.
        failed: Indexes of the rules that raised.
        conflicts: Pairs of the deciding rule and a later rule that is true with another class.
        type: The object's type, ``None`` when it has no text type.
        shared: Whether objects of several types share it, since too many are remembered: ``type`` is ``None`` then.
        count: Objects so far. The caller adds to it, once for each call that gave this outcome.
    """

    __slots__ = ("category", "conflicts", "count", "failed", "rule", "shared", "type")

    def __init__(
        self,
        category: int | None,
        rule: int | None,
        failed: tuple[int, ...] = (),
        conflicts: Pairs = (),
        type_: str | None = None,
        shared: bool = False,
    ) -> None:
        self.category = category
        self.rule = rule
        self.failed = failed
        self.conflicts = conflicts
        self.type: object = type_
        self.shared = shared
        self.count = 0


class Classifier:
    """Classifies the objects of one worker, by a map's rules or by its filters; holds the memory of results.

    Every rule is evaluated for every distinct tuple of values (conflicts need all of them; filters have none, and the
    first that is true is the last one asked), each with a budget of its own and all of them with a larger one
    together: a rule that can't be evaluated any more counts as failed.

    The memory is bounded. Beyond its bound, and where rules read what hardly two objects share, results are evaluated
    anew each time and share one outcome for each (deciding rule, type), and when there are too many types, for each
    deciding rule. Their failures and conflicts are counted here, one object a call, in ``failed`` and ``conflicts``.

    Attributes:
        rules: The map, or its filters.
        outcome_of_type: The outcome for a type; only for maps that read nothing but ``obj['type']``, see ``simple``.
        simple: Whether ``outcome_of_type`` may be called.
        failed: Failures of objects beyond the memory, by rule.
        conflicts: Conflicts of objects beyond the memory, by pair of rules.
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.simple = rules.fields in ((), ("type",)) and rules.metadata_fields == rules.ann_fields == ()
        self.failed: Counter[int] = Counter()
        self.conflicts: Counter[tuple[int, int]] = Counter()
        self._by_type = _ByType(self._new_type)
        # The hot path is this one look-up: no Python frame stands between the caller and the dict.
        self.outcome_of_type: Callable[[str], Outcome] = self._by_type.__getitem__
        self._by_key: dict[bytes, Outcome] = {}
        self._shared: dict[tuple[int | None, str | None, bool], Outcome] = {}
        self._interned: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self._interned_size = 0
        self._last_metadata: tuple[dict[str, Any] | None, bytes | None] = (None, b"")
        self._repeats = rules.repeats
        self._programs = [(rule.program.steps, rule.program.run, rule.category) for rule in rules.rules]
        self._loops = max((rule.program.loops for rule in rules.rules), default=0)
        self._encode = msgspec.msgpack.Encoder().encode

    @property
    def outcomes(self) -> Iterator[Outcome]:
        """All outcomes, in the order in which they came up, the shared ones last."""
        yield from self._by_type.values()
        yield from self._by_key.values()
        yield from self._shared.values()

    def classify(self, obj: dict[str, Any], metadata: dict[str, Any], ann: dict[str, Any] = NO_ENTRY) -> Outcome:
        """Classify one object.

        Args:
            obj: The object: at least the map's ``fields`` that it has, and its type. Only values of JSON.
            metadata: The image's metadata: at least the map's ``metadata_fields``. Never changed while it is the
                argument of calls: its key is made once for all calls in a row.
            ann: The object's annotation entry and what was reckoned: at least the map's ``ann_fields``.

        Returns:
            The outcome; the caller adds 1 to its ``count`` before the next call.

        Raises:
            RuleTimeError: If the rules may be asked no more.
        """
        type_ = obj.get("type")
        if type(type_) is not str:
            type_ = None
        elif self.simple:
            return self._by_type[type_]
        key = self._key(obj, metadata, ann, type_) if self._repeats else None
        if key is None:
            return self._beyond(self._evaluate(obj, metadata, type_, ann))
        outcome = self._by_key.get(key)
        if outcome is None:
            outcome = self._evaluate(obj, metadata, type_, ann)
            if not self._keep(outcome, type_):
                return self._beyond(outcome)
            self._by_key[key] = outcome
        return outcome

    def _new_type(self, type_: str) -> Outcome:
        verdict = self.rules.verdicts.get(type_)
        outcome = Outcome(*verdict, type_=type_) if verdict is not None else self._evaluate({"type": type_}, {}, type_)
        if not self._keep(outcome, type_):
            return self._beyond(outcome)
        self._by_type[type_] = outcome
        if not outcome.failed and not outcome.conflicts and len(self.rules.verdicts) < MAX_REMEMBERED:
            self.rules.verdicts[type_] = (outcome.category, outcome.rule)
        return outcome

    def _key(
        self, obj: dict[str, Any], metadata: dict[str, Any], ann: dict[str, Any], type_: str | None
    ) -> bytes | None:
        """The values that rules read, exactly: 1, 1.0, True and "1" differ. ``None`` when they have no key."""
        last, metadata_key = self._last_metadata
        if last is not metadata and self.rules.metadata_fields != ():
            metadata_key = self._encoded(metadata, self.rules.metadata_fields)
            self._last_metadata = (metadata, metadata_key)
        if metadata_key is None:
            return None
        more: list[object] = [type_, metadata_key]
        if self.rules.ann_fields != ():
            more.append(_kept(ann, self.rules.ann_fields))
        key = self._encoded(obj, self.rules.fields, more)
        return key if key is None or len(key) <= _KEY_BYTES else _digest(key)

    def _encoded(self, values: dict[str, Any], fields: Fields, more: object = None) -> bytes | None:
        try:
            key = self._encode([_kept(values, fields), more])
        except _UNENCODABLE:
            return None
        # Too long a key is not kept as such: a digest of 32 bytes can't be met by chance.
        return key if len(key) <= 1 << 12 else _digest(key)

    def _evaluate(
        self, obj: dict[str, Any], metadata: dict[str, Any], type_: str | None, ann: dict[str, Any] = NO_ENTRY
    ) -> Outcome:
        if self.rules.types is not None:
            index = self.rules.types.get(type_) if type_ is not None else None
            return Outcome(index, index, type_=type_)
        if time.monotonic() > self.rules.until:
            raise RuleTimeError("the map's rules take too long")
        frame = Frame(obj, metadata, self._loops, ann)
        budget = OBJECT_BUDGET
        decided: int | None = None
        category: int | None = None
        failed: list[int] = []
        conflicts: list[tuple[int, int]] = []
        for index, (steps, run, gives) in enumerate(self._programs):
            granted = RULE_BUDGET if budget > RULE_BUDGET else budget
            frame.left = left = granted - steps
            try:
                if left < 0:
                    raise BudgetError
                if run(frame):
                    if decided is None:
                        decided, category = index, gives
                        if self.rules.first_only:
                            break
                    elif gives != category:
                        conflicts.append((decided, index))
            except FAILURES:
                failed.append(index)
            left = frame.left
            budget -= granted - left if left > 0 else granted
        return Outcome(category, decided, tuple(failed), tuple(conflicts), type_)

    def _keep(self, outcome: Outcome, type_: str | None) -> bool:
        """Whether there is room to remember a result; equal lists of rules are kept once."""
        if len(self._by_key) + len(self._by_type) >= MAX_REMEMBERED:
            return False
        if type_ is not None and len(type_) > MAX_REMEMBERED_TYPE_CHARS:
            return False
        lists = (outcome.failed, outcome.conflicts)
        size = sum(len(held) for held in lists if held not in self._interned)
        if self._interned_size + size > MAX_REMEMBERED_RULES:
            return False
        self._interned_size += size
        outcome.failed = self._interned.setdefault(outcome.failed, outcome.failed)
        outcome.conflicts = self._interned.setdefault(outcome.conflicts, outcome.conflicts)
        return True

    def _beyond(self, outcome: Outcome) -> Outcome:
        """Count what is not remembered, and give its shared outcome."""
        if outcome.failed:
            self.failed.update(outcome.failed)
        if outcome.conflicts:
            self.conflicts.update(outcome.conflicts)
        type_ = outcome.type if isinstance(outcome.type, str) else None
        known = self._shared.get((outcome.rule, type_, False))
        if known is not None:
            return known
        mixed = type_ is not None and (len(self._shared) >= MAX_REMEMBERED or len(type_) > MAX_REMEMBERED_TYPE_CHARS)
        if mixed:
            type_ = None
        key = (outcome.rule, type_, mixed)
        shared = self._shared.get(key)
        if shared is None:
            shared = self._shared[key] = Outcome(outcome.category, outcome.rule, (), (), type_, mixed)
        return shared


def _kept(values: dict[str, Any], fields: Fields) -> dict[str, Any]:
    return values if fields is None else {name: values[name] for name in fields if name in values}


def _digest(key: bytes) -> bytes:
    import hashlib  # takes 5 ms to load, and keys are seldom long

    return hashlib.blake2b(key, digest_size=32).digest()


class _ByType(dict[str, Outcome]):
    """Types to outcomes; asks for those that it does not hold."""

    __slots__ = ("_new",)

    def __init__(self, new: Callable[[str], Outcome]) -> None:
        super().__init__()
        self._new = new

    def __missing__(self, type_: str) -> Outcome:
        return self._new(type_)
