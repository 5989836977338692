"""The orders of a list."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from config.text import shorten
from returns.models import Return, State
from returns.querysets import VALUE_KEY

DEFAULT_SORT = "-created"
ANY_STATE = frozenset(State.values)
# The annotation with the time at which a waiting return is due; no column stores it.
DUE_AT = "due_at"
_VALUE = re.compile(r"[A-Z]{3}-?\d{1,20}(\.\d{1,4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class SortColumn:
    """A column that a list can be sorted by; rows without a value come last.

    ``present_in`` and ``missing_in`` are the states of returns that may have, or lack, a value.
    """

    name: str
    is_time: bool = True
    present_in: frozenset[str] = ANY_STATE
    missing_in: frozenset[str] = frozenset()
    # Which returns have a value, and which do not, if that is not said by NULL.
    present: Q | None = None
    missing: Q | None = None
    # Whether returns with an urgent tag come first, in the order of the tags' ranks.
    urgent_first: bool = False
    # Whether the sort grows while the column falls: the earlier an arrival, the longer the wait.
    is_reversed: bool = False
    for_api: bool = True
    # The form of its values, where a text is not compared as it is.
    form: re.Pattern[str] | None = None

    @property
    def may_be_missing(self) -> bool:
        """Whether some rows may lack a value."""
        return bool(self.missing_in)

    @property
    def is_present(self) -> Q:
        """Return the condition of the rows with a value."""
        return self.present or Q(**{f"{self.name}__isnull": False})

    @property
    def is_missing(self) -> Q:
        """Return the condition of the rows without a value."""
        return self.missing or Q(**{f"{self.name}__isnull": True})

    def value_of(self, record: Return) -> datetime | str | None:
        """Return the value by which a row is sorted, or None if it has none."""
        has_value = record.state in self.present_in
        return (getattr(record, self.name) or None) if has_value else None


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
        urgent_first=True,
        for_api=False,
    ),
    "completed": SortColumn(
        "completed_at",
        present_in=frozenset({State.COMPLETED}),
        missing_in=ANY_STATE - {State.COMPLETED},
    ),
    "updated": SortColumn("updated_at"),
    "order": SortColumn("order_key", is_time=False, missing_in=ANY_STATE),
    "reference": SortColumn("return_key", is_time=False, missing_in=ANY_STATE),
    "carrier": SortColumn(
        "cargo_carrier",
        is_time=False,
        missing_in=ANY_STATE,
        present=Q(cargo_carrier__gt=""),
        missing=Q(cargo_carrier=""),
        for_api=False,
    ),
    # Returns in the warehouse alone have a waiting time and a due time. They are few and have an
    # index of their own, so these sorts never read all returns.
    "waiting": SortColumn(
        "arrived_to_warehouse_at",
        present_in=frozenset({State.ARRIVED}),
        missing_in=ANY_STATE - {State.ARRIVED},
        present=Q(state=State.ARRIVED),
        missing=~Q(state=State.ARRIVED),
        is_reversed=True,
        for_api=False,
    ),
    "deadline": SortColumn(
        DUE_AT,
        present_in=frozenset({State.ARRIVED}),
        missing_in=ANY_STATE,
        present=Q(state=State.ARRIVED, due_at__isnull=False),
        for_api=False,
    ),
    # By currency and then by amount, so that no amounts of different currencies are compared.
    "value": SortColumn(
        VALUE_KEY,
        is_time=False,
        missing_in=ANY_STATE,
        present=Q(value__isnull=False),
        missing=Q(value__isnull=True),
        for_api=False,
        form=_VALUE,
    ),
}


@dataclass(frozen=True, slots=True)
class Sort:
    """A column and a direction, as in the value ``-created`` of the parameter ``sort``."""

    column: SortColumn
    descending: bool

    @classmethod
    def parse(cls, text: str) -> "Sort":
        """Return the sort of a parameter value. Raises ``ValueError`` for an unknown one."""
        name = text.removeprefix("-")
        if name not in SORT_COLUMNS or (name != text and SORT_COLUMNS[name].urgent_first):
            raise ValueError(f"“{shorten(name, 50)}” is not a sort order")
        column = SORT_COLUMNS[name]
        return cls(column, descending=text.startswith("-") != column.is_reversed)
