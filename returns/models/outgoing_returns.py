"""The triggers of returns that write events for the outbox."""

import pgtrigger

from config.triggers import after, after_update
from returns.models.facts import FACTS, LINE_ITEMS, Kind
from returns.models.occasions import EventType
from returns.models.outgoing import write_if_wanted

# Every record moves the time of its update: what else is new makes a change.
SENT_COLUMNS = [
    *(f.column for f in FACTS if f.kind is not Kind.ITEMS and f.column != "updated_at"),
    "unknown_fields",
]
_BOTH = "FROM old_values o JOIN new_values n ON o.id = n.id"


def events_of_new_returns() -> pgtrigger.Trigger:
    """Return the trigger that writes that returns were created; some have come further already."""
    select = f"""
        {_select(EventType.CREATED, "id", 1)} FROM new_values
        UNION ALL {_select(EventType.ARRIVED, "id", 2)} FROM new_values
            WHERE arrived_to_warehouse_at IS NOT NULL
        UNION ALL {_select(EventType.COMPLETED, "id", 3)} FROM new_values
            WHERE completed_at IS NOT NULL
    """
    types = [EventType.CREATED, EventType.ARRIVED, EventType.COMPLETED]
    sql = write_if_wanted(types, select)
    return after(pgtrigger.Insert, "outgoing_new", sql, new="new_values")


def events_of_changed_returns() -> pgtrigger.Trigger:
    """Return the trigger that writes what happened to returns that were stored already."""
    old, new = (", ".join(f"{row}.{name}" for name in SENT_COLUMNS) for row in "on")
    select = f"""
        {_select(EventType.ARRIVED, "n.id", 1)} {_BOTH}
            WHERE o.arrived_to_warehouse_at IS NULL AND n.arrived_to_warehouse_at IS NOT NULL
        UNION ALL {_select(EventType.COMPLETED, "n.id", 2)} {_BOTH}
            WHERE o.completed_at IS NULL AND n.completed_at IS NOT NULL
        UNION ALL {_select(EventType.CHANGED, "n.id", 3)} {_BOTH}
            WHERE ROW({old}) IS DISTINCT FROM ROW({new})
        UNION ALL {_select(EventType.ITEMS, "n.id", 4)} {_BOTH}
            WHERE o.{LINE_ITEMS} IS DISTINCT FROM n.{LINE_ITEMS}
    """
    types = [EventType.ARRIVED, EventType.COMPLETED, EventType.CHANGED, EventType.ITEMS]
    return after_update("outgoing_changed", write_if_wanted(types, select))


def _select(type_: EventType, record: str, place: int) -> str:
    return f"SELECT '{type_.value}', {record}, '{{}}'::jsonb, {place}"
