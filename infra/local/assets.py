"""The files that a template refers to: listed by the cloud assembly, zipped once, uploaded where the template says."""

import contextlib
import hashlib
import json
import os
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EPOCH = (1980, 1, 1, 0, 0, 0)
KEEP_S = 7 * 86400


@dataclass(frozen=True, slots=True)
class Asset:
    """A file or folder of the assembly, and the bucket and key that it goes to."""

    source: Path
    zipped: bool
    bucket: str
    key: str


def read_assets(assembly: Path, stack: str, account: str, region: str) -> list[Asset]:
    """Read the assets of ``stack`` from its manifest, with account and region put into the bucket's name."""
    manifest = json.loads((assembly / f"{stack}.assets.json").read_text())
    return list(_assets(assembly, manifest, account, region))


def _assets(assembly: Path, manifest: dict[str, Any], account: str, region: str) -> Iterator[Asset]:
    for entry in manifest["files"].values():
        source = entry["source"]
        for destination in entry["destinations"].values():
            bucket = destination["bucketName"]
            for name, value in (("AccountId", account), ("Region", region), ("Partition", "aws")):
                bucket = bucket.replace(f"${{AWS::{name}}}", value)
            yield Asset(assembly / source["path"], source.get("packaging") == "zip", bucket, destination["objectKey"])


def asset_bytes(asset: Asset, cache: Path) -> bytes:
    """Answer what to upload for ``asset``; zips are kept in ``cache``."""
    if not asset.zipped:
        return asset.source.read_bytes()
    cache.mkdir(parents=True, exist_ok=True)
    kept = cache / f"{_fingerprint(asset.source)}.zip"
    if not kept.is_file():
        staging = kept.with_suffix(f".{os.getpid()}.part")
        zip_folder(asset.source, staging)
        staging.replace(kept)
        for old in cache.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process' zip that was ready meanwhile
                if time.time() - old.stat().st_mtime > KEEP_S:
                    old.unlink()
    os.utime(kept)
    return kept.read_bytes()


def zip_folder(folder: Path, target: Path) -> None:
    """Zip ``folder`` so that the same files give the same bytes; stored, since it is unpacked a moment later."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in _files(folder):
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
            info.external_attr = (0o755 if path.stat().st_mode & 0o111 else 0o644) << 16
            archive.writestr(info, path.read_bytes())


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _fingerprint(folder: Path) -> str:
    """Tell one state of a folder from another without reading its files."""
    digest = hashlib.sha256(str(folder).encode())
    for path in _files(folder):
        status = path.stat()
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_mode}\n".encode())
    return digest.hexdigest()[:24]
