"""Messages for changes of the vocabulary that the database rejects."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DataError, IntegrityError, transaction
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.markup import format_html
from tags.groups import find_group
from tags.labels import group_labelled, tag_labelled
from tags.models import Tag, TagGroup
from tags.vocabulary import VocabularyError, find_name

NAME_TOO_LONG = gettext_lazy(
    "This name is too long: some of its letters count as several characters."
)


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
        return str(NAME_TOO_LONG)
    return name_conflict(tag) or (
        _("“%(tag)s” is in use together with another tag of %(group)s, which allows only one.")
        % {"tag": tag, "group": tag.group}
    )


def group_conflict(group: TagGroup, error: Exception) -> str:
    """Say why a group could not be saved."""
    if isinstance(error, DataError):
        return str(NAME_TOO_LONG)
    return group_name_conflict(group) or (
        _("Two tags of %(group)s are in use together, so the group cannot be limited to one.")
        % {"group": group}
    )


def name_conflict(tag: Tag) -> str:
    """Say which other tag has the tag's name; "" if none has, or if it is one of its synonyms.

    A label that the other tag has in any language is its name, too.
    """
    other = find_name(tag.name) or _labelled_besides(tag)
    if other is None or (tag.pk and tag.pk in {other.pk, other.synonym_of_id}):
        return ""
    if other.synonym_of:
        return _("“%(name)s” is a synonym of %(tag)s in %(group)s.") % {
            "name": other,
            "tag": other.synonym_of,
            "group": other.synonym_of.group,
        }
    return _("There is already a tag %(tag)s in %(group)s.") % {"tag": other, "group": other.group}


def _labelled_besides(tag: Tag) -> Tag | None:
    other = tag_labelled(tag.name)
    return None if other and other.pk in {tag.pk, tag.synonym_of_id} else other


def similar_name(other: Tag) -> SafeString:
    """Say which tag or synonym has a similar name, with a link to the tag."""
    tag = other.synonym_of or other
    text = _("There is already a tag with a similar name, {link} in {group}.")
    if other.synonym_of:
        text = _("A similar name, “{other}”, is a synonym of {link} in {group}.")
    link = format_html('<a href="{}">{}</a>', reverse("change-tag", args=[tag.pk]), tag)
    return format_html(text, link=link, group=tag.group, other=other)


def group_name_conflict(group: TagGroup) -> str:
    """Say which other group has the group's name, or has it as a label; "" if none has."""
    other = find_group(group.name) or group_labelled(group.name)
    if other is None or other.pk == group.pk:
        return ""
    return _("There is already a group %(group)s.") % {"group": other}
