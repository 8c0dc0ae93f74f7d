"""What the service could not find or use, in the words of the command line, with the name that was perhaps meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final

from labelmill.errors import LabelmillError, NotFoundError, ServiceError, ServiceProblem

if TYPE_CHECKING:
    from labelmill.client.client import Client

MOST_NAMES: Final = 2_000
OPTIONS: Final = "body.options."


@contextmanager
def explained(client: Client) -> Iterator[None]:
    """Have errors of the service speak of names and options as they are typed.

    Raises:
        ServiceError: The error, with the nearest name that there is.
    """
    try:
        yield
    except NotFoundError as error:
        error.detail += hint(client, error.kind, error.name)
        raise
    except ServiceError as error:
        error.problems = tuple(ServiceProblem(_typed(problem.where), problem.message) for problem in error.problems)
        raise


def hint(client: Client, kind: str, name: str) -> str:
    """``; did you mean 'toys'?``, or nothing: no reason to fail is worse than the one that is told."""
    try:
        near = _near(client, kind, name)
    except LabelmillError:
        return ""
    return f"; did you mean '{near}'?" if near else ""


def _near(client: Client, kind: str, name: str) -> str:
    if kind == "map":
        return _nearest(name, (found.name for found in client.maps.list()))
    if kind == "workspace":
        return _nearest(name, (found.name for found in client.workspaces.list()))
    if kind == "dataset" and "/" in name:
        workspace, _, dataset = name.partition("/")
        workspace = _near(client, "workspace", workspace)
        near = _nearest(dataset, (found.name for found in client.datasets.list(workspace))) if workspace else ""
        return f"{workspace}/{near}" if near else ""
    return ""


def _nearest(name: str, names: Iterator[str]) -> str:
    return next(iter(difflib.get_close_matches(name, islice(names, MOST_NAMES), 1)), "")


def _typed(where: str) -> str:
    if where.startswith(OPTIONS):
        return "--" + where[len(OPTIONS) :].replace("_", "-")
    return where.removeprefix("body.")
