"""The columns of a file: what stands over them and in their cells."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.conf import settings

from returns.lists.columns import ReturnTable
from returns.models import Return, State


class Kind(Enum):
    """What the cells of a column hold; any of them may be empty."""

    TEXT = "text"
    TIME = "time"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``width`` is in characters; ``value`` takes a return and the moment of asking."""

    kind: Kind
    width: int
    value: Callable[[Return, datetime], str | datetime | float | None]


def header(name: str) -> str:
    """Return what stands over a column; times say in which zone they are."""
    words = str(ReturnTable.base_columns[name].verbose_name)
    kind = OF_FILE[name].kind
    if kind == Kind.TIME:
        return f"{words} ({settings.TIME_ZONE})"
    return f"{words} (hours)" if kind == Kind.HOURS else words


def _text(field: str, width: int) -> Column:
    return Column(Kind.TEXT, width, lambda record, _: getattr(record, field))


def _time(field: str) -> Column:
    return Column(Kind.TIME, 20, lambda record, _: getattr(record, field))


def _waited(record: Return, now: datetime) -> float | None:
    """Return the hours in the warehouse, until now or until the return was completed."""
    arrived = record.arrived_to_warehouse_at
    end = {State.ARRIVED: now, State.COMPLETED: record.completed_at}.get(State(record.state))
    if arrived is None or end is None:
        return None
    hours = (end - arrived).total_seconds() / 3600
    # The WMS's clock may be ahead of ours.
    return round(hours, 2) if hours >= 0 else (0.0 if record.state == State.ARRIVED else None)


def _due(record: Return, _: datetime) -> datetime | None:
    return record.due.at if record.state == State.ARRIVED and record.due else None


# In the order of the columns of the list.
OF_FILE = {
    "reference": _text("return_reference_number", 18),
    "order": _text("sales_order_reference_number", 18),
    "tracking": _text("tracking_id", 24),
    "state": Column(Kind.TEXT, 12, lambda record, _: str(State(record.state).label)),
    "tags": Column(Kind.TEXT, 30, lambda record, _: ", ".join(map(str, record.tags))),
    "created": _time("created_at"),
    "arrived": _time("arrived_to_warehouse_at"),
    "completed": _time("completed_at"),
    "updated": _time("updated_at"),
    "waiting": Column(Kind.HOURS, 16, _waited),
    "deadline": Column(Kind.TIME, 20, _due),
    "carrier": _text("cargo_carrier", 16),
    "channel": _text("sales_order_channel", 16),
    "source": _text("source", 10),
    "notes": _text("notes", 50),
}
