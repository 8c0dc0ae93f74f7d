"""Annotations: a dataset in a format under a map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from labelmill.client.downloading import Downloader
from labelmill.client.models import Annotation, AnnotationStatus, Download, LogLine, Tags
from labelmill.client.pages import paged
from labelmill.client.paths import dataset_id, path_of
from labelmill.client.report_models import AnnotationReport, BadFile
from labelmill.client.resources.resource import Resource, given
from labelmill.client.transfers import Progress, Storage
from labelmill.client.watching import watch
from labelmill.errors import OptionError


class Annotations(Resource):
    """``client.annotations``."""

    def request(
        self,
        dataset: str,
        format: str,
        *,
        map: str | None = None,
        options: Mapping[str, Any] | None = None,
        tags: Tags | None = None,
        force: bool = False,
    ) -> Annotation:
        """Ask for a dataset in a format.

        Args:
            dataset: ``workspace/name``, or the dataset's id.
            format: A format's id; ``client.formats()`` has them all.
            map: A map that the workspace includes; without one each object type is a class.
            options: For example ``{"split": "train=0.8,val=0.2", "split_by": "run"}``; ``client.formats()`` says which
                ones a format knows.
            tags: Up to 50.
            force: Make it again even if the same is there already.

        Returns:
            A queued annotation; or the one that is there already, made of the same dataset, map and options.

        Raises:
            NotFoundError: There is no such dataset.
            ServiceError: ``map-not-included``, ``bad-options``, or a format that there is not.

        Example:
            >>> annotation = client.annotations.request("training/toys", "COCO", map="toys")
            >>> for annotation in client.annotations.watch(annotation.id):
            ...     print(annotation.progress.fraction)
        """
        body = {"format": format, **given(map=map, options=options, tags=tags, force=force or None)}
        return self._transport.send(Annotation, "POST", path_of("datasets", dataset_id(dataset), "annotations"), body)

    def list(
        self,
        *,
        dataset: str | None = None,
        workspace: str | None = None,
        status: AnnotationStatus | Literal["open"] | None = None,
        format: str | None = None,
        map: str | None = None,
        version: Literal["current", "all"] | None = None,
        limit: int | None = None,
    ) -> Iterator[Annotation]:
        """Go through the annotations of a dataset or a workspace, newest first.

        Args:
            dataset: ``workspace/name`` or id.
            workspace: A workspace. With neither, those of the organization that are queued or running.
            status: Only of this status.
            format: Only of this format.
            map: Only under this map; ``""`` for those without one.
            version: ``current`` for those of the versions at which the datasets are now.
            limit: End after so many.

        Raises:
            OptionError: Over the organization, there is a list of the open ones only.
        """
        query = {"status": status, "format": format, "map": map, "version": version}
        if dataset is not None:
            path = path_of("datasets", dataset_id(dataset), "annotations")
        elif workspace is not None:
            path = path_of("workspaces", workspace, "annotations")
        else:
            if status not in (None, "open") or format is not None or map is not None:
                raise OptionError("name a dataset or a workspace: of all workspaces there is a list of open ones only")
            path, query = self._own("annotations"), {"status": "open"}
        return paged(self._transport, Annotation, path, query, limit)

    def get(self, annotation: str) -> Annotation:
        """An annotation by its id. Raises NotFoundError."""
        return self._transport.get(Annotation, path_of("annotations", annotation))

    def watch(self, *annotations: str, timeout_s: float | None = None) -> Iterator[Annotation]:
        """Follow annotations until all have ended.

        Args:
            annotations: Ids.
            timeout_s: Give up after so many seconds; the annotations go on.

        Yields:
            Each annotation at once, and again whenever it has changed, looked at every 0.5 to 5 seconds.
            The last one of an id is ``complete``, ``failed`` or ``cancelled``.

        Raises:
            NotFoundError: There is no such annotation (any more).
            TimeoutError: When ``timeout_s`` have passed.
        """
        return watch(self.get, annotations, timeout_s)

    def log(
        self,
        annotation: str,
        *,
        order: Literal["oldest", "newest"] = "oldest",
        level: str | None = None,
        limit: int | None = None,
    ) -> Iterator[LogLine]:
        """Go through what the service said about an annotation: which file, what was expected, what was found."""
        path = path_of("annotations", annotation, "log")
        return paged(self._transport, LogLine, path, {"order": order, "level": level}, limit)

    def report(self, annotation: str) -> AnnotationReport:
        """What became of an annotation: counts a class and split, leaks, warnings, what was left out and lost.

        Raises:
            ConflictError: ``no-report``: it has not ended, or ended before anything was assembled.
            NotFoundError: There is no such annotation.
        """
        return self._transport.get(AnnotationReport, path_of("annotations", annotation, "report"))

    def errors(self, annotation: str, *, limit: int | None = None) -> Iterator[BadFile]:
        """Go through every bad file of an annotation, with its reason, in the order of the dataset.

        Args:
            annotation: Its id.
            limit: End after so many.

        Raises:
            ConflictError: ``no-report``.
            NotFoundError: There is no such annotation.
        """
        return paged(self._transport, BadFile, path_of("annotations", annotation, "errors"), limit=limit)

    def download_url(self, annotation: str) -> Download:
        """Where the zip is, for a program of your own. Raises ConflictError unless the annotation is complete."""
        return self._transport.get(Download, path_of("annotations", annotation, "download"))

    def download(self, annotation: str, folder: str | Path = ".", *, progress: Progress | None = None) -> Path:
        """Fetch the zip of a complete annotation.

        It appears whole or not at all. What a broken download has left in ``folder`` (``.….part``) is used by the
        next one.

        Args:
            annotation: Its id.
            folder: Where to put it; made if need be. A file of the same name is replaced.
            progress: Is told ``start(bytes)``, then ``advance(bytes)``.

        Returns:
            The file: ``{dataset}-{format}[-{map}].zip``.

        Raises:
            ConflictError: ``not-complete``.
            TransferError: It could not be fetched whole; call again to go on.
            OutputError: The folder can't be written.
        """
        with Storage() as storage:
            return Downloader(lambda: self.download_url(annotation), storage, progress).fetch(Path(folder), annotation)

    def cancel(self, annotation: str) -> Annotation:
        """Stop an annotation; one that has ended stays as it is. Raises NotFoundError."""
        return self._transport.send(Annotation, "POST", path_of("annotations", annotation, "cancel"))

    def tag(self, annotation: str, tags: Tags) -> Annotation:
        """Give an annotation these tags and no others. Raises NotFoundError."""
        return self._transport.send(Annotation, "PATCH", path_of("annotations", annotation), {"tags": tags})

    def delete(self, annotation: str) -> None:
        """Delete an annotation that has ended, and what it made. Raises NotFoundError, ConflictError."""
        self._transport.request("DELETE", path_of("annotations", annotation))
