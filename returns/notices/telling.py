"""Tells people what happened: the only writer of notices, besides triggers of the database."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from config.stored_texts import StoredText
from returns.models import Notice, NoticeKind


def tell(
    people: Iterable[int],
    kind: NoticeKind,
    text: StoredText | str,
    *,
    link: str = "",
    record_id: int | None = None,
    key: str | None = None,
) -> None:
    """Tell people, given by their ids, something with a link to where it shows.

    With a ``key``, each of them is told it once, however often this is called. What they may not
    see must not be in the text: it is read later, when they may see less.
    """
    notices = [
        Notice(person_id=pk, kind=kind, text=text, link=link, record_id=record_id, key=key)
        for pk in dict.fromkeys(people)
    ]
    # Whoever was told already keeps the notice as it is.
    Notice.objects.bulk_create(
        notices, update_conflicts=True, unique_fields=["person", "key"], update_fields=["key"]
    )


def mark_seen(notices: QuerySet[Notice]) -> int:
    """Note that a person has seen these notices; return how many they had not seen."""
    return notices.filter(seen_at=None).update(seen_at=timezone.now())


def mark_one_seen(pk: int, person: User) -> Notice | None:
    """Note that a person has seen one of their notices; return it, or None if they have no such."""
    own = Notice.objects.filter(pk=pk, person=person)
    mark_seen(own)
    return own.first()


def mark_all_seen(person: User, until: int, kind: str = "") -> int:
    """Note that a person has seen all notices up to an id, perhaps only those of a kind.

    A notice that came after the page was read stays new.
    """
    own = Notice.objects.filter(person=person, pk__lte=until)
    return mark_seen(own.filter(kind=kind) if kind else own)
