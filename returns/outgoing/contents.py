"""What a message to people says: one sentence, the first returns, and a link to exactly these."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.translation import ngettext

from config.numbers import grouped
from config.stored_texts import StoredText, stored_ntext, stored_text
from config.text import capitalized
from returns.models import TEST_TYPE, OccasionType, Return, Subscription
from returns.models.states import State
from returns.outgoing.digests import Digest
from returns.outgoing.happenings import (
    MAX_SAID,
    OF_THE_FEED,
    fact_text,
    happened_text,
    happenings_of,
    kinds_text,
)
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
    path = path_of(subscription, digest, shown)
    more = max(digest.returns - len(first), 0)
    return Content(headline, path, list(_lines(digest, first)), more)


def _lines(digest: Digest, first: Sequence[Return]) -> Iterator[Line]:
    """Yield what is about no return, unless the headline says it, and then the first returns."""
    for kind in digest.kinds if len(digest.kinds) > 1 else ():
        if kind.details is not None:
            path = reverse("feed") if kind.type in OF_THE_FEED else ""
            yield Line(capitalized(str(fact_text(kind))), path)
    for record in first:
        texts = [str(each) for each in happenings_of(digest, record.pk)]
        said = texts[:MAX_SAID]
        if others := len(texts) - len(said):
            said.append(more_text(others))
        yield Line(" · ".join([_line_of(record), *said]), record.get_absolute_url())


def _headline(subscription: Subscription, digest: Digest, shown: Sequence[Return]) -> StoredText:
    name = subscription.name
    if digest.type == TEST_TYPE or digest.details.get("test"):
        return stored_text("%(name)s: this is a test", name=name)
    kind, *others = digest.kinds
    if not others and kind.details is not None:
        return stored_text("%(name)s: %(what)s", name=name, what=fact_text(kind))
    if not others and kind.type == OccasionType.MATCHED:
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
        what = kinds_text(digest.kinds)
        if digest.happenings:
            what = happened_text(digest.happenings[0])
        if shown:
            return stored_text(
                "%(name)s: %(reference)s (%(what)s)",
                name=name,
                reference=str(shown[0]),
                what=what,
            )
        return stored_text("%(name)s: %(what)s", name=name, what=what)
    return stored_ntext(
        "%(name)s: %(count)s message (%(what)s)",
        "%(name)s: %(count)s messages (%(what)s)",
        digest.events,
        name=name,
        count=digest.events,
        what=kinds_text(digest.kinds),
    )


def _line_of(record: Return) -> str:
    parts = [str(record), str(State(record.state).label), record.cargo_carrier]
    return " · ".join(filter(None, parts))


def more_text(number: int) -> str:
    """Return that there are more returns than are named."""
    text = ngettext("and %(count)s more", "and %(count)s more", number)
    return text % {"count": grouped(number)}
