"""``/v1/organizations/{org}/maps``."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from labelmill_aws.api.answers import IfMatch, Organization, Raw, answer, caller_of, nothing, path_of, revision_of
from labelmill_aws.api.caller import EDITOR, READER
from labelmill_aws.api.models.maps import (
    ClassName,
    Map,
    MapEdit,
    MapItem,
    MapList,
    MapVersion,
    MapVersionList,
    NewMap,
)
from labelmill_aws.api.paging import DEFAULT_LIMIT, Cursor, Limit, read_cursor, write_cursor
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import Problem
from labelmill_aws.api.routing import Routes
from labelmill_aws.records.catalog import MapRow, Workspace, read_map, version_prefix
from labelmill_aws.records.outcomes import InUseError
from labelmill_aws.records.workspaces import Workspaces
from labelmill_aws.uploads.map_edits import MapChange, MapEdits
from labelmill_aws.uploads.map_files import categories_of, read_map_file

routes = Routes("maps", "Annotation maps: which object belongs to which class.")
PATH = "/v1/organizations/<org>/maps"
ONE = f"{PATH}/<map>"


@routes.get(PATH, READER, problems=("bad-cursor",))
def list_maps(
    org: Organization,
    name: Annotated[str, Query(description="What the names begin with.", max_length=200)] = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> MapList:
    """List the maps of an organization"""
    position, pk = read_cursor(cursor, begins=name), f"ORG#{org}"
    after = {"pk": pk, "sk": f"MAP#{position[0]}"} if position else None
    items, more = parts().table.page(pk, prefix=f"MAP#{name}", limit=limit, after=after)
    workspaces = Workspaces(parts().table, org).all() if items else []
    rows = [read_map(item) for item in items]
    return MapList(
        items=[MapItem(**_fields(row, workspaces)) for row in rows if row.is_there],
        next=write_cursor(rows[-1].name) if more and rows else None,
    )


@routes.post(PATH, EDITOR, status=201, problems=("conflict", "bad-map"))
def create_map(request: Request, org: Organization, new: NewMap) -> Response[Map]:
    """Make a map

    The file is checked first: of a bad one, all errors are told, with their lines, and nothing is kept. The map is in
    force at once, as one that was uploaded: datasets of workspaces that include it are made into their formats.
    """
    change = MapChange(caller_of(request).name, new.file.encode(), new.description, dict(new.tags))
    row = MapEdits(parts(), org).create(new.name, change)
    return answer(
        _map(row), status=201, revision=row.revision, location=path_of("organizations", org, "maps", row.name)
    )


@routes.get(ONE, READER)
def get_map(org: Organization, map: str) -> Response[Map]:
    """Get a map"""
    row = MapEdits(parts(), org).there(map)
    return answer(_map(row), revision=row.revision)


@routes.patch(ONE, EDITOR, problems=("bad-map",))
def edit_map(request: Request, org: Organization, map: str, edit: MapEdit, if_match: IfMatch = None) -> Response[Map]:
    """Change a map

    A new file is checked as that of a new map is, and becomes a version of its own.
    """
    edits = MapEdits(parts(), org)
    change = MapChange(
        caller_of(request).name,
        None if edit.file is None else edit.file.encode(),
        edit.description,
        None if edit.tags is None else dict(edit.tags),
        revision_of(if_match, edits.there(map).revision),
    )
    row = edits.change(map, change)
    return answer(_map(row), revision=row.revision)


@routes.delete(ONE, EDITOR, status=204, problems=("map-in-use",))
def delete_map(org: Organization, map: str, if_match: IfMatch = None) -> Response[None]:
    """Delete a map with its versions

    Refused while a workspace includes it by name. Jobs that run go on with the bytes they were started for.
    """
    edits = MapEdits(parts(), org)
    try:
        edits.delete(map, revision_of(if_match, edits.there(map).revision))
    except InUseError as error:
        reasons = [("workspace", name) for name in error.names]
        raise Problem("map-in-use", f"{len(reasons):,} workspaces include the map.", reasons) from error
    return nothing()


@routes.get(f"{ONE}/file", READER, content=("application/yaml",))
def download_map(
    org: Organization,
    map: str,
    version: Annotated[str, Query(description="One of the map's versions; that in force when left out.")] = "",
) -> Response[bytes]:
    """Download a map's file

    The very bytes that were uploaded.
    """
    row = MapEdits(parts(), org).there(map)
    file = read_map_file(parts(), row, version)
    ascii_name = file.name.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "_").replace("?", "_")
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    return Raw(200, "application/yaml", file.data, {"Content-Disposition": disposition})


@routes.get(f"{ONE}/versions", READER, problems=("bad-cursor",))
def list_map_versions(
    org: Organization, map: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> MapVersionList:
    """List the versions of a map"""
    row = MapEdits(parts(), org).there(map)
    position, pk, prefix = read_cursor(cursor), f"ORG#{org}", version_prefix(map)
    after = {"pk": pk, "sk": prefix + position[0]} if position else None
    items, more = parts().table.page(pk, prefix=prefix, limit=limit, after=after, newest_first=True)
    fields = ("version", "updated", "updated_by", "classes", "rules")
    return MapVersionList(
        items=[
            MapVersion(**{name: item[name] for name in fields}, in_force=item["version_id"] == row.version_id)
            for item in items
        ],
        next=write_cursor(items[-1]["sk"].removeprefix(prefix)) if more and items else None,
    )


def _map(row: MapRow) -> Map:
    workspaces = Workspaces(parts().table, row.organization).all()
    classes = [
        ClassName(number=one.number, name=one.name, supercategory=one.supercategory)
        for one in categories_of(parts(), row)
    ]
    return Map(**_fields(row, workspaces), class_names=classes)


def _fields(row: MapRow, workspaces: list[Workspace]) -> dict[str, Any]:
    names = ("organization", "name", "description", "tags", "version", "classes", "rules")
    return {name: getattr(row, name) for name in (*names, "updated", "updated_by", "revision")} | {
        "status": "ready" if row.version else "refused",
        "problems": list(row.problems),
        "used_in": [workspace.name for workspace in workspaces if workspace.names(row.name)],
    }
