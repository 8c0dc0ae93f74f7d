"""``/v1/annotations/{id}/log``."""

from __future__ import annotations

from typing import Annotated, Final, Literal, cast

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query

from labelmill_aws.api.answers import answer, path_of
from labelmill_aws.api.caller import READER
from labelmill_aws.api.models.annotations import LogLineAnswer, LogList
from labelmill_aws.api.paging import DEFAULT_LIMIT, Cursor, Limit, read_cursor, write_cursor
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import Problem
from labelmill_aws.api.routes.found import AnnotationId, annotation_of
from labelmill_aws.api.routing import Routes
from labelmill_aws.telling.log_pages import BadPositionError, LogLine, read_log

routes = Routes("logs", "What happened: each bad file with its reason.")
LEVELS: Final = ("INFO", "WARNING", "ERROR")
PLAIN: Final = "text/plain"
Level = Literal["INFO", "WARNING", "ERROR"]


@routes.get("/v1/annotations/<id>/log", READER, problems=("bad-cursor",), content=(PLAIN,))
def read_annotation_log(
    request: Request,
    id: AnnotationId,
    order: Annotated[Literal["oldest", "newest"], Query(description="Which come first.")] = "oldest",
    level: Annotated[Level | None, Query(description="Only lines as bad as this, or worse.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    accept: Annotated[str, Header(alias="Accept", description="`text/plain` for lines to read.")] = "",
) -> Response[LogList | str]:
    """Read the log of an annotation

    With `Accept: text/plain` the answer is text, and the address of the next page is in the header `Link`.
    """
    row = annotation_of(request, id)
    position = read_cursor(cursor, parts=2)
    if position and position[0] != order:
        raise Problem("bad-cursor", "Expected a `next` of this list as it was answered.")
    try:
        lines, last = read_log(
            parts().clients.logs,
            parts().settings.job_log_group,
            row.id,
            limit=limit,
            position=position[1] if position else "",
            newest_first=order == "newest",
            levels=frozenset(LEVELS[LEVELS.index(level) :]) if level else frozenset(),
        )
    except BadPositionError as error:
        raise Problem("bad-cursor", "Expected a `next` of this list as it was answered.") from error
    after = write_cursor(order, last) if last else None
    if accept.partition(",")[0].partition(";")[0].strip().lower() != PLAIN:
        return answer(LogList(items=[_line(line) for line in lines], next=after))
    text = "".join(f"{line.text()}\n" for line in lines)
    query = f"order={order}&limit={limit}&cursor={after}" + (f"&level={level}" if level else "")
    link = {"Link": f'<{path_of("annotations", row.id, "log")}?{query}>; rel="next"'} if after else {}
    return Response(200, f"{PLAIN}; charset=utf-8", text, link)


def _line(line: LogLine) -> LogLineAnswer:
    return LogLineAnswer(
        time=line.time,
        level=cast(Level, line.level),
        format=line.format,
        shard=line.shard,
        file=line.file,
        message=line.message,
        code=line.code,
        count=line.count,
        examples=line.examples,
    )
