"""What saved views, rules and deadlines share: each is a filter stored under a unique name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model

from returns.filters.filterset import ReturnFilterSet, normalized_filters
from returns.filters.form import NON_FILTER_PARAMETERS
from returns.filters.query import Query
from tags.vocabulary import load_vocabulary

MAX_ENTRY_NAME_LENGTH = 60


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
def require_unique_name(message: str) -> Iterator[None]:
    """Write in one transaction; raise ``ValidationError`` with the message if a name is taken."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ValidationError(message) from error


def lock_entry[Entry: Model](entry: Entry, message: str) -> Entry:
    """Lock an entry and return it as it is stored now.

    Raises ``ValidationError`` with the message if it has been deleted.
    """
    stored = type(entry)._default_manager.select_for_update().filter(pk=entry.pk).first()
    if stored is None:
        raise ValidationError(message)
    return stored
