"""Pages of a list by keyset: a cursor names the row where a page ends, not a page number.

So a page costs the same anywhere in a million rows, and no row is shown twice or left out when
parcels arrive while somebody turns pages.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from returns.models import Return
from returns.querysets import ReturnQuerySet

PAGE_SIZE = 50
DEFAULT_SORT = "-created"


@dataclass(frozen=True, slots=True)
class SortColumn:
    """A column that a list can be sorted by; rows where it is missing come last."""

    name: str
    is_time: bool = True
    may_be_missing: bool = False


SORT_COLUMNS = {
    "created": SortColumn("created_at"),
    "arrived": SortColumn("arrived_to_warehouse_at", may_be_missing=True),
    "completed": SortColumn("completed_at", may_be_missing=True),
    "updated": SortColumn("updated_at"),
    "order": SortColumn("order_key", is_time=False, may_be_missing=True),
    "reference": SortColumn("return_key", is_time=False, may_be_missing=True),
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
        if name not in SORT_COLUMNS:
            raise ValueError(f"there is no sort by “{name[:50]}”")
        return cls(SORT_COLUMNS[name], descending=text.startswith("-"))


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins or ends: a row's value in the sorted column (None: missing), its id."""

    value: datetime | str | None
    pk: int

    @classmethod
    def of(cls, record: Return, sort: Sort) -> "Cursor":
        """Return the cursor of this row."""
        return cls(getattr(record, sort.column.name), record.pk)

    def encode(self) -> str:
        """Return the text for the URL."""
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        return base64.urlsafe_b64encode(json.dumps([value, self.pk]).encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str, sort: Sort) -> "Cursor":
        """Read the text of a URL; raises ``ValueError`` when it is no cursor of this sort."""
        try:
            value, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            return cls(_typed(value, sort.column), _id(pk))
        except (binascii.Error, ValueError, TypeError, OverflowError) as error:
            raise ValueError("this is no page of the list") from error


def _typed(value: Any, column: SortColumn) -> datetime | str | None:
    if value is None and column.may_be_missing:
        return None
    if not isinstance(value, str) or "\0" in value:
        raise TypeError(value)
    value.encode()  # half a character is no text that the database can compare
    if not column.is_time:
        value.encode()  # refuses halves of characters, which the database cannot take
        return value
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment.astimezone(UTC)


def _id(pk: Any) -> int:
    if type(pk) is not int or not 0 <= pk < 2**63:
        raise ValueError(pk)
    return pk


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
) -> Page:
    """Return the page after one cursor, or before the other, or the first one."""
    backwards = before is not None
    cursor = before if backwards else after
    rows = _rows(_parts(found, sort, cursor, backwards=backwards), limit=size + 1)
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (cursor is not None, more)
    return Page(
        rows,
        Cursor.of(rows[0], sort).encode() if rows and has_previous else None,
        Cursor.of(rows[-1], sort).encode() if rows and has_next else None,
    )


def _rows(parts: list[ReturnQuerySet], limit: int) -> list[Return]:
    """Read up to ``limit`` rows, the parts end to end."""
    rows: list[Return] = []
    for part in parts:
        rows += part[: limit - len(rows)]
        if len(rows) == limit:
            break
    return rows


def _parts(
    found: ReturnQuerySet, sort: Sort, cursor: Cursor | None, *, backwards: bool
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
    if cursor is None:
        return [present, missing]
    if cursor.value is None:
        limit = {"pk__lt" if descending else "pk__gt": cursor.pk}
        missing = missing.filter(**limit)
        return [missing, present] if backwards else [missing]
    present = present.beyond(column, cursor.value, cursor.pk, descending=descending)
    return [present] if backwards else [present, missing]
