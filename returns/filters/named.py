"""What saved views, rules, deadlines and macros share: a unique name; and how filters are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet

from config.shipped_names import shipped_name
from returns.filters.filterset import ReturnFilterSet, normalized_filters
from returns.filters.form import NON_FILTER_PARAMETERS
from returns.filters.query import Query
from returns.models import DeadlinePolicy, Macro, SavedView, TagRule
from tags.vocabulary import load_vocabulary

MAX_ENTRY_NAME_LENGTH = 60
# What the names that the desk ships of each kind are called in ``config.shipped_names``.
SHIPPED_CONTEXTS: dict[type[Model], str] = {
    SavedView: "view",
    TagRule: "rule",
    DeadlinePolicy: "deadline",
}
type NamedEntry = SavedView | TagRule | DeadlinePolicy | Macro


def to_parameters(query: Query) -> dict[str, Any]:
    """Return the filter of a query as it is stored, without sort, grouping and page.

    Raises ``ValidationError`` if the filter is not valid.
    """
    query = query.without(*NON_FILTER_PARAMETERS)
    vocabulary = load_vocabulary()
    if problems := ReturnFilterSet(query, vocabulary).problems():
        raise ValidationError(problems)
    return normalized_filters(query, vocabulary)


@contextmanager
def require_unique_name(entry: NamedEntry, siblings: QuerySet[Any], message: str) -> Iterator[None]:
    """Write in one transaction; raise ``ValidationError`` if the entry's name is taken.

    It is by a sibling that has it in any case, or as its label in any language. ``message`` has a
    place for the ``name`` of that one.
    """
    others = siblings.exclude(pk=entry.pk)
    try:
        with transaction.atomic():
            other = find_labelled(others, entry.name)
            if other and not _has_name(entry, siblings):
                raise ValidationError(message % {"name": other})
            yield
    except IntegrityError as error:
        other = others.filter(name__iexact=entry.name).first()
        raise ValidationError(message % {"name": other or entry}) from error


def find_labelled(entries: QuerySet[Any], label: str) -> Any:
    """Return the shipped entry that has this label in one of the languages, or None."""
    context = SHIPPED_CONTEXTS.get(entries.model)
    name = context and shipped_name(context, label)
    return entries.filter(name=name).first() if name else None


def _has_name(entry: NamedEntry, siblings: QuerySet[Any]) -> bool:
    """Tell whether the entry has its name already; it may keep it."""
    return siblings.filter(pk=entry.pk, name__iexact=entry.name).exists()


def lock_entry[Entry: Model](entry: Entry, message: str) -> Entry:
    """Lock an entry and return it as it is stored now.

    Raises ``ValidationError`` with the message if it has been deleted.
    """
    stored = type(entry)._default_manager.select_for_update().filter(pk=entry.pk).first()
    if stored is None:
        raise ValidationError(message)
    return stored
