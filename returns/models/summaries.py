# ruff: noqa: S608 - the parts of these statements are our own
"""How many returns there were on each day, kept beside them so that no report counts them all.

Triggers name the returns that were written; ``returns.summaries`` counts them in.
"""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from returns.models.triggers import after, after_update

# What a counted return is told apart by.
KINDS = ("carrier", "channel", "tag_set")


class By(models.IntegerChoices):
    """What the returns of a day are told apart by."""

    ALL = 0, "all"
    CARRIER = 1, "carrier"
    CHANNEL = 2, "channel"
    TAG = 3, "tag"
    WEEKDAY = 4, "weekday of arrival"
    UNTAGGED = 5, "without a tag"


class DaySummary(models.Model):
    """How many returns of a kind were created, arrived and were completed on a day.

    ``value`` is the carrier, the channel, the tag's id or the day of the week (Monday is 1), ""
    where there is none. Days are those of the zone in ``SummaryState``. ``came`` and ``went``
    count those that waited in the warehouse: by their days of arrival and of completion;
    ``waiting`` those that still do, by their day of arrival. ``took`` counts those completed on
    the day by how long that took from their arrival: by the places of
    ``returns.summaries.durations``, less those that were completed before they arrived.
    """

    pk = models.CompositePrimaryKey("by", "day", "value")
    by = models.SmallIntegerField(choices=By)
    day = models.DateField()
    value = models.TextField()
    created = models.IntegerField(default=0)
    arrived = models.IntegerField(default=0)
    completed = models.IntegerField(default=0)
    came = models.IntegerField(default=0)
    went = models.IntegerField(default=0)
    waiting = models.IntegerField(default=0)
    took = ArrayField(models.IntegerField(), default=list)

    def __str__(self) -> str:
        return f"{self.get_by_display()} {self.value} on {self.day}"


class TagPairDay(models.Model):
    """How many returns created on a day carry both of two tags, by their ids, the lower first."""

    pk = models.CompositePrimaryKey("tag", "other", "day")
    tag = models.IntegerField()
    other = models.IntegerField()
    day = models.DateField()
    number = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.tag} and {self.other} on {self.day}"


class DeadlineDay(models.Model):
    """How many of the returns completed on a day met their deadline, and how many missed it.

    By the kinds and values of ``DaySummary``, under the rules that ``under`` names. A day without
    a row of all returns, or with one under other rules, is not counted.
    """

    pk = models.CompositePrimaryKey("day", "by", "value")
    day = models.DateField()
    by = models.SmallIntegerField(choices=By)
    value = models.TextField()
    under = models.CharField(max_length=32)
    met = models.IntegerField()
    missed = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.get_by_display()} {self.value} on {self.day}"


class JudgedKind(models.Model):
    """The same of returns of one carrier and channel that carry the same tags."""

    pk = models.CompositePrimaryKey("day", "carrier", "channel", "tag_set")
    day = models.DateField()
    carrier = models.TextField()
    channel = models.TextField()
    tag_set = models.ForeignKey(
        "CountedTags", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    met = models.IntegerField()
    missed = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.carrier}, {self.channel}, {self.tag_set_id} on {self.day}"


class CountedTags(models.Model):
    """Tags that returns carry together, by their ids in order; each such set once."""

    id = models.AutoField(primary_key=True)
    tags = ArrayField(models.IntegerField())

    class Meta:
        constraints = [
            # A unique index would refuse a long one.
            ExclusionConstraint(
                name="counted_tags_once", index_type="hash", expressions=[("tags", "=")]
            )
        ]

    def __str__(self) -> str:
        return ", ".join(str(tag) for tag in self.tags)


class CountedReturn(models.Model):
    """As what a return is counted in: its days, its place among durations, and what it is.

    ``order_hash`` is PostgreSQL's hash of the order's key, NULL where there is none.
    """

    record_id = models.BigIntegerField(primary_key=True)
    created_day = models.DateField()
    arrived_day = models.DateField(null=True)
    completed_day = models.DateField(null=True)
    waited = models.BooleanField()
    took = models.SmallIntegerField(null=True)
    carrier = models.TextField()
    channel = models.TextField()
    tag_set = models.ForeignKey(
        CountedTags, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    order_hash = models.BigIntegerField(null=True)

    class Meta:
        # Each holds all that reports ask of the rows in it, so that no others are read.
        indexes = [
            models.Index(
                fields=["created_day"],
                include=["arrived_day", "completed_day", "order_hash", "record_id", *KINDS],
                name="counted_when_created",
            ),
            models.Index(
                fields=["arrived_day"],
                include=["completed_day", "waited", *KINDS],
                name="counted_when_arrived",
            ),
            models.Index(
                fields=["completed_day"],
                include=["arrived_day", "waited", "took", *KINDS],
                name="counted_when_completed",
            ),
            models.Index(
                fields=["arrived_day"],
                include=KINDS,
                condition=models.Q(completed_day__isnull=True),
                name="counted_while_open",
            ),
        ]

    def __str__(self) -> str:
        return str(self.record_id)


class UncountedReturn(models.Model):
    """A return that was written since it was counted in."""

    record_id = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.record_id)


class SummaryState(models.Model):
    """That the summaries are there, and the zone of their days; at most one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    zone = models.TextField()
    built_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="there_is_one_summary_state")
        ]

    def __str__(self) -> str:
        return self.zone


def uncounted_returns() -> list[pgtrigger.Trigger]:
    """Name each return that a statement wrote."""
    new, old = _name("id", "new_values"), _name("id", "old_values")
    return [
        after(pgtrigger.Insert, "count_new", new, new="new_values"),
        after(pgtrigger.Update, "count_changed", new, new="new_values"),
        after(pgtrigger.Delete, "count_deleted", old, old="old_values"),
    ]


def uncounted_by_tags() -> list[pgtrigger.Trigger]:
    """Name each return whose taggings a statement wrote."""
    new, old = _name("entity_id", "new_values"), _name("entity_id", "old_values")
    return [
        after(pgtrigger.Insert, "count_tagged", new, new="new_values"),
        after_update("count_retagged", new + old),
        after(pgtrigger.Delete, "count_untagged", old, old="old_values"),
    ]


def _name(column: str, rows: str) -> str:
    return (
        "INSERT INTO returns_uncountedreturn (record_id) "
        f"SELECT DISTINCT {column} FROM {rows} ORDER BY {column}; "
    )
