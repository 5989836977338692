# ruff: noqa: S608 - built from our own texts alone
"""Who takes care of which return. The database ends claims when their return is completed."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_noop, pgettext_lazy

from config.triggers import after, after_update
from returns.models.changes import shown_change_triggers

CLAIM_COMPLETED_TEXT = gettext_noop("Your claim on %(reference)s ended: the return was completed.")
CLAIM_DELETED_TEXT = gettext_noop("Your claim on %(reference)s ended: the return was deleted.")


class ClaimEnd(models.TextChoices):
    """Why a claim ended."""

    GIVEN_BACK = "back", pgettext_lazy("claim", "given back")
    TAKEN_OVER = "taken", pgettext_lazy("claim", "taken over")
    COMPLETED = "completed", pgettext_lazy("claim", "the return was completed")
    EXPIRED = "expired", pgettext_lazy("claim", "its time was over")
    LEFT = "left", pgettext_lazy("claim", "the person may no longer sign in")


class Claim(models.Model):
    """That a person takes care of a return, since when and until when.

    A return has one open claim at most, whose ``ended_at`` is empty. ``taken_from`` is who had it
    before, if somebody had. Ended claims are on the timeline. A claim keeps nobody from anything.
    """

    # Not checked: a trigger of returns deletes the claims of deleted ones.
    record = models.ForeignKey(
        "returns.Return",
        models.DO_NOTHING,
        related_name="claims",
        db_constraint=False,
        db_index=False,
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DB_CASCADE, related_name="+", db_index=False
    )
    taken_from = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DB_SET_NULL,
        null=True,
        related_name="+",
    )
    since = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_how = models.CharField(max_length=10, choices=ClaimEnd, blank=True, db_default="")

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "claim")
        verbose_name_plural = pgettext_lazy("model", "claims")
        permissions = [("claim_return", "Can claim returns")]
        constraints = [
            models.UniqueConstraint(
                fields=["record"], condition=Q(ended_at=None), name="return_has_one_claim"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_how="")
                | Q(ended_at__isnull=False, ended_how__in=ClaimEnd.values),
                name="claim_ends_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "since"], condition=Q(ended_at=None), name="claims_of_person"
            ),
            models.Index(fields=["since"], condition=Q(ended_at=None), name="claims_by_age"),
            models.Index(fields=["record", "-since"], name="claims_of_return"),
            models.Index(
                fields=["ended_at"], condition=Q(ended_at__isnull=False), name="claims_ended"
            ),
            # For what a person did last, and for deleting a person.
            models.Index(fields=["person", "-since"], name="claims_ever_by_person"),
        ]
        triggers = shown_change_triggers()

    def __str__(self) -> str:
        return f"{self.person} has {self.record_id}"


def told_text(text: str) -> str:
    """Return SQL for a stored text with the reference of a return, as ``StoredText`` stores it."""
    quoted = text.replace("'", "''")
    return (
        f"jsonb_build_object('text', '{quoted}', 'values',"
        " jsonb_build_object('reference', reference))::text"
    )


def claims_of_completed() -> pgtrigger.Trigger:
    """Return the trigger of returns that ends the claims of those that are completed."""
    return after_update(
        "claims_of_completed",
        f"""IF EXISTS (SELECT FROM returns_claim WHERE ended_at IS NULL) THEN EXECUTE $sql$
            WITH ended AS (
                UPDATE returns_claim c SET ended_at = clock_timestamp(), ended_how = 'completed'
                FROM old_values o JOIN new_values n ON o.id = n.id
                WHERE c.record_id = n.id AND c.ended_at IS NULL
                AND o.completed_at IS NULL AND n.completed_at IS NOT NULL
                RETURNING c.person_id, c.record_id, n.return_reference_number AS reference
            )
            INSERT INTO returns_notice (person_id, kind, record_id, text)
            SELECT person_id, 'claim', record_id, {told_text(CLAIM_COMPLETED_TEXT)} FROM ended
        $sql$; END IF;""",
    )


def claims_of_deleted() -> pgtrigger.Trigger:
    """Return the trigger of returns that deletes the claims of deleted ones."""
    return after(
        pgtrigger.Delete,
        "claims_of_deleted",
        f"""IF EXISTS (SELECT FROM returns_claim) THEN EXECUTE $sql$
            WITH gone AS (
                DELETE FROM returns_claim c USING old_values o WHERE c.record_id = o.id
                RETURNING c.person_id, c.ended_at, o.return_reference_number AS reference
            )
            INSERT INTO returns_notice (person_id, kind, text)
            SELECT person_id, 'claim', {told_text(CLAIM_DELETED_TEXT)} FROM gone
            WHERE ended_at IS NULL
        $sql$; END IF;""",
        old="old_values",
    )


def claims_of_deactivated() -> pgtrigger.Trigger:
    """Return the trigger of people that ends the claims of those who may no longer sign in."""
    return after_update(
        "claims_ended",
        """UPDATE returns_claim c SET ended_at = clock_timestamp(), ended_how = 'left'
        FROM old_values o JOIN new_values n ON o.id = n.id
        WHERE c.person_id = n.id AND c.ended_at IS NULL AND o.is_active AND NOT n.is_active;""",
    )
