"""The page of notices: the new ones first, many of a kind as one."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.contrib.auth.models import User
from django.utils.translation import ngettext

from config.numbers import grouped
from config.stored_texts import values_of
from returns.models import Notice, NoticeKind

MAX_SHOWN_NOTICES = 200
# So many new ones of a kind are shown one by one.
MAX_SINGLE_NOTICES = 4
MAX_NAMED_NOTIFICATIONS = 3


@dataclass(frozen=True, slots=True)
class NoticeGroup:
    """New notices of a kind; ``is_folded`` if they are so many that only their number shows."""

    kind: str
    notices: list[Notice]

    @property
    def is_folded(self) -> bool:
        """Whether a sentence stands for them until a person unfolds them."""
        return len(self.notices) > MAX_SINGLE_NOTICES

    @property
    def sentence(self) -> str:
        """Return how many there are of which kind."""
        number = len(self.notices)
        texts = {
            NoticeKind.MENTION: ngettext(
                "You were mentioned %(count)s time", "You were mentioned %(count)s times", number
            ),
            NoticeKind.CLAIM: ngettext(
                "%(count)s notice about your claims", "%(count)s notices about your claims", number
            ),
            NoticeKind.FOLLOW_UP: ngettext(
                "%(count)s notice about your reminders",
                "%(count)s notices about your reminders",
                number,
            ),
        }
        text = texts.get(NoticeKind(self.kind))
        return text % {"count": grouped(number)} if text else self._sentence_with_names()

    def _sentence_with_names(self) -> str:
        """Return how many there are, and of which notifications, the newest first."""
        number, names = len(self.notices), self._names()
        named = ", ".join(names[:MAX_NAMED_NOTIFICATIONS])
        values = {"count": grouped(number), "names": named}
        if not names:
            return ngettext("%(count)s notice", "%(count)s notices", number) % values
        others = len(names) - MAX_NAMED_NOTIFICATIONS
        if others > 0:
            values["others"] = grouped(others)
            text = ngettext(
                "%(names)s and %(others)s other: %(count)s notices",
                "%(names)s and %(others)s others: %(count)s notices",
                others,
            )
            return text % values
        text = ngettext("%(names)s: %(count)s notice", "%(names)s: %(count)s notices", number)
        return text % values

    def _names(self) -> list[str]:
        names = (str(values_of(each.text).get("name", "")) for each in self.notices)
        return list(dict.fromkeys(filter(None, names)))


@dataclass(frozen=True, slots=True)
class NoticePage:
    """The notices of a person. ``last`` is the id of the newest one that the page shows."""

    groups: list[NoticeGroup]
    seen: list[Notice]
    last: int


def notices_of(person: User) -> NoticePage:
    """Return the newest notices of a person. Two queries, on indexes."""
    own = Notice.objects.filter(person=person).order_by("-pk")
    new = list(own.filter(seen_at=None)[:MAX_SHOWN_NOTICES])
    seen = list(own.filter(seen_at__isnull=False)[:MAX_SHOWN_NOTICES])
    return NoticePage(list(_in_groups(new)), seen, max((each.pk for each in new), default=0))


def new_mentions(person: User, limit: int) -> list[Notice]:
    """Return the newest mentions that a person has not seen."""
    own = Notice.objects.filter(person=person, seen_at=None, kind=NoticeKind.MENTION)
    return list(own.order_by("-pk")[:limit])


def _in_groups(notices: list[Notice]) -> Iterable[NoticeGroup]:
    """Yield the groups, that with the newest notice first."""
    order = list(dict.fromkeys(each.kind for each in notices))
    by_kind = sorted(notices, key=lambda each: order.index(each.kind))
    for kind, group in groupby(by_kind, key=lambda each: each.kind):
        yield NoticeGroup(kind, list(group))
