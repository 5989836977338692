"""The columns of the list. django-tables2 owns the columns; our template renders the cells."""

from typing import Any

import django_tables2 as tables
from django_tables2.data import TableListData

from returns.models import Return


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
    notes = tables.Column("Notes", orderable=False)

    class Meta:
        template_name = "returns/table.html"
        order_by_field = "sort"
        empty_text = "No returns"

    def __init__(self, rows: list[Return], sort: str) -> None:
        super().__init__(PresortedRows(rows), order_by=(sort,) if sort else ())
