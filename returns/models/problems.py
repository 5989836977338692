# ruff: noqa: S608 - built from our own constants alone
"""Indexes and triggers that find returns whose record has a problem."""

from datetime import timedelta

import pgtrigger
from django.db import models
from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.lookups import GreaterThan
from django.utils.translation import pgettext_lazy

from config.triggers import after, after_update

NO_ARRIVAL = Q(state="Completed", arrived_to_warehouse_at__isnull=True)
# How much earlier than a return's creation an event may have been without being a problem.
MOST_EARLY = timedelta(days=1)


def _is_early(column: str) -> Q:
    # A difference of times: a time minus one day depends on the time zone, so it cannot be indexed.
    earlier = ExpressionWrapper(F("created_at") - F(column), output_field=DurationField())
    return Q(GreaterThan(earlier, MOST_EARLY))


EARLY_ARRIVAL, EARLY_COMPLETION = _is_early("arrived_to_warehouse_at"), _is_early("completed_at")
NO_ORDER = Q(order_key__isnull=True)
ITEMS_LEFT = Q(state="Completed", items_waiting__gt=0)
NO_ITEMS = Q(state="Completed", item_count=0)
OPEN = ~Q(state="Completed")

# An arbitrary number. One transaction at a time, the holder, updates what depends on several rows:
# the shared tracking IDs, and the values of returns. One lock for both, so that no two transactions
# take them in different orders.
SHARED_TRACKING_LOCK = 7_340_017
TAKE_LOCK = f"PERFORM pg_advisory_xact_lock({SHARED_TRACKING_LOCK});"
# A dry run would hold the lock until its end, and is rolled back anyway.
IS_NOT_DRY_RUN = "current_setting('returns.dry_run', true) IS DISTINCT FROM 'on'"


class SharedTracking(models.Model):
    """A tracking ID, as its search key, that returns of more than one order have.

    Only the triggers on returns write it. A missing order does not count as another order.
    """

    tracking_key = models.CharField(primary_key=True, max_length=400, db_collation="C")

    class Meta:
        verbose_name = pgettext_lazy("model", "tracking ID of several orders")
        verbose_name_plural = pgettext_lazy("model", "tracking IDs of several orders")

    def __str__(self) -> str:
        return self.tracking_key


def problem_indexes() -> list[models.Index]:
    """Return the partial indexes of the few returns with each problem, in the order of the list."""
    newest = ["created_at", "id"]
    return [
        models.Index(fields=newest, condition=NO_ARRIVAL, name="return_no_arrival"),
        models.Index(
            fields=newest,
            include=["state", "arrived_to_warehouse_at"],
            condition=EARLY_ARRIVAL,
            name="return_arrived_early",
        ),
        models.Index(fields=newest, condition=EARLY_COMPLETION, name="return_early_completion"),
        models.Index(fields=newest, condition=NO_ORDER, name="return_no_order"),
        models.Index(fields=newest, condition=ITEMS_LEFT, name="return_items_left"),
        models.Index(fields=newest, condition=NO_ITEMS, name="return_no_items"),
        models.Index(fields=["updated_at", "id"], condition=OPEN, name="return_open_by_update"),
        models.Index(
            fields=newest,
            include=["state", "arrived_to_warehouse_at", "updated_at"],
            condition=OPEN,
            name="return_open_by_creation",
        ),
    ]


def _insert_shared(rows: str) -> str:
    """Return SQL that stores the tracking IDs of these rows that another order has too.

    OFFSET 0 makes PostgreSQL look the other returns up by their index; as a join it might read the
    whole table.
    """
    return f"""EXECUTE $sql$
        INSERT INTO returns_sharedtracking (tracking_key)
        SELECT DISTINCT n.tracking_key FROM {rows}
        WHERE n.tracking_key IS NOT NULL AND n.order_key IS NOT NULL
            AND EXISTS (
                SELECT FROM returns_return r
                WHERE r.tracking_key = n.tracking_key AND r.order_key <> n.order_key OFFSET 0
            )
        ON CONFLICT (tracking_key) DO NOTHING
    $sql$;"""


def _delete_unshared(rows: str) -> str:
    """Return SQL that deletes the tracking IDs of these rows that are no longer shared."""
    of_key = "FROM returns_return r WHERE r.tracking_key = s.tracking_key"
    one = f"(SELECT order_key {of_key} AND order_key IS NOT NULL LIMIT 1)"
    return f"""EXECUTE $sql$
        DELETE FROM returns_sharedtracking s
        WHERE s.tracking_key IN (SELECT o.tracking_key FROM {rows})
            AND NOT EXISTS (SELECT {of_key} AND r.order_key <> {one} OFFSET 0)
    $sql$;"""


def shared_by_new() -> pgtrigger.Trigger:
    """Return the trigger that stores tracking IDs that new returns share with another order."""
    return after(
        pgtrigger.Insert,
        "shared_by_new",
        f"""IF {IS_NOT_DRY_RUN} AND EXISTS (
                SELECT FROM new_values WHERE tracking_key IS NOT NULL AND order_key IS NOT NULL
            ) THEN {TAKE_LOCK} {_insert_shared("new_values n")} END IF;""",
        new="new_values",
    )


def shared_by_changed() -> pgtrigger.Trigger:
    """Return the trigger that follows changes of tracking IDs and orders."""
    # count(*), not EXISTS: planned for the first row only, EXISTS is quadratic if there is none.
    changed = """old_values o JOIN new_values n ON o.id = n.id
        AND (o.tracking_key, o.order_key) IS DISTINCT FROM (n.tracking_key, n.order_key)"""
    return after_update(
        "shared_by_changed",
        f"""EXECUTE $sql$ SELECT count(*) > 0 FROM {changed} $sql$ INTO is_changed;
        IF is_changed AND {IS_NOT_DRY_RUN} THEN
            {TAKE_LOCK} {_delete_unshared(changed)} {_insert_shared(changed)}
        END IF;""",
        declare=[("is_changed", "boolean")],
    )


def shared_by_deleted() -> pgtrigger.Trigger:
    """Return the trigger that deletes tracking IDs that are no longer shared after a deletion."""
    return after(
        pgtrigger.Delete,
        "shared_by_deleted",
        f"""IF EXISTS (SELECT FROM old_values WHERE tracking_key IS NOT NULL) THEN
                {TAKE_LOCK} {_delete_unshared("old_values o")}
            END IF;""",
        old="old_values",
    )
