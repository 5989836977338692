"""The columns of the list and of its files, each declared once.

django-tables2 owns the columns of the page; our template renders the cells. See
``docs/contributing.md`` for how to add one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import pairwise
from typing import Any

import django_tables2 as tables
from django_tables2.data import TableListData

from returns.filters.paging import SORT_COLUMNS
from returns.lists import cells
from returns.lists.rows import Row
from returns.models import State
from returns.models.facts import FACTS, FACTS_BY_COLUMN, Fact

# Always there, and first: it leads to the return's page.
ALWAYS = "reference"


class Kind(Enum):
    """What the cells of a column of a file hold; any of them may be empty."""

    TEXT = "text"
    TIME = "time"
    HOURS = "hours"


Value = str | datetime | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: what the list and files write over it and in it.

    ``cell`` writes its cell of a page; that of the first column is the row's own. ``value`` takes
    a row and the moment of asking, and gives the value for a file; ``width`` is that of a sheet's
    column, in characters. ``is_usual``: shown until a person chooses columns. It can be sorted by
    where a sort has its name. ``fact`` is the column of the fact that it shows, "" where it shows
    something else.
    """

    name: str
    header: str
    cell: cells.Cell | None
    value: Callable[[Row, datetime], Value]
    width: int
    kind: Kind = Kind.TEXT
    is_usual: bool = False
    fact: str = ""

    @property
    def is_sortable(self) -> bool:
        """Whether a sort has the column's name."""
        return self.name in SORT_COLUMNS


def _fact(field: str) -> Callable[[Row, datetime], Value]:
    return lambda row, _: getattr(row.record, field)


def _number(name: str, header: str, field: str, width: int) -> Column:
    return Column(
        name=name,
        header=header,
        cell=cells.number_cell(field),
        value=_fact(field),
        width=width,
        is_usual=True,
        fact=field,
    )


def _time(name: str, field: str, header: str = "", *, is_usual: bool = True) -> Column:
    header = header or name.capitalize()
    return Column(
        name=name,
        header=header,
        cell=cells.time_cell(header, field),
        value=_fact(field),
        width=20,
        kind=Kind.TIME,
        is_usual=is_usual,
        fact=field,
    )


def _word(name: str, field: str, width: int, label: str = "") -> Column:
    header = FACTS_BY_COLUMN[field].label
    cell = cells.word_cell(label or header, field)
    return Column(name=name, header=header, cell=cell, value=_fact(field), width=width, fact=field)


def _plain(fact: Fact) -> Column:
    """Return a column for a fact that has none of its own."""
    if fact.is_time:
        return _time(fact.column, fact.column, fact.label, is_usual=False)
    return _word(fact.column, fact.column, 16)


def _hours_waited(row: Row, now: datetime) -> float | None:
    """Return the hours in the warehouse, until now or until the return was completed."""
    record, arrived = row.record, row.record.arrived_to_warehouse_at
    end = {State.ARRIVED: now, State.COMPLETED: record.completed_at}.get(State(record.state))
    if arrived is None or end is None:
        return None
    hours = (end - arrived).total_seconds() / 3600
    # The WMS's clock may be ahead of ours.
    return round(hours, 2) if hours >= 0 else (0.0 if record.state == State.ARRIVED else None)


DECLARED = (
    Column(
        name=ALWAYS,
        header="Return",
        cell=None,
        value=_fact("return_reference_number"),
        width=18,
        is_usual=True,
        fact="return_reference_number",
    ),
    _number("order", "Order", "sales_order_reference_number", 18),
    _number("tracking", "Tracking ID", "tracking_id", 24),
    Column(
        name="state",
        header="State",
        cell=cells.state_cell,
        value=lambda row, _: str(State(row.record.state).label),
        width=12,
        is_usual=True,
        fact="state",
    ),
    Column(
        name="tags",
        header="Tags",
        cell=cells.tags_cell,
        value=lambda row, _: ", ".join(map(str, row.tags)),
        width=30,
        is_usual=True,
    ),
    _time("created", "created_at"),
    _time("arrived", "arrived_to_warehouse_at"),
    _time("completed", "completed_at"),
    _time("updated", "updated_at", is_usual=False),
    Column(
        name="waiting",
        header="Waiting",
        cell=cells.waiting_cell,
        value=_hours_waited,
        width=16,
        kind=Kind.HOURS,
    ),
    Column(
        name="deadline",
        header="Deadline",
        cell=cells.deadline_cell,
        value=lambda row, _: row.due.at if row.due else None,
        width=20,
        kind=Kind.TIME,
    ),
    _word("carrier", "cargo_carrier", 16),
    _word("channel", "sales_order_channel", 16, label="Channel"),
    _word("source", "source", 10),
    Column(
        name="notes",
        header="Notes",
        cell=cells.notes_cell,
        value=_fact("notes"),
        width=50,
        is_usual=True,
        fact="notes",
    ),
)
_SHOWN = {column.fact for column in DECLARED}
_OTHERS = [_plain(fact) for fact in FACTS if fact.column not in _SHOWN]
BY_NAME = {column.name: column for column in (*DECLARED, *_OTHERS)}
COLUMNS = tuple(BY_NAME)
USUAL = tuple(column.name for column in DECLARED if column.is_usual)
# More than the usual number may be wider than a window: the table then scrolls sideways.
FITTING = len(USUAL)


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column as the menu offers it."""

    name: str
    header: str
    shown: bool


class PresortedRows(TableListData):
    """The rows of one page, already in order: the database sorted them."""

    def order_by(self, aliases: Any) -> None:
        """Leave the order alone."""


class ReturnTable(tables.Table):
    """One line for each return."""

    class Meta:
        template_name = "lists/table.html"
        order_by_field = "sort"
        empty_text = "No returns"

    def __init__(self, rows: list[Row], sort: str, columns: Iterable[str] = ()) -> None:
        """Show the columns that a person chose, in their order; none means the usual ones."""
        self.shown = shown_columns(columns)
        super().__init__(
            PresortedRows(rows),
            order_by=(sort,) if sort else (),
            sequence=self.shown,
            extra_columns=[(name, _table_column(BY_NAME[name])) for name in self.shown],
        )

    @property
    def cells(self) -> list[str]:
        """Return the names of the columns after the first."""
        return self.shown[1:]

    @property
    def is_usual(self) -> bool:
        """Tell whether the columns are the usual ones, which give way where there is no room."""
        return tuple(self.shown) == USUAL

    @property
    def is_wide(self) -> bool:
        """Tell whether there may be more columns than a window holds."""
        return len(self.shown) > FITTING


def shown_columns(chosen: Iterable[str]) -> list[str]:
    """Return the columns to show for those chosen: known ones, each once, the usual if none."""
    known = [name for name in dict.fromkeys(chosen) if name in BY_NAME]
    return [ALWAYS, *(name for name in known or USUAL if name != ALWAYS)]


def column_choices(shown: Iterable[str]) -> list[ColumnChoice]:
    """Return every column but the first, those that are not shown after their usual neighbour.

    So a column that is switched off and on again stays where it was.
    """
    order = list(shown)
    for before, name in pairwise(COLUMNS):
        if name not in order:
            order.insert(order.index(before) + 1, name)
    return [ColumnChoice(name, BY_NAME[name].header, name in shown) for name in order[1:]]


def _table_column(column: Column) -> tables.Column:
    return tables.Column(column.header, orderable=column.is_sortable)
