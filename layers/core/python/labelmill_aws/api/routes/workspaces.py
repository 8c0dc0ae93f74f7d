"""``/v1/organizations/{org}/workspaces`` and ``/v1/workspaces/{ws}``."""

from __future__ import annotations

from collections.abc import Sequence

from aws_lambda_powertools.event_handler import Request, Response

from labelmill_aws.api.answers import IfMatch, Organization, answer, caller_of, nothing, path_of, revision_of
from labelmill_aws.api.caller import EDITOR, READER
from labelmill_aws.api.models.workspaces import (
    AutoFormat,
    AutoFormatAnswer,
    NewWorkspace,
    Resources,
    ResourcesEdit,
    WorkspaceAnswer,
    WorkspaceEdit,
    WorkspaceList,
)
from labelmill_aws.api.paging import DEFAULT_LIMIT, Cursor, Limit, read_cursor, write_cursor
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import Problem
from labelmill_aws.api.routing import Routes
from labelmill_aws.jobs.deletion import delete_workspace as remove
from labelmill_aws.records.auto_formats import AutoItem, auto_item
from labelmill_aws.records.catalog import Workspace, read_map
from labelmill_aws.records.outcomes import InUseError
from labelmill_aws.records.workspaces import UnknownMapsError, WorkspaceChange, Workspaces
from labelmill_aws.uploads.leftovers import leftover

routes = Routes("workspaces", "Where datasets lie, and what may be used with them.")
PATH = "/v1/organizations/<org>/workspaces"
ONE = "/v1/workspaces/<ws>"


@routes.get(PATH, READER, problems=("bad-cursor",))
def list_workspaces(org: Organization, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> WorkspaceList:
    """List the workspaces of an organization"""
    position = read_cursor(cursor)
    found, more = Workspaces(parts().table, org).page(limit, position[0] if position else None)
    last = write_cursor(found[-1].name) if more and found else None
    return WorkspaceList(items=[_answer(workspace) for workspace in found], next=last)


@routes.post(PATH, EDITOR, status=201, problems=("conflict", "bad-options"))
def create_workspace(org: Organization, new: NewWorkspace) -> Response[WorkspaceAnswer]:
    """Make a workspace

    Its name is unique in the whole service: it is part of the keys that uploads go to.
    """
    wanted = Workspace(
        name=new.name,
        organization=org,
        description=new.description,
        tags=dict(new.tags),
        auto_formats=_auto_items(new.auto_formats),
        included_maps=tuple(new.included_maps),
    )
    found = leftover(new.name, parts())
    if found:
        detail = f"{found} is there of an earlier workspace of this name: delete what is below, or choose another name."
        if parts().catalog.workspace(new.name) is None:
            raise Problem("conflict", detail)
    try:
        made = Workspaces(parts().table, org).create(wanted)
    except UnknownMapsError as error:
        raise _unknown_maps("included_maps", error) from error
    return answer(_answer(made), status=201, revision=made.revision, location=path_of("workspaces", made.name))


@routes.get(ONE, READER)
def get_workspace(request: Request, ws: str) -> Response[WorkspaceAnswer]:
    """Get a workspace"""
    found = _workspaces(request).there(ws)
    return answer(_answer(found), revision=found.revision)


@routes.patch(ONE, EDITOR, problems=("bad-options",))
def edit_workspace(
    request: Request, ws: str, edit: WorkspaceEdit, if_match: IfMatch = None
) -> Response[WorkspaceAnswer]:
    """Change a workspace"""
    workspaces = _workspaces(request)
    change = WorkspaceChange(
        description=edit.description,
        tags=None if edit.tags is None else dict(edit.tags),
        auto_formats=None if edit.auto_formats is None else _auto_items(edit.auto_formats),
        expected=revision_of(if_match, workspaces.there(ws).revision),
    )
    made = workspaces.change(ws, change)
    return answer(_answer(made), revision=made.revision)


@routes.delete(
    ONE,
    EDITOR,
    status=204,
    also={202: "Files that became no dataset go with it, in the background; until then its status is `deleting`."},
    problems=("workspace-not-empty",),
)
def delete_workspace(request: Request, ws: str, if_match: IfMatch = None) -> Response[None]:
    """Delete a workspace

    Refused while it has datasets, or some are being uploaded. Its name is free again when nothing of it is left.
    """
    caller = caller_of(request)
    try:
        expected = revision_of(if_match, _workspaces(request).there(ws).revision)
        gone = remove(ws, expected, caller.organization, parts())
    except InUseError as error:
        raise Problem("workspace-not-empty", errors=[("dataset", name) for name in error.names]) from error
    return nothing() if gone else answer(None, status=202)


@routes.get(f"{ONE}/resources", READER)
def get_resources(request: Request, ws: str) -> Response[Resources]:
    """Get which maps there are, and which may be used in a workspace"""
    return _resources(_workspaces(request).there(ws))


@routes.put(f"{ONE}/resources", EDITOR)
def set_resources(request: Request, ws: str, edit: ResourcesEdit, if_match: IfMatch = None) -> Response[Resources]:
    """Say which maps may be used in a workspace

    What is included from now on starts no jobs by itself: new uploads and requests do.
    """
    workspaces = _workspaces(request)
    expected = revision_of(if_match, workspaces.there(ws).revision)
    try:
        made = workspaces.change(ws, WorkspaceChange(included_maps=tuple(edit.included), expected=expected))
    except UnknownMapsError as error:
        raise _unknown_maps("included", error) from error
    return _resources(made)


def _workspaces(request: Request) -> Workspaces:
    return Workspaces(parts().table, caller_of(request).organization)


def _resources(workspace: Workspace) -> Response[Resources]:
    rows = map(read_map, parts().table.query(f"ORG#{workspace.organization}", "MAP#"))
    names = [row.name for row in rows if row.is_there and not row.deleting]
    return answer(Resources(available=names, included=list(workspace.included_maps)), revision=workspace.revision)


def _answer(workspace: Workspace) -> WorkspaceAnswer:
    return WorkspaceAnswer(
        name=workspace.name,
        organization=workspace.organization,
        description=workspace.description,
        tags=workspace.tags,
        auto_formats=[
            item if isinstance(item, str) else AutoFormatAnswer(format=item.format, options=item.options)
            for item in workspace.auto_formats
        ],
        included_maps=list(workspace.included_maps),
        created=workspace.created,
        status="deleting" if workspace.deleting else "ready",
        revision=workspace.revision,
    )


def _auto_items(asked: Sequence[str | AutoFormat]) -> tuple[AutoItem, ...]:
    """Automatic formats as they are kept. Raises a Problem with every option that can't be used."""
    items: list[AutoItem] = []
    problems: list[tuple[str, str]] = []
    for number, item in enumerate(asked):
        if isinstance(item, str) or not item.options:
            items.append(item if isinstance(item, str) else item.format)
            continue
        from labelmill_aws.jobs.options import plain_options, problems_of

        found = problems_of(item.options, item.format)
        problems += [(f"body.auto_formats.{number}.options.{name}", reason) for name, reason in found]
        items.append(item.format if found else auto_item(item.format, plain_options(item.options)))
    if problems:
        raise Problem("bad-options", errors=problems)
    return tuple(items)


def _unknown_maps(field: str, error: UnknownMapsError) -> Problem:
    reasons = [(f"body.{field}", f"there is no map {name!a}") for name in error.names]
    return Problem("bad-request", errors=reasons)
