# ruff: noqa: S608 - the parts of these statements are our own
"""What the database keeps ready to find returns whose record needs mending."""

from datetime import timedelta

import pgtrigger
from django.db import models
from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.lookups import GreaterThan

from returns.models.triggers import after, after_update

NO_ARRIVAL = Q(state="Completed", arrived_to_warehouse_at__isnull=True)
# A difference: a time minus a day would depend on the time zone, and no index holds that.
EARLY_ARRIVAL = Q(
    GreaterThan(
        ExpressionWrapper(
            F("created_at") - F("arrived_to_warehouse_at"), output_field=DurationField()
        ),
        timedelta(days=1),
    )
)
NO_ORDER = Q(order_key__isnull=True)
OPEN = ~Q(state="Completed")

# Any number; whoever takes the lock of this one decides alone which tracking IDs are shared.
LOCK = 7_340_017
TAKE_LOCK = f"PERFORM pg_advisory_xact_lock({LOCK});"
# A dry run would hold the lock as long as it takes, and nothing of it stays.
WRITES = "current_setting('returns.dry_run', true) IS DISTINCT FROM 'on'"


class SharedTracking(models.Model):
    """A tracking ID, as it is searched, that stands on returns of more than one order.

    Kept by triggers on returns alone. A missing order is no other order.
    """

    tracking_key = models.CharField(primary_key=True, max_length=400, db_collation="C")

    class Meta:
        verbose_name = "tracking ID of several orders"
        verbose_name_plural = "tracking IDs of several orders"

    def __str__(self) -> str:
        return self.tracking_key


def indexes_of_problems() -> list[models.Index]:
    """Return the indexes that hold the few returns of each problem, in the order of the list."""
    newest = ["created_at", "id"]
    return [
        models.Index(fields=newest, condition=NO_ARRIVAL, name="return_no_arrival"),
        models.Index(fields=newest, condition=EARLY_ARRIVAL, name="return_early_arrival"),
        models.Index(fields=newest, condition=NO_ORDER, name="return_no_order"),
        models.Index(fields=["updated_at", "id"], condition=OPEN, name="return_open_by_update"),
    ]


def _become_shared(rows: str) -> str:
    """Keep the tracking IDs of these rows that stand on another order too.

    OFFSET 0, so that the others are looked up by their index: a join would sooner or later read
    the whole table.
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


def _are_shared_no_more(rows: str) -> str:
    """Forget the tracking IDs of these rows that now stand on one order or none."""
    of_key = "FROM returns_return r WHERE r.tracking_key = s.tracking_key"
    one = f"(SELECT order_key {of_key} AND order_key IS NOT NULL LIMIT 1)"
    return f"""EXECUTE $sql$
        DELETE FROM returns_sharedtracking s
        WHERE s.tracking_key IN (SELECT o.tracking_key FROM {rows})
            AND NOT EXISTS (SELECT {of_key} AND r.order_key <> {one} OFFSET 0)
    $sql$;"""


def shared_by_new() -> pgtrigger.Trigger:
    """Keep the tracking IDs that new returns share with those of another order."""
    return after(
        pgtrigger.Insert,
        "shared_by_new",
        f"""IF {WRITES} AND EXISTS (
                SELECT FROM new_values WHERE tracking_key IS NOT NULL AND order_key IS NOT NULL
            ) THEN {TAKE_LOCK} {_become_shared("new_values n")} END IF;""",
        new="new_values",
    )


def shared_by_changed() -> pgtrigger.Trigger:
    """Keep and forget tracking IDs of returns whose tracking ID or order changed."""
    # Counted: for EXISTS the first row is looked for, which is quadratic where there is none.
    changed = """old_values o JOIN new_values n ON o.id = n.id
        AND (o.tracking_key, o.order_key) IS DISTINCT FROM (n.tracking_key, n.order_key)"""
    return after_update(
        "shared_by_changed",
        f"""EXECUTE $sql$ SELECT count(*) > 0 FROM {changed} $sql$ INTO is_changed;
        IF is_changed AND {WRITES} THEN
            {TAKE_LOCK} {_are_shared_no_more(changed)} {_become_shared(changed)}
        END IF;""",
        declare=[("is_changed", "boolean")],
    )


def shared_by_deleted() -> pgtrigger.Trigger:
    """Forget tracking IDs that were shared with returns that are gone."""
    return after(
        pgtrigger.Delete,
        "shared_by_deleted",
        f"""IF EXISTS (SELECT FROM old_values WHERE tracking_key IS NOT NULL) THEN
                {TAKE_LOCK} {_are_shared_no_more("old_values o")}
            END IF;""",
        old="old_values",
    )
