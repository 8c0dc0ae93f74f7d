"""Checked and compiled rules, and what all of a set read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from labelmill.maps.evaluate import Program, compile_rule
from labelmill.maps.expression import Checked, check_rule
from labelmill.maps.fields import FieldReader, Fields
from labelmill.maps.names import FILTERS, RECKONED, ROOTS
from labelmill.maps.wording import Speller, quote

UNIQUE: Final = frozenset(
    {
        *("pixels", "width", "height", "id", "bbox", "bbox3d", "centroid", "distance", "keypoints", "obstruction"),
        *("rotation", "segmentation", "size"),
    }
)
"""What hardly two objects share of all that ``ann`` holds."""
DROP: Final = FILTERS.index("drop")
IGNORE: Final = FILTERS.index("ignore")


@dataclass(frozen=True, slots=True)
class Rule:
    """One checked rule.

    Attributes:
        text: The expression as the map has it.
        line: 1-based line in the file, 0 when the map has none.
        category: Index into the map's categories; of a filter ``DROP`` or ``IGNORE``.
        program: The compiled expression.
    """

    text: str
    line: int
    category: int
    program: Program = field(compare=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.program is _NEVER:
            return rule_of_type, (self.text, self.category)
        return _restore_rule, (self.text, self.line, self.category)


def _restore_rule(text: str, line: int, category: int) -> Rule:
    """Compile a rule again in another process: closures do not travel. It is checked again, too."""
    checked = check_rule(text, Speller())
    if checked.tree is None or checked.refusals:
        raise ValueError(f"not a checked rule: {quote(text)}")
    return Rule(text, line, category, compile_rule(checked.tree))


_NEVER = Program(lambda frame: False, 1, 0)
"""The program of rules that are decided by a look-up of the type."""


def rule_of_type(text: str, category: int) -> Rule:
    """A rule of a map that is made of types: it is looked up, never evaluated."""
    return Rule(text, 0, category, _NEVER)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules that are asked one after the other: the first one that is true decides.

    Attributes:
        rules: In the order in which they are asked.
        fields: Top-level keys of ``obj`` that rules read, sorted; ``None``: rules need the whole object.
        metadata_fields: The same for ``metadata``; ``()`` when no rule names it.
        ann_fields: The same for ``ann``.
        types: Type to category index for a map made of types, else ``None``: there the rules need no evaluation.
        verdicts: Category and deciding rule of types that a classifier has met, where rules read nothing else and
            all agree: each shard has a classifier of its own, which asks here first.
        first_only: Whether rules behind the first one that is true are not even asked.
        until: ``time.monotonic()`` after which none is asked any more.
    """

    rules: tuple[Rule, ...]
    fields: Fields = ()
    metadata_fields: Fields = ()
    ann_fields: Fields = ()
    types: Mapping[str, int] | None = field(default=None, compare=False)
    verdicts: dict[str, tuple[int | None, int | None]] = field(default_factory=dict, compare=False, repr=False)
    first_only: bool = False
    until: float = field(default=math.inf, compare=False)

    @property
    def reads_ann(self) -> bool:
        """Whether a rule names ``ann``: objects have to be placed before they are asked for."""
        return self.ann_fields != ()

    def reads_of_ann(self, *keys: str) -> bool:
        """Whether a rule may read one of these keys of ``ann``."""
        return self.ann_fields is None or not set(keys).isdisjoint(self.ann_fields)

    @property
    def repeats(self) -> bool:
        """Whether objects share what rules read often enough to remember results by it."""
        return self.ann_fields is not None and UNIQUE.isdisjoint(self.ann_fields)

    @property
    def entry_fields(self) -> Fields:
        """The keys of annotation entries that rules read, without those that are reckoned; ``None``: all."""
        return self.ann_fields and tuple(name for name in self.ann_fields if name not in RECKONED)


NO_RULES: Final = RuleSet(())


def compile_rules(
    written: Iterable[tuple[str, int, int]], checked: Iterable[Checked], *, first_only: bool = False
) -> RuleSet:
    """Compile rules without a mistake.

    Args:
        written: Text, line and category of each.
        checked: What the check found of each.
        first_only: See ``RuleSet``.
    """
    reader = FieldReader()
    rules = []
    for (text, line, category), (tree, _, scanned) in zip(written, checked, strict=True):
        if tree is None or scanned is None:
            raise RuntimeError("a rule with a problem that was not noted")
        reader.add(scanned.nodes)
        rules.append(Rule(text, line, category, compile_rule(tree)))
    fields, metadata_fields, ann_fields = (reader.fields(root) for root in ROOTS)
    return RuleSet(tuple(rules), fields, metadata_fields, ann_fields, first_only=first_only)
