# ruff: noqa: S608 - built from our own texts alone
"""What people want to be reminded of. That a return arrives makes them due by triggers."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_noop, pgettext_lazy

from config.triggers import after, after_update
from returns.models.claims import told_text

MAX_WHY_LENGTH = 200
FOLLOW_UP_DELETED_TEXT = gettext_noop(
    "You wanted to be reminded of %(reference)s, but the return was deleted."
)


class FollowUpMoment(models.TextChoices):
    """What makes a follow-up due."""

    TIME = "time", pgettext_lazy("follow-up", "at a time")
    ARRIVED = "arrived", pgettext_lazy("follow-up", "when it arrives")
    COMPLETED = "completed", pgettext_lazy("follow-up", "when it is completed")
    TAGGED = "tagged", pgettext_lazy("follow-up", "when its tags change")


class FollowUp(models.Model):
    """That a person wants to be reminded of a return; only they see it.

    It is due from ``due_at`` on until ``done_at``. ``due_at`` is empty while it waits for something
    to happen: the transaction in which that happens sets it. So nothing has to look for it, and it
    is neither early nor lost, whatever stops.
    """

    # Not checked: a trigger of returns deletes the follow-ups of deleted ones.
    record = models.ForeignKey(
        "returns.Return", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.DB_CASCADE, related_name="+")
    moment = models.CharField(max_length=10, choices=FollowUpMoment)
    why = models.CharField(max_length=MAX_WHY_LENGTH, blank=True, db_default="")
    due_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    done_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "follow-up")
        verbose_name_plural = pgettext_lazy("model", "follow-ups")
        constraints = [
            models.CheckConstraint(
                condition=~Q(moment=FollowUpMoment.TIME) | Q(due_at__isnull=False),
                name="follow_up_at_a_time_has_one",
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "due_at"], condition=Q(done_at=None), name="follow_ups_due"
            ),
            models.Index(fields=["record"], name="follow_ups_of_return"),
            models.Index(
                fields=["record", "moment"],
                condition=Q(done_at=None, due_at=None),
                name="follow_ups_waiting",
            ),
            models.Index(
                fields=["done_at"], condition=Q(done_at__isnull=False), name="follow_ups_done"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} about {self.record_id}"


def _come_due(moment: FollowUpMoment, reached: str) -> str:
    """Return SQL that makes the follow-ups due that wait for this on the returns reached."""
    waits = f"moment = '{moment.value}' AND due_at IS NULL AND done_at IS NULL"
    return f"""IF EXISTS (SELECT FROM returns_followup WHERE {waits}) THEN EXECUTE $sql$
        UPDATE returns_followup f SET due_at = clock_timestamp()
        FROM ({reached}) AS reached (id) WHERE f.record_id = reached.id
        AND f.moment = '{moment.value}' AND f.due_at IS NULL AND f.done_at IS NULL
    $sql$; END IF; """


def follow_ups_of_changed() -> pgtrigger.Trigger:
    """Return the trigger of returns that makes due what waits for an arrival or a completion."""
    changed = "SELECT n.id FROM old_values o JOIN new_values n ON o.id = n.id WHERE"
    arrived = f"""{changed} o.arrived_to_warehouse_at IS NULL
        AND n.arrived_to_warehouse_at IS NOT NULL"""
    completed = f"{changed} o.completed_at IS NULL AND n.completed_at IS NOT NULL"
    # Without an arrival, a completed return will not arrive any more.
    arrived_late = f"{completed} AND n.arrived_to_warehouse_at IS NULL"
    return after_update(
        "follow_ups_of_changed",
        _come_due(FollowUpMoment.ARRIVED, f"{arrived} UNION {arrived_late}")
        + _come_due(FollowUpMoment.COMPLETED, completed),
    )


def follow_ups_of_deleted() -> pgtrigger.Trigger:
    """Return the trigger of returns that deletes the follow-ups of deleted ones, and says so."""
    return after(
        pgtrigger.Delete,
        "follow_ups_of_deleted",
        f"""IF EXISTS (SELECT FROM returns_followup) THEN EXECUTE $sql$
            WITH gone AS (
                DELETE FROM returns_followup f USING old_values o WHERE f.record_id = o.id
                RETURNING f.person_id, f.done_at, o.return_reference_number AS reference
            )
            INSERT INTO returns_notice (person_id, kind, text)
            SELECT DISTINCT person_id, 'follow-up', {told_text(FOLLOW_UP_DELETED_TEXT)} FROM gone
            WHERE done_at IS NULL
        $sql$; END IF;""",
        old="old_values",
    )


def follow_ups_of_tagged() -> list[pgtrigger.Trigger]:
    """Return the triggers of taggings that make due what waits for a change of the tags."""
    tagged, untagged = (
        _come_due(FollowUpMoment.TAGGED, f"SELECT DISTINCT entity_id FROM {rows}")
        for rows in ("new_values", "old_values")
    )
    return [
        after(pgtrigger.Insert, "follow_ups_of_tagged", tagged, new="new_values"),
        after(pgtrigger.Delete, "follow_ups_of_untagged", untagged, old="old_values"),
    ]
