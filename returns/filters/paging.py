"""Keyset pagination: a page begins after a row, named by a cursor, not at a page number.

A page costs the same anywhere in a million rows, and no row is skipped or repeated when returns
arrive while somebody turns pages.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from returns.filters import cursors
from returns.filters.grouping import RowGroups, group_order
from returns.filters.sorting import ANY_STATE, Sort, SortColumn
from returns.models import Return
from returns.querysets import ReturnQuerySet

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Cursor:
    """A row at which a page begins or ends: its value in the sorted column, or None, and its id.

    ``urgent`` is the id of the urgent tag that puts the row first, 0 for none. ``group`` is the
    value by which the row is grouped, None in a list without groups.
    """

    value: datetime | str | None
    pk: int
    urgent: int = 0
    group: str | None = None

    @classmethod
    def for_row(
        cls,
        record: Return,
        sort: Sort,
        urgent: Sequence[int] = (),
        groups: RowGroups | None = None,
    ) -> "Cursor":
        """Return the cursor of a row; ``urgent`` are the ids of urgent tags, in order of rank."""
        tag = next((tag for tag in urgent if tag in record.tag_ids), 0) if urgent else 0
        group = groups.value_of(record) if groups else None
        return cls(sort.column.value_of(record), record.pk, tag, group)

    def encode(self) -> str:
        """Return the cursor as a text for URLs."""
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        parts: list[Any] = [value, self.pk]
        if self.group is not None:
            parts += [self.urgent, self.group]
        elif self.urgent:
            parts.append(self.urgent)
        return cursors.encode(parts)

    @classmethod
    def parse(cls, text: str, sort: Sort) -> "Cursor":
        """Return the cursor of a text. Raises ``ValueError`` if it is no cursor of this sort."""
        try:
            value, pk, *rest = cursors.decode(text)
            tag_id, *group = rest or [0]
            (group_value,) = group or [None]
            return cls(
                _parse_value(value, sort.column),
                cursors.parse_id(pk),
                cursors.parse_id(tag_id),
                None if group_value is None else _parse_text(group_value),
            )
        except (ValueError, TypeError, OverflowError) as error:
            raise ValueError("there is no such page") from error


def _parse_value(value: Any, column: SortColumn) -> datetime | str | None:
    if value is None and column.may_be_missing:
        return None
    text = _parse_text(value)
    if not column.is_time:
        if column.form and not column.form.fullmatch(text):
            raise ValueError(text)
        return text
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


def _parse_text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError(value)
    value.encode()  # raises for an unpaired surrogate, which PostgreSQL rejects
    return value


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page, and the cursors of the previous and the next page, if any.

    ``continues`` tells that its first group of rows begins on the page before.
    """

    rows: list[Return]
    previous: str | None
    next: str | None
    continues: bool = False


def paginate(
    queryset: ReturnQuerySet,
    sort: Sort,
    after: Cursor | None = None,
    before: Cursor | None = None,
    size: int = PAGE_SIZE,
    states: Collection[str] = ANY_STATE,
    ranks: Sequence[Sequence[int]] | None = None,
    urgent: Sequence[int] = (),
    groups: RowGroups | None = None,
) -> Page:
    """Return the page after or before a cursor, or the first page.

    ``states`` are the states that the rows may have; queries that these make pointless are left
    out. ``ranks`` are ids grouped by how well they match a search, the best first; rows are sorted
    within a rank. ``urgent`` are the ids of urgent tags, in order, for a sort that puts them first.
    With ``groups``, rows are sorted within their group.
    """
    urgent = urgent if sort.column.urgent_first else ()
    backwards = before is not None
    cursor = before if backwards else after
    parts = ordered_parts(
        queryset, sort, cursor, states, ranks, urgent, groups, backwards=backwards
    )
    rows = read_rows(parts, limit=size + 1, ids_first=bool(urgent))
    rows, beyond = rows[:size], rows[size:]
    if backwards:
        rows.reverse()
    more = bool(beyond)
    has_previous, has_next = (more, True) if backwards else (cursor is not None, more)
    ends = [Cursor.for_row(row, sort, urgent, groups) for row in (*rows[:1], *rows[-1:])]
    above = [Cursor.for_row(row, sort, urgent, groups) for row in beyond] if backwards else [after]
    return Page(
        rows,
        ends[0].encode() if ends and has_previous else None,
        ends[-1].encode() if ends and has_next else None,
        continues=bool(groups and ends)
        and any(row and row.group == ends[0].group for row in above),
    )


def ordered_parts(
    queryset: ReturnQuerySet,
    sort: Sort,
    cursor: Cursor | None = None,
    states: Collection[str] = ANY_STATE,
    ranks: Sequence[Sequence[int]] | None = None,
    urgent: Sequence[int] = (),
    groups: RowGroups | None = None,
    *,
    backwards: bool = False,
) -> Iterable[ReturnQuerySet]:
    """Return the querysets that, read one after the other, give all rows after a cursor.

    Without a cursor they give all rows. The arguments are those of ``paginate``.
    """
    if groups and groups.values:
        parts = _group_parts(queryset, cursor, groups, backwards=backwards)
        return chain.from_iterable(
            ordered_parts(each, sort, here, states, ranks, urgent, backwards=backwards)
            for each, here in parts
        )
    if ranks is not None:
        return _ranked_parts(queryset, sort, cursor, ranks, backwards=backwards)
    if urgent and sort.column.urgent_first:
        return _urgent_parts(queryset, sort, cursor, urgent, frozenset(states), backwards=backwards)
    return _value_parts(queryset, sort, cursor, frozenset(states), backwards=backwards)


def read_rows(
    parts: Iterable[ReturnQuerySet], limit: int, *, ids_first: bool = False
) -> list[Return]:
    """Read up to ``limit`` rows of the parts, one part after the other.

    ``ids_first`` is for parts that pass over many returns: indexes alone may give the ids of the
    rows, where looking for whole rows would read each return that is passed over.
    """
    rows: list[Return] = []
    for part in parts:
        number = limit - len(rows)
        if ids_first:
            # A statement of its own: PostgreSQL could look for the ids again for each row.
            ids = list(part.values_list("pk", flat=True)[:number])
            part = part.among(ids) if ids else part.none()
        rows += part[:number]
        if len(rows) == limit:
            break
    return rows


def _group_parts(
    queryset: ReturnQuerySet, cursor: Cursor | None, groups: RowGroups, *, backwards: bool
) -> Iterator[tuple[ReturnQuerySet, Cursor | None]]:
    """Yield the groups that are left after the cursor, which is within the first of them."""
    group = cursor.group if cursor else None
    for value in reversed(groups.values) if backwards else groups.values:
        is_passed = group is not None and (group_order(value) < group_order(group)) != backwards
        if value == group or not is_passed:
            yield groups.rows_of(queryset, value), cursor if value == group else None


def _ranked_parts(
    queryset: ReturnQuerySet,
    sort: Sort,
    cursor: Cursor | None,
    ranks: Sequence[Sequence[int]],
    *,
    backwards: bool,
) -> list[ReturnQuerySet]:
    """Return one part per rank that is left after the cursor; its row tells in which rank it is."""
    column, descending = sort.column.name, sort.descending != backwards
    parts = [queryset.among(ids).in_order_of(column, descending=descending) for ids in ranks]
    if cursor and parts:
        here = next((place for place, ids in enumerate(ranks) if cursor.pk in ids), 0)
        rest = parts[here].after_row(column, cursor.value, cursor.pk, descending=descending)
        parts = [*parts[:here], rest] if backwards else [rest, *parts[here + 1 :]]
    return parts[::-1] if backwards else parts


def _urgent_parts(
    queryset: ReturnQuerySet,
    sort: Sort,
    cursor: Cursor | None,
    urgent: Sequence[int],
    states: frozenset[str],
    *,
    backwards: bool,
) -> list[ReturnQuerySet]:
    """Return the parts after the cursor: the returns of each urgent tag, then the others."""
    tag_parts = [
        *(queryset.tagged_any([tag]).untagged(urgent[:place]) for place, tag in enumerate(urgent)),
        queryset.untagged(urgent),
    ]
    here = -1  # before the first part
    if cursor:
        here = urgent.index(cursor.urgent) if cursor.urgent in urgent else len(urgent)
    parts = []
    for place, tag_part in enumerate(tag_parts):
        if place == here:
            parts.append(_value_parts(tag_part, sort, cursor, states, backwards=backwards))
        elif here < 0 or (place < here) == backwards:
            parts.append(_value_parts(tag_part, sort, None, states, backwards=backwards))
    return list(chain.from_iterable(reversed(parts) if backwards else parts))


def _value_parts(
    queryset: ReturnQuerySet,
    sort: Sort,
    cursor: Cursor | None,
    states: frozenset[str],
    *,
    backwards: bool,
) -> list[ReturnQuerySet]:
    """Return the parts after the cursor: rows with a value, then those without."""
    column, descending = sort.column.name, sort.descending != backwards
    if not sort.column.may_be_missing:
        rows = queryset.in_order_of(column, descending=descending)
        if cursor:
            rows = rows.after_row(column, cursor.value, cursor.pk, descending=descending)
        return [rows]
    present = queryset.filter(sort.column.is_present).in_order_of(column, descending=descending)
    missing = queryset.filter(sort.column.is_missing).in_order_of("pk", descending=descending)
    # Looking for completion times of open returns would scan the whole index in vain.
    with_value = [present] if states & sort.column.present_in else []
    without = [missing] if states & sort.column.missing_in else []
    if cursor is None:
        return without + with_value if backwards else with_value + without
    if cursor.value is None:
        limit = {"pk__lt" if descending else "pk__gt": cursor.pk}
        missing = missing.filter(**limit)
        return [missing, *with_value] if backwards else [missing]
    present = present.after_row(column, cursor.value, cursor.pk, descending=descending)
    return [present] if backwards else [present, *without]
