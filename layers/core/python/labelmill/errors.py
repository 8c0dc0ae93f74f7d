"""Every error this library raises.

* LabelmillError
    + MapError          the annotation map breaks its rules        -> refused, all reasons listed, no retry
    + DatasetError      the dataset breaks its format              -> nothing is converted, no retry
        - ImageError    one image can't be converted               -> skipped and reported, or fails the job
    + FormatError       a target format can't hold this dataset    -> refused before any work
    + OptionError       an option does not fit                     -> refused before any work
    + OutputError       the output can't be written here           -> nothing half-written is left
    + SignatureError    a message is not from the service          -> dropped
    + TransientError    storage refused us for now                 -> retried by name
    + TransferError     a file can't be sent or fetched whole      -> what is there is kept, the next call goes on
    + ServiceError      the service refused a request              -> all reasons in ``problems``
        - NotFoundError      it is not there, or not yours
        - TokenRefusedError  the token is missing, wrong, expired or revoked
        - ConflictError      it exists, is in use, or was changed meanwhile
        - UnreachableError   no answer came

Every message is one line (a ``MapError`` has one line a problem) in the user's words: which file,
what was expected, what was found. Anything outside this tree is a bug and escapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class LabelmillError(Exception):
    """The root: ``str(error)`` is what the user reads."""


class MapProblem(NamedTuple):
    """One reason why a map is refused.

    Attributes:
        file: The map's name as the user gave it.
        line: 1-based line in the file, 0 when the whole file is meant.
        reason: What was expected and found, one line, without file and line.
    """

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


class MapError(LabelmillError):
    """The annotation map breaks its rules; ``problems`` holds every reason, in the order of lines."""

    def __init__(self, problems: Sequence[MapProblem]) -> None:
        super().__init__(*problems)
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[MapError], tuple[tuple[MapProblem, ...]]]:
        return MapError, (self.problems,)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class DatasetError(LabelmillError):
    """The dataset breaks its format: nothing of it can be converted."""


class ImageError(DatasetError):
    """One image can't be converted: ``file`` is the offending file inside the dataset."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(file, reason)
        self.file = file
        self.reason = reason

    def __reduce__(self) -> tuple[type[ImageError], tuple[str, str]]:
        return ImageError, (self.file, self.reason)

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


class FormatError(LabelmillError):
    """A target format can't hold this dataset or these classes."""


class OptionError(LabelmillError):
    """An option's value does not fit its definition."""


class OutputError(LabelmillError):
    """The output folder can't be written."""


class RuleTimeError(LabelmillError):
    """The rules of a map took longer than whoever asked them could wait."""


class SignatureError(LabelmillError):
    """A message is not from whom it says."""


class TransientError(LabelmillError):
    """Storage refused us for now: the same call may succeed later."""


class TransferError(LabelmillError):
    """A file could not be sent or fetched whole; the same call goes on where it stopped."""


class ServiceProblem(NamedTuple):
    """One reason why the service refused a request.

    Attributes:
        where: The field, parameter or line that is meant; ``""`` when it is the whole request.
        message: What was expected and found, one line.
    """

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class ServiceError(LabelmillError):
    """The service refused a request.

    Attributes:
        status: HTTP status; 0 when there was no answer.
        slug: The stable name of the kind of problem, for example ``map-in-use``; ``""`` when the answer has none.
        detail: What went wrong, one line.
        problems: Every single reason, where there are several.
        request_id: What the service's operators find the request by; ``""`` when unknown.
    """

    def __init__(
        self,
        detail: str,
        status: int = 0,
        slug: str = "",
        problems: Sequence[ServiceProblem] = (),
        request_id: str = "",
    ) -> None:
        super().__init__(detail, status, slug, tuple(problems), request_id)
        self.detail = detail
        self.status = status
        self.slug = slug
        self.problems = tuple(problems)
        self.request_id = request_id

    def __str__(self) -> str:
        reasons = [str(problem) for problem in self.problems]
        if not self.detail or self.detail in reasons:
            return "\n".join(reasons) or f"the service answered {self.status}"
        return "\n".join([self.detail, *reasons])


class NotFoundError(ServiceError):
    """What was named is not there, or belongs to another organization.

    Attributes:
        kind: What it would be: ``map``, ``workspace``, ``dataset`` ...; ``""`` when unknown.
        name: What it was called.
    """

    kind = ""
    name = ""


class TokenRefusedError(ServiceError):
    """The token is missing, wrong, expired or revoked."""


class ConflictError(ServiceError):
    """What is asked does not fit what is there: the name is taken, it is in use, it was changed meanwhile."""


class UnreachableError(ServiceError):
    """No answer came, however often it was asked."""
