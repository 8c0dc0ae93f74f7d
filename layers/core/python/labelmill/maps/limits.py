"""Every bound of an annotation map, in one place: maps come from strangers."""

from __future__ import annotations

from typing import Final

MAX_FILE_BYTES: Final = 1 << 20
MAX_LEVELS: Final = 20
"""Nested lists and mappings of the file; the outermost mapping is level 1."""
MAX_NODES: Final = 200_000
"""Keys, values, lists and mappings of the file, aliases counted by what they stand for."""
MAX_RULES: Final = 10_000
MAX_RULE_CHARS: Final = 2_000
MAX_RULE_LEVELS: Final = 50
"""Nested expressions of one rule; the outermost expression is level 1."""
MAX_LOOP_LEVELS: Final = 2
MAX_CLASS_NUMBER: Final = 2**31 - 1
MAX_REFUSALS_PER_RULE: Final = 10

MAX_RESULT: Final = 65_536
"""Characters or elements of any text, list or tuple that a rule makes."""
MAX_ROUND_DIGITS: Final = 1_000
MAX_INT_DIGITS: Final = 4_200
MAX_INT_BITS: Final = 14_000
"""Below CPython's own 4,300 digits, so that turning a number into text never depends on the interpreter."""

RULE_BUDGET: Final = 500_000
"""Units that one rule may spend on one object: about 0.1 s at worst."""
OBJECT_BUDGET: Final = 2_000_000
"""Units that all rules together may spend on one object; the rules after that count as failed."""

MAX_REMEMBERED: Final = 100_000
"""Results that a classifier remembers, and as many again that it shares between values."""
MAX_REMEMBERED_RULES: Final = 2_000_000
"""Failed rules and conflicts that the remembered results may list in all, equal lists counted once."""
MAX_REMEMBERED_TYPE_CHARS: Final = 1_024
MAX_REPORTED: Final = 20_000
"""Pairs of (rule, type), of types left out, of conflicting rules that a report lists; the rest is one number."""
MAX_REPORTED_TYPE_CHARS: Final = 200
MAX_EXAMPLES: Final = 5
"""Objects that a report names for each filter."""
