# ruff: noqa: S608 - the parts of these statements are our own
"""That returns or their tags changed: kept by triggers, so that no bulk or raw write escapes."""

from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now

from returns.models.triggers import after

# Of one statement so many returns are named.
NAMED = 1_000


class Xid8Field(models.Field):  # type: ignore[type-arg]
    """The number of a transaction, which is never used again."""

    def db_type(self, connection: Any) -> str:  # noqa: ARG002
        """Return the type of the column."""
        return "xid8"


class CurrentTransaction(Func):
    """The transaction at hand."""

    function = "pg_current_xact_id"
    template = "%(function)s()"
    output_field = Xid8Field()


class Change(models.Model):
    """A statement that changed returns or their tags, and the transaction that it was part of.

    ``reached`` names returns that are new, or are in another state than before: the first 1,000
    of ``reached_count``.
    """

    xid = Xid8Field(db_default=CurrentTransaction())
    reached = ArrayField(models.BigIntegerField(), db_default=[])
    reached_count = models.IntegerField(db_default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["xid"], name="change_by_transaction"),
            models.Index(
                fields=["xid"], condition=Q(reached_count__gt=0), name="change_that_reached"
            ),
            models.Index(fields=["at"], name="change_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.xid}: {self.reached_count} reached"


def changes_of_returns() -> list[pgtrigger.Trigger]:
    """Note each statement that wrote returns, and which of them it brought or moved on."""
    brought = f"""
        INSERT INTO returns_change (reached, reached_count)
        SELECT ARRAY(SELECT id FROM new_values ORDER BY id LIMIT {NAMED}), count(*)
        FROM new_values HAVING count(*) > 0;
    """
    moved = "FILTER (WHERE o.state IS DISTINCT FROM n.state)"
    # Executed as text, so that it is planned for the rows at hand; see ``events``.
    changed = f"""EXECUTE $sql$
        INSERT INTO returns_change (reached, reached_count)
        SELECT coalesce((array_agg(n.id ORDER BY n.id) {moved})[1:{NAMED}], '{{}}'),
            count(*) {moved}
        FROM old_values o JOIN new_values n ON o.id = n.id HAVING count(*) > 0
    $sql$;"""
    return [
        after(pgtrigger.Insert, "note_new", brought, new="new_values"),
        after(pgtrigger.Update, "note_changed", changed, old="old_values", new="new_values"),
        after(pgtrigger.Delete, "note_deleted", _any_of("old_values"), old="old_values"),
    ]


def changes_of_tags() -> list[pgtrigger.Trigger]:
    """Note each statement that wrote taggings."""
    new, old = _any_of("new_values"), _any_of("old_values")
    return [
        after(pgtrigger.Insert, "note_tagged", new, new="new_values"),
        after(pgtrigger.Update, "note_retagged", new, new="new_values"),
        after(pgtrigger.Delete, "note_untagged", old, old="old_values"),
    ]


def _any_of(rows: str) -> str:
    return f"INSERT INTO returns_change (reached_count) SELECT 0 FROM {rows} LIMIT 1;"
