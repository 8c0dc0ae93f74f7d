"""Annotation maps of the organization."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from labelmill.client.map_check_models import MapCheck
from labelmill.client.models import Map, MapSummary, MapVersion, Tags
from labelmill.client.pages import paged
from labelmill.client.paths import dataset_id, path_of
from labelmill.client.resources.resource import Resource, given
from labelmill.errors import OptionError

MapFile = str | Path
"""The text of a map, or a path to its file."""


class Maps(Resource):
    """``client.maps``."""

    def create(self, name: str, file: MapFile, *, description: str | None = None, tags: Tags | None = None) -> Map:
        """Make a map.

        Args:
            name: Its name, unique in the organization.
            file: The map (YAML or JSON): a ``Path``, or the text itself.
            description: What it is for.
            tags: Up to 50.

        Raises:
            ConflictError: The name is taken.
            ServiceError: ``bad-map``: all its mistakes are in ``problems``, with their lines.
            OptionError: The file can't be read.

        Example:
            >>> client.maps.create("toys", Path("toys.yml"), description="Blocks and balls")
        """
        body = {"name": name, "file": map_text(file), **given(description=description, tags=tags)}
        return self._transport.send(Map, "POST", self._own("maps"), body)

    def list(self, *, name: str | None = None, limit: int | None = None) -> Iterator[MapSummary]:
        """Go through the maps by name; ``name`` is how their names begin."""
        return paged(self._transport, MapSummary, self._own("maps"), {"name": name}, limit)

    def get(self, name: str) -> Map:
        """A map with its classes. Raises NotFoundError."""
        return self._transport.get(Map, self._own("maps", name))

    def download(self, name: str, *, version: str | None = None) -> bytes:
        """The very bytes that were given, of the version in force or of another. Raises NotFoundError."""
        return self._transport.request("GET", self._own("maps", name, "file"), query={"version": version}).content

    def edit(
        self,
        name: str,
        *,
        file: MapFile | None = None,
        description: str | None = None,
        tags: Tags | None = None,
        revision: int | None = None,
    ) -> Map:
        """Change what is given; the rest stays.

        Args:
            name: The map.
            file: A new version: text or ``Path``. Labels that were made stay as they are.
            description: A new description; ``""`` takes it away.
            tags: All tags that it has from now on.
            revision: Of the map as it was read; when it was changed since, nothing is done.

        Raises:
            NotFoundError: There is no such map.
            ConflictError: It was changed meanwhile.
            ServiceError: ``bad-map``, as in ``create``.
        """
        body = given(file=None if file is None else map_text(file), description=description, tags=tags)
        return self._transport.send(Map, "PATCH", self._own("maps", name), body, revision=revision)

    def delete(self, name: str, *, revision: int | None = None) -> None:
        """Delete a map that no workspace includes. Raises NotFoundError, ConflictError (``map-in-use``)."""
        self._transport.request("DELETE", self._own("maps", name), revision=revision)

    def versions(self, name: str) -> Iterator[MapVersion]:
        """Go through the versions of a map, newest first."""
        return paged(self._transport, MapVersion, self._own("maps", name, "versions"))

    def check(self, file: MapFile, *, dataset: str | None = None) -> MapCheck:
        """Look at a map without keeping it.

        Args:
            file: Text or ``Path``.
            dataset: ``workspace/name`` or id: what would the map do to it?

        Returns:
            All mistakes, or classes and rules; with a dataset, how many objects each rule takes.
        """
        body = {"file": map_text(file), **given(dataset=None if dataset is None else dataset_id(dataset))}
        return self._transport.send(
            MapCheck, "POST", path_of("organizations", self._organization(), "map-checks"), body
        )


def map_text(file: MapFile) -> str:
    """The text of a map.

    Raises:
        OptionError: If the file can't be read or is no UTF-8.
    """
    if isinstance(file, str):
        return file
    try:
        return file.read_bytes().decode("utf-8")  # as it is: line ends and all
    except UnicodeDecodeError as error:
        raise OptionError(f"{file}: expected UTF-8, found byte 0x{error.object[error.start]:02x}") from error
    except OSError as error:
        raise OptionError(f"{file}: can't be read: {error.strerror}") from error
