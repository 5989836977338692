"""Macros: actions that managers name, and their runs on returns."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Lower
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import pgettext_lazy

from returns.models.comments import COMMENT_LENGTH, CONTROL_CHARACTERS
from returns.models.follow_ups import MAX_WHY_LENGTH
from returns.models.sentences import Language
from tags.models import BulkTagging

MAX_MACRO_NAME_LENGTH = 60


class MacroSteps(models.Model):
    """What a macro does to a return besides tagging it. Empty means that it does not do this.

    ``remind`` is when to remind whoever runs it, as the form of reminders has it. ``language`` is
    the one of the sentence for the shopper, which the browser copies.
    """

    name = models.CharField(max_length=MAX_MACRO_NAME_LENGTH)
    comment = models.TextField(blank=True, default="")
    language = models.CharField(max_length=2, choices=Language, blank=True, default="")
    claims = models.BooleanField(default=False)
    remind = models.CharField(max_length=10, blank=True, default="")
    why = models.CharField(max_length=MAX_WHY_LENGTH, blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Macro(MacroSteps):
    """An action under a name. Tags are stored by id, those to add and those to remove."""

    adds = ArrayField(models.BigIntegerField(), default=list, blank=True)
    removes = ArrayField(models.BigIntegerField(), default=list, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ["change"]
        verbose_name = pgettext_lazy("model", "macro")
        verbose_name_plural = pgettext_lazy("model", "macros")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="macro_has_its_own_name"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("comment"), COMMENT_LENGTH),
                name="macro_comment_is_at_most_4000_characters",
            ),
            models.CheckConstraint(
                condition=~Q(comment__regex=CONTROL_CHARACTERS),
                name="macro_comment_has_no_control_characters",
            ),
            models.CheckConstraint(
                condition=~(
                    Q(adds=[], removes=[], comment="", language="", claims=False, remind="")
                ),
                name="macro_does_something",
            ),
        ]


class MacroRun(MacroSteps):
    """A macro that a person runs, as it was then: the rest of a bulk tagging.

    ``version`` is that of the macro, ``due_at`` the time of the reminders, if they have one.
    ``token`` identifies the form, so that one that is sent twice runs once. ``results`` counts what
    was done; it goes with the bulk tagging.
    """

    # Not checked: the release before this one deletes bulk taggings and knows nothing of runs.
    bulk = models.OneToOneField(
        BulkTagging, models.CASCADE, related_name="macro_run", db_constraint=False
    )
    macro_id = models.BigIntegerField()
    version = models.CharField(max_length=16)
    due_at = models.DateTimeField(null=True)
    token = models.UUIDField(unique=True)
    is_without_tags = models.BooleanField(default=False)
    results = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "run of a macro")
        verbose_name_plural = pgettext_lazy("model", "runs of macros")


class MacroEffect(models.Model):
    """What a run has done to one return, besides its tags: so that it can be undone.

    The ids are of the comment, claim and reminder that it made; those that it did not make, such as
    the claim of somebody else, are empty.
    """

    run = models.ForeignKey(MacroRun, models.CASCADE, related_name="effects", db_index=False)
    record_id = models.BigIntegerField()
    comment_id = models.BigIntegerField(null=True)
    claim_id = models.BigIntegerField(null=True)
    follow_up_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "effect of a macro")
        verbose_name_plural = pgettext_lazy("model", "effects of macros")
        constraints = [
            models.UniqueConstraint(fields=["run", "record_id"], name="macro_runs_once_on_a_return")
        ]
        indexes = [models.Index(fields=["record_id", "-at"], name="macros_on_return")]

    def __str__(self) -> str:
        return f"{self.run_id} on {self.record_id}"
