"""Makes follow-ups, puts them off and ends them: their only writer, besides triggers."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from returns.models import MAX_WHY_LENGTH, FollowUp, FollowUpMoment, Return, State

MAX_OPEN_FOLLOW_UPS = 1_000
REASON_SEPARATOR = "; "


@transaction.atomic
def make_follow_up(
    record_id: int, person: User, moment: FollowUpMoment, due_at: datetime | None, why: str
) -> FollowUp:
    """Remind a person of a return; a reminder for the same moment is kept, with the new reason.

    Raises ``ValidationError`` if what it would wait for has happened already, and ``Http404`` if
    the return has been deleted.
    """
    _require_ahead(_lock(record_id), moment)
    own = FollowUp.objects.filter(person=person, done_at=None)
    if same := own.filter(record=record_id, moment=moment, due_at=due_at).first():
        own.filter(pk=same.pk).update(why=why)
        return same
    if not room_for_follow_ups(person):
        raise ValidationError(_("You have too many reminders. Finish some of them first."))
    return FollowUp.objects.create(
        record_id=record_id, person=person, moment=moment, due_at=due_at, why=why
    )


@transaction.atomic
def put_off(follow_up: FollowUp, moment: FollowUpMoment, due_at: datetime | None, why: str) -> None:
    """Remind the person at another moment instead; of reminders for the same moment, one is kept.

    That has the reasons of all. Raises as ``make_follow_up`` does, and ``ValidationError`` if the
    reminder has been done meanwhile.
    """
    _require_ahead(_lock(follow_up.record_id), moment)
    own = FollowUp.objects.filter(person=follow_up.person_id, done_at=None)
    if not own.select_for_update().filter(pk=follow_up.pk).exists():
        raise ValidationError(_("This reminder has been done meanwhile."))
    others = own.filter(record=follow_up.record_id, moment=moment, due_at=due_at)
    for other in others.exclude(pk=follow_up.pk).order_by("pk"):
        parts = dict.fromkeys([*other.why.split(REASON_SEPARATOR), *why.split(REASON_SEPARATOR)])
        reasons = REASON_SEPARATOR.join(filter(None, parts))
        if len(reasons) <= MAX_WHY_LENGTH:
            why = reasons
            finish(other.pk, follow_up.person)
    own.filter(pk=follow_up.pk).update(moment=moment, due_at=due_at, why=why)


def reminded_among(
    record_ids: Sequence[int], person: User, moment: FollowUpMoment, due_at: datetime | None
) -> set[int]:
    """Return those of the returns of which a person is reminded at this moment already."""
    own = FollowUp.objects.filter(person=person, moment=moment, due_at=due_at, done_at=None)
    return set(own.filter(record__in=list(record_ids)).values_list("record", flat=True))


def room_for_follow_ups(person: User) -> int:
    """Return how many more reminders a person can have."""
    number = FollowUp.objects.filter(person=person, done_at=None).count()
    return max(MAX_OPEN_FOLLOW_UPS - number, 0)


def finish(pk: int, person: User) -> int:
    """End a follow-up of a person, due or not; return 1. Ending it again changes nothing: 0."""
    return FollowUp.objects.filter(pk=pk, person=person, done_at=None).update(
        done_at=timezone.now()
    )


def own_follow_up(pk: int, person: User) -> FollowUp:
    """Return a follow-up of a person. Raises ``Http404`` if it is not theirs."""
    follow_ups = FollowUp.objects.select_related("record").filter(pk=pk, person=person)
    if follow_up := follow_ups.first():
        return follow_up
    raise Http404(_("This reminder does not exist."))


def redact_follow_ups_of(record_ids: Sequence[int]) -> None:
    """Take the reasons of the follow-ups of returns away."""
    FollowUp.objects.filter(record__in=record_ids).exclude(why="").update(why="")


def _lock(record_id: int) -> Return:
    """Lock the return: what happens to it afterwards finds the follow-up, and makes it due."""
    fields = ("state", "return_reference_number", "arrived_to_warehouse_at")
    record = Return.objects.select_for_update(no_key=True).only(*fields).filter(pk=record_id)
    if locked := record.first():
        return locked
    raise Http404(_("This return has been deleted."))


def _require_ahead(record: Return, moment: FollowUpMoment) -> None:
    if moment == FollowUpMoment.ARRIVED and record.state == State.ARRIVED:
        raise ValidationError(_("This return has already arrived."))
    waits_for_state = moment in (FollowUpMoment.ARRIVED, FollowUpMoment.COMPLETED)
    if waits_for_state and record.state == State.COMPLETED:
        raise ValidationError(_("This return is already completed."))
