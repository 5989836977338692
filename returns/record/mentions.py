"""Who is mentioned in a comment as @username, and telling them. Nothing of the comment is told."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.urls import reverse

from config.stored_texts import stored_text
from config.text import name_order
from returns.models import Comment, NoticeKind
from returns.notices.telling import tell
from returns.people.person import person_name

MAX_MENTIONED = 20
MAX_MENTIONABLE = 2_000
# As Django allows user names; what stands in front of the @ tells an e-mail address.
MENTION = re.compile(r"(?<![\w@.+-])@([\w.@+-]{1,150})")
TRAILING_MARKS = re.compile(r"[.@+-]+$")


def people_who_see_returns() -> QuerySet[User]:
    """Return the people who may sign in and see returns: whoever may be mentioned."""
    roles = Permission.objects.filter(
        group__user=OuterRef("pk"), content_type__app_label="returns", codename="view_return"
    )
    people = User.objects.filter(Q(is_superuser=True) | Exists(roles), is_active=True)
    return people if settings.DEMO else people.exclude(preferences__demo_only=True)


def mentionable_people(by: User) -> list[tuple[str, str]]:
    """Return the user name and the name of everybody whom a person can mention, by name."""
    people = people_who_see_returns().exclude(pk=by.pk)[:MAX_MENTIONABLE]
    named = [(each.get_username(), person_name(each)) for each in people]
    return sorted(named, key=lambda each: name_order(each[1]))


def find_mentioned(text: str) -> list[User]:
    """Return the people whom a text mentions, in any case, if they may see returns."""
    names = [name for token in _tokens(text) for name in _readings(token)]
    if not names:
        return []
    lower = Lower("username")
    people = people_who_see_returns().alias(lower=lower)
    people = people.filter(Q(username__in=names) | Q(lower__in=[name.lower() for name in names]))
    exact = {each.get_username(): each for each in people}
    by_lower = {name.lower(): each for name, each in exact.items()}
    found = [_person(token, exact, by_lower) for token in _tokens(text)]
    return list(dict.fromkeys(each for each in found if each))[:MAX_MENTIONED]


def tell_mentioned(comment: Comment, people: Iterable[User]) -> None:
    """Tell people, once for each comment, that its author has mentioned them."""
    text = stored_text(
        "%(person)s mentioned you in a comment on %(reference)s.",
        person=person_name(comment.author),
        reference=comment.record.return_reference_number,
    )
    others = [each.pk for each in people if each.pk != comment.author_id]
    link, key = reverse("show-comment", args=[comment.pk]), f"comment {comment.pk}"
    tell(others, NoticeKind.MENTION, text, link=link, record_id=comment.record_id, key=key)


def split_mentions(text: str, mentioned: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text in order, each with whether it mentions one of these people."""
    names, end = {name.lower() for name in mentioned}, 0
    for match in MENTION.finditer(text) if names else ():
        name = next((each for each in _readings(match[1]) if each.lower() in names), "")
        if name:
            yield text[end : match.start()], False
            yield f"@{name}", True
            end = match.start() + 1 + len(name)
    yield text[end:], False


def _tokens(text: str) -> list[str]:
    return list(dict.fromkeys(MENTION.findall(text)))


def _readings(token: str) -> tuple[str, ...]:
    """Return the name as it stands, and without the marks of a sentence behind it."""
    return token, TRAILING_MARKS.sub("", token)


def _person(token: str, exact: Mapping[str, User], by_lower: Mapping[str, User]) -> User | None:
    for name in _readings(token):
        if person := exact.get(name) or by_lower.get(name.lower()):
            return person
    return None
