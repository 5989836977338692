"""The reminders that a macro sets, and how many it would."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from returns.follow_ups.editing import make_follow_up, reminded_among, room_for_follow_ups
from returns.follow_ups.forms import When
from returns.models import FollowUpMoment, MacroRun, State
from returns.querysets import ReturnQuerySet
from tags.models import BulkTagging


@dataclass(frozen=True, slots=True)
class PlannedReminders:
    """How many reminders a run would set, and of how many returns none.

    ``over`` are those to which what they would wait for has happened, ``same`` those with such a
    reminder, and ``without_room`` are too many.
    """

    count: int
    over: int
    same: int
    without_room: int


def set_reminders(run: MacroRun, ids: Sequence[int], person: User) -> dict[int, int]:
    """Remind a person of each return; return the ids of the new reminders by return."""
    moment, reminders = _moment(run), dict[int, int]()
    has_one = reminded_among(ids, person, moment, run.due_at)
    for pk in ids:
        if pk in has_one:
            continue
        try:
            follow_up = make_follow_up(pk, person, moment, run.due_at, run.why)
        except ValidationError:
            continue  # what it would wait for has happened, or the person has too many
        reminders[pk] = follow_up.pk
    return reminders


def plan_reminders(run: MacroRun, job: BulkTagging, records: ReturnQuerySet) -> PlannedReminders:
    """Return what ``set_reminders`` would do to these returns now. A few queries."""
    over = set[int]()
    if run.remind in (When.ARRIVED, When.COMPLETED):
        is_over = {State.COMPLETED}
        is_over |= {State.ARRIVED} if run.remind == When.ARRIVED else set()
        over = set(records.filter(state__in=is_over).values_list("pk", flat=True))
    ids = [pk for pk in records.values_list("pk", flat=True) if pk not in over]
    same, room = set[int](), len(ids)
    if job.asked_by:
        same = reminded_among(ids, job.asked_by, _moment(run), run.due_at)
        if run.remind == When.TAGGED:
            same -= _retagged(job, records)
        room = room_for_follow_ups(job.asked_by)
    wanted = len(ids) - len(same)
    count = min(wanted, room)
    return PlannedReminders(count, len(over), len(same), wanted - count)


def _moment(run: MacroRun) -> FollowUpMoment:
    return FollowUpMoment.TIME if run.due_at else FollowUpMoment(run.remind)


def _retagged(job: BulkTagging, records: ReturnQuerySet) -> set[int]:
    """Return the returns whose tags change, which makes what waits for that due before."""
    kept = records.exclude(taggings__tag__in=job.removes)
    for pk in job.adds:
        kept = kept.filter(taggings__tag=pk)
    ids = set(records.values_list("pk", flat=True))
    return ids - set(kept.values_list("pk", flat=True))
