"""Deadlines for completing returns, and the warehouse's working calendar."""

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import ngettext, pgettext_lazy

from config.numbers import grouped
from config.shipped_names import deadline_label
from returns.models.changes import shown_change_triggers

MAX_DEADLINE_HOURS = 24 * 365


class Unit(models.TextChoices):
    """The unit in which the time after arrival is counted."""

    HOURS = "hours", pgettext_lazy("unit", "hours")
    WORKING_HOURS = "working_hours", pgettext_lazy("unit", "working hours")
    BUSINESS_DAYS = "business_days", pgettext_lazy("unit", "business days")

    def counted(self, amount: int) -> str:
        """Return an amount in this unit: "1 business day"."""
        match self:
            case Unit.HOURS:
                text = ngettext("%(count)s hour", "%(count)s hours", amount)
            case Unit.WORKING_HOURS:
                text = ngettext("%(count)s working hour", "%(count)s working hours", amount)
            case Unit.BUSINESS_DAYS:
                text = ngettext("%(count)s business day", "%(count)s business days", amount)
        return text % {"count": grouped(amount)}


# The longest deadline in each unit: about a year.
MAX_DEADLINE_AMOUNTS = {
    Unit.HOURS: MAX_DEADLINE_HOURS,
    Unit.WORKING_HOURS: 1_000,
    Unit.BUSINESS_DAYS: 250,
}


class Deadline(models.TextChoices):
    """Where a waiting or completed return is in relation to its deadline."""

    AT_RISK = "at_risk", pgettext_lazy("deadline", "at risk")
    LATE = "late", pgettext_lazy("deadline", "late")
    MET = "met", pgettext_lazy("deadline", "met")
    MISSED = "missed", pgettext_lazy("deadline", "missed")


class DeadlinePolicy(models.Model):
    """A filter, and how long after arrival matching returns must be completed.

    The first policy that matches a return applies. ``parameters`` are those of the filter language;
    tags and tag groups are stored in them by id.
    """

    name = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict, blank=True)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=13, choices=Unit)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = pgettext_lazy("model", "deadline policy")
        verbose_name_plural = pgettext_lazy("model", "deadline policies")
        constraints = [
            models.UniqueConstraint(Lower("name"), name="deadline_policy_has_its_own_name"),
            models.CheckConstraint(
                condition=models.Q(amount__gte=1, amount__lte=MAX_DEADLINE_HOURS),
                name="deadline_policy_leaves_time",
            ),
        ]
        triggers = shown_change_triggers()

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Return the name as its reader knows it."""
        return deadline_label(self.name)


def usual_hours() -> list[list[str]]:
    """Return the default opening hours of a week: Monday to Friday, 9:00 to 18:00."""
    return [["09:00", "18:00"]] * 5 + [[], []]


class WorkingCalendar(models.Model):
    """When the warehouse works, in its own time zone. At most one row; without it defaults apply.

    ``hours`` has the opening and closing time of each weekday, Monday first, or an empty list.
    ``country`` is the one whose public holidays are days off. ``closed_days`` and ``open_days`` are
    exceptions that people entered.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    hours = models.JSONField(default=usual_hours)
    country = models.CharField(max_length=2, blank=True, default="TR")
    closed_days = ArrayField(models.DateField(), default=list, blank=True)
    open_days = ArrayField(models.DateField(), default=list, blank=True)
    at_risk_hours = models.PositiveSmallIntegerField(default=8)

    class Meta:
        verbose_name = pgettext_lazy("model", "working calendar")
        verbose_name_plural = pgettext_lazy("model", "working calendars")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="there_is_one_working_calendar")
        ]
        triggers = shown_change_triggers()

    def __str__(self) -> str:
        return f"Working calendar, {len(self.closed_days)} closed days"

    @property
    def own_days(self) -> tuple[list[date], list[date]]:
        """Return the extra closed days and the extra open days."""
        return self.closed_days, self.open_days
