"""Profiles of the command line and of ``labelmill.Client``: which service, which token.

One JSON file, ``$LABELMILL_CONFIG`` or ``config.json`` in the user's folder for the settings of ``labelmill``
(``~/.config/labelmill`` on Linux), readable by its owner alone::

    {"current": "work", "profiles": {"work": {"url": "https://…", "token": "lm_…", "organization": "default"}}}

The only module of the library that reads the environment.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from labelmill.client.address import check_token, checked_url
from labelmill.errors import OptionError, OutputError

try:
    import fcntl
except ImportError:  # Windows: two logins at the same moment may lose one
    fcntl = None  # type: ignore[assignment]

HOW_TO_LOGIN = "run 'labelmill login --url URL', or set LABELMILL_URL and LABELMILL_TOKEN"


@dataclass(frozen=True)
class Profile:
    """A service and how to get in; the token is left out of ``repr``."""

    url: str
    token: str = field(repr=False)
    organization: str = ""


@dataclass(frozen=True)
class Config:
    """What the file holds.

    Attributes:
        current: Name of the profile that is taken when none is named; ``""`` for none.
        profiles: All profiles by name.
    """

    current: str = ""
    profiles: dict[str, Profile] = field(default_factory=dict)


def config_path() -> Path:
    """Where the file is, whether or not it exists."""
    named = os.environ.get("LABELMILL_CONFIG")
    if named:
        return Path(named)
    from click import get_app_dir

    return Path(get_app_dir("labelmill")) / "config.json"


def load(path: Path | None = None) -> Config:
    """Read the file; one that is not there is empty.

    Raises:
        OptionError: If it can't be read or holds something else.
    """
    path = path or config_path()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Config)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise OptionError(f"{path}: can't be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"{path}: {_plain(error)}; correct or delete it, then log in again") from error


def save_profile(name: str, profile: Profile, *, make_current: bool | None = None, path: Path | None = None) -> Path:
    """Write a profile, replacing one of the same name; the others stay.

    Args:
        name: The profile's name, not empty.
        profile: What is written.
        make_current: Whether it becomes the one that is taken when none is named; by default, if there is none.
        path: The file, by default ``config_path()``.

    Returns:
        The file that was written: whole or not at all, mode 0600; its folder, when it had to be made, 0700.

    Raises:
        OptionError: If name, URL or token can't be used, or the file that is there is broken.
        OutputError: If it can't be written.
    """
    if not name or not name.isprintable():
        raise OptionError("a profile's name must be printable and not empty")
    profile = replace(profile, url=checked_url(profile.url))
    check_token(profile.token)
    path = path or config_path()
    with _alone(path):
        config = load(path)
        becomes_current = make_current if make_current is not None else config.current not in config.profiles
        _write(path, Config(name if becomes_current else config.current, {**config.profiles, name: profile}))
    return path


def remove_profile(name: str, *, path: Path | None = None) -> bool:
    """Forget a profile; when it was the current one, there is none any more.

    Returns:
        Whether it was there.

    Raises:
        OptionError: If the file is broken.
        OutputError: If it can't be written.
    """
    path = path or config_path()
    if not path.exists():
        return False
    with _alone(path):
        config = load(path)
        if name not in config.profiles:
            return False
        others = {other: profile for other, profile in config.profiles.items() if other != name}
        _write(path, Config("" if config.current == name else config.current, others))
    return True


def find_profile(
    url: str | None = None, token: str | None = None, profile: str | None = None, *, path: Path | None = None
) -> Profile:
    """Find out which service is meant: arguments, then environment, then the current profile.

    ``profile`` is an argument as the others: who names it means it, whatever the environment says. Without it,
    ``LABELMILL_URL`` and ``LABELMILL_TOKEN`` stand in for arguments that are not given, one by one, and the rest comes
    from the profile of ``LABELMILL_PROFILE`` or the current one. A profile's token goes to the profile's own URL only:
    a URL from elsewhere needs a token from elsewhere.

    Raises:
        OptionError: If that does not give a URL and a token that can be used.
    """
    if not profile:
        url = url or os.environ.get("LABELMILL_URL") or None
        token = token or os.environ.get("LABELMILL_TOKEN") or None
    named = profile or os.environ.get("LABELMILL_PROFILE") or None
    if url and token:
        found = Profile(url, token)
    else:
        kept = _kept_profile(named, path)
        if kept is None:
            missing = "token" if url else "URL" if token else "profile"
            raise OptionError(f"no {missing} of a labelmill service: {HOW_TO_LOGIN}")
        if url and checked_url(url) != kept.url:
            raise OptionError(f"no token for {url}: give one with --token or LABELMILL_TOKEN, or log in there")
        found = Profile(kept.url, token) if token else kept  # whose organization may be another
    check_token(found.token)
    return replace(found, url=checked_url(found.url))


def _kept_profile(named: str | None, path: Path | None) -> Profile | None:
    config = load(path)
    if named is None:
        return config.profiles.get(config.current)
    if named not in config.profiles:
        known = ", ".join(config.profiles) or "none"
        raise OptionError(f"no profile {named!r} in {path or config_path()} (there: {known}): {HOW_TO_LOGIN}")
    return config.profiles[named]


def _plain(error: Exception) -> str:
    """What is wrong with the file, without what stands in it: that may be a token."""
    return "expected UTF-8" if isinstance(error, UnicodeDecodeError) else str(error).splitlines()[0]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """While this holds, no other process changes the file; makes its folder."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from error
    try:
        if fcntl is not None:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write(path: Path, config: Config) -> None:
    target = path.resolve()  # a link to the file stays a link
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "wb") as file:
                os.fchmod(descriptor, 0o600)
                file.write(msgspec.json.format(msgspec.json.encode(config), indent=2) + b"\n")
                file.flush()
                os.fsync(descriptor)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from error
