"""What a change can meet; the API answers each with a problem of its own.

* OutcomeError
    + GoneError       there is no such thing, or not of this organization
    + TakenError      there is one of this name already
    + ChangedError    somebody else has changed it since it was read
    + InUseError      others need it: their names
    + DeletingError   it, or what it is in, is being deleted
"""

from __future__ import annotations

from collections.abc import Sequence


class OutcomeError(Exception):
    """The root: ``str(error)`` is what the user reads."""


class GoneError(OutcomeError):
    """There is no such thing, or not of this organization."""


class TakenError(OutcomeError):
    """There is one of this name already."""


class ChangedError(OutcomeError):
    """Somebody else has changed it since it was read."""

    def __init__(self, revision: int) -> None:
        super().__init__(f"it is at revision {revision} now")
        self.revision = revision


class InUseError(OutcomeError):
    """Others need it."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = list(names)


class DeletingError(OutcomeError):
    """A dataset or workspace of this name is being deleted; the name is free again when nothing of it is left."""
