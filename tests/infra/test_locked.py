"""What is installed, here and in the layers, is what the lock names, to the hash."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from infra.components.layers import _install, requirements
from infra.components.lock import entries, hashed

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("layer", ["deps", "api"])
def test_a_layer_holds_the_locked_versions_with_their_hashes(layer: str) -> None:
    required = requirements(layer)
    assert len(required) == {"deps": 14, "api": 8}[layer]
    assert hashed(required).count("--hash=sha256:") > len(required)


def test_a_layer_takes_no_file_that_the_lock_does_not_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip itself refuses: the wheel lies beside it, so that no network is asked."""
    wheel = tmp_path / "jmespath-1.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("jmespath/__init__.py", "")
        file.writestr("jmespath-1.1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: jmespath\nVersion: 1.1.0\n")
        file.writestr("jmespath-1.1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr("jmespath-1.1.0.dist-info/RECORD", "")
    monkeypatch.setattr("infra.components.layers.requirements", lambda layer: {"jmespath": "1.1.0"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"HASHES|[Hh]ash"):
        _install("deps", tmp_path / "into")
    assert not (tmp_path / "into" / "jmespath").exists()


def test_a_lock_without_a_version_or_hashes_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    lock.write_text("A_b==1 ; sys_platform == 'win32' \\\n    --hash=sha256:00\nplain==2\n")
    assert hashed({"a-b": "1"}, lock) == "a-b==1 --hash=sha256:00\n"
    for pins in ({"a-b": "2"}, {"plain": "2"}, {"missing": "1"}):
        with pytest.raises(RuntimeError, match=r"x\.lock: .*: expected "):
            hashed(pins, lock)


def test_every_package_of_the_environment_is_locked_with_hashes() -> None:
    assert not [name for name, (_, hashes) in entries().items() if not hashes]
    assert "--require-hashes -r requirements-dev.lock" in (ROOT / "Makefile").read_text()


def test_the_cdk_command_is_one_exact_version() -> None:
    texts = [path.read_text() for path in (ROOT / "README.md", *ROOT.glob("infra/**/*.py"), *ROOT.glob("*/README.md"))]
    named = [version for text in texts for version in re.findall(r"npx aws-cdk(@?[\w.]*)", text)]
    assert len(named) >= 3
    assert set(named) == {"@2.1148.1"}


def test_no_package_is_in_two_layers() -> None:
    assert not requirements("deps").keys() & requirements("api").keys()
