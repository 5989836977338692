# ruff: noqa: S608 - built from our own constants alone
"""The value of a return: what its items cost in its order. Triggers on both keep it.

It is the sum of the prices of all line items, each the price of one piece with this SKU in the
order. Missing items count: the shopper says that they were sent back, and may be paid for them. Of
several lines of an order with one SKU, the first counts. The value is known only if each item has a
price and all prices have one currency; amounts of different currencies are never added.
"""

import pgtrigger
from django.db import models
from django.utils.translation import pgettext_lazy

from config.triggers import after, after_update
from returns.models.changes import shown_change_triggers
from returns.models.line_items import PLACES_IN_LINE
from returns.models.problems import IS_NOT_DRY_RUN, TAKE_LOCK
from returns.models.summaries import uncounted_value_triggers

# Enough for the sum of the most expensive items that a return may have.
MAX_VALUE_DIGITS, VALUE_DECIMALS = 24, 4


class ReturnValue(models.Model):
    """The value of a return; there is no row if it is unknown.

    Only triggers write it. No columns of returns, because a feed that brings orders must not look
    like one that changed their returns.
    """

    record = models.OneToOneField(
        "returns.Return",
        models.DO_NOTHING,
        primary_key=True,
        related_name="value",
        db_constraint=False,
        verbose_name=pgettext_lazy("model", "return"),
    )
    currency = models.CharField(max_length=3, db_collation="C")
    amount = models.DecimalField(max_digits=MAX_VALUE_DIGITS, decimal_places=VALUE_DECIMALS)

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "value of a return")
        verbose_name_plural = pgettext_lazy("model", "values of returns")
        indexes = [
            # The order of lists by value.
            models.Index(fields=["currency", "amount", "record"], name="value_in_order"),
            models.Index(fields=["amount", "record"], name="value_by_amount"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="value_has_a_currency"
            )
        ]
        triggers = [*shown_change_triggers(), *uncounted_value_triggers()]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def _known_values(rows: str) -> str:
    """Return SQL that computes the values of these returns, ``n``, as far as they are known.

    The order of a return is the one that is spelled as the return says, or else the oldest with the
    same search key, as on pages. OFFSET 0 makes the key of a line once, not for each item.
    """
    return f"""
        SELECT n.id AS record_id, min(piece.currency) AS currency, sum(piece.price) AS amount
        FROM {rows}
        CROSS JOIN LATERAL (
            SELECT so.id FROM returns_salesorder so WHERE so.order_key = n.order_key
            ORDER BY so.reference <> n.sales_order_reference_number, so.id LIMIT 1
        ) AS placed
        CROSS JOIN LATERAL jsonb_array_elements(n.line_items) AS line
        CROSS JOIN LATERAL (
            SELECT returns_search_key(line->>{PLACES_IN_LINE["sku"]}) AS sku_key OFFSET 0
        ) AS sent
        LEFT JOIN LATERAL (
            SELECT i.price, i.currency FROM returns_salesorderitem i
            WHERE i.order_id = placed.id AND i.sku_key = sent.sku_key
            ORDER BY i.position LIMIT 1
        ) AS piece ON true
        GROUP BY n.id
        HAVING count(*) = count(piece.price) AND min(piece.currency) <> ''
            AND min(piece.currency) = max(piece.currency)"""


def _insert_values(rows: str) -> str:
    return f"""INSERT INTO returns_returnvalue AS v (record_id, currency, amount)
        {_known_values(rows)} ORDER BY 1"""


def _rewrite_values(rows: str) -> str:
    """Return SQL that stores the values of these returns anew; equal ones are left alone."""
    return f"""EXECUTE $sql$
        WITH n AS MATERIALIZED (
            SELECT n.id, n.order_key, n.sales_order_reference_number, n.line_items FROM {rows}
        ), known AS MATERIALIZED ({_known_values("n")}), unknown AS (
            DELETE FROM returns_returnvalue
            WHERE record_id IN (SELECT id FROM n)
                AND record_id NOT IN (SELECT record_id FROM known)
        )
        INSERT INTO returns_returnvalue AS v (record_id, currency, amount)
        SELECT record_id, currency, amount FROM known ORDER BY record_id
        ON CONFLICT (record_id) DO UPDATE SET currency = excluded.currency, amount = excluded.amount
        WHERE (v.currency, v.amount) IS DISTINCT FROM (excluded.currency, excluded.amount)
    $sql$;"""


# For a recount of all returns.
_ALL_RETURNS = "returns_return n"
RECOUNT_VALUES = (
    TAKE_LOCK.replace("PERFORM", "SELECT", 1),
    "DELETE FROM returns_returnvalue",
    _insert_values(_ALL_RETURNS),
)
FIND_WRONG_VALUES = f"""
    SELECT record_id, stored.currency, stored.amount, counted.currency, counted.amount
    FROM returns_returnvalue stored
    FULL JOIN ({_known_values(_ALL_RETURNS)}) counted USING (record_id)
    WHERE (stored.currency, stored.amount) IS DISTINCT FROM (counted.currency, counted.amount)
    ORDER BY 1 LIMIT %s"""


def value_of_new() -> pgtrigger.Trigger:
    """Return the trigger that stores the values of new returns."""
    # Without the lock, a return and its order that are written at once would not see each other.
    return after(
        pgtrigger.Insert,
        "value_of_new",
        f"""IF {IS_NOT_DRY_RUN} AND EXISTS (
                SELECT FROM new_values WHERE line_items IS NOT NULL AND order_key IS NOT NULL
            ) THEN {TAKE_LOCK} EXECUTE $sql$ {_insert_values("new_values n")} $sql$; END IF;""",
        new="new_values",
    )


def value_of_changed() -> pgtrigger.Trigger:
    """Return the trigger that follows changes of the line items and orders of returns."""
    # count(*), not EXISTS: see ``shared_by_changed``.
    changed = """old_values o JOIN new_values n ON o.id = n.id
        AND (o.line_items, o.sales_order_reference_number)
            IS DISTINCT FROM (n.line_items, n.sales_order_reference_number)
        AND (o.line_items IS NOT NULL OR n.line_items IS NOT NULL)"""
    return after_update(
        "value_of_changed",
        f"""EXECUTE $sql$ SELECT count(*) > 0 FROM {changed} $sql$ INTO is_changed;
        IF is_changed AND {IS_NOT_DRY_RUN} THEN {TAKE_LOCK} {_rewrite_values(changed)} END IF;""",
        declare=[("is_changed", "boolean")],
    )


def value_of_deleted() -> pgtrigger.Trigger:
    """Return the trigger that deletes the values of deleted returns."""
    # Without the lock, an order that is written at once would leave a value behind.
    return after(
        pgtrigger.Delete,
        "value_of_deleted",
        f"""IF EXISTS (
                SELECT FROM old_values WHERE line_items IS NOT NULL AND order_key IS NOT NULL
            ) THEN {TAKE_LOCK}
            DELETE FROM returns_returnvalue WHERE record_id IN (SELECT id FROM old_values);
        END IF;""",
        old="old_values",
    )


def _returns_of(keys: str) -> str:
    """Return SQL with the returns that may have a value, ``n``, of the orders with these keys.

    OFFSET 0 makes PostgreSQL look them up by their index.
    """
    return f"""(SELECT DISTINCT order_key FROM ({keys}) AS keys) AS key
        CROSS JOIN LATERAL (
            SELECT * FROM returns_return r
            WHERE r.order_key = key.order_key AND r.line_items IS NOT NULL OFFSET 0
        ) AS n"""


def priced_item_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers of the items of orders, by which values follow prices."""
    new, old = "SELECT order_id FROM new_values", "SELECT order_id FROM old_values"
    insert, update, delete = (
        TAKE_LOCK
        + _rewrite_values(
            _returns_of(f"SELECT order_key FROM returns_salesorder WHERE id IN ({ids})")
        )
        for ids in (new, f"{new} UNION ALL {old}", old)
    )
    return [
        after(pgtrigger.Insert, "value_by_new_price", insert, new="new_values"),
        after_update("value_by_changed_price", update),
        after(pgtrigger.Delete, "value_by_deleted_price", delete, old="old_values"),
    ]


def shared_key_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers of orders, for returns whose key belongs to several of them.

    Such a return may belong to another order than before. The items of an order that has its key
    for itself tell the rest; references of orders do not change.
    """
    return [
        after(
            operation,
            name,
            f"""EXECUTE $sql$ SELECT count(*) > 0 FROM ({_shared_keys(rows)}) AS keys $sql$
                INTO is_shared;
            IF is_shared THEN
                {TAKE_LOCK} {_rewrite_values(_returns_of(_shared_keys(rows)))}
            END IF;""",
            declare=[("is_shared", "boolean")],
            **{side: rows},
        )
        for operation, name, side, rows in (
            (pgtrigger.Insert, "value_by_new_order", "new", "new_values"),
            (pgtrigger.Delete, "value_by_deleted_order", "old", "old_values"),
        )
    ]


def _shared_keys(rows: str) -> str:
    return f"""SELECT w.order_key FROM {rows} w WHERE EXISTS (
        SELECT FROM returns_salesorder so
        WHERE so.order_key = w.order_key AND so.id <> w.id OFFSET 0
    )"""
