"""The page of a person: what they have to do, are told, have claimed, have running and did."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.urls import reverse

from returns.claims.reading import claim_ends_at, claims_of
from returns.exports.background import list_exports
from returns.filters.claimed import CLAIMED_PARAMETER
from returns.follow_ups.reading import coming_follow_ups, due_follow_ups
from returns.lists.rows import Row, build_rows
from returns.models import Claim, Export, FollowUp, Notice, Return
from returns.notices.page import new_mentions
from returns.people.activity import Activity, activity_of
from tags.bulk import work_of
from tags.models import BulkTagging
from tags.vocabulary import load_vocabulary

MAX_NEW_MENTIONS = 20
MAX_CLAIMS = 100
MAX_ACTIVITIES = 10


@dataclass(frozen=True, slots=True)
class ClaimedReturn:
    """A return that the person has claimed: its row, the claim, and when that ends."""

    row: Row
    claim: Claim

    @property
    def ends_at(self) -> datetime:
        """Return when the claim ends by itself."""
        return claim_ends_at(self.claim)


@dataclass(frozen=True, slots=True)
class MyPage:
    """What the page of a person shows. ``claims_path`` is the list of what they have claimed."""

    due: list[FollowUp]
    coming: list[FollowUp]
    mentions: list[Notice]
    claimed: list[ClaimedReturn]
    claims_path: str
    exports: list[Export]
    work: list[BulkTagging]
    activities: list[Activity]
    now: datetime

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do, to read or to wait for."""
        lists = (self.due, self.coming, self.mentions, self.claimed, self.exports, self.work)
        return not any(lists)


def my_page(person: User, now: datetime) -> MyPage:
    """Return the page of a person. As many queries whatever there is on it, but for deadlines."""
    path = reverse("return-list", query={CLAIMED_PARAMETER: person.get_username()})
    return MyPage(
        due=due_follow_ups(person, now),
        coming=coming_follow_ups(person, now),
        mentions=new_mentions(person, MAX_NEW_MENTIONS),
        claimed=_claimed_by(person),
        claims_path=path,
        exports=list_exports(person),
        work=work_of(person),
        activities=activity_of(person).activities[:MAX_ACTIVITIES],
        now=now,
    )


def _claimed_by(person: User) -> list[ClaimedReturn]:
    claims = claims_of(person, MAX_CLAIMS)
    records = Return.objects.with_tag_ids().among([claim.record_id for claim in claims]).order_by()
    rows = build_rows(list(records), load_vocabulary(), with_due=True)
    by_id = {row.record.pk: row for row in rows}
    return [ClaimedReturn(by_id[c.record_id], c) for c in claims if c.record_id in by_id]
