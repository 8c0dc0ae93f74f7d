"""Workspaces, and which maps they include."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labelmill.client.models import AutoFormat, Resources, Tags, Workspace
from labelmill.client.pages import paged
from labelmill.client.paths import path_of
from labelmill.client.resources.resource import Resource, given


class Workspaces(Resource):
    """``client.workspaces``."""

    def create(
        self,
        name: str,
        *,
        description: str | None = None,
        tags: Tags | None = None,
        auto_formats: Sequence[str | AutoFormat] | None = None,
        included_maps: Sequence[str] | None = None,
    ) -> Workspace:
        """Make a workspace.

        Args:
            name: Its name, unique in the service.
            description: What it is for.
            tags: Up to 50.
            auto_formats: Formats that are made of each dataset that arrives, by id or with options:
                ``AutoFormat(format="COCO", options={"split": "train=0.8,val=0.2"})``; ``[]`` for none; by default six.
            included_maps: Maps that can be used in it; ``["*"]``, the default, for all.

        Raises:
            ConflictError: The name is taken.
            ServiceError: ``bad-options``.
        """
        body = {
            "name": name,
            **given(description=description, tags=tags, auto_formats=auto_formats, included_maps=included_maps),
        }
        return self._transport.send(Workspace, "POST", self._own("workspaces"), body)

    def list(self, *, limit: int | None = None) -> Iterator[Workspace]:
        """Go through the organization's workspaces."""
        return paged(self._transport, Workspace, self._own("workspaces"), limit=limit)

    def get(self, name: str) -> Workspace:
        """A workspace. Raises NotFoundError."""
        return self._transport.get(Workspace, path_of("workspaces", name))

    def edit(
        self,
        name: str,
        *,
        description: str | None = None,
        tags: Tags | None = None,
        auto_formats: Sequence[str | AutoFormat] | None = None,
        revision: int | None = None,
    ) -> Workspace:
        """Change what is given; the rest stays.

        Args:
            name: The workspace.
            description: A new description; ``""`` takes it away.
            tags: All tags that it has from now on.
            auto_formats: Formats that are made of each dataset that arrives from now on.
            revision: Of the workspace as it was read; when it was changed since, nothing is done.

        Raises:
            NotFoundError: There is no such workspace.
            ConflictError: It was changed meanwhile.
            ServiceError: ``bad-options``.
        """
        body = given(description=description, tags=tags, auto_formats=auto_formats)
        return self._transport.send(Workspace, "PATCH", path_of("workspaces", name), body, revision=revision)

    def delete(self, name: str, *, revision: int | None = None) -> None:
        """Delete an empty workspace; its name is free again when nothing of it is left.

        Raises NotFoundError, ConflictError (``workspace-not-empty``).
        """
        self._transport.request("DELETE", path_of("workspaces", name), revision=revision)

    def resources(self, name: str) -> Resources:
        """The maps of the organization, and those that the workspace includes."""
        return self._transport.get(Resources, path_of("workspaces", name, "resources"))

    def include(self, name: str, maps: Sequence[str], *, revision: int | None = None) -> Resources:
        """Say which maps can be used in a workspace: these and no others; ``["*"]`` for all.

        Starts nothing by itself: new uploads and requests use them.

        Raises:
            NotFoundError: There is no such workspace.
            ServiceError: ``bad-request``, with every map that there is not.
        """
        path = path_of("workspaces", name, "resources")
        return self._transport.send(Resources, "PUT", path, {"included": [*maps]}, revision=revision)
