"""An upload that takes the place of another one of the same name: ``toys.zip`` that of ``toys/``, or the reverse.

What was replaced is written down in the dataset's row, in the write that replaces it, and deleted by the function
``purge``: of a loose dataset it may be millions of objects. A repeat of the upload's event asks for that again. A new
object under the same key replaces nothing: S3 keeps the one before for those who read it, and lets it expire.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from labelmill_aws.records.catalog import DatasetRow, Replaced
from labelmill_aws.services import Services

MOST_NUMBERS: Final = 50


def following(row: DatasetRow, stored: DatasetRow | None) -> DatasetRow:
    """The row of an upload with its version's number and what it replaces."""
    row = _numbered(row, stored)
    if stored is None:
        return row
    replaced = {found.key: found.until for found in stored.replaced}
    if stored.key != row.key:
        replaced[stored.key] = stored.arrived
    replaced.pop(row.key, None)  # it has come again
    return with_replaced(row, replaced)


def _numbered(row: DatasetRow, stored: DatasetRow | None) -> DatasetRow:
    """The row with the numbers of its versions: bytes that come again have the number that they had."""
    numbers = dict(stored.numbers or {stored.version: 1}) if stored else {}
    numbers.setdefault(row.version, max(numbers.values(), default=0) + 1)
    newest = sorted(numbers.items(), key=lambda one: (one[0] == row.version, one[1]))[-MOST_NUMBERS:]
    return msgspec.structs.replace(row, numbers=dict(newest))


def overtaken(row: DatasetRow, stored: DatasetRow) -> DatasetRow:
    """The row that is stored, where an older upload is seen after it."""
    return with_replaced(stored, {found.key: found.until for found in stored.replaced} | {row.key: row.arrived})


def with_replaced(row: DatasetRow, replaced: dict[str, str]) -> DatasetRow:
    """A row with what it replaces: key -> until when."""
    found = tuple(Replaced(key, until) for key, until in sorted(replaced.items()))
    return msgspec.structs.replace(row, replaced=found)


def ask_for_purge(control: Services[Any], **of: str) -> None:
    """Have the function ``purge`` delete what is to go: of a dataset, by its id, or of a workspace."""
    control.clients.lambda_.invoke(
        FunctionName=control.settings.purge_function, InvocationType="Event", Payload=msgspec.json.encode(of)
    )


def purge_replaced(row: DatasetRow, control: Services[Any]) -> None:
    """Have what a dataset has replaced deleted, if there is anything."""
    if row.replaced:
        ask_for_purge(control, dataset=row.id)
