"""Indexes of returns that several columns have alike."""

from django.db import models
from django.db.models import Q


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
