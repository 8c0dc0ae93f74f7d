"""Publishing that ends early leaves the folder as it was: not half full, and not there and empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelmill.convert import publish as module
from labelmill.convert.publish import publish


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("at", ["mkdir", "read_written", "plan", 0, 1, 2])
@pytest.mark.parametrize("kept", [False, True])
def test_nothing_is_left_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str | int, error: type[BaseException], kept: bool
) -> None:
    staged, folder = tmp_path / "staged", tmp_path / "out" / "yolo"
    (staged / "labels").mkdir(parents=True)
    for name in ("labels/a.txt", "classes.txt"):
        (staged / name).write_text("new")
    if kept:
        folder.mkdir(parents=True)
        (folder / "mine.txt").write_text("mine")
    renames = iter(range(100))
    mkdir, rename = Path.mkdir, Path.rename

    def interrupted(*_: object, **__: object) -> None:
        raise error

    def made_then_interrupted(path: Path, *args: object, **named: bool) -> None:
        mkdir(path, **named)  # type: ignore[arg-type]
        if path == folder:
            raise error

    def renamed(path: Path, target: Path) -> Path:
        if next(renames) == at:
            raise error
        return rename(path, target)

    if at == "mkdir":
        monkeypatch.setattr(Path, "mkdir", made_then_interrupted)
    elif at == "read_written":
        monkeypatch.setattr(module, "read_written", interrupted)
    elif at == "plan":
        monkeypatch.setattr(module._Exchange, "plan", interrupted)
    else:
        monkeypatch.setattr(Path, "rename", renamed)
    with pytest.raises(error):
        publish(staged, folder, tmp_path / "trash")
    left = sorted(str(path.relative_to(tmp_path)) for path in (tmp_path / "out").rglob("*") if path != folder)
    assert left == (["out/yolo/mine.txt"] if kept else [])
    assert folder.exists() is kept
