# ruff: noqa: S608 - built from our own constants alone
"""Daily counts of returns, stored so that reports need not count all returns.

Triggers queue the returns that were written; ``returns.summaries`` updates the counts.
"""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from config.triggers import after, after_update

# The columns by which reports group counted returns.
DIMENSION_COLUMNS = ("carrier", "channel", "tag_set")


class Dimension(models.IntegerChoices):
    """What the returns of a day are grouped by."""

    ALL = 0, pgettext_lazy("counted by", "all")
    CARRIER = 1, pgettext_lazy("counted by", "carrier")
    CHANNEL = 2, pgettext_lazy("counted by", "channel")
    TAG = 3, pgettext_lazy("counted by", "tag")
    WEEKDAY = 4, pgettext_lazy("counted by", "weekday of arrival")
    UNTAGGED = 5, pgettext_lazy("counted by", "without a tag")
    SKU = 6, pgettext_lazy("counted by", "SKU")


class DaySummary(models.Model):
    """How many returns with one value were created, arrived and were completed on a day.

    ``value`` is the carrier, the channel, the tag's id or the weekday (Monday is 1); "" if there is
    none. Days are those of the time zone in ``SummaryState``. ``came`` counts the returns that
    started to wait in the warehouse on the day, ``went`` those that stopped to, and ``waiting``
    those that arrived on the day and still wait. ``took`` is a histogram of the processing times of
    returns that were completed on the day, in the buckets of ``returns.summaries.durations``,
    without returns that were completed before they arrived.
    """

    pk = models.CompositePrimaryKey("by", "day", "value")
    by = models.SmallIntegerField(choices=Dimension)
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
    """How many returns created on a day have both of two tags. ``tag`` is the lower id."""

    pk = models.CompositePrimaryKey("tag", "other", "day")
    tag = models.IntegerField()
    other = models.IntegerField()
    day = models.DateField()
    number = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.tag} and {self.other} on {self.day}"


class ItemDay(models.Model):
    """The items of returns that arrived on a day and whose line items are known.

    ``by`` and ``value`` are as in ``DaySummary``. By SKU, ``value`` is the search key of the SKU,
    and only its items are counted; elsewhere all items of the returns. ``with_damaged`` and the
    like count the returns that have at least one such item; the rest of the items is undamaged.
    """

    pk = models.CompositePrimaryKey("by", "day", "value")
    by = models.SmallIntegerField(choices=Dimension)
    day = models.DateField()
    value = models.TextField(db_collation="C")
    returns = models.IntegerField(default=0)
    with_waiting = models.IntegerField(default=0)
    with_missing = models.IntegerField(default=0)
    with_damaged = models.IntegerField(default=0)
    items = models.IntegerField(default=0)
    waiting = models.IntegerField(default=0)
    missing = models.IntegerField(default=0)
    damaged = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.get_by_display()} {self.value} on {self.day}"


class DeadlineDay(models.Model):
    """How many returns completed on a day met or missed their deadline.

    ``by`` and ``value`` are as in ``DaySummary``. ``under`` identifies the deadline rules that
    applied. A day is not counted yet if it has no row for all returns, or only one under other
    rules.
    """

    pk = models.CompositePrimaryKey("day", "by", "value")
    day = models.DateField()
    by = models.SmallIntegerField(choices=Dimension)
    value = models.TextField()
    under = models.CharField(max_length=32)
    met = models.IntegerField()
    missed = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.get_by_display()} {self.value} on {self.day}"


class JudgedKind(models.Model):
    """The same counts for returns of one carrier and channel that have the same tags."""

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
    """A set of tags that returns have together, as sorted ids; each set is stored once."""

    id = models.AutoField(primary_key=True)
    tags = ArrayField(models.IntegerField())

    class Meta:
        constraints = [
            # The entry of a unique index has a size limit, which a long list would exceed.
            ExclusionConstraint(
                name="counted_tags_once", index_type="hash", expressions=[("tags", "=")]
            )
        ]

    def __str__(self) -> str:
        return ", ".join(str(tag) for tag in self.tags)


class CountedReturn(models.Model):
    """The values under which a return is counted in the summaries.

    ``took`` is the bucket of its processing time. ``order_hash`` is PostgreSQL's hash of the
    order's key, NULL without an order. What follows it is NULL unless the line items are known:
    ``sku_counts`` has, for each of the search keys in ``skus``, the number of its items, and of
    those that are waiting, missing and damaged.
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
    item_count = models.SmallIntegerField(null=True)
    items_waiting = models.SmallIntegerField(null=True)
    items_missing = models.SmallIntegerField(null=True)
    items_damaged = models.SmallIntegerField(null=True)
    skus = ArrayField(models.TextField(db_collation="C"), null=True)
    sku_counts = ArrayField(ArrayField(models.SmallIntegerField()), null=True)

    class Meta:
        # Each index has all columns that reports read of its rows, so the table is not read.
        indexes = [
            models.Index(
                fields=["created_day"],
                include=[
                    "arrived_day",
                    "completed_day",
                    "order_hash",
                    "record_id",
                    *DIMENSION_COLUMNS,
                ],
                name="counted_when_created",
            ),
            models.Index(
                fields=["arrived_day"],
                include=["completed_day", "waited", *DIMENSION_COLUMNS],
                name="counted_when_arrived",
            ),
            models.Index(
                fields=["completed_day"],
                include=["arrived_day", "waited", "took", *DIMENSION_COLUMNS],
                name="counted_when_completed",
            ),
            models.Index(
                fields=["arrived_day"],
                include=DIMENSION_COLUMNS,
                condition=models.Q(completed_day__isnull=True),
                name="counted_while_open",
            ),
        ]

    def __str__(self) -> str:
        return str(self.record_id)


class UncountedReturn(models.Model):
    """A return that was written after it was last counted."""

    record_id = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.record_id)


class SummaryState(models.Model):
    """The time zone of the summaries' days. At most one row; none if they are not built yet."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    zone = models.TextField()
    built_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="there_is_one_summary_state")
        ]

    def __str__(self) -> str:
        return self.zone


def uncounted_return_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers that queue each return that a statement wrote."""
    new, old = _queue("id", "new_values"), _queue("id", "old_values")
    return [
        after(pgtrigger.Insert, "count_new", new, new="new_values"),
        after(pgtrigger.Update, "count_changed", new, new="new_values"),
        after(pgtrigger.Delete, "count_deleted", old, old="old_values"),
    ]


def uncounted_tag_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers that queue each return whose taggings a statement wrote."""
    new, old = _queue("entity_id", "new_values"), _queue("entity_id", "old_values")
    return [
        after(pgtrigger.Insert, "count_tagged", new, new="new_values"),
        after_update("count_retagged", new + old),
        after(pgtrigger.Delete, "count_untagged", old, old="old_values"),
    ]


def uncounted_value_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers that queue each return whose value a statement wrote.

    Deadlines may depend on it, and an order may come long after its returns.
    """
    new, old = _queue("record_id", "new_values"), _queue("record_id", "old_values")
    return [
        after(pgtrigger.Insert, "count_valued", new, new="new_values"),
        after(pgtrigger.Update, "count_revalued", new, new="new_values"),
        after(pgtrigger.Delete, "count_unvalued", old, old="old_values"),
    ]


def _queue(column: str, rows: str) -> str:
    return (
        "INSERT INTO returns_uncountedreturn (record_id) "
        f"SELECT DISTINCT {column} FROM {rows} ORDER BY {column}; "
    )
