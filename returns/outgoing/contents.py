"""What a message to people says: one sentence, the first returns, and a link to exactly these."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import ngettext

from config.dates import to_the_minute
from config.numbers import grouped
from config.stored_texts import StoredText, stored_ntext, stored_text
from returns.models import TEST_TYPE, EventType, Occasion, OccasionType, Return, Subscription
from returns.models.states import State
from returns.outgoing.digests import Digest
from returns.outgoing.links import path_of

SHOWN_RETURNS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a message, with the path that it leads to, "" if it leads nowhere."""

    text: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message."""

    name: str
    data: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class ReportPart:
    """What a message says of a report; made by ``returns.reports``, which knows reports."""

    title: str
    path: str
    lines: list[Line]
    note: str = ""
    files: list[Attachment] = field(default_factory=list)


# Writes the part of a subscription's report, as of a time.
type ReportWriter = Callable[[Subscription, datetime], ReportPart]


@dataclass(frozen=True, slots=True)
class Content:
    """What is said. ``more`` is how many returns are not among the lines."""

    headline: StoredText
    path: str
    lines: list[Line] = field(default_factory=list)
    more: int = 0
    note: str = ""
    files: list[Attachment] = field(default_factory=list)


def write_content(
    subscription: Subscription, digest: Digest, report: ReportPart | None = None
) -> Content:
    """Return what a message about a digest says, in the language and zone that are active."""
    if report is not None:
        headline = stored_text(
            "%(name)s: report “%(title)s”", name=subscription.name, title=report.title
        )
        return Content(headline, report.path, report.lines, 0, report.note, report.files)
    records = {each.pk: each for each in Return.objects.among(digest.records)}
    shown = [records[pk] for pk in digest.records if pk in records]
    headline = _headline(subscription, digest, shown)
    first = shown[:SHOWN_RETURNS]
    lines = [Line(_line_of(each), each.get_absolute_url()) for each in first]
    path = path_of(subscription, digest, shown)
    return Content(headline, path, lines, max(digest.returns - len(first), 0))


def _headline(subscription: Subscription, digest: Digest, shown: Sequence[Return]) -> StoredText:
    name, details = subscription.name, digest.details
    if digest.type == TEST_TYPE or details.get("test"):
        return stored_text("%(name)s: this is a test", name=name)
    if digest.type == OccasionType.COUNT:
        values: dict[str, Any] = {"count": details["count"], "above": details["above"]}
        return stored_ntext(
            "%(name)s: %(count)s return matches, more than %(above)s",
            "%(name)s: %(count)s returns match, more than %(above)s",
            details["count"],
            name=name,
            **values,
        )
    if digest.type == OccasionType.TIMED:
        number = details.get("count", 0)
        return stored_ntext(
            "%(name)s: %(count)s return matches",
            "%(name)s: %(count)s returns match",
            number,
            name=name,
            count=number,
        )
    if digest.type == EventType.SILENT and "readAt" in details:
        since = to_the_minute(timezone.localtime(datetime.fromisoformat(details["readAt"])))
        return stored_text("%(name)s: the feed is silent since %(time)s", name=name, time=since)
    if subscription.occasion == Occasion.MATCH:
        return _matching_headline(name, digest, shown)
    return _events_headline(name, digest, shown)


def _matching_headline(name: str, digest: Digest, shown: Sequence[Return]) -> StoredText:
    if digest.returns == 1 and shown:
        return stored_text("%(name)s: %(reference)s", name=name, reference=str(shown[0]))
    return stored_ntext(
        "%(name)s: %(count)s new return",
        "%(name)s: %(count)s new returns",
        digest.returns,
        name=name,
        count=digest.returns,
    )


def _events_headline(name: str, digest: Digest, shown: Sequence[Return]) -> StoredText:
    if digest.events == 1:
        what = _type_text(digest.type)
        if shown:
            return stored_text(
                "%(name)s: %(reference)s (%(what)s)",
                name=name,
                reference=str(shown[0]),
                what=what,
            )
        return stored_text("%(name)s: %(what)s", name=name, what=what)
    return stored_ntext(
        "%(name)s: %(count)s message",
        "%(name)s: %(count)s messages",
        digest.events,
        name=name,
        count=digest.events,
    )


def _type_text(type_: str) -> StoredText:
    """Return what a type means, as the catalogues have it."""
    choices = OccasionType if type_ in OccasionType.values else EventType
    with translation.override("en"):
        return StoredText(str(choices(type_).label), context="event type")


def _line_of(record: Return) -> str:
    parts = [str(record), str(State(record.state).label), record.cargo_carrier]
    return " · ".join(filter(None, parts))


def more_text(number: int) -> str:
    """Return that there are more returns than are named."""
    text = ngettext("and %(count)s more", "and %(count)s more", number)
    return text % {"count": grouped(number)}
