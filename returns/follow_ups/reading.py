"""The follow-ups of a person: those that are due, and those on a return."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import F

from returns.models import FollowUp

MAX_SHOWN_FOLLOW_UPS = 200


def due_follow_ups(person: User, now: datetime) -> list[FollowUp]:
    """Return the follow-ups of a person that are due, the longest due first. One query."""
    own = FollowUp.objects.select_related("record").filter(person=person, done_at=None)
    return list(own.filter(due_at__lte=now).order_by("due_at", "pk")[:MAX_SHOWN_FOLLOW_UPS])


def coming_follow_ups(person: User, now: datetime) -> list[FollowUp]:
    """Return the others that a person has not done: those at a time first. One query."""
    own = FollowUp.objects.select_related("record").filter(person=person, done_at=None)
    ahead = own.exclude(due_at__lte=now)
    return list(ahead.order_by(F("due_at").asc(nulls_last=True), "pk")[:MAX_SHOWN_FOLLOW_UPS])


def follow_ups_on(record_id: int, person: User) -> list[FollowUp]:
    """Return the follow-ups that a person has on a return and has not done. One query."""
    own = FollowUp.objects.filter(record=record_id, person=person, done_at=None)
    return list(own.order_by(F("due_at").asc(nulls_last=True), "pk")[:MAX_SHOWN_FOLLOW_UPS])
