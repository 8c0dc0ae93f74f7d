"""``statelint`` on every state machine of the template: it knows which fields JSONata takes, as Step Functions does.

It can't tell whether an expression is right, and knows neither the newest fields nor that a number may be whole.
"""

from __future__ import annotations

import json
import re
from typing import Any

from infra.judges.policies import resolved

FALSE_ALARMS = {
    r"\.BackoffRate is \d+ but should be a Float": "The language takes any number of 1 or more, whole ones, too.",
    r'\.Seconds is "\{% .* %\}" but should be an Integer': "JSONata may write a Wait's seconds.",
    r'^Field "Label" not allowed in .*Shards$': "A distributed Map may have a label.",
    r'^Field "InputType" not allowed in .*\.ItemReader\.ReaderConfig$': "It says how the manifest is written.",
}
"""What it says wrongly, and why that is wrong by the Amazon States Language and Step Functions' guide."""


def judge_machines(template: dict[str, Any]) -> list[str]:
    """Answer one line for each problem that is not known as a false alarm."""
    from statelint.linter import Linter  # who checks something else needs none

    found = []
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            text = resolved(template, resource["Properties"]["DefinitionString"])
            found += [f"{name}: {problem}" for problem in Linter.validate(json.loads(text)) if not _known(problem)]
    return found


def _known(problem: str) -> bool:
    return any(re.search(alarm, problem) for alarm in FALSE_ALARMS)
