"""Datasets of a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from labelmill.client.look_models import ImageItem, Labels, Statistics, Types
from labelmill.client.models import CreatedDataset, Dataset, Upload
from labelmill.client.packing import check_dataset, packed
from labelmill.client.pages import paged
from labelmill.client.paths import dataset_id, path_of
from labelmill.client.resources.resource import Resource
from labelmill.client.sent_file import SentFile
from labelmill.client.transfers import THREADS, Progress, Storage
from labelmill.client.uploading import Uploader
from labelmill.errors import ConflictError, OptionError

PictureWidth = Literal[160, 320, 1024, 2048, 4096]
SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")


class Datasets(Resource):
    """``client.datasets``."""

    def upload(
        self,
        path: str | Path,
        workspace: str,
        name: str | None = None,
        *,
        threads: int = THREADS,
        progress: Progress | None = None,
    ) -> Dataset:
        """Send a dataset.

        A broken upload is gone on with by calling again: parts that have arrived, by number, size and MD5, are not
        sent twice. A folder is packed into a zip first, in the folder for temporary files (``TMPDIR``).

        Args:
            path: A ``.zip``, ``.tar``, ``.tar.gz`` or ``.tgz`` of any size, or a folder.
            workspace: Where it goes.
            name: What it is called there; by default as the file or folder, without the ending.
            threads: How many parts are sent at once, 1..64. Memory does not grow with the file.
            progress: Is told ``start(bytes)``, then ``advance(bytes)``; what had arrived before counts as done.

        Returns:
            The dataset, as the service has it now: its automatic annotations follow.

        Raises:
            OptionError: No such file, or of another kind.
            DatasetError: It holds no dataset that any format can be made of: nothing is sent then.
            NotFoundError: No such workspace.
            TransferError: It could not be sent whole, or changed meanwhile; call again to go on.
            OutputError: No room to pack the folder.

        Example:
            >>> client.datasets.upload("toys.zip", "training").id
            'ds-bd28e51a0133e1133e98'
        """
        path = Path(path)
        if not 1 <= threads <= 64:
            raise OptionError(f"threads: expected 1 to 64, found {threads}")
        suffix, stem = _kind_of(path)
        check_dataset(path)
        with packed(path, progress) as file, SentFile(file, shown=path) as source, Storage(threads) as storage:
            created = self._announce(workspace, name or stem, suffix, source)
            uploader = Uploader(self._transport, storage, progress, threads)
            return uploader.send(source, created.upload)

    def _announce(self, workspace: str, name: str, suffix: str, source: SentFile) -> CreatedDataset:
        body = {
            "name": name,
            "size_bytes": source.size_bytes,
            "suffix": suffix,
            "fingerprint": source.fingerprint(),
        }
        return self._transport.send(CreatedDataset, "POST", path_of("workspaces", workspace, "datasets"), body)

    def list(self, workspace: str, *, limit: int | None = None) -> Iterator[Dataset]:
        """Go through the datasets of a workspace. Raises NotFoundError."""
        return paged(self._transport, Dataset, path_of("workspaces", workspace, "datasets"), limit=limit)

    def get(self, dataset: str) -> Dataset:
        """A dataset by ``workspace/name`` or id. Raises NotFoundError."""
        return self._transport.get(Dataset, path_of("datasets", dataset_id(dataset)))

    def delete(self, dataset: str) -> None:
        """Delete a dataset and everything made from it; open annotations are cancelled. Raises NotFoundError."""
        self._transport.request("DELETE", path_of("datasets", dataset_id(dataset)))

    def abort_upload(self, dataset: str) -> None:
        """Give up an unfinished upload. Raises NotFoundError, ConflictError when there is none."""
        found = self.get(dataset)
        if found.upload is None:
            raise ConflictError(f"{found.workspace}/{found.name}: no upload is under way", 409)
        self._transport.request("DELETE", path_of("uploads", found.upload.id))

    def upload_state(self, upload: str) -> Upload:
        """What has arrived of an upload, by its id. Raises NotFoundError."""
        return self._transport.get(Upload, path_of("uploads", upload))

    def images(self, dataset: str, *, name: str | None = None, limit: int | None = None) -> Iterator[ImageItem]:
        """Go through the images of a dataset by name; ``name`` is how their names begin. Raises NotFoundError."""
        return paged(self._transport, ImageItem, self._below(dataset, "images"), {"name": name}, limit)

    def pixels(self, dataset: str, image: str, *, width: PictureWidth = 1024) -> bytes:
        """An image scaled down for a screen, WebP or JPEG: at most ``width`` pixels wide and high.

        Raises:
            NotFoundError: There is no such image.
            ServiceError: ``bad-image``, with the reason why it can't be shown.
        """
        path = self._below(dataset, "images", image, "pixels")
        return self._transport.request("GET", path, query={"width": width}).content

    def labels(self, dataset: str, image: str, *, map: str | None = None) -> Labels:
        """The objects of an image under a map, and those that it leaves out.

        Args:
            dataset: ``workspace/name`` or id.
            image: The image's name.
            map: A map of the organization; without one, each type is a class.

        Raises:
            NotFoundError: There is no such image.
            ServiceError: ``bad-image`` for one that a conversion would leave out, with the reason.
        """
        return self._transport.get(Labels, self._below(dataset, "images", image, "labels"), {"map": map})

    def types(self, dataset: str) -> Types:
        """The types of a dataset's objects with their counts; of a large one, over some images."""
        return self._transport.get(Types, self._below(dataset, "types"))

    def statistics(self, dataset: str, *, map: str | None = None) -> Statistics:
        """A dataset in numbers: objects of each class, sizes of boxes, what a map leaves out."""
        return self._transport.get(Statistics, self._below(dataset, "statistics"), {"map": map})

    def _below(self, dataset: str, *segments: str) -> str:
        return path_of("datasets", dataset_id(dataset), *segments)


def _kind_of(path: Path) -> tuple[str, str]:
    """Suffix and name of a dataset.

    Raises:
        OptionError: If it is not there or of another kind.
    """
    if path.is_dir():
        return ".zip", path.resolve().name
    if not path.exists():
        raise OptionError(f"{path}: there is no such file or folder")
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix) and len(path.name) > len(suffix):
            return suffix, path.name[: -len(suffix)]
    raise OptionError(f"{path}: expected a folder, .zip, .tar, .tar.gz or .tgz")
