"""What a map would do to a dataset: as many images as can be read in some seconds, evenly spread over all."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelmill.convert.map_effect import classify_shard
from labelmill.maps import AnnotationMap, MapReport
from labelmill_aws.looking.opened import look_into
from labelmill_aws.looking.sampling import READ_FOR_S, RULES_FOR_S, sample
from labelmill_aws.messages import DatasetSource

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Explained:
    """What was found.

    Attributes:
        images: Images of the dataset.
        images_read: Those that were looked at.
        report: The counts over them.
    """

    images: int
    images_read: int
    report: MapReport


def explain_dataset(
    s3: S3Client, name: str, source: DatasetSource, annotation_map: AnnotationMap, read_for_s: float = READ_FOR_S
) -> Explained:
    """Classify the objects of some images.

    Args:
        s3: S3.
        name: The dataset's name.
        source: Where it lies.
        annotation_map: The map.
        read_for_s: When to stop, in seconds; a few images are read in any case.

    Raises:
        DatasetError: If it is no dataset, or can't be read in that time.
        KeyError: If a loose one's listing has expired.
        RuleTimeError: If its rules had no time for a single image.
        TransientError: If S3 refuses for now.
    """
    with closing(look_into(s3, name, source)) as dataset:
        limited = annotation_map.within(read_for_s + RULES_FOR_S)
        found = sample(
            dataset,
            lambda files, entries, by_filename: classify_shard((files, limited, by_filename), 0, entries, None),
            MapReport,
            read_for_s,
        )
    return Explained(found.images, found.images_read, found.counts)
