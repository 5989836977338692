"""Claims returns and gives them back: the only writer of claims, besides triggers."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from config.stored_texts import stored_text
from returns.models import Claim, ClaimEnd, NoticeKind, Return, State
from returns.notices.telling import tell
from returns.people.person import person_name

logger = logging.getLogger(__name__)

MAY_CLAIM = "returns.claim_return"
CLAIM_BATCH_SIZE = 500


class NotClaimableError(Exception):
    """The return cannot be claimed; the message says why."""


class ClaimedByAnotherError(Exception):
    """Another person has the return: ``claim`` is theirs."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(claim.pk)
        self.claim = claim


@dataclass(frozen=True, slots=True)
class TakenMany:
    """Which of many returns a person has claimed now: the ids of the claims by return.

    ``own`` counts those that the person had already, ``completed`` those that nobody needs to
    claim, and ``left`` those of other people, by name.
    """

    claims: Mapping[int, int] = field(default_factory=dict)
    own: int = 0
    completed: int = 0
    left: Mapping[str, int] = field(default_factory=dict)

    def plus(self, other: "TakenMany") -> "TakenMany":
        """Return both together."""
        return TakenMany(
            {**self.claims, **other.claims},
            self.own + other.own,
            self.completed + other.completed,
            dict(Counter(self.left) + Counter(other.left)),
        )


@transaction.atomic
def take_return(record_id: int, by: User, *, over: int = 0) -> Claim:
    """Claim a return, or keep a claim that one has. ``over`` is the claim to be taken over.

    Raises ``ClaimedByAnotherError`` with the current claim if it is another one by now, and
    ``NotClaimableError`` for a completed return.
    """
    record = _lock(record_id)
    if record.state == State.COMPLETED:
        raise NotClaimableError(
            _("%(reference)s is completed, so nobody needs to claim it.") % {"reference": record}
        )
    claim = _open_claim(record_id)
    if claim and claim.person_id == by.pk:
        return claim
    if claim and claim.pk != over:
        raise ClaimedByAnotherError(claim)
    if claim:
        _end(claim, ClaimEnd.TAKEN_OVER)
        text = stored_text(
            "%(person)s took over %(reference)s from you.",
            person=person_name(by),
            reference=record.return_reference_number,
        )
        link = record.get_absolute_url()
        tell([claim.person_id], NoticeKind.CLAIM, text, link=link, record_id=record_id)
    taken_from = claim.person if claim else None
    # By the clock and not the transaction's beginning, which may have waited for another claim.
    return Claim.objects.create(
        record=record, person=by, taken_from=taken_from, since=timezone.now()
    )


@transaction.atomic
def take_free(record_ids: Sequence[int], by: User) -> TakenMany:
    """Claim those of the returns that nobody has; completed and deleted ones are left out."""
    # In the order of their ids, as everything locks many returns.
    locked = Return.objects.among(record_ids).select_for_update(no_key=True).only("state")
    records = list(locked.order_by("pk"))
    claims = Claim.objects.select_related("person").filter(record__in=record_ids, ended_at=None)
    persons = {claim.record_id: claim.person for claim in claims}
    is_open = {record.pk: record.state != State.COMPLETED for record in records}
    free = [pk for pk, open_ in is_open.items() if open_ and pk not in persons]
    since = timezone.now()
    new = [Claim(record_id=pk, person=by, since=since) for pk in free]
    others = [person_name(person) for person in persons.values() if person != by]
    return TakenMany(
        claims={claim.record_id: claim.pk for claim in Claim.objects.bulk_create(new)},
        own=len(persons) - len(others),
        completed=list(is_open.values()).count(False),
        left=dict(Counter(others)),
    )


@transaction.atomic
def give_back(record_id: int, by: User) -> bool:
    """End the claim that a person has on a return; tell whether they had one."""
    _lock(record_id)
    claim = _open_claim(record_id)
    if claim is None or claim.person_id != by.pk:
        return False
    _end(claim, ClaimEnd.GIVEN_BACK)
    return True


def end_expired() -> bool:
    """End claims that are older than ``CLAIM_HOURS``, and tell their owners; tell if there were."""
    with transaction.atomic():
        open_claims = Claim.objects.filter(ended_at=None, since__lte=timezone.now() - claim_time())
        locked = open_claims.select_for_update(skip_locked=True, of=("self",))
        expired = list(locked.select_related("record").order_by("pk")[:CLAIM_BATCH_SIZE])
        for claim in expired:
            _end(claim, ClaimEnd.EXPIRED)
            text = stored_text(
                "Your claim on %(reference)s ended after %(hours)s hours.",
                reference=claim.record.return_reference_number,
                hours=settings.CLAIM_HOURS,
            )
            link = claim.record.get_absolute_url()
            tell([claim.person_id], NoticeKind.CLAIM, text, link=link, record_id=claim.record_id)
    if expired:
        logger.info("Claims ended after their time (claims: %s).", len(expired))
    return bool(expired)


def claim_time() -> timedelta:
    """Return how long a claim lasts."""
    return timedelta(hours=settings.CLAIM_HOURS)


def _lock(record_id: int) -> Return:
    """Lock the return, so that of several people one is first, and it is not completed meanwhile.

    Raises ``Http404`` if it has been deleted.
    """
    fields = ("state", "return_reference_number")
    record = Return.objects.select_for_update(no_key=True).only(*fields).filter(pk=record_id)
    if locked := record.first():
        return locked
    raise Http404(_("This return has been deleted."))


def open_claims_among(record_ids: Sequence[int]) -> dict[int, int]:
    """Return the ids of the open claims on these returns, by return. One query."""
    claims = Claim.objects.filter(record__in=list(record_ids), ended_at=None)
    return dict(claims.values_list("record", "pk"))


def _open_claim(record_id: int) -> Claim | None:
    claims = Claim.objects.select_related("person").filter(record=record_id, ended_at=None)
    return claims.select_for_update(of=("self",)).first()


def _end(claim: Claim, how: ClaimEnd) -> None:
    Claim.objects.filter(pk=claim.pk).update(ended_at=timezone.now(), ended_how=how)
