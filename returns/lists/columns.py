"""The columns of the list and of exports, each declared once.

django-tables2 manages the columns of the page; our own template renders the cells.
``docs/contributing.md`` says how to add a column.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from typing import Any

import django_tables2 as tables
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_tables2.data import TableListData

from config.numbers import plain_amount
from returns.display.items import items_summary
from returns.filters.sorting import SORT_COLUMNS
from returns.lists import cells
from returns.lists.rows import Row, hours_waited
from returns.models import State
from returns.models.facts import FACTS, FACTS_BY_COLUMN, Fact
from returns.models.facts import Kind as FactKind

# Always shown first: it has the link to the return's page.
FIRST_COLUMN = "reference"


class Kind(Enum):
    """The kind of values in an exported column; any value may be missing."""

    TEXT = "text"
    TIME = "time"
    HOURS = "hours"
    AMOUNT = "amount"


Value = str | datetime | float | Decimal | None
# The columns that show the value of a return.
VALUE_COLUMNS = {"value", "currency"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the list and of exports.

    ``label`` is its header, in whatever language; ``header`` is that in the language of the page.
    ``cell`` renders its cell on a page; None for the first column, whose cell belongs to the row.
    ``value`` takes a row and the current time, and returns the value to export. ``width`` is the
    width in a workbook, in characters. ``is_default`` columns are shown until a person chooses
    others. ``fact`` is the model field that the column shows, or "" if it shows no single field.
    """

    name: str
    label: str | Promise
    cell: cells.Cell | None
    value: Callable[[Row, datetime], Value]
    width: int
    kind: Kind = Kind.TEXT
    is_default: bool = False
    fact: str = ""

    @property
    def header(self) -> str:
        """Return the header in the language that is active."""
        return str(self.label)

    @property
    def is_sortable(self) -> bool:
        """Whether there is a sort with the column's name."""
        return self.name in SORT_COLUMNS


def _fact_value(field: str) -> Callable[[Row, datetime], Value]:
    return lambda row, _: getattr(row.record, field)


def _number_column(name: str, label: str | Promise, field: str, width: int) -> Column:
    return Column(
        name=name,
        label=label,
        cell=cells.number_cell(name, field),
        value=_fact_value(field),
        width=width,
        is_default=True,
        fact=field,
    )


def _time_column(name: str, field: str, label: str | Promise, *, is_default: bool = True) -> Column:
    return Column(
        name=name,
        label=label,
        cell=cells.time_cell(name, label, field),
        value=_fact_value(field),
        width=20,
        kind=Kind.TIME,
        is_default=is_default,
        fact=field,
    )


def _text_column(
    name: str, field: str, width: int, cell_label: str | Promise | None = None
) -> Column:
    label = FACTS_BY_COLUMN[field].label
    cell = cells.text_cell(name, label if cell_label is None else cell_label, field)
    return Column(
        name=name, label=label, cell=cell, value=_fact_value(field), width=width, fact=field
    )


def _fact_column(fact: Fact) -> Column:
    """Return a column for a fact without a declared column."""
    if fact.is_time:
        return _time_column(fact.column, fact.column, fact.label, is_default=False)
    return _text_column(fact.column, fact.column, 16)


DECLARED_COLUMNS = (
    Column(
        name=FIRST_COLUMN,
        label=pgettext_lazy("column", "Return"),
        cell=None,
        value=_fact_value("return_reference_number"),
        width=18,
        is_default=True,
        fact="return_reference_number",
    ),
    _number_column("order", pgettext_lazy("column", "Order"), "sales_order_reference_number", 18),
    _number_column("tracking", _("Tracking ID"), "tracking_id", 24),
    Column(
        name="state",
        label=_("State"),
        cell=cells.state_cell,
        value=lambda row, _: str(State(row.record.state).label),
        width=12,
        is_default=True,
        fact="state",
    ),
    Column(
        name="tags",
        label=_("Tags"),
        cell=cells.tags_cell,
        value=lambda row, _: ", ".join(tag.name for tag in row.tags),
        width=30,
        is_default=True,
    ),
    _time_column("created", "created_at", pgettext_lazy("column", "Created")),
    _time_column("arrived", "arrived_to_warehouse_at", pgettext_lazy("column", "Arrived")),
    _time_column("completed", "completed_at", pgettext_lazy("column", "Completed")),
    _time_column("updated", "updated_at", pgettext_lazy("column", "Updated"), is_default=False),
    Column(
        name="waiting",
        label=pgettext_lazy("column", "Waiting"),
        cell=cells.waiting_cell,
        value=hours_waited,
        width=16,
        kind=Kind.HOURS,
    ),
    Column(
        name="deadline",
        label=_("Deadline"),
        cell=cells.deadline_cell,
        value=lambda row, _: row.due.at if row.due else None,
        width=20,
        kind=Kind.TIME,
    ),
    Column(
        name="items",
        label=_("In the parcel"),
        cell=cells.items_cell,
        value=lambda row, _: items_summary(row.record),
        width=30,
    ),
    Column(
        name="value",
        label=pgettext_lazy("column", "Value"),
        cell=cells.value_cell,
        value=lambda row, _: plain_amount(row.value.amount) if row.value else None,
        width=16,
        kind=Kind.AMOUNT,
    ),
    Column(
        name="currency",
        label=pgettext_lazy("column", "Currency"),
        cell=cells.currency_cell,
        value=lambda row, _: row.value.currency if row.value else None,
        width=10,
    ),
    _text_column("carrier", "cargo_carrier", 16),
    _text_column("channel", "sales_order_channel", 16, _("Channel")),
    _text_column("source", "source", 10),
    Column(
        name="notes",
        label=_("Notes"),
        cell=cells.notes_cell,
        value=_fact_value("notes"),
        width=50,
        is_default=True,
        fact="notes",
    ),
)
_DECLARED_FACTS = {column.fact for column in DECLARED_COLUMNS}
_OTHER_COLUMNS = [
    _fact_column(fact)
    for fact in FACTS
    if fact.column not in _DECLARED_FACTS and fact.kind is not FactKind.ITEMS
]
COLUMNS_BY_NAME = {column.name: column for column in (*DECLARED_COLUMNS, *_OTHER_COLUMNS)}
COLUMN_NAMES = tuple(COLUMNS_BY_NAME)
DEFAULT_COLUMNS = tuple(column.name for column in DECLARED_COLUMNS if column.is_default)
# More columns may be wider than the window: the table then scrolls sideways.
MAX_FITTING_COLUMNS = len(DEFAULT_COLUMNS)


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column as the menu offers it."""

    name: str
    header: str
    shown: bool


class PresortedRows(TableListData):
    """The rows of one page, sorted by the database."""

    def order_by(self, aliases: Any) -> None:
        """Keep the order."""


class ReturnTable(tables.Table):
    """The list, with one row per return."""

    class Meta:
        template_name = "lists/table.html"
        order_by_field = "sort"

    def __init__(self, rows: list[Row], sort: str, columns: Iterable[str] = ()) -> None:
        """Show the columns that a person chose, in order, or the default ones if there are none."""
        self.shown = shown_columns(columns)
        super().__init__(
            PresortedRows(rows),
            order_by=(sort,) if sort else (),
            sequence=self.shown,
            extra_columns=[(name, _table_column(COLUMNS_BY_NAME[name])) for name in self.shown],
        )

    @property
    def cells(self) -> list[str]:
        """Return the names of the columns after the first."""
        return self.shown[1:]

    @property
    def is_default(self) -> bool:
        """Whether these are the default columns; narrow windows hide some of them."""
        return tuple(self.shown) == DEFAULT_COLUMNS

    @property
    def is_wide(self) -> bool:
        """Whether the columns may be wider than the window."""
        return len(self.shown) > MAX_FITTING_COLUMNS


def shown_columns(chosen: Iterable[str]) -> list[str]:
    """Return the columns to show: the known ones of those chosen, each once, or the defaults."""
    known = [name for name in dict.fromkeys(chosen) if name in COLUMNS_BY_NAME]
    return [FIRST_COLUMN, *(name for name in known or DEFAULT_COLUMNS if name != FIRST_COLUMN)]


def column_choices(shown: Iterable[str]) -> list[ColumnChoice]:
    """Return every column but the first, in the order of the menu.

    A column that is not shown follows its neighbour in the default order, so that switching it
    off and on again does not move it far.
    """
    order = list(shown)
    for before, name in pairwise(COLUMN_NAMES):
        if name not in order:
            order.insert(order.index(before) + 1, name)
    return [ColumnChoice(name, COLUMNS_BY_NAME[name].header, name in shown) for name in order[1:]]


def _table_column(column: Column) -> tables.Column:
    # The first click on the header of the waiting time shows the longest wait.
    grows_backwards = column.is_sortable and SORT_COLUMNS[column.name].is_reversed
    return tables.Column(
        column.header, orderable=column.is_sortable, initial_sort_descending=grows_backwards
    )
