"""Deadline policies and the working calendar: kept, ordered, deleted. Their only writer."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config import ordering, versions
from returns.filters import named
from returns.filters.declarations import CONDITIONS
from returns.filters.due import calendar_kept
from returns.filters.query import Query
from returns.filters.wording import kind_of
from returns.models import MAX_DEADLINE_AMOUNTS, DeadlinePolicy, Unit, WorkingCalendar

MAY_CHANGE = "returns.change_deadlinepolicy"


def parameters_of(query: Query) -> dict[str, Any]:
    """Return the filter of a query string as policies keep it; an empty one is for everything.

    Raises ``ValidationError`` when it cannot be understood, or looks at more than a return.
    """
    parameters = named.parameters_of(query)
    if refused := [kind_of(name) for name in parameters if name not in CONDITIONS]:
        raise ValidationError(
            f"A deadline cannot look at: {', '.join(refused)}. It counts for returns from their "
            "arrival on, so filter by tags, notes, numbers, or the dates of creation and arrival."
        )
    return parameters


def version_of(kept: DeadlinePolicy | WorkingCalendar) -> str:
    """Return what tells this state of a policy or of the calendar from any other."""
    names = [field.name for field in kept._meta.fields if field.name != "position"]
    return versions.version_of({name: getattr(kept, name) for name in names})


def keep(policy: DeadlinePolicy, seen: str = "") -> DeadlinePolicy:
    """Keep the name and the time of a policy, a new one with its filter and as the last.

    ``seen`` is the ``version_of`` the policy that the person saw, if they saw one. Raises
    ``ValidationError`` when it cannot be kept, or is no longer what they saw.
    """
    if not 1 <= policy.amount <= MAX_DEADLINE_AMOUNTS[Unit(policy.unit)]:
        most = MAX_DEADLINE_AMOUNTS[Unit(policy.unit)]
        raise ValidationError(f"A deadline leaves from 1 to {most:,} {Unit(policy.unit).label}.")
    with named.its_own_name(f"There is a deadline “{policy.name}” already."):
        if policy.pk is None:
            policy.position = ordering.next_position(DeadlinePolicy.objects.all())
            policy.save()
        else:
            stored = named.locked(policy, "This deadline was deleted meanwhile.")
            if seen:
                versions.check_version(version_of(stored), seen, "this deadline")
            policy.save(update_fields=["name", "amount", "unit"])
    return policy


def use_filter(policy: DeadlinePolicy, parameters: dict[str, Any]) -> None:
    """Give a policy another filter."""
    DeadlinePolicy.objects.filter(pk=policy.pk).update(parameters=parameters)


def remove(policy: DeadlinePolicy) -> None:
    """Delete a policy; its returns fall under the next one that matches them."""
    DeadlinePolicy.objects.filter(pk=policy.pk).delete()


def move(policy: DeadlinePolicy, *, up: bool) -> None:
    """Move a policy one place up or down: the first that matches a return counts."""
    ordering.move(DeadlinePolicy.objects.all(), policy, up=up)


def keep_calendar(calendar: WorkingCalendar, seen: str = "") -> None:
    """Keep the working calendar in place of the one that there was.

    ``seen`` is the ``version_of`` the calendar that the person saw, if they saw one. Raises
    ``ValidationError`` when the warehouse would never open, or it is no longer what they saw.
    """
    if not any(calendar.hours):
        raise ValidationError("The warehouse has to open on one day of the week at least.")
    with transaction.atomic():
        WorkingCalendar.objects.select_for_update().first()
        if seen:
            versions.check_version(version_of(calendar_kept()), seen, "the calendar")
        WorkingCalendar.objects.update_or_create(
            pk=1,
            defaults={
                "hours": calendar.hours,
                "country": calendar.country,
                "closed_days": calendar.closed_days,
                "open_days": calendar.open_days,
                "at_risk_hours": calendar.at_risk_hours,
            },
        )
