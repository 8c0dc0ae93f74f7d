"""The step that makes finished outputs appear in their folder: all of them, or none if that fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from labelmill.convert.staging import alone_in
from labelmill.convert.written import MANIFEST, Written, foreign_file, is_folder, is_there, read_written, walk_files
from labelmill.errors import OutputError


def publish(staged: Path, folder: Path, trash: Path, *, archive: bool = False, record: bool = True) -> None:
    """Move finished outputs to their place.

    Args:
        staged: Folder with the new files and folders.
        folder: Where they shall be. What an earlier run wrote there is replaced; all else in it stays.
        trash: A folder to be made on the same disk, for what is replaced.
        archive: The outputs are one archive, which replaces an earlier one of its name and nothing else.
        record: Note in the folder's manifest what is ours, so that the next run may replace it.

    Raises:
        OutputError: If something can't be moved, or somebody else's file has the name of an output.
    """
    is_new = not is_there(str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trash.mkdir(parents=True)
        with alone_in(folder):
            written = read_written(folder)
            new = sorted(walk_files(str(staged)))
            if archive:
                replaced = set(new).intersection({*written.archives, *written.files})
                now = Written(sorted(set(written.files).difference(new)), sorted(set(written.archives).union(new)))
            else:
                replaced = {*written.files, *set(new).intersection(written.archives)}
                now = Written(new, sorted(set(written.archives).difference(new)))
            if record:
                (staged / MANIFEST).write_bytes(now.encoded())
            exchange = _Exchange(str(staged), str(folder), str(trash), {*replaced, MANIFEST})
            exchange.plan()
            try:
                for source, target in exchange.moves:
                    source.rename(target)
            except BaseException:
                _take_back(exchange.moves)
                raise
            exchange.remove_empty_folders()
    except BaseException as error:
        if is_new:  # an empty folder would look as if the format had been made
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise OutputError(f"{folder}: can't be written: {error.strerror}") from error
        raise


def refuse_foreign(folder: Path, outputs: Callable[[], Iterable[str]]) -> None:
    """Refuse, before any work, to write where somebody else's files are.

    Args:
        folder: A format's output folder; may be missing.
        outputs: Gives the paths that will be written; asked for only where there are files of others.

    Raises:
        OutputError: Naming the first such file.
    """
    if not is_folder(str(folder)):
        return
    with suppress(OSError), alone_in(folder):  # what can't be looked at can't be written either: that is told then
        ours = read_written(folder)
        foreign = set(walk_files(str(folder))).difference(ours.files, ours.archives, [MANIFEST])
        if foreign and (met := foreign.intersection(outputs())):
            raise foreign_file(folder / min(met))


class _Exchange:
    """Decides which renames take old outputs away and put new ones in their place."""

    def __init__(self, staged: str, folder: str, trash: str, replaced: set[str]) -> None:
        self.moves: list[tuple[Path, Path]] = []
        self._staged = staged
        self._folder = folder
        self._trash = trash
        self._replaced = replaced
        self._taken: set[str] = set()
        self._left: set[str] = set()

    def plan(self) -> None:
        """Fill ``moves``. Raises OutputError where a name is somebody else's."""
        self._put("")
        for path in sorted(self._replaced - self._taken):
            if self._is_own_file(path):
                self._take(path)
                self._left.add(path.rpartition("/")[0])

    def remove_empty_folders(self) -> None:
        """Remove the folders from which the last file was taken."""
        for path in self._left:
            while path:
                try:
                    Path(self._folder, path).rmdir()
                except OSError:
                    break
                path = path.rpartition("/")[0]

    def _put(self, below: str) -> None:
        with os.scandir(f"{self._staged}/{below}") as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            path = below + entry.name
            target = f"{self._folder}/{path}"
            if is_there(target):
                if is_folder(target):
                    inside = [f"{path}/{name}" for name in walk_files(target)]
                    foreign = sorted(set(inside) - self._replaced)
                    if foreign and entry.is_dir():
                        self._put(f"{path}/")
                        continue
                    if foreign:
                        raise foreign_file(Path(self._folder, foreign[0]))
                    self._taken.update(inside)
                elif path not in self._replaced:
                    raise foreign_file(Path(self._folder, path))
                self._take(path)
            self.moves.append((Path(entry.path), Path(target)))

    def _take(self, path: str) -> None:
        self._taken.add(path)
        self.moves.append((Path(self._folder, path), Path(self._trash, str(len(self.moves)))))

    def _is_own_file(self, path: str) -> bool:
        """Whether it still is a file, in folders and not behind links that somebody put in their place."""
        at = self._folder
        for name in path.split("/")[:-1]:
            at = f"{at}/{name}"
            if not is_folder(at):
                return False
        target = f"{self._folder}/{path}"
        return is_there(target) and not is_folder(target)


def _take_back(moves: list[tuple[Path, Path]]) -> None:
    """Undo the moves that were made."""
    for source, target in reversed(moves):
        if is_there(str(target)) and not is_there(str(source)):
            with suppress(OSError):
                target.rename(source)
