"""Rows of returns as the feed reads and writes them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from json import dumps, loads
from typing import Any

from django.db import connection

from returns.feed.merging import EARLIEST, NOT_SENT, Known, Stamp, with_stamps_of_correction
from returns.feed.records import KEY_COLUMN, TIME_COLUMNS
from returns.feed.statements import (
    INGEST_COLUMNS,
    NULLABLE_JSON_COLUMNS,
    SELECT_STORED_RETURNS,
)
from returns.models.line_items import to_line_items


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A return as it is stored, and its version, which changes whenever it is written."""

    pk: int
    version: str
    known: Known


def load_stored(
    references: Iterable[str], statement: str = SELECT_STORED_RETURNS
) -> dict[str, StoredRow]:
    """Return the rows with these references; the statement may lock them."""
    given = sorted(references)
    if not given:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(statement, [given])
        return {row[3]: _stored_row(row) for row in cursor.fetchall()}


def _stored_row(row: tuple[Any, ...]) -> StoredRow:
    pk, version, redacted_at, reference, *values, unknown_fields, corrections, stamps, tags = row
    facts = dict(zip(INGEST_COLUMNS, values, strict=True))
    facts[KEY_COLUMN] = reference
    for name in NULLABLE_JSON_COLUMNS:
        facts[name] = to_line_items(loads(facts[name])) if facts[name] else None
    known = Known(
        facts,
        {} if unknown_fields == "{}" else loads(unknown_fields),
        {},
        _stamps_from_json(stamps),
        tuple(tags.split(",")) if tags else (),
        redacted_at,
    )
    if corrections != "{}":
        known = _with_corrections(known, loads(corrections))
    return StoredRow(pk, version, known)


def _with_corrections(known: Known, corrections: dict[str, Any]) -> Known:
    """Return what is known, if the facts are those of an admin where there are corrections."""
    sent = {name: _from_json(name, value) for name, value in corrections.items()}
    corrected = {name: known.facts[name] for name in corrections}
    known = replace(known, facts=known.facts | sent, corrected=corrected)
    return with_stamps_of_correction(known)


def _from_json(name: str, value: str | None) -> str | datetime | None:
    return datetime.fromisoformat(value) if value and name in TIME_COLUMNS else value


def _to_json(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


@lru_cache(maxsize=4096)
def _stamps_from_json(text: str) -> Mapping[str, Stamp]:
    """Return the stamps of a row. Cached, because most rows of a source lack the same facts."""
    return {name: _stamp_from_json(each) for name, each in loads(text).items()}


def _stamp_from_json(stamp: list[Any] | None) -> Stamp:
    if stamp is None:
        return NOT_SENT
    updated_at, rank, *others = stamp
    completed_at, arrived_at = (
        datetime.fromisoformat(each) if each else EARLIEST for each in others
    )
    return datetime.fromisoformat(updated_at), rank, completed_at, arrived_at


def _stamp_to_json(stamp: Stamp) -> list[Any] | None:
    return None if stamp == NOT_SENT else [None if e == EARLIEST else _to_json(e) for e in stamp]


def staging_row(pk: int | None, known: Known) -> list[Any]:
    """Return the values of a row for ``COPY_TO_STAGING``."""
    facts = known.facts | known.corrected if known.corrected else known.facts
    corrections = {name: _to_json(known.facts[name]) for name in known.corrected}
    stamps = {name: _stamp_to_json(stamp) for name, stamp in known.stamps.items()}
    texts = [dumps(each) if each else "{}" for each in (known.unknown_fields, corrections, stamps)]
    return [
        pk,
        known.redacted_at,
        facts["return_reference_number"],
        *(_column_value(name, facts[name]) for name in INGEST_COLUMNS),
        *texts,
        ",".join(known.tags),
    ]


def _column_value(name: str, value: Any) -> Any:
    return dumps(value) if name in NULLABLE_JSON_COLUMNS and value is not None else value
