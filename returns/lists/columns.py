"""The columns of the list. django-tables2 owns the columns; our template renders the cells."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import django_tables2 as tables
from django_tables2.data import TableListData

from returns.models import Return

# Always there, and first: it leads to the return's page.
ALWAYS = "reference"
USUAL = (
    *(ALWAYS, "order", "tracking", "state", "tags"),
    *("created", "arrived", "completed", "notes"),
)
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

    reference = tables.Column("Return")
    order = tables.Column("Order")
    tracking = tables.Column("Tracking ID", orderable=False)
    state = tables.Column("State", orderable=False)
    tags = tables.Column("Tags", orderable=False)
    created = tables.Column("Created")
    arrived = tables.Column("Arrived")
    completed = tables.Column("Completed")
    updated = tables.Column("Updated")
    waiting = tables.Column("Waiting", orderable=False)
    deadline = tables.Column("Deadline", orderable=False)
    carrier = tables.Column("Carrier", orderable=False)
    channel = tables.Column("Sales channel", orderable=False)
    source = tables.Column("Source", orderable=False)
    notes = tables.Column("Notes", orderable=False)

    class Meta:
        template_name = "lists/table.html"
        order_by_field = "sort"
        empty_text = "No returns"

    def __init__(self, rows: list[Return], sort: str, columns: Iterable[str] = ()) -> None:
        """Show the columns that a person chose, in their order; none means the usual ones."""
        self.shown = shown_columns(columns)
        super().__init__(
            PresortedRows(rows),
            order_by=(sort,) if sort else (),
            sequence=self.shown,
            exclude=[name for name in self.base_columns if name not in self.shown],
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
    known = [name for name in dict.fromkeys(chosen) if name in ReturnTable.base_columns]
    return [ALWAYS, *(name for name in known or USUAL if name != ALWAYS)]


def column_choices(shown: Iterable[str]) -> list[ColumnChoice]:
    """Return every column but the first, those that are not shown after their usual neighbour.

    So a column that is switched off and on again stays where it was.
    """
    order = list(shown)
    for before, name in pairwise(COLUMNS):
        if name not in order:
            order.insert(order.index(before) + 1, name)
    return [ColumnChoice(name, _header(name), name in shown) for name in order[1:]]


def _header(name: str) -> str:
    return str(ReturnTable.base_columns[name].verbose_name)


COLUMNS = tuple(ReturnTable.base_columns)
