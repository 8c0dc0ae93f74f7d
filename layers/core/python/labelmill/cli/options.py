"""Arguments and options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from labelmill.convert.option_specs import OptionSpec
    from labelmill.maps.annotation_map import AnnotationMap

source_argument = click.argument("src", type=click.Path(exists=True, path_type=Path))
map_option = click.option(
    "--map",
    "map_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Annotation map (YAML or JSON). Without one, each object type is a class.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON to stdout.")


def usable_cpus() -> int:
    """Processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


def workers_option(function: Any) -> Any:
    """``--workers``."""
    return click.option(
        "--workers",
        type=click.IntRange(1, 256),
        default=usable_cpus,
        show_default="one a processor",
        help="Processes to work with.",
    )(function)


def format_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options of a conversion, made from their table; the command gets those that are given, as ``chosen``."""
    from labelmill.convert.option_specs import OPTIONS

    @wraps(function)
    def command(**given: Any) -> int:
        chosen = {name: value for name in OPTIONS if (value := given.pop(name)) is not None}
        return function(chosen=chosen, **given)

    decorated: Callable[..., int] = command
    for option in reversed(OPTIONS.values()):
        decorated = _click_option(option)(decorated)
    return decorated


def options_for(chosen: Mapping[str, Any], format_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What each of some formats is given of the options: those that it knows, and those that nobody knows here.

    Raises:
        OptionError: If none of the formats knows an option, though others do.
    """
    from labelmill.convert.choices import known_options, unknown_reason
    from labelmill.convert.option_specs import OPTIONS
    from labelmill.errors import OptionError

    known = {format_id: {*known_options([format_id])} for format_id in format_ids}
    for name in chosen:
        if name in OPTIONS and not any(name in names for names in known.values()):
            raise OptionError(f"{name}: {unknown_reason(name, format_ids)}")
    return {
        format_id: {name: value for name, value in chosen.items() if name in names or name not in OPTIONS}
        for format_id, names in known.items()
    }


def shown_options(options: Mapping[str, Any]) -> str:
    """Options on a line, as ``--option`` takes them."""
    import msgspec

    return ", ".join(
        f"{name}={value if isinstance(value, str) else msgspec.json.encode(value).decode()}"
        for name, value in options.items()
    )


def _click_option(option: OptionSpec) -> Callable[[Callable[..., int]], Callable[..., int]]:
    says = [option.text]
    for choice in option.choices:
        name = f"An expression, for example {choice.value}" if choice.free else choice.value
        says += [f"{name}: {choice.text[0].lower()}{choice.text[1:]}"] if name else []
    more: dict[str, Any] = {"metavar": option.form}
    if option.kind == "boolean":
        more = {"is_flag": True, "default": None}
    elif option.kind == "number":
        more["type"] = float
    elif option.choices and not any(choice.free for choice in option.choices):
        more = {"type": click.Choice([choice.value for choice in option.choices if choice.value])}
    if option.choices and option.default:
        says.append(f"Default: {option.default}.")
    return click.option(f"--{option.name.replace('_', '-')}", option.name, help=" ".join(says), **more)


def load_map_option(map_file: Path | None) -> AnnotationMap | None:
    """The map of ``--map``, if given. Raises MapError."""
    if map_file is None:
        return None
    from labelmill.maps.annotation_map import load_map

    return load_map(map_file)
