"""Who has a return open: their pages say so now and then, see ``static/js/record/presence.js``."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from config.numbers import grouped
from config.text import name_order
from returns.models import Presence
from returns.people.person import person_name

# A page in front says every 15 seconds that it is open.
PRESENT_FOR = timedelta(seconds=30)
# Deleted a little later, so that many are deleted at a time.
FORGOTTEN_AFTER = timedelta(hours=1)
MAX_NAMES = 3


def note_presence(record_id: int, person: User, page: UUID) -> None:
    """Store that a page of a person shows a return now."""
    Presence.objects.bulk_create(
        [Presence(record_id=record_id, person=person, page=page)],
        update_conflicts=True,
        unique_fields=["record", "person", "page"],
        update_fields=["seen_at"],
    )


def end_presence(record_id: int, person: User, page: UUID) -> None:
    """Store that a page of a person no longer shows a return; other pages may."""
    Presence.objects.filter(record_id=record_id, person=person, page=page).delete()


def names_of_others(record_id: int, person: User) -> list[str]:
    """Return the names of the other people who have the return open, by name."""
    present = Presence.objects.filter(record_id=record_id, seen_at__gt=Now() - PRESENT_FOR)
    others = present.exclude(person=person).order_by("person").distinct("person")
    names = (person_name(each.person) for each in others.select_related("person"))
    return sorted(names, key=name_order)


def presence_sentence(names: Sequence[str]) -> str:
    """Return who else is looking at the return; "" if nobody is."""
    if not names:
        return ""
    if len(names) == 1:
        return _("%(name)s is looking at this return.") % {"name": names[0]}
    if len(names) <= MAX_NAMES:
        both = _("%(list)s and %(last)s") % {"list": ", ".join(names[:-1]), "last": names[-1]}
        return _("%(names)s are looking at this return.") % {"names": both}
    named = names[: MAX_NAMES - 1]
    return _("%(names)s and %(count)s others are looking at this return.") % {
        "names": ", ".join(named),
        "count": grouped(len(names) - len(named)),
    }


def left_pages(now: datetime) -> QuerySet[Presence]:
    """Return the rows of pages that were closed long ago; ``now`` is by the database's clock."""
    return Presence.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER)
