"""What the two SageMaker formats share: channels and manifests.

Specification: AWS' developer guide, "Augmented manifest files" and "Input/output interface" of the two algorithms.
"""

from __future__ import annotations

from labelmill.formats.base import Context
from labelmill.split import channel_name


def channel_of(split: str) -> str:
    """The channel of an image: ``train`` when the dataset is not split."""
    return channel_name(split or "train")


def channels(context: Context) -> list[str]:
    """All channels, in the order of the splits."""
    return [channel_name(split) for split in context.split_names("train")]
