# ruff: noqa: S608 - built from our own constants alone
"""A log of the statements that changed returns, their tags, or what else open pages show of them.

Triggers write it, so bulk and raw writes are logged too.
"""

from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from config.triggers import after

# How many returns one log entry lists.
MAX_NAMED_RETURNS = 1_000


class Xid8Field(models.Field):  # type: ignore[type-arg]
    """A transaction ID that PostgreSQL never reuses."""

    def db_type(self, connection: Any) -> str:  # noqa: ARG002
        """Return the column's type."""
        return "xid8"


class CurrentTransaction(Func):
    """The ID of the current transaction."""

    function = "pg_current_xact_id"
    template = "%(function)s()"
    output_field = Xid8Field()


class Change(models.Model):
    """A statement that changed what open pages show, and its transaction.

    ``reached_count`` is the number of returns that were created or changed state. ``reached`` has
    the ids of the first 1,000 of them.
    """

    xid = Xid8Field(db_default=CurrentTransaction())
    reached = ArrayField(models.BigIntegerField(), db_default=[])
    reached_count = models.IntegerField(db_default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = pgettext_lazy("model", "change")
        verbose_name_plural = pgettext_lazy("model", "changes")
        indexes = [
            models.Index(fields=["xid"], name="change_by_transaction"),
            models.Index(
                fields=["xid"], condition=Q(reached_count__gt=0), name="change_that_reached"
            ),
            models.Index(fields=["at"], name="change_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.xid}: {self.reached_count} reached"


def return_change_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers that log each write to returns, with new returns and changes of state."""
    log_new = f"""
        INSERT INTO returns_change (reached, reached_count)
        SELECT ARRAY(SELECT id FROM new_values ORDER BY id LIMIT {MAX_NAMED_RETURNS}), count(*)
        FROM new_values HAVING count(*) > 0;
    """
    moved = "FILTER (WHERE o.state IS DISTINCT FROM n.state)"
    # Run through EXECUTE, so that it is planned for these rows; see ``events.return_changed``.
    log_changed = f"""EXECUTE $sql$
        INSERT INTO returns_change (reached, reached_count)
        SELECT coalesce((array_agg(n.id ORDER BY n.id) {moved})[1:{MAX_NAMED_RETURNS}], '{{}}'),
            count(*) {moved}
        FROM old_values o JOIN new_values n ON o.id = n.id HAVING count(*) > 0
    $sql$;"""
    return [
        after(pgtrigger.Insert, "note_new", log_new, new="new_values"),
        after(pgtrigger.Update, "note_changed", log_changed, old="old_values", new="new_values"),
        after(pgtrigger.Delete, "note_deleted", _log_if_any("old_values"), old="old_values"),
    ]


def tag_change_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers that log each write to taggings."""
    new, old = _log_if_any("new_values"), _log_if_any("old_values")
    return [
        after(pgtrigger.Insert, "note_tagged", new, new="new_values"),
        after(pgtrigger.Update, "note_retagged", new, new="new_values"),
        after(pgtrigger.Delete, "note_untagged", old, old="old_values"),
    ]


def shown_change_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers that log each write to a table with what pages show beside returns.

    A migration has the same for the vocabulary, which knows nothing of returns.
    """
    new, old = _log_if_any("new_values"), _log_if_any("old_values")
    return [
        after(pgtrigger.Insert, "note_inserted", new, new="new_values"),
        after(pgtrigger.Update, "note_updated", new, new="new_values"),
        after(pgtrigger.Delete, "note_deleted", old, old="old_values"),
    ]


def _log_if_any(rows: str) -> str:
    return f"INSERT INTO returns_change (reached_count) SELECT 0 FROM {rows} LIMIT 1;"
