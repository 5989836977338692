"""The record of access as a CSV file."""

import csv
import json
from collections.abc import Iterator
from io import StringIO

from django.db.models import QuerySet
from django.utils.translation import get_language, override, pgettext

from returns.database.reading import iter_rows
from returns.exports.as_csv import BOM, format_cell
from returns.models import AccessEvent
from returns.trail.sentences import actor_name, describe

ROWS_PER_CHUNK = 500


def trail_file(events: QuerySet[AccessEvent]) -> Iterator[bytes]:
    """Yield the file in chunks: a row for each event, in the language of this call.

    Times are ISO 8601 in UTC. The last column has the details as they are stored, as JSON.
    """
    return _chunks(events, get_language())


def _chunks(events: QuerySet[AccessEvent], language: str | None) -> Iterator[bytes]:
    with override(language):
        yield BOM.encode() + _encode([_headers()])
    rows: list[list[str]] = []
    for event in iter_rows(events, ROWS_PER_CHUNK):
        with override(language):
            rows.append(_row(event))
        if len(rows) == ROWS_PER_CHUNK:
            yield _encode(rows)
            rows.clear()
    yield _encode(rows)


def _headers() -> list[str]:
    return [
        pgettext("column", "Time"),
        pgettext("column", "Kind"),
        pgettext("column", "Person or token"),
        pgettext("column", "Address"),
        pgettext("column", "What happened"),
        pgettext("column", "Details"),
    ]


def _row(event: AccessEvent) -> list[str]:
    cells = (
        event.at.isoformat(),
        str(event.get_kind_display()),
        actor_name(event),
        event.address or "",
        describe(event),
        json.dumps(event.details, ensure_ascii=False),
    )
    return [format_cell(cell) for cell in cells]


def _encode(rows: list[list[str]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
