"""By when returns have to be done, and the calendar of the warehouse that this is counted in."""

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

MOST_HOURS = 24 * 365


class Unit(models.TextChoices):
    """What the time after arrival is counted in."""

    HOURS = "hours", "hours"
    WORKING_HOURS = "working_hours", "working hours"
    BUSINESS_DAYS = "business_days", "business days"


# The most of each that a deadline may leave: about a year.
MOST = {Unit.HOURS: MOST_HOURS, Unit.WORKING_HOURS: 1_000, Unit.BUSINESS_DAYS: 250}


class Deadline(models.TextChoices):
    """How a waiting return stands to its deadline, or how a completed one stood to it."""

    AT_RISK = "at_risk", "at risk"
    LATE = "late", "late"
    MET = "met", "met"
    MISSED = "missed", "missed"


class DeadlinePolicy(models.Model):
    """A filter, and how long after arrival the returns that it matches have.

    The first policy that matches a return counts. Tags and groups stand by their ids.
    """

    name = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict, blank=True)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=13, choices=Unit)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "deadline policies"
        constraints = [
            models.UniqueConstraint(Lower("name"), name="deadline_policy_has_its_own_name"),
            models.CheckConstraint(
                condition=models.Q(amount__gte=1, amount__lte=MOST_HOURS),
                name="deadline_policy_leaves_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def usual_hours() -> list[list[str]]:
    """Return the opening hours of a week unless others are kept: Monday to Friday."""
    return [["09:00", "18:00"]] * 5 + [[], []]


class WorkingCalendar(models.Model):
    """When the warehouse works, in its own zone; one row, or none for what is usual.

    ``hours`` has for each day of the week, Monday first, when it opens and closes, or nothing.
    ``country`` is the one whose public holidays are days off. ``closed_days`` and ``open_days``
    are what people know better.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    hours = models.JSONField(default=usual_hours)
    country = models.CharField(max_length=2, blank=True, default="TR")
    closed_days = ArrayField(models.DateField(), default=list, blank=True)
    open_days = ArrayField(models.DateField(), default=list, blank=True)
    at_risk_hours = models.PositiveSmallIntegerField(default=8)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="there_is_one_working_calendar")
        ]

    def __str__(self) -> str:
        return f"Working calendar, {len(self.closed_days)} closed days"

    @property
    def own_days(self) -> tuple[list[date], list[date]]:
        """Return the days that people closed, and those that they opened."""
        return self.closed_days, self.open_days
