"""Rules that tag returns automatically, and the queue of returns that they are to check."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import pgettext_lazy

from config.shipped_names import rule_label
from config.stored_texts import StoredTextField


class Moment(models.TextChoices):
    """When a rule runs."""

    CREATED = "created", pgettext_lazy("rule", "when a return is created")
    ARRIVED = "arrived", pgettext_lazy("rule", "when it arrives")
    COMPLETED = "completed", pgettext_lazy("rule", "when it is completed")
    ITEMS = "items", pgettext_lazy("rule", "when its line items change")
    HOURLY = "hourly", pgettext_lazy("rule", "every hour")


class TagRule(models.Model):
    """A filter, the tags to add to and remove from matching returns, and when to do so.

    Tags and tag groups are stored by id, in ``parameters`` too. ``notifies`` is the number of a
    subscription that is told which returns match. After three ``failures`` in a row
    the rule is switched off; ``off_because`` says why.
    """

    name = models.CharField(max_length=60)
    moment = models.CharField(max_length=10, choices=Moment)
    parameters = models.JSONField(default=dict, blank=True)
    adds = ArrayField(models.BigIntegerField(), default=list, blank=True)
    removes = ArrayField(models.BigIntegerField(), default=list, blank=True)
    notifies = models.BigIntegerField(null=True)
    position = models.PositiveIntegerField(default=0)
    is_on = models.BooleanField(default=False)
    failures = models.PositiveSmallIntegerField(default=0)
    off_because = StoredTextField(blank=True)
    # When an hourly rule last started.
    ran_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "tag rule")
        verbose_name_plural = pgettext_lazy("model", "tag rules")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_rule_has_its_own_name")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Return the name as its reader knows it."""
        return rule_label(self.name)


class RuleEvent(models.Model):
    """A return that reached a moment at which a rule runs; written by triggers.

    It is inserted in the transaction that writes the return, and deleted when the rules have run.
    """

    record_id = models.BigIntegerField()
    moment = models.CharField(max_length=10, choices=Moment)
    queued_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = pgettext_lazy("model", "rule event")
        verbose_name_plural = pgettext_lazy("model", "rule events")

    def __str__(self) -> str:
        return f"{self.moment} {self.record_id}"
