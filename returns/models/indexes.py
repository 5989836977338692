"""Indexes of returns that several columns have alike."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import GreaterThanOrEqual

from returns.querysets import PROCESSING_TIME, UNKNOWN_PROCESSING_TIME

# From then on, processing takes long: less than a tenth of all returns.
LONG = timedelta(hours=72)


def open_group_indexes() -> list[models.Index]:
    """Return the indexes of open returns in groups by a fact, in order of arrival.

    Groups are counted from them alone, and their returns that wait are read in order.
    """
    columns = {"carrier": "cargo_carrier", "channel": "sales_order_channel"}
    return [
        models.Index(
            fields=[column, "state", "arrived_to_warehouse_at", "id"],
            condition=~Q(state="Completed"),
            name=f"return_open_by_{name}",
        )
        for name, column in columns.items()
    ]


def processing_time_indexes() -> list[models.Index]:
    """Return the index of processing times, and those of the few that are long, or not known.

    PostgreSQL also knows by the first how many returns took how long, and would guess otherwise.
    The others have the order of the list, and all that filters by states and times compare.
    """
    few = {"long": GreaterThanOrEqual(PROCESSING_TIME, LONG), "unknown": UNKNOWN_PROCESSING_TIME}
    times = ["state", "arrived_to_warehouse_at", "completed_at"]
    return [
        models.Index(
            F("completed_at") - F("arrived_to_warehouse_at"), name="return_by_processing_time"
        ),
        *(
            models.Index(
                fields=["created_at", "id"],
                include=times,
                condition=Q(condition),
                name=f"return_took_{name}",
            )
            for name, condition in few.items()
        ),
    ]


def many_items_indexes() -> list[models.Index]:
    """Return the indexes of the few returns with several items that wait, or are missing."""
    return [
        models.Index(
            fields=[column, "id"], condition=Q(**{f"{column}__gt": 1}), name=f"return_many_{column}"
        )
        for column in ("items_waiting", "items_missing")
    ]
