"""Which functions share the account's concurrency, and which have their own."""

from __future__ import annotations

import json

import pytest
from infra.app import synthesize
from infra.synth import synthesized, template
from infra_template import Template


def reserved(stack: Template) -> dict[str, int]:
    found = {name: function.get("ReservedConcurrentExecutions") for name, function in stack.functions().items()}
    return {name: number for name, number in found.items() if number is not None}


def shards_at_once(stack: Template) -> set[int]:
    [machine] = stack.of_type("AWS::StepFunctions::StateMachine").values()
    definition = json.loads(machine["DefinitionString"])
    states = [state for state in definition["States"].values() if "ItemReader" in state]
    assert len(states) == 2
    return {state["MaxConcurrency"] for state in states}


def test_nothing_is_reserved_unasked(stack: Template) -> None:
    """An account of ten has none to give: the deployment would fail."""
    assert reserved(stack) == {}
    assert shards_at_once(stack) == {1000}


def test_shards_are_held_back_and_the_api_has_its_own() -> None:
    chosen = Template(template(synthesized(wheels="installed", shards_reserved="300", api_reserved="100")))
    assert reserved(chosen) == {"convert": 300, "survey": 300, "api": 100, "authorize": 100}
    assert shards_at_once(chosen) == {300}, "more than may run would only be throttled"


@pytest.mark.parametrize("name", ["shards_reserved", "api_reserved"])
@pytest.mark.parametrize("value", ["", "0", "-1", "all"])
def test_a_number_that_is_none_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"context {name}: expected a whole number above 0, got '{value}'"):
        synthesize({name: value})
