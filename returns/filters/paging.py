"""Pages of a list by keyset: a cursor names the row where a page ends, not a page number.

So a page costs the same anywhere in a million rows, and no row is shown twice or left out when
parcels arrive while somebody turns pages.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from config.text import shorten
from returns.filters import cursors
from returns.models import Return, State
from returns.querysets import ReturnQuerySet

PAGE_SIZE = 50
DEFAULT_SORT = "-created"
ANY_STATE = frozenset(State.values)


@dataclass(frozen=True, slots=True)
class SortColumn:
    """A column that a list can be sorted by; rows where it is missing come last.

    ``present_in`` and ``missing_in`` are the states of returns that have a value, or lack it.
    """

    name: str
    is_time: bool = True
    present_in: frozenset[str] = ANY_STATE
    missing_in: frozenset[str] = frozenset()
    # Whether returns with an urgent tag come first, in the order of these tags.
    raised: bool = False

    @property
    def may_be_missing(self) -> bool:
        """Whether there are rows without a value."""
        return bool(self.missing_in)


SORT_COLUMNS = {
    "created": SortColumn("created_at"),
    "arrived": SortColumn(
        "arrived_to_warehouse_at",
        present_in=ANY_STATE - {State.CREATED},
        missing_in=ANY_STATE - {State.ARRIVED},
    ),
    "urgent": SortColumn(
        "arrived_to_warehouse_at",
        present_in=ANY_STATE - {State.CREATED},
        missing_in=ANY_STATE - {State.ARRIVED},
        raised=True,
    ),
    "completed": SortColumn(
        "completed_at",
        present_in=frozenset({State.COMPLETED}),
        missing_in=ANY_STATE - {State.COMPLETED},
    ),
    "updated": SortColumn("updated_at"),
    "order": SortColumn("order_key", is_time=False, missing_in=ANY_STATE),
    "reference": SortColumn("return_key", is_time=False, missing_in=ANY_STATE),
}


@dataclass(frozen=True, slots=True)
class Sort:
    """A column and a direction, as the parameter ``sort`` writes them: ``-created``."""

    column: SortColumn
    descending: bool

    @classmethod
    def parse(cls, text: str) -> "Sort":
        """Read the parameter; raises ``ValueError`` when there is no such sort."""
        name = text.removeprefix("-")
        if name not in SORT_COLUMNS or (name != text and SORT_COLUMNS[name].raised):
            raise ValueError(f"there is no sort by “{shorten(name, 50)}”")
        return cls(SORT_COLUMNS[name], descending=text.startswith("-"))


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins or ends: a row's value in the sorted column (None: missing), its id.

    ``urgent``: the id of the tag by which the row comes first, 0 for none.
    """

    value: datetime | str | None
    pk: int
    urgent: int = 0

    @classmethod
    def of(cls, record: Return, sort: Sort, urgent: Sequence[int] = ()) -> "Cursor":
        """Return the cursor of this row; ``urgent`` are the ids of the tags that come first."""
        raised_by = next((tag for tag in urgent if tag in record.tag_ids), 0) if urgent else 0
        return cls(getattr(record, sort.column.name), record.pk, raised_by)

    def encode(self) -> str:
        """Return the text for the URL."""
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        parts = [value, self.pk, *([self.urgent] if self.urgent else [])]
        return cursors.written(parts)

    @classmethod
    def parse(cls, text: str, sort: Sort) -> "Cursor":
        """Read the text of a URL; raises ``ValueError`` when it is no cursor of this sort."""
        try:
            value, pk, *urgent = cursors.read(text)
            (tag_id,) = urgent or [0]
            return cls(_typed(value, sort.column), cursors.id_of(pk), cursors.id_of(tag_id))
        except (ValueError, TypeError, OverflowError) as error:
            raise ValueError("this is no page of the list") from error


def _typed(value: Any, column: SortColumn) -> datetime | str | None:
    if value is None and column.may_be_missing:
        return None
    if not isinstance(value, str) or "\0" in value:
        raise TypeError(value)
    value.encode()  # half a character is no text that the database can compare
    if not column.is_time:
        return value
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page, and the cursors of its neighbours where there are any."""

    rows: list[Return]
    previous: str | None
    next: str | None


def page_of(
    found: ReturnQuerySet,
    sort: Sort,
    after: Cursor | None = None,
    before: Cursor | None = None,
    size: int = PAGE_SIZE,
    states: Collection[str] = ANY_STATE,
    ranks: Sequence[Sequence[int]] | None = None,
    urgent: Sequence[int] = (),
) -> Page:
    """Return the page after one cursor, or before the other, or the first one.

    ``states`` are those that ``found`` may hold: what they rule out is not looked for. ``ranks``
    are the ids of a search, the best matches first; within a rank the rows are sorted. ``urgent``
    are the ids of the tags that come first in a sort that raises them.
    """
    urgent = urgent if sort.column.raised else ()
    backwards = before is not None
    cursor = before if backwards else after
    parts = parts_of(found, sort, cursor, states, ranks, urgent, backwards=backwards)
    rows = _rows(parts, limit=size + 1)
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (cursor is not None, more)
    return Page(
        rows,
        Cursor.of(rows[0], sort, urgent).encode() if rows and has_previous else None,
        Cursor.of(rows[-1], sort, urgent).encode() if rows and has_next else None,
    )


def parts_of(
    found: ReturnQuerySet,
    sort: Sort,
    cursor: Cursor | None = None,
    states: Collection[str] = ANY_STATE,
    ranks: Sequence[Sequence[int]] | None = None,
    urgent: Sequence[int] = (),
    *,
    backwards: bool = False,
) -> list[ReturnQuerySet]:
    """Return what is to be read, one part after the other, to walk from a cursor to the end.

    Without a cursor from the beginning. The arguments are those of ``page_of``.
    """
    if ranks is not None:
        return _ranked_parts(found, sort, cursor, ranks, backwards=backwards)
    if urgent and sort.column.raised:
        return _urgent_parts(found, sort, cursor, urgent, frozenset(states), backwards=backwards)
    return _parts(found, sort, cursor, frozenset(states), backwards=backwards)


def _rows(parts: list[ReturnQuerySet], limit: int) -> list[Return]:
    """Read up to ``limit`` rows, the parts end to end."""
    rows: list[Return] = []
    for part in parts:
        rows += part[: limit - len(rows)]
        if len(rows) == limit:
            break
    return rows


def _ranked_parts(
    found: ReturnQuerySet,
    sort: Sort,
    cursor: Cursor | None,
    ranks: Sequence[Sequence[int]],
    *,
    backwards: bool,
) -> list[ReturnQuerySet]:
    """Return what is left to walk, one part for each rank; the cursor's row tells which."""
    column, descending = sort.column.name, sort.descending != backwards
    parts = [found.among(ids).in_order_of(column, descending=descending) for ids in ranks]
    if cursor and parts:
        here = next((place for place, ids in enumerate(ranks) if cursor.pk in ids), 0)
        rest = parts[here].beyond(column, cursor.value, cursor.pk, descending=descending)
        parts = [*parts[:here], rest] if backwards else [rest, *parts[here + 1 :]]
    return parts[::-1] if backwards else parts


def _urgent_parts(
    found: ReturnQuerySet,
    sort: Sort,
    cursor: Cursor | None,
    urgent: Sequence[int],
    states: frozenset[str],
    *,
    backwards: bool,
) -> list[ReturnQuerySet]:
    """Return what is left to walk: the returns of each urgent tag, then the others."""
    shelves = [
        *(found.tagged_any([tag]).untagged(urgent[:place]) for place, tag in enumerate(urgent)),
        found.untagged(urgent),
    ]
    here = -1
    if cursor:
        here = urgent.index(cursor.urgent) if cursor.urgent in urgent else len(urgent)
    parts = []
    for place, shelf in enumerate(shelves):
        if place == here:
            parts.append(_parts(shelf, sort, cursor, states, backwards=backwards))
        elif here < 0 or (place < here) == backwards:
            parts.append(_parts(shelf, sort, None, states, backwards=backwards))
    return list(chain.from_iterable(reversed(parts) if backwards else parts))


def _parts(
    found: ReturnQuerySet,
    sort: Sort,
    cursor: Cursor | None,
    states: frozenset[str],
    *,
    backwards: bool,
) -> list[ReturnQuerySet]:
    """Return what is left to walk: the rows with a value, and those without, in that order."""
    column, descending = sort.column.name, sort.descending != backwards
    if not sort.column.may_be_missing:
        rows = found.in_order_of(column, descending=descending)
        if cursor:
            rows = rows.beyond(column, cursor.value, cursor.pk, descending=descending)
        return [rows]
    present = found.filter(**{f"{column}__isnull": False}).in_order_of(
        column, descending=descending
    )
    missing = found.filter(**{f"{column}__isnull": True}).in_order_of("pk", descending=descending)
    # Looking for the completions of open returns would walk the whole index in vain.
    with_value = [present] if states & sort.column.present_in else []
    without = [missing] if states & sort.column.missing_in else []
    if cursor is None:
        return without + with_value if backwards else with_value + without
    if cursor.value is None:
        limit = {"pk__lt" if descending else "pk__gt": cursor.pk}
        missing = missing.filter(**limit)
        return [missing, *with_value] if backwards else [missing]
    present = present.beyond(column, cursor.value, cursor.pk, descending=descending)
    return [present] if backwards else [present, *without]
