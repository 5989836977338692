"""Change deadline policies and the working calendar. Only this module writes them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config import ordering, versions
from config.numbers import grouped
from returns.filters import named
from returns.filters.coverage import first_that_covers
from returns.filters.declarations import DEADLINE_FILTERS
from returns.filters.due import stored_calendar
from returns.filters.query import Query
from returns.filters.wording import filter_label
from returns.models import MAX_DEADLINE_AMOUNTS, DeadlinePolicy, Unit, WorkingCalendar
from tags.vocabulary import load_vocabulary

MAY_CHANGE_DEADLINES = "returns.change_deadlinepolicy"
ALLOWED_AMOUNTS = {
    Unit.HOURS: gettext_lazy("Enter 1 to %(maximum)s hours."),
    Unit.WORKING_HOURS: gettext_lazy("Enter 1 to %(maximum)s working hours."),
    Unit.BUSINESS_DAYS: gettext_lazy("Enter 1 to %(maximum)s business days."),
}


def to_parameters(query: Query) -> dict[str, Any]:
    """Return the filter of a query as policies store it; an empty one matches every return.

    Raises ``ValidationError`` if the filter is not valid, or not one of those for deadlines.
    """
    parameters = named.to_parameters(query)
    if rejected := [str(filter_label(name)) for name in parameters if name not in DEADLINE_FILTERS]:
        message = _(
            "A deadline cannot filter by: %(filters)s. It applies from arrival, so "
            "filter by tags, notes, numbers, or dates of creation and arrival."
        )
        raise ValidationError(message % {"filters": ", ".join(rejected)})
    return parameters


def version_of(stored: DeadlinePolicy | WorkingCalendar) -> str:
    """Return a text that differs for every state of a policy or of the calendar."""
    names = [field.name for field in stored._meta.fields if field.name != "position"]
    return versions.version_of({name: getattr(stored, name) for name in names})


def save_policy(policy: DeadlinePolicy, seen: str = "") -> DeadlinePolicy:
    """Save the name and the time of a policy, and of a new one its filter.

    A new one becomes the last, or goes above the first one that matches all of its returns.

    ``seen`` is the ``version_of`` the policy that the person saw, if any. Raises
    ``ValidationError`` if the policy is not valid, or has changed since the person saw it.
    """
    if not 1 <= policy.amount <= MAX_DEADLINE_AMOUNTS[Unit(policy.unit)]:
        maximum = MAX_DEADLINE_AMOUNTS[Unit(policy.unit)]
        message = ALLOWED_AMOUNTS[Unit(policy.unit)]
        raise ValidationError(message % {"maximum": grouped(maximum)})
    taken = _("There is already a deadline named “%(name)s”.")
    with named.require_unique_name(policy, DeadlinePolicy.objects.all(), taken):
        if policy.pk is None:
            _place(policy)
            policy.save()
        else:
            _lock(policy, seen)
            policy.save(update_fields=["name", "amount", "unit"])
    return policy


def _lock(policy: DeadlinePolicy, seen: str) -> None:
    """Lock the policy; refuse one that is gone, or is not as it was seen."""
    stored = named.lock_entry(policy, _("This deadline has been deleted."))
    if seen:
        versions.require_version(
            version_of(stored),
            seen,
            _("Somebody changed this deadline meanwhile. Look again, then change it."),
        )


def _place(policy: DeadlinePolicy) -> None:
    policies = DeadlinePolicy.objects.all()
    wider = first_that_covers(policies, policy.parameters, load_vocabulary())
    if wider and wider.parameters != policy.parameters:
        ordering.place_before(policies, policy, wider)
    else:
        policy.position = ordering.next_position(policies)


def use_filter(policy: DeadlinePolicy, parameters: dict[str, Any], seen: str = "") -> None:
    """Replace the filter of a policy.

    ``seen`` is as in ``save_policy``. Raises ``ValidationError`` if the policy has changed since,
    or has been deleted.
    """
    with transaction.atomic():
        _lock(policy, seen)
        DeadlinePolicy.objects.filter(pk=policy.pk).update(parameters=parameters)


def move(policy: DeadlinePolicy, *, up: bool) -> None:
    """Move a policy one place up or down; the first one that matches a return counts."""
    ordering.move(DeadlinePolicy.objects.all(), policy, up=up)


def save_calendar(calendar: WorkingCalendar, seen: str = "") -> None:
    """Replace the working calendar.

    ``seen`` is the ``version_of`` the calendar that the person saw, if any. Raises
    ``ValidationError`` if the warehouse would never open, or the calendar has changed since.
    """
    if not any(calendar.hours):
        raise ValidationError(_("The warehouse must open on at least one day of the week."))
    with transaction.atomic():
        WorkingCalendar.objects.select_for_update().first()
        if seen:
            versions.require_version(
                version_of(stored_calendar()),
                seen,
                _("Somebody changed the calendar meanwhile. Look again, then change it."),
            )
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
