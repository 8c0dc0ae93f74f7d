"""``/v1/datasets/{ds}/images``, ``…/types`` and ``…/statistics``: looking into a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from labelmill.errors import DatasetError, ImageError
from labelmill_aws.api.answers import Raw, caller_of, etag_of
from labelmill_aws.api.caller import READER
from labelmill_aws.api.models.look import DatasetTypes, ImageItem, ImageList, LabelsAnswer, Statistics
from labelmill_aws.api.models.map_checks import TypeCount
from labelmill_aws.api.paging import DEFAULT_LIMIT, Cursor, Limit, read_cursor, write_cursor
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import Problem, not_found
from labelmill_aws.api.routes.found import DatasetId, dataset_of
from labelmill_aws.api.routing import Routes
from labelmill_aws.uploads.datasets import READY, REFUSED

if TYPE_CHECKING:
    from labelmill.maps import AnnotationMap
    from labelmill_aws.looking.look import Look

routes = Routes("look", "What a dataset holds: its images, their labels under a map, and numbers.")
BELOW: Final = "/v1/datasets/<ds>"
ONE_IMAGE: Final = f"{BELOW}/images/<image>"
KEPT_S: Final = 600
KEPT_OF_VERSION_S: Final = 365 * 24 * 3600

ImageName = Annotated[str, Path(description="The image's name.")]
MapName = Annotated[
    str,
    Query(alias="map", description="A map of the organization, included or not; without one, types are classes."),
]


@routes.get(f"{BELOW}/types", READER, problems=("conflict", "bad-dataset"))
def list_types(request: Request, ds: DatasetId) -> DatasetTypes:
    """List the types of a dataset's objects

    With their counts. Of a large dataset some images are read, evenly spread over all.
    """
    with _looking(request, ds) as look:
        found = look.types()
    return DatasetTypes(
        images=found.images,
        images_read=found.images_read,
        types=[TypeCount(type=type_, objects=count) for type_, count in found.counts.types.ranked()],
    )


@routes.get(f"{BELOW}/images", READER, problems=("conflict", "bad-dataset", "bad-cursor"))
def list_images(
    request: Request,
    ds: DatasetId,
    name: Annotated[str, Query(max_length=255, description="How their names begin.")] = "",
    at: Annotated[str, Query(max_length=255, description="The name to begin at.")] = "",
    offset: Annotated[int, Query(ge=0, le=100_000_000, description="How many to pass over first.")] = 0,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> ImageList:
    """List the images of a dataset

    By name: those that have labels.
    """
    position = read_cursor(cursor)
    with _looking(request, ds) as look:
        found, first, total = look.images(position[0] if position else "", at, offset, limit, name)
        more = bool(found) and bool(look.images(found[-1][0].name, "", 0, 1, name)[0])
    return ImageList(
        items=[
            ImageItem(name=_text(entry.name), size_bytes=size, has_mask=entry.mask is not None) for entry, size in found
        ],
        next=write_cursor(found[-1][0].name) if more else None,
        first=first,
        total=total,
        version=look.version,
    )


@routes.get(
    f"{ONE_IMAGE}/pixels",
    READER,
    problems=("conflict", "bad-dataset", "bad-image"),
    also={304: "It is what `If-None-Match` names."},
    content=("image/jpeg", "image/webp"),
)
def get_pixels(
    request: Request,
    ds: DatasetId,
    image: ImageName,
    width: Annotated[
        Literal["160", "320", "1024", "2048", "4096"],
        Query(description="Pixels that the picture is wide and high at most; a smaller image stays as it is."),
    ] = "1024",
    version: Annotated[
        str, Query(max_length=64, description="The dataset's version that is meant: the answer can be kept for ever.")
    ] = "",
    if_none_match: Annotated[str, Header(alias="If-None-Match", description="The ETag of what is known.")] = "",
) -> Response[bytes]:
    """Get an image's pixels

    For a screen: scaled down, as WebP or JPEG. It is not turned round as its EXIF may say: labels lie on its pixels as
    they are stored.
    """
    with _looking(request, ds) as look:
        if version and version != look.version:
            raise not_found()
        tag = etag_of(look.tag(image, int(width)))
        kept_s = KEPT_OF_VERSION_S if version else KEPT_S
        immutable = ", immutable" if version else ""
        headers = {
            "ETag": tag,
            "Cache-Control": f"private, max-age={kept_s}{immutable}",
            "Vary": "Authorization",
            "X-Content-Type-Options": "nosniff",
        }
        if tag in {one.strip().removeprefix("W/") for one in if_none_match.split(",")} and look.has(image):
            return Raw(304, None, b"", headers)
        picture = look.picture(image, int(width))
    return Raw(200, picture.content_type, picture.data, headers)


@routes.get(f"{ONE_IMAGE}/labels", READER, problems=("conflict", "bad-dataset", "bad-image"))
def get_labels(request: Request, ds: DatasetId, image: ImageName, map_name: MapName = "") -> LabelsAnswer:
    """Get an image's labels

    As a conversion under the map sees them, and the objects that it leaves out.
    """
    read, version = _map(request, map_name)
    with _looking(request, ds) as look:
        found = look.labels(image, read)
    return LabelsAnswer.model_validate(
        {
            "image": image,
            "width": found.width,
            "height": found.height,
            "map": map_name,
            "map_version": version,
            "objects": [
                {
                    "id": label.id,
                    "type": None if label.type is None else _text(label.type),
                    "class": None
                    if label.category is None
                    else {
                        "number": label.category.number if map_name else None,
                        "name": _text(label.category.name),
                        "supercategory": label.category.supercategory,
                    },
                    "left_out": label.category is None,
                    "filter": label.filter,
                    "box": label.box,
                    "contours": label.contours,
                }
                for label in found.labels
            ],
            "total": found.objects,
            "without_contours": found.bare,
            "skipped": _findings(found.tally.skipped),
            "warnings": _findings(found.tally.warnings),
        }
    )


@routes.get(f"{BELOW}/statistics", READER, problems=("conflict", "bad-dataset"))
def get_statistics(request: Request, ds: DatasetId, map_name: MapName = "") -> Statistics:
    """Get a dataset in numbers

    Objects and images of each class, sizes of boxes, what a map leaves out. Of a large dataset some images are read,
    evenly spread over all.
    """
    from labelmill_aws.api.routes.look_answers import statistics_answer

    read, version = _map(request, map_name)
    with _looking(request, ds) as look:
        found = look.statistics(read, version)
    return statistics_answer(found, read, map_name, version)


@contextmanager
def _looking(request: Request, dataset_id: str) -> Iterator[Look]:
    """Look into a dataset; what its bytes are to blame for becomes a problem."""
    from labelmill_aws.looking.look import Look  # numpy and Pillow, for few requests

    dataset, _ = dataset_of(request, dataset_id)
    if dataset.row is None or dataset.status != READY:
        raise Problem("bad-dataset" if dataset.status == REFUSED else "conflict", f"{dataset.why_not_ready}.")
    try:
        yield Look(parts(), dataset.row)
    except KeyError as error:
        raise not_found() from error
    except ImageError as error:
        raise Problem("bad-image", _text(str(error))) from error
    except DatasetError as error:
        raise Problem("bad-dataset", _text(str(error))) from error


def _map(request: Request, name: str) -> tuple[AnnotationMap | None, str]:
    if not name:
        return None, ""
    from labelmill_aws.looking.look import NoMapError, map_in_force

    try:
        return map_in_force(parts(), caller_of(request).organization, name)
    except NoMapError as error:
        raise Problem("bad-request", errors=[("query.map", "there is no such map in force")]) from error


def _findings(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"what": what, "count": one.count, "examples": [_text(example) for example in one.examples]}
        for what, one in found.items()
    ]


def _text(text: str) -> str:
    """Text from a dataset as JSON can hold it."""
    return text.encode("utf-8", "backslashreplace").decode()
