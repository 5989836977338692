"""Rules that tag returns by themselves, and the moments at which they run."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Now


class Moment(models.TextChoices):
    """When a rule looks at a return."""

    CREATED = "created", "when a return is created"
    ARRIVED = "arrived", "when it arrives"
    COMPLETED = "completed", "when it is completed"
    HOURLY = "hourly", "every hour"


class TagRule(models.Model):
    """A filter, and the tags to add to and to remove from what it matches, at a moment.

    Tags and groups stand by their ids, in ``parameters`` too. Three ``failures`` in a row switch
    a rule off; ``off_because`` says why.
    """

    name = models.CharField(max_length=60)
    moment = models.CharField(max_length=10, choices=Moment)
    parameters = models.JSONField(default=dict, blank=True)
    adds = ArrayField(models.BigIntegerField(), default=list, blank=True)
    removes = ArrayField(models.BigIntegerField(), default=list, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_on = models.BooleanField(default=False)
    failures = models.PositiveSmallIntegerField(default=0)
    off_because = models.CharField(max_length=200, blank=True)
    # When an hourly rule began its last run.
    ran_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_rule_has_its_own_name")]

    def __str__(self) -> str:
        return self.name


class RuleEvent(models.Model):
    """A return that reached a moment of a rule that is on; written by the database itself.

    It goes in with the return, in the transaction of whoever writes that, and is taken out by
    the rules.
    """

    record_id = models.BigIntegerField()
    moment = models.CharField(max_length=10, choices=Moment)
    queued_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.moment} {self.record_id}"
