"""What may be chosen for an annotation beside its format and map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from labelmill.errors import OptionError
from labelmill.split import parse_splits

if TYPE_CHECKING:
    from labelmill.convert.job import Options


class AnnotationOptions(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What may be chosen beside format and map.

    Attributes:
        images: Put the images beside the labels.
        split: Divide the dataset, as ``train=0.8,val=0.2``.
        image_base: Goes before image names in SageMaker manifests.
        label_base: Goes before label paths in SageMaker manifests.
        tolerated_errors: Images that may fail without failing the annotation.
    """

    images: bool = False
    split: str = ""
    image_base: str = ""
    label_base: str = ""
    tolerated_errors: int = 0

    def for_format(self, format_id: str) -> Options:
        """The library's options for one archive. Raises OptionError."""
        from labelmill.convert.job import Options  # and with it all that converts: the API reads options only

        splits = parse_splits(self.split) if self.split else None
        return Options((format_id,), True, self.images, splits, self.image_base, self.label_base)

    @classmethod
    def read(cls, value: dict[str, Any]) -> AnnotationOptions:
        """Check options that a user gave. Raises OptionError."""
        try:
            options = msgspec.convert(value, cls)
        except msgspec.ValidationError as error:
            raise OptionError(f"options: {error}") from error
        if options.split:
            parse_splits(options.split)
        return options


def option_problems(value: dict[str, Any], format_id: str) -> list[tuple[str, str]]:
    """Every reason why options can't be used: which option, and what was expected."""
    known = {field.name: field for field in msgspec.structs.fields(AnnotationOptions)}
    problems: list[tuple[str, str]] = []
    for name, given in value.items():
        try:
            if name not in known:
                raise OptionError(f"expected one of {', '.join(sorted(known))}, found {name!a}")
            msgspec.convert(given, known[name].type)
            if name == "split" and given:
                parse_splits(given)
            if name == "tolerated_errors" and given < 0:
                raise OptionError(f"expected a whole number from 0, found {given}")
        except (OptionError, msgspec.ValidationError) as error:
            problems.append((name, str(error)))
    if not problems:
        try:
            AnnotationOptions.read(value).for_format(format_id)
        except OptionError as error:
            problems.append(("", str(error)))
    return problems


def plain_options(value: dict[str, Any]) -> dict[str, Any]:
    """Options without those that say what holds anyway, so that the same wish has one identity. Raises OptionError."""
    plain: dict[str, Any] = msgspec.to_builtins(AnnotationOptions.read(value))
    return plain
