# ruff: noqa: S608 - built from our own constants alone
"""The line items of returns as rows, to be searched and counted; triggers on returns write them."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Reverse
from django.utils.translation import pgettext_lazy

from config.triggers import after, after_update
from returns.models.keys import search_key_field
from returns.models.line_items import (
    ITEM_FACTS,
    ITEM_FACTS_BY_COLUMN,
    PLACES_IN_LINE,
    DamagedState,
    ItemState,
)


class ReturnItem(models.Model):
    """A line item of a return. Only the triggers on returns write it; see ``LineItem``."""

    record = models.ForeignKey(
        "returns.Return",
        models.DO_NOTHING,
        related_name="items",
        db_constraint=False,
        db_index=False,
        verbose_name=pgettext_lazy("model", "return"),
    )
    # As with tags: lists read the items of a SKU in the order of the returns' creation.
    record_created_at = models.DateTimeField(editable=False)
    line_reference = models.CharField(ITEM_FACTS_BY_COLUMN["line_reference"].label, max_length=100)
    sku = models.CharField(ITEM_FACTS_BY_COLUMN["sku"].label, max_length=100, blank=True)
    serial_number = models.CharField(
        ITEM_FACTS_BY_COLUMN["serial_number"].label, max_length=100, blank=True
    )
    state = models.CharField(ITEM_FACTS_BY_COLUMN["state"].label, max_length=30, choices=ItemState)
    damaged_state = models.CharField(
        ITEM_FACTS_BY_COLUMN["damaged_state"].label,
        max_length=30,
        choices=DamagedState,
        blank=True,
    )
    processed_at = models.DateTimeField(
        ITEM_FACTS_BY_COLUMN["processed_at"].label, null=True, blank=True
    )
    # Of several lines with one SKU, a list of its returns reads one.
    is_first_of_sku = models.BooleanField(editable=False)
    sku_key = search_key_field("sku")
    serial_key = search_key_field("serial_number")

    class Meta:
        verbose_name = pgettext_lazy("model", "line item")
        verbose_name_plural = pgettext_lazy("model", "line items")
        default_permissions = ()
        ordering = ["record", "line_reference"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "line_reference"], name="line_reference_is_unique_in_a_return"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ItemState.values), name="item_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(damaged_state__in=["", *DamagedState.values]),
                name="damaged_state_is_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["sku_key", "-record_created_at", "-record"],
                condition=Q(is_first_of_sku=True),
                name="item_by_sku",
            ),
            models.Index(
                fields=["serial_key", "record"],
                condition=Q(serial_key__isnull=False),
                name="item_by_serial",
            ),
            models.Index(
                Reverse("serial_key"),
                condition=Q(serial_key__isnull=False),
                name="item_by_end_of_serial",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_reference} of {self.record_id}"


_ITEM_COLUMNS = [fact.column for fact in ITEM_FACTS]
_ITEM_VALUES = ", ".join(
    f"(item->>{PLACES_IN_LINE[name]})::timestamptz" if name == "processed_at" else f"item->>{place}"
    for place, name in enumerate(_ITEM_COLUMNS)
)


def _insert_items(rows: str) -> str:
    """Return SQL that stores the items of these rows, ``n``."""
    sku = f"returns_search_key(item->>{PLACES_IN_LINE['sku']})"
    order = f'(item->>{PLACES_IN_LINE["line_reference"]}) COLLATE "C"'
    return f"""EXECUTE $sql$
        INSERT INTO returns_returnitem
            (record_id, record_created_at, {", ".join(_ITEM_COLUMNS)}, is_first_of_sku)
        SELECT n.id, n.created_at, {_ITEM_VALUES},
            row_number() OVER (PARTITION BY n.id, {sku} ORDER BY {order}) = 1
        FROM {rows} CROSS JOIN LATERAL jsonb_array_elements(n.line_items) AS item
        ORDER BY n.id
    $sql$;"""


def items_of_new() -> pgtrigger.Trigger:
    """Return the trigger that stores the items of new returns."""
    return after(
        pgtrigger.Insert,
        "items_of_new",
        f"""IF EXISTS (SELECT FROM new_values WHERE line_items IS NOT NULL)
            THEN {_insert_items("new_values n")} END IF;""",
        new="new_values",
    )


def items_of_changed() -> pgtrigger.Trigger:
    """Return the trigger that replaces the items of returns whose line items changed."""
    changed = """old_values o JOIN new_values n ON o.id = n.id
        AND (o.line_items, o.created_at) IS DISTINCT FROM (n.line_items, n.created_at)
        AND (o.line_items IS NOT NULL OR n.line_items IS NOT NULL)"""
    return after_update(
        "items_of_changed",
        f"""EXECUTE $sql$ SELECT count(*) > 0 FROM {changed} $sql$ INTO is_changed;
        IF is_changed THEN
            EXECUTE $sql$
                DELETE FROM returns_returnitem WHERE record_id IN (SELECT o.id FROM {changed})
            $sql$;
            {_insert_items(changed)}
        END IF;""",
        declare=[("is_changed", "boolean")],
    )


def items_of_deleted() -> pgtrigger.Trigger:
    """Return the trigger that deletes the items of deleted returns."""
    return after(
        pgtrigger.Delete,
        "items_of_deleted",
        "DELETE FROM returns_returnitem WHERE record_id IN (SELECT id FROM old_values);",
        old="old_values",
    )
