"""What a person did: tags, comments, claims, corrections and imports, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils.translation import gettext as _

from config.text import shorten
from returns.models import Claim, Comment, FeedRun, MacroEffect, Return, Way
from returns.people.person import person_name
from tags.history import latest_of

ACTIVITIES_PER_PAGE = 50
MAX_QUOTE_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that a person did, and the address of where it shows; "" if there is none."""

    at: datetime
    text: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """A page of activities; ``earlier`` is the time before which the next page begins, if any."""

    activities: list[Activity]
    earlier: datetime | None


def activity_of(person: User, before: datetime | None = None) -> ActivityPage:
    """Return what a person did before a moment, newest first. A query for each kind, on indexes."""
    kinds = (_tag_actions, _comments, _claims, _corrections, _imports)
    newest = merge(*(kind(person, before) for kind in kinds), key=attrgetter("at"), reverse=True)
    activities = list(islice(newest, ACTIVITIES_PER_PAGE + 1))
    shown = activities[:ACTIVITIES_PER_PAGE]
    return ActivityPage(shown, shown[-1].at if len(activities) > len(shown) else None)


def _newest(queryset: QuerySet[Any], column: str, before: datetime | None) -> QuerySet[Any]:
    if before:
        queryset = queryset.filter(**{f"{column}__lt": before})
    return queryset.order_by(f"-{column}")[: ACTIVITIES_PER_PAGE + 1]


def _besides_macros[M: Model](queryset: QuerySet[M], effect: str) -> QuerySet[M]:
    """Leave out what macros did to each return: their run is among the actions on tags."""
    made = {"record_id": OuterRef("record_id"), effect: OuterRef("pk")}
    return queryset.exclude(Exists(MacroEffect.objects.filter(**made)))


def _tag_actions(person: User, before: datetime | None) -> Iterator[Activity]:
    for action in _newest(latest_of(person), "done_at", before):
        words = str(action.words)
        if action.undone_at:
            words = _("%(action)s It was undone.") % {"action": words}
        yield Activity(action.done_at, words, reverse("tag-history"))


def _comments(person: User, before: datetime | None) -> Iterator[Activity]:
    comments = _besides_macros(Comment.objects.filter(author=person), "comment_id")
    comments = comments.select_related("record")
    for comment in _newest(comments, "created_at", before):
        address = f"{comment.record.get_absolute_url()}#comment-{comment.pk}"
        if comment.deleted_at:
            text = _("Commented on %(record)s, deleted.") % {"record": comment.record}
        elif comment.redacted_at:
            text = _("Commented on %(record)s, redacted.") % {"record": comment.record}
        else:
            values = {"record": comment.record, "quote": shorten(comment.text, MAX_QUOTE_LENGTH)}
            text = _("Commented on %(record)s: “%(quote)s”") % values
        yield Activity(comment.created_at, text, address)


def _claims(person: User, before: datetime | None) -> Iterator[Activity]:
    claims = _besides_macros(Claim.objects.filter(person=person), "claim_id")
    claims = claims.select_related("record", "taken_from__preferences")
    for claim in _newest(claims, "since", before):
        values: dict[str, Any] = {"record": claim.record}
        text = _("Claimed %(record)s.")
        if claim.taken_from:
            text = _("Took %(record)s over from %(person)s.")
            values["person"] = person_name(claim.taken_from)
        yield Activity(claim.since, text % values, claim.record.get_absolute_url())


def _corrections(person: User, before: datetime | None) -> Iterator[Activity]:
    model: Any = Return.events.rel.related_model  # type: ignore[attr-defined]
    events = model.objects.filter(pgh_context__source="correction")
    events = events.alias(user=KT("pgh_context__user")).filter(user=str(person.pk))
    for event in _newest(events.select_related("pgh_obj"), "pgh_created_at", before):
        address = f"{event.pgh_obj.get_absolute_url()}#timeline"
        text = _("Corrected %(record)s.") % {"record": event.pgh_obj}
        yield Activity(event.pgh_created_at, text, address)


def _imports(person: User, before: datetime | None) -> Iterator[Activity]:
    runs = FeedRun.objects.filter(by=person, way=Way.FILE)
    for run in _newest(runs, "began_at", before):
        text = _("Imported %(file)s.") % {"file": run.origin}
        yield Activity(run.began_at, text, reverse("feed-run", args=[run.pk]))
