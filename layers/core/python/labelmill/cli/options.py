"""Arguments and options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
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


def load_map_option(map_file: Path | None) -> AnnotationMap | None:
    """The map of ``--map``, if given. Raises MapError."""
    if map_file is None:
        return None
    from labelmill.maps.annotation_map import load_map

    return load_map(map_file)
