"""Opening a dataset, wherever it lies."""

from __future__ import annotations

from pathlib import Path

from labelmill.errors import DatasetError
from labelmill.source.dataset import Source
from labelmill.source.folder import FolderSource


def open_source(path: Path) -> Source:
    """Open a dataset folder or archive.

    Raises:
        DatasetError: If there is none, or it can't be read.
    """
    try:
        if path.is_dir():
            return FolderSource(path)
        if not path.exists():
            raise DatasetError(f"{path}: expected a dataset folder, .zip, .tar or .tar.gz, found nothing")
        if not path.is_file():
            raise DatasetError(f"{path}: expected a dataset folder, .zip, .tar or .tar.gz, found no plain file")
        from labelmill.archive.open_archive import open_archive
        from labelmill.source.packed import PackedSource

        return PackedSource.of(open_archive(path))
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror}") from error
