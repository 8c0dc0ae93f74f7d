"""What may be chosen for an annotation beside its format and map."""

from __future__ import annotations

from typing import Any

import msgspec

from labelmill.convert.job import Options
from labelmill.convert.split import parse_splits
from labelmill.errors import OptionError


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
