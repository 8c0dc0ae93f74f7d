"""SageMaker Object Detection. Specification: AWS, "Train with the Image Format" and augmented manifests.

How ambiguities were read: ``class_id`` is the class' rank; whole pixels, fractional boxes grow to whole ones; the
manifest has what Ground Truth writes and Rekognition Custom Labels requires: the confidence is 1 (the labels are made,
not guessed), ``creation-date`` the image's own date in UTC, the beginning of 1970 where there is none or none of ISO
8601; ignored objects are left out, as the format can't mark them.

Tried: both ways in, files and manifest, by the rules of AWS' guides; the algorithm and Rekognition run in AWS alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil

from labelmill.convert.batch import Batch
from labelmill.formats.base import JSON, Context, FormatSpec, Output, Part, Parts, json_text
from labelmill.formats.sagemaker import SageMakerWriter, channel_of, channels
from labelmill.source.reader import Needs

LABELLING_JOB = "labeling-job/labelmill"
NO_DATE = "1970-01-01T00:00:00"


class SageMakerOdWriter(SageMakerWriter):
    """One JSON file an image, and its line of the augmented manifest."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        listed = [{"class_id": category.index, "name": category.name} for category in context.categories]
        self._tail = b'],"categories":%b}\n' % JSON.encode(listed)
        class_map = {str(category.index): category.name for category in context.categories}
        self._metadata = (
            b'"class-map":%b,"type":"groundtruth/object-detection","human-annotated":"no","job-name":%b'
            % (JSON.encode(class_map), json_text(LABELLING_JOB))
        )

    def write(self, batch: Batch, part: Part) -> None:
        """One JSON file an image."""
        for sample in batch.samples:
            self.warn_of(sample)
            # int() floors as boxes lie inside the image
            annotations = ",".join(
                [
                    f'{{"class_id":{i.category},"left":{(left := int(i.x0))},"top":{(top := int(i.y0))},'
                    f'"width":{ceil(i.x1) - left},"height":{ceil(i.y1) - top}}}'
                    for i in sample.instances
                ]
            ).encode()
            size = b'"image_size":[{"width":%d,"height":%d,"depth":%d}],"annotations":[%b' % (
                sample.width, sample.height, sample.depth, annotations,
            )  # fmt: skip
            channel = channel_of(sample.split)
            name = json_text(sample.name)
            part.put(f"{channel}_annotation", f"{sample.stem}.json", b'{"file":%b,%b%b' % (name, size, self._tail))
            date = creation_date(sample.date).encode()
            objects = b",".join([b'{"confidence":1}'] * len(sample.instances))
            source = json_text(self.context.image_base + sample.name)
            part.line(
                channel,
                b'{"source-ref":%b,"bounding-box":{%b]},"bounding-box-metadata":{"objects":[%b],%b,"creation-date":"%b"}}\n'
                % (source, size, objects, self._metadata, date),
            )

    @classmethod
    def join(cls, context: Context, parts: Parts, output: Output) -> None:
        """The manifests."""
        for channel in channels(context):
            output.write(f"{channel}.manifest", parts.stream(channel))


def creation_date(text: str) -> str:
    """A date as Ground Truth writes it: ISO 8601, UTC, without a zone.

    Args:
        text: As the metadata gives it; a date without a zone is UTC.
    """
    try:
        date = datetime.fromisoformat(text)
        return (date.astimezone(UTC).replace(tzinfo=None) if date.tzinfo else date).isoformat()
    except (ValueError, OverflowError):  # the latter: a zone that leads out of the years 1 to 9999
        return NO_DATE


SPEC = FormatSpec(
    id="SAGEMAKER_OD",
    title="SageMaker Object Detection",
    task="object detection",
    files=("train_annotation/<stem>.json", "train.manifest"),
    needs=Needs(),
    writer=SageMakerOdWriter,
    image_folder="train",
    split_image_folder="{channel}",
    label_suffix=".json",
    options=("image_base",),
)
