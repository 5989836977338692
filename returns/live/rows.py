"""The rows of an open list, and the ones among them that no longer show what is stored."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from config.versions import version_of
from returns.filters.cursors import MAX_ID
from returns.filters.query import Query
from returns.lists.rows import Row, build_rows
from returns.models import Return
from returns.record.timeline import STATE_TIME_FIELDS
from tags.vocabulary import Vocabulary

ROW_PARAMETERS = ROWS_PARAMETER, CELLS_PARAMETER = "rows", "cells"
# A page of a list has fewer rows.
MAX_POLLED_ROWS = 200
MAX_ID_DIGITS = len(str(MAX_ID))
# Enough to tell two versions of one row apart.
VERSION_LENGTH = 6
# The columns whose cells follow what is stored.
FOLLOWED = ("state", "tags", "arrived", "completed", "waiting", "deadline")


@dataclass(frozen=True, slots=True)
class ShownRows:
    """The rows that a page shows: the version of each by its id, and the columns that follow.

    ``changed`` are the rows that show something else than the page, in an answer to it, and
    ``found`` the ids of those that still exist.
    """

    versions: dict[int, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    changed: list[Row] = field(default_factory=list)
    found: frozenset[int] = frozenset()

    @property
    def ids(self) -> list[int]:
        """Return the ids of the rows, in their order."""
        return list(self.versions)

    @property
    def parameters(self) -> dict[str, str]:
        """Return what the page polls with: ``parse_rows`` reads it."""
        rows = (f"{pk}-{version}" for pk, version in self.versions.items())
        return {ROWS_PARAMETER: ",".join(rows), CELLS_PARAMETER: ",".join(self.columns)}


def shown_rows(rows: Iterable[Row], columns: Iterable[str]) -> ShownRows:
    """Return these rows as a page shows them in these columns."""
    followed = tuple(name for name in FOLLOWED if name in set(columns))
    return ShownRows({row.record.pk: _version(row) for row in rows}, followed)


def parse_rows(query: Query) -> ShownRows:
    """Return the rows that a page polls with; whatever is no id is left out."""
    parts = query.get(ROWS_PARAMETER, "").split(",")[:MAX_POLLED_ROWS]
    pairs = (part.partition("-")[::2] for part in parts)
    versions = {
        int(pk): version
        for pk, version in pairs
        if pk.isdecimal() and len(pk) <= MAX_ID_DIGITS and int(pk) <= MAX_ID
    }
    named = query.get(CELLS_PARAMETER, "").split(",")
    return ShownRows(versions, tuple(name for name in FOLLOWED if name in named))


def find_changed(shown: ShownRows, vocabulary: Vocabulary) -> ShownRows:
    """Return the rows in their current versions, with those that have changed."""
    fields = ("state", "return_reference_number", *STATE_TIME_FIELDS.values())
    records = Return.objects.only(*fields).with_tag_ids().among(shown.ids).order_by()
    rows = build_rows(list(records), vocabulary, with_due="deadline" in shown.columns)
    changed = [row for row in rows if _version(row) != shown.versions[row.record.pk]]
    versions = shown.versions | {row.record.pk: _version(row) for row in changed}
    return ShownRows(versions, shown.columns, changed, frozenset(row.record.pk for row in rows))


def _version(row: Row) -> str:
    """Return a text that differs whenever the cells that follow differ, but for time passing."""
    record = row.record
    times = [getattr(record, name) for name in STATE_TIME_FIELDS.values()]
    tags = [(tag.name, tag.color, tag.title) for tag in row.tags]
    return version_of(repr((record.state, times, tags, row.due)))[:VERSION_LENGTH]
