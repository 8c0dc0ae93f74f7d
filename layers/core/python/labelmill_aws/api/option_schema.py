"""Options as JSON Schema, from which clients and the console make what they show."""

from __future__ import annotations

from typing import Any

from labelmill.convert.choices import MOST_CHARS
from labelmill.convert.option_specs import OPTIONS, Choice, OptionSpec
from labelmill_aws.jobs.options import MORE

ALL = {**OPTIONS, **MORE}


def option_schema(option: OptionSpec) -> dict[str, Any]:
    """One option: what a value may be, its default, and how people are told of it.

    Values to choose from are in ``anyOf``, each a ``const`` with title and description; one without ``const`` takes
    any text.
    """
    schema: dict[str, Any] = {"type": option.kind, "title": option.title, "description": option.text}
    schema["default"] = option.default
    if option.choices:
        schema["anyOf"] = [_choice(choice) for choice in option.choices]
    elif option.kind == "string":
        schema["maxLength"] = MOST_CHARS
    elif option.kind != "boolean":
        schema["minimum"] = 0
    return schema


def format_options_schema(format_id: str) -> dict[str, Any]:
    """The options that a format knows."""
    from labelmill.convert.choices import known_options

    known = [ALL[name] for name in (*known_options([format_id]), *MORE)]
    return {
        "type": "object",
        "properties": {option.name: option_schema(option) for option in known},
        "dependentRequired": {option.name: [option.needs] for option in known if option.needs},
        "additionalProperties": False,
    }


def add_every_option(schema: dict[str, Any]) -> None:
    """Say all options of all formats in the schema of a request's ``options``."""
    schema["properties"] = {name: option_schema(option) for name, option in ALL.items()}


def _choice(choice: Choice) -> dict[str, Any]:
    said = {"title": choice.title, "description": choice.text}
    free = {"type": "string", "maxLength": MOST_CHARS, "examples": [choice.value]}
    return (free if choice.free else {"const": choice.value}) | said
