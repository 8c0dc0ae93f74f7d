"""What the two SageMaker formats share: channels and manifests, and warnings of what the algorithms refuse.

Specification: AWS' developer guide, "Augmented manifest files" and "Input/output interface" of the two algorithms:
training jobs take a ``train`` and a ``validation`` channel of JPEG or PNG images of three bands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from labelmill.codes import Code
from labelmill.formats.base import Context, FormatWriter
from labelmill.model import Sample
from labelmill.split import channel_name

TRAINING_CHANNELS = ("train", "validation")
SUFFIXES = (".jpg", ".jpeg", ".png")
BANDS = 3


class SageMakerWriter(FormatWriter):
    """Base of both writers."""

    @classmethod
    def cautions(cls, context: Context, images: Mapping[str, int]) -> Iterable[tuple[Code, str]]:
        """A training job without one of its channels does not start."""
        filled = {channel_of(split) for split in images}
        for channel in TRAINING_CHANNELS if filled else ():
            if channel not in filled:
                yield (
                    "channel-empty",
                    f"no image in the {channel} channel, which training needs: divide the dataset, for example "
                    "train=0.8,val=0.2",
                )

    def warn_of(self, sample: Sample) -> None:
        """Count an image that the algorithm refuses.

        No image is opened for this: the name tells the kind of file, and the header the bands where it was read for
        the image's size.
        """
        if sample.depth != BANDS or not sample.name.lower().endswith(SUFFIXES):
            self.warn(
                "image-kind", "images that are not JPEG or PNG of 3 bands, which the algorithm refuses", sample.name
            )
        for instance in sample.instances:
            if not instance.ignored:
                return
        self.warn("image-negative", "images without objects, which the algorithm may refuse", sample.name)


def channel_of(split: str) -> str:
    """The channel of an image: ``train`` when the dataset is not split."""
    return channel_name(split or "train")


def channels(context: Context) -> list[str]:
    """All channels, in the order of the splits."""
    return [channel_name(split) for split in context.split_names("train")]
