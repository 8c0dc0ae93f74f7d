"""A dataset's numbers as they are answered."""

from __future__ import annotations

from labelmill.look.numbers import MAX_CLASSES, ClassTally, DatasetTally, bin_bounds
from labelmill.maps.annotation_map import AnnotationMap
from labelmill_aws.api.models.look import ClassNumbers, SizeBin, Statistics
from labelmill_aws.api.models.map_checks import TypeCount
from labelmill_aws.looking.sampling import Sampled


def statistics_answer(
    found: Sampled[DatasetTally], read: AnnotationMap | None, map_name: str, version: str
) -> Statistics:
    """The answer; bins that are empty at both ends are left out."""
    tally = found.counts
    classes = dict(tally.classes)
    if read is not None:  # those without an object are worth knowing, too
        for one in read.categories:
            classes.setdefault((one.number, one.name, one.supercategory), ClassTally())
    ranked = sorted(classes.items(), key=lambda pair: (-pair[1].objects, pair[0][0] or 0, pair[0][1]))
    listed = ranked[:MAX_CLASSES]
    if read is not None:
        listed.sort(key=lambda pair: pair[0][0] or 0)
    sizes = [sum(column) for column in zip(*(one.sizes for one in classes.values()), strict=True)]
    filled = [number for number, objects in enumerate(sizes) if objects]
    bins = slice(filled[0], filled[-1] + 1) if filled else slice(0)
    return Statistics(
        map=map_name,
        map_version=version,
        images=found.images,
        images_read=found.images_read,
        images_empty=tally.empty,
        images_unreadable=tally.unreadable,
        example=tally.example.encode("utf-8", "backslashreplace").decode(),
        objects=sum(one.objects for one in classes.values()),
        classes=[
            ClassNumbers(
                number=number,
                name=name.encode("utf-8", "backslashreplace").decode(),
                supercategory=supercategory,
                objects=one.objects,
                images=one.images,
                box_sizes=one.sizes[bins],
            )
            for (number, name, supercategory), one in listed
        ],
        more_classes=len(ranked) - len(listed),
        box_sizes=[
            SizeBin(from_px=first, to_px=end, objects=objects)
            for (first, end), objects in list(zip(bin_bounds(), sizes, strict=False))[bins]
        ],
        left_out=[TypeCount(type=type_, objects=count) for type_, count in tally.report.left_out.ranked()],
    )
