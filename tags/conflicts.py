"""Messages for changes of the vocabulary that the database rejects."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DataError, IntegrityError, transaction
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tags.models import Tag, TagGroup
from tags.vocabulary import VocabularyError, find_group, find_name

NAME_TOO_LONG = "This name is too long: some of its letters count as several characters."


@contextmanager
def database_errors_as(message: Callable[[Exception], str]) -> Iterator[None]:
    """Run the block in a transaction. Raise ``VocabularyError`` if the database rejects it.

    ``message`` turns the error of the database into a sentence.
    """
    try:
        with transaction.atomic():
            yield
    except (IntegrityError, DataError, ProtectedError) as error:
        raise VocabularyError(message(error)) from error


def tag_conflict(tag: Tag, error: Exception) -> str:
    """Say why a tag could not be saved."""
    if isinstance(error, DataError):
        return NAME_TOO_LONG
    return name_conflict(tag) or (
        f"“{tag}” is in use together with another tag of {tag.group}, which allows only one."
    )


def group_conflict(group: TagGroup, error: Exception) -> str:
    """Say why a group could not be saved."""
    if isinstance(error, DataError):
        return NAME_TOO_LONG
    return group_name_conflict(group) or (
        f"Two tags of {group} are in use together, so the group cannot be limited to one."
    )


def name_conflict(tag: Tag) -> str:
    """Say which other tag has the tag's name; "" if none has, or if it is one of its synonyms."""
    other = find_name(tag.name)
    if other is None or (tag.pk and tag.pk in {other.pk, other.synonym_of_id}):
        return ""
    if other.synonym_of:
        return f"“{other}” is a synonym of {other.synonym_of} in {other.synonym_of.group}."
    return f"There is already a tag {other} in {other.group}."


def similar_name(other: Tag) -> SafeString:
    """Say which tag or synonym has a similar name, with a link to the tag."""
    tag = other.synonym_of or other
    text = "There is already a tag with a similar name, {link} in {group}."
    if other.synonym_of:
        text = "A similar name, “{other}”, is a synonym of {link} in {group}."
    link = format_html('<a href="{}">{}</a>', reverse("change-tag", args=[tag.pk]), tag)
    return format_html(text, link=link, group=tag.group, other=other)


def group_name_conflict(group: TagGroup) -> str:
    """Say which other group has the group's name; "" if none has."""
    other = find_group(group.name)
    return f"There is already a group {other}." if other and other.pk != group.pk else ""
