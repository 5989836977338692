"""Who has claimed which return, as pages show it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from returns.claims.taking import claim_time
from returns.models import Claim, ClaimEnd
from returns.people.person import person_name

MAX_CLAIM_STEPS = 50


def open_claim(record_id: int) -> Claim | None:
    """Return the open claim on a return, or None."""
    claims = Claim.objects.filter(record=record_id, ended_at=None)
    return claims.select_related("person").first()


def claimants_among(record_ids: Sequence[int], besides: User | None) -> dict[str, int]:
    """Return how many of these returns other people have claimed, by name. One query."""
    claims = Claim.objects.filter(record__in=record_ids, ended_at=None).exclude(person=besides)
    return dict(Counter(person_name(each.person) for each in claims.select_related("person")))


def claims_of(person: User, limit: int) -> list[Claim]:
    """Return the open claims of a person, the oldest first."""
    return list(Claim.objects.filter(person=person, ended_at=None).order_by("since", "pk")[:limit])


def claim_ends_at(claim: Claim) -> datetime:
    """Return when a claim ends at the latest."""
    return claim.since + claim_time()


def initials(user: User) -> str:
    """Return the initials of a person, or the beginning of the user name."""
    return f"{user.first_name[:1]}{user.last_name[:1]}" or user.get_username()[:2]


def claim_steps(record_id: int) -> list[tuple[datetime, str, str]]:
    """Return who claimed a return, took it over or gave it back: when, who and what. One query."""
    claims = Claim.objects.filter(record=record_id).select_related("person", "taken_from")
    steps = []
    for claim in claims.order_by("-since")[:MAX_CLAIM_STEPS]:
        person = person_name(claim.person)
        steps.append((claim.since, person, _taken_text(claim)))
        if claim.ended_at and claim.ended_how != ClaimEnd.TAKEN_OVER:
            steps.append((claim.ended_at, person, _ended_text(claim)))
    return steps


def _taken_text(claim: Claim) -> str:
    if claim.taken_from is None:
        return _("Claimed this return")
    return _("Took this return over from %(person)s") % {"person": person_name(claim.taken_from)}


def _ended_text(claim: Claim) -> str:
    return {
        ClaimEnd.GIVEN_BACK: _("Gave this return back"),
        ClaimEnd.COMPLETED: _("The claim ended: the return was completed"),
        ClaimEnd.EXPIRED: _("The claim ended: its time was over"),
        ClaimEnd.LEFT: _("The claim ended: the person may no longer sign in"),
    }.get(ClaimEnd(claim.ended_how), "")
