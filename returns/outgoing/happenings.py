"""What happened, in words for people: to a return, to the feed, or to the number that matches."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce

from django.utils import timezone, translation
from django.utils.translation import pgettext_lazy

from config.dates import to_the_minute
from config.stored_texts import StoredText, stored_ntext, stored_text
from returns.models import EventType, OccasionType
from returns.outgoing.beginnings import MAX_COUNT
from returns.outgoing.digests import Digest, Happening, Kind

MAX_SAID = 5  # of one return
WHAT = "what happened"
HAPPENED = {
    EventType.CREATED: pgettext_lazy("what happened", "created"),
    EventType.ARRIVED: pgettext_lazy("what happened", "arrived"),
    EventType.COMPLETED: pgettext_lazy("what happened", "completed"),
    EventType.CHANGED: pgettext_lazy("what happened", "changed"),
    EventType.ITEMS: pgettext_lazy("what happened", "line items changed"),
    EventType.TAGGED: pgettext_lazy("what happened", "a tag is added"),
    EventType.UNTAGGED: pgettext_lazy("what happened", "a tag is removed"),
    EventType.COMMENT: pgettext_lazy("what happened", "a comment is added"),
    EventType.AT_RISK: pgettext_lazy("what happened", "the deadline is at risk"),
    EventType.LATE: pgettext_lazy("what happened", "the deadline is over"),
    EventType.SILENT: pgettext_lazy("what happened", "the feed is silent"),
    EventType.REJECTED: pgettext_lazy("what happened", "records of the feed were rejected"),
    OccasionType.MATCHED: pgettext_lazy("what happened", "begins to match"),
    OccasionType.COUNT: pgettext_lazy("what happened", "more returns match than a number"),
    OccasionType.TIMED: pgettext_lazy("what happened", "the number of matching returns"),
    OccasionType.RULE: pgettext_lazy("what happened", "a rule matches"),
}
OF_THE_FEED = {EventType.SILENT, EventType.REJECTED}


def happened_text(happening: Happening) -> StoredText:
    """Return what happened to a return, with the name of the tag or the rule."""
    match happening:
        case Happening(type=EventType.TAGGED, tag=str(tag)) if tag:
            return stored_text("a tag is added: %(tag)s", tag=tag)
        case Happening(type=EventType.UNTAGGED, tag=str(tag)) if tag:
            return stored_text("a tag is removed: %(tag)s", tag=tag)
        case Happening(type=OccasionType.RULE, rule=str(rule)) if rule:
            return stored_text("a rule matches: %(rule)s", rule=rule)
    return _short(happening.type)


def happenings_of(digest: Digest, record_id: int) -> list[StoredText]:
    """Return what happened to a return, if the headline does not say so already."""
    is_of_one_kind = len(digest.kinds) == 1
    return [
        happened_text(each)
        for each in digest.happenings
        if each.record_id == record_id and not (is_of_one_kind and not (each.tag or each.rule))
    ]


def fact_text(kind: Kind) -> StoredText:
    """Return what messages about no return say."""
    details = kind.details or {}
    if kind.type == EventType.REJECTED:
        return stored_text("records of the feed were rejected: %(count)s", count=kind.rejected)
    if kind.type == EventType.SILENT and "readAt" in details:
        since = to_the_minute(timezone.localtime(datetime.fromisoformat(details["readAt"])))
        return stored_text("the feed is silent since %(time)s", time=since)
    number = details.get("count", 0)
    if number > MAX_COUNT:
        return stored_text("more than %(most)s returns match", most=MAX_COUNT)
    if kind.type == OccasionType.COUNT:
        return stored_ntext(
            "%(count)s return matches, more than %(above)s",
            "%(count)s returns match, more than %(above)s",
            number,
            count=number,
            above=details["above"],
        )
    if kind.type == OccasionType.TIMED:
        return stored_ntext(
            "%(count)s return matches", "%(count)s returns match", number, count=number
        )
    return _short(kind.type)


def kinds_text(kinds: Sequence[Kind]) -> StoredText:
    """Return the types of a digest, with how many there are of each if there are several."""
    if len(kinds) == 1:
        return _short(kinds[0].type)
    return reduce(_joined, map(_counted, kinds))


def _counted(kind: Kind) -> StoredText:
    number = kind.rejected if kind.type == EventType.REJECTED else kind.number
    return stored_text("%(what)s: %(count)s", what=_short(kind.type), count=number)


def _joined(first: StoredText, other: StoredText) -> StoredText:
    return stored_text("%(first)s, %(other)s", first=first, other=other)


def _short(type_: str) -> StoredText:
    """Return what a type means in few words, as the catalogues have it."""
    with translation.override("en"):
        return StoredText(str(HAPPENED[type_]), context=WHAT)  # type: ignore[index]
