"""The parts that shards leave in the staging folder, and how they are read back in order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Protocol

import msgspec

from labelmill.errors import OutputError
from labelmill.source.tally import Finding

FILES_A_FLUSH = 128
MOST_FILES = 1024
MOST_BYTES = 16 << 20
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
STREAM_BUFFER_BYTES = 1 << 18
READ_BYTES = 1 << 20
RUNS = ("labels", "images")


class Turn(Protocol):
    """A lock among the workers: files of one folder are created in turns, as the folder's own lock costs more."""

    def acquire(self, block: bool = True) -> bool:
        """Take the turn; False when another has it and ``block`` is False."""

    def release(self) -> None:
        """Give the turn back."""


class NoTurn:
    """For one worker alone."""

    def acquire(self, block: bool = True) -> bool:
        """Always at once."""
        return True

    def release(self) -> None:
        """Nothing."""


class _Streams:
    """The named streams of one part, one file each."""

    def __init__(self, folder: Path, shard: int) -> None:
        self._folder = folder
        self._shard = shard
        self._files: dict[str, IO[bytes]] = {}

    def line(self, stream: str, data: bytes) -> None:
        """Append to a stream."""
        file = self._files.get(stream)
        if file is None:
            path = stream_path(self._folder, self._shard, stream)
            file = self._files[stream] = path.open("wb", STREAM_BUFFER_BYTES)
        file.write(data)

    def close(self) -> None:
        for file in self._files.values():
            file.close()


class FolderPart(_Streams):
    """A part whose files go straight to their places in the staged output."""

    def __init__(self, staged: Path, parts: Path, shard: int, turn: Turn) -> None:
        super().__init__(parts, shard)
        self._staged = staged
        self._turn = turn
        self._folders: dict[str, int] = {}
        self._waiting: list[tuple[int, str, bytes]] = []
        self._waiting_bytes = 0

    def put(self, folder: str, name: str, data: bytes) -> None:
        """Create a file; it must not exist yet."""
        descriptor = self._folders.get(folder)
        if descriptor is None:
            (self._staged / folder).mkdir(parents=True, exist_ok=True)
            descriptor = self._folders[folder] = os.open(self._staged / folder, os.O_RDONLY)
        self._waiting.append((descriptor, name, data))
        self._waiting_bytes += len(data)
        if len(self._waiting) % FILES_A_FLUSH == 0:
            self._flush(wait=len(self._waiting) >= MOST_FILES or self._waiting_bytes >= MOST_BYTES)

    def copy(self, folder: str, name: str, size_bytes: int, chunks: Iterable[bytes]) -> None:
        """Create a file from its pieces, whatever its size."""
        self._flush()
        target = self._staged / folder
        target.mkdir(parents=True, exist_ok=True)
        with (target / name).open("xb") as file:
            file.writelines(chunks)

    def finish(self) -> tuple[int, ...]:
        """Write what waits. Returns nothing: there are no runs of members."""
        self._flush()
        self.close()
        for descriptor in self._folders.values():
            os.close(descriptor)
        return ()

    def _flush(self, wait: bool = True) -> None:
        """Create the waiting files; without ``wait`` only if no other worker is at it."""
        if not self._turn.acquire(wait):
            return
        try:
            for folder, name, data in self._waiting:
                descriptor = os.open(name, CREATE, 0o644, dir_fd=folder)
                try:
                    written = os.write(descriptor, data)
                    while written < len(data):
                        written += os.write(descriptor, data[written:])
                finally:
                    os.close(descriptor)
        finally:
            self._turn.release()
        self._waiting.clear()
        self._waiting_bytes = 0


class ArchivePart(_Streams):
    """A part whose files are runs of zip members: one of labels, one of images.

    Two runs, as a zip holds all labels before all images: so its bytes don't depend on where shards were cut.
    """

    def __init__(self, parts: Path, shard: int) -> None:
        super().__init__(parts, shard)
        from labelmill.archive.zip_write import PartWriter

        self._files_of_runs = [path.open("wb") for run in RUNS for path in run_paths(parts, shard, run)]
        labels, label_entries, images, image_entries = self._files_of_runs
        self._labels = PartWriter(labels, label_entries)
        self._images = PartWriter(images, image_entries)

    def put(self, folder: str, name: str, data: bytes) -> None:
        """Append a label file."""
        try:
            self._labels.add(f"{folder}/{name}", data)
        except OutputError as error:
            raise _of_system(error) from error

    def copy(self, folder: str, name: str, size_bytes: int, chunks: Iterable[bytes]) -> None:
        """Append an image file from its pieces, whatever its size."""
        try:
            self._images.add_stream(f"{folder}/{name}", size_bytes, chunks)
        except OutputError as error:
            raise _of_system(error) from error

    def finish(self) -> tuple[int, ...]:
        """Write what waits. Returns the lengths of the runs in bytes, in the order of ``RUNS``."""
        try:
            sizes = (self._labels.finish().size_bytes, self._images.finish().size_bytes)
        except OutputError as error:
            raise _of_system(error) from error
        self.close()
        for file in self._files_of_runs:
            file.close()
        return sizes


def _of_system(error: OutputError) -> Exception:
    """The system's own refusal where there was one: the caller knows which folder it concerns."""
    return error.__cause__ if isinstance(error.__cause__, OSError) else error


def run_paths(folder: Path, shard: int, run: str) -> tuple[Path, Path]:
    """Where a run of zip members lies, and the records of its members."""
    return folder / f"{shard}.{run}.members", folder / f"{shard}.{run}.entries"


class FormatParts:
    """All parts of one format, read back in the order of the shards."""

    def __init__(self, folder: Path, facts: list[dict[str, Any]]) -> None:
        self._folder = folder
        self._facts = facts

    def facts(self) -> Iterable[dict[str, Any]]:
        """What each part's writer noted."""
        return self._facts

    def stream(self, stream: str) -> Iterator[bytes]:
        """A stream's bytes over all parts."""
        for shard in range(len(self._facts)):
            path = stream_path(self._folder, shard, stream)
            if path.exists():
                with path.open("rb") as file:
                    while chunk := file.read(READ_BYTES):
                        yield chunk

    def stream_lines(self, stream: str) -> Iterator[Iterator[bytes]]:
        """A stream's lines, part by part; a part without the stream has none."""
        for shard in range(len(self._facts)):
            path = stream_path(self._folder, shard, stream)
            if path.exists():
                with path.open("rb", READ_BYTES) as file:
                    yield iter(file)
            else:
                yield iter(())


def stream_path(folder: Path, shard: int, stream: str) -> Path:
    """Where a part's stream lies."""
    return folder / f"{shard}.{stream}.lines"


class PartSummary(msgspec.Struct, frozen=True):
    """What a shard says of one format's part.

    Attributes:
        facts: What the joiner needs.
        lost: What the format could not hold, counted.
        runs_bytes: Lengths of the runs of zip members.
        warnings: What the format's trainers will stumble over, counted, with examples.
    """

    facts: dict[str, Any]
    lost: dict[str, Finding]
    runs_bytes: tuple[int, ...]
    warnings: dict[str, Finding] = {}
