"""Indexes of returns that several columns have alike."""

from django.db import models
from django.db.models import F, Q


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


def processing_time_index() -> models.Index:
    """Return the index of processing times.

    PostgreSQL also knows by it how many returns took how long, and would guess otherwise.
    """
    time = F("completed_at") - F("arrived_to_warehouse_at")
    return models.Index(time, name="return_by_processing_time")


def many_items_indexes() -> list[models.Index]:
    """Return the indexes of the few returns with several items that wait, or are missing."""
    return [
        models.Index(
            fields=[column, "id"], condition=Q(**{f"{column}__gt": 1}), name=f"return_many_{column}"
        )
        for column in ("items_waiting", "items_missing")
    ]
