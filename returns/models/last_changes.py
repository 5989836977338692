# ruff: noqa: S608 - built from our own constants alone
"""When each return last changed for a program: its facts, or which tags it has.

``updated_at`` is the WMS's, and says nothing of tags. Triggers keep this time, so that bulk and raw
writes move it too. Each change gives a return a later time than it had, and no two changes of a
return share one.

A transaction may commit later than one that began after it, so the newest times are not settled:
who has read up to a time would miss one that comes to light below it. Each writer therefore holds
a shared lock, until its transaction ends, whose number is the second in which it began to write.
Below the oldest second that is held, no more times come; see ``returns.api.following``.
"""

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from config.triggers import after, after_update
from returns.models.facts import FACTS
from returns.models.problems import IS_NOT_DRY_RUN

# The first number of the locks; the second is a number of seconds since the beginning of 2025,
# which fits into it until 2093.
WRITING_LOCK, WRITING_EPOCH = 7_340_018, 1_735_689_600
_TAKE_LOCK = f"""PERFORM pg_advisory_xact_lock_shared({WRITING_LOCK},
    (floor(extract(epoch FROM clock_timestamp())) - {WRITING_EPOCH})::int);"""
# What the API answers of a return.
ANSWERED_COLUMNS = (*(fact.column for fact in FACTS), "unknown_fields")


class LastChange(models.Model):
    """The time of a return's last change, of its facts or tags.

    Only triggers write it. No column of returns, because tagging must not rewrite their wide rows.
    """

    record = models.OneToOneField(
        "returns.Return",
        models.DO_NOTHING,
        primary_key=True,
        related_name="last_change",
        db_constraint=False,
        verbose_name=pgettext_lazy("model", "return"),
    )
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "last change of a return")
        verbose_name_plural = pgettext_lazy("model", "last changes of returns")
        indexes = [
            # The order in which programs follow changes.
            models.Index(fields=["changed_at", "record"], name="last_change_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.changed_at:%Y-%m-%d %H:%M:%S}"


def _move(ids: str) -> str:
    """Return SQL that moves the times of these returns, in one order, so that none waits in a ring.

    The time is read after the lock is held.
    """
    return f"""IF {IS_NOT_DRY_RUN} THEN
        {_TAKE_LOCK}
        INSERT INTO returns_lastchange AS l (record_id, changed_at)
        SELECT id, clock_timestamp() FROM ({ids}) AS moved ORDER BY id
        ON CONFLICT (record_id) DO UPDATE
        SET changed_at = greatest(
            excluded.changed_at, l.changed_at + interval '1 microsecond'
        );
    END IF;"""


def _move_found(rows: str) -> str:
    """Return SQL that moves the times of the returns that it finds first, if there are any.

    Run through EXECUTE, so that it is planned for these rows; see ``events.return_changed``.
    """
    return f"""EXECUTE $sql$ SELECT ARRAY({rows}) $sql$ INTO moved_ids;
    IF cardinality(moved_ids) > 0 THEN {_move("SELECT unnest(moved_ids) AS id")} END IF;"""


_FOUND = [("moved_ids", "bigint[]")]


def last_change_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers by which the times follow returns."""
    old, new = (", ".join(f"{row}.{name}" for name in ANSWERED_COLUMNS) for row in "on")
    changed = f"""SELECT n.id FROM old_values o JOIN new_values n ON o.id = n.id
        WHERE ROW({old}) IS DISTINCT FROM ROW({new})"""
    deleted = "DELETE FROM returns_lastchange WHERE record_id IN (SELECT id FROM old_values);"
    added = _move("SELECT id FROM new_values")
    return [
        after(pgtrigger.Insert, "change_of_new", added, new="new_values"),
        after_update("change_of_changed", _move_found(changed), declare=_FOUND),
        after(pgtrigger.Delete, "change_of_deleted", deleted, old="old_values"),
    ]


def retagged_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers by which the times follow taggings.

    Of updates, only those count that give a return another tag: a group that becomes exclusive
    changes all taggings with its tags, but none of them is another one.
    """
    retagged = """SELECT DISTINCT unnest(ARRAY[o.entity_id, n.entity_id])
        FROM old_values o JOIN new_values n ON o.id = n.id
        WHERE (o.entity_id, o.tag_id) <> (n.entity_id, n.tag_id)"""
    added, removed = (f"SELECT DISTINCT entity_id FROM {rows}_values" for rows in ("new", "old"))
    insert, update, delete = map(_move_found, (added, retagged, removed))
    return [
        after(pgtrigger.Insert, "change_of_tagged", insert, declare=_FOUND, new="new_values"),
        after_update("change_of_retagged", update, declare=_FOUND),
        after(pgtrigger.Delete, "change_of_untagged", delete, declare=_FOUND, old="old_values"),
    ]
