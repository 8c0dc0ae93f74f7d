"""What may be chosen for an annotation beside its format and map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from labelmill.convert.choices import check_option, option_problems
from labelmill.convert.option_specs import OptionSpec
from labelmill.errors import OptionError
from labelmill.split import parse_splits, splits_text

if TYPE_CHECKING:
    from labelmill.convert.job import Options

MORE = {
    "tolerated_errors": OptionSpec(
        "tolerated_errors",
        "Tolerated errors",
        "Images that may fail without failing the annotation.",
        "integer",
        0,
    )
}
"""Options beside those of the library; all formats know them."""


class AnnotationOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be chosen beside format and map; ``labelmill.convert.option_specs`` says what each means.

    Attributes:
        tolerated_errors: Images that may fail without failing the annotation.
    """

    images: bool = False
    split: str = ""
    split_by: str = "run"
    segmentation: str = "polygons"
    first_category: str = "map"
    simplify: float = 0
    layout: str = ""
    image_base: str = ""
    label_base: str = ""
    tolerated_errors: int = 0

    def for_format(self, format_id: str) -> Options:
        """The library's options for one archive. Raises OptionError."""
        from labelmill.convert.job import Options  # and with it all that converts: the API reads options only

        return Options(
            (format_id,),
            archive=True,
            images=self.images,
            splits=parse_splits(self.split) if self.split else None,
            image_base=self.image_base,
            label_base=self.label_base,
            split_by=self.split_by,
            segmentation=self.segmentation,
            first_category=self.first_category,
            simplify=self.simplify,
            layout=self.layout,
        )

    @classmethod
    def read(cls, value: dict[str, Any]) -> AnnotationOptions:
        """Check options that a job brings. Raises OptionError."""
        try:
            options = msgspec.convert(value, cls)
        except msgspec.ValidationError as error:
            raise OptionError(f"options: {error}") from error
        for name in value:
            check_option(name, value[name])
        if options.split:
            parse_splits(options.split)
        return options


def problems_of(value: dict[str, Any], format_id: str) -> list[tuple[str, str]]:
    """Every reason why options that a user gave can't be used: which option, and what was expected."""
    return option_problems(value, (format_id,), MORE)


def plain_options(value: dict[str, Any]) -> dict[str, Any]:
    """Options as they are kept: without those that say what holds anyway, and each spelt in one way.

    So that the same wish has one identity. Raises OptionError.
    """
    options = AnnotationOptions.read(value)
    plain = {
        field.name: given
        for field in msgspec.structs.fields(AnnotationOptions)
        if (given := getattr(options, field.name)) != field.default
    }
    if options.split:
        plain["split"] = splits_text(parse_splits(options.split))
    if "split_by" in plain:
        plain["split_by"] = options.split_by.strip()
    if options.simplify and options.simplify.is_integer():
        plain["simplify"] = int(options.simplify)  # as JSON gives it back
    return plain
