"""Filters that people name and keep: what saved views, rules and deadlines have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model

from returns.filters.filterset import ReturnFilterSet, filters_of
from returns.filters.form import BESIDE_FILTERS
from returns.filters.query import Query
from tags.vocabulary import load_vocabulary

NAME_LENGTH = 60


def parameters_of(query: Query) -> dict[str, Any]:
    """Return the filter of a query as it is stored, without sort, grouping and page.

    Raises ``ValidationError`` when it cannot be understood.
    """
    query = query.without(*BESIDE_FILTERS)
    words = load_vocabulary()
    if problems := ReturnFilterSet(query, words).problems():
        raise ValidationError(problems)
    return filters_of(query, words)


@contextmanager
def its_own_name(taken: str) -> Iterator[None]:
    """Write in one transaction; raise ``ValidationError`` with this text if the name is taken."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ValidationError(taken) from error


def locked[Entry: Model](entry: Entry, gone: str) -> Entry:
    """Lock an entry in the database and return it as it is stored by now.

    Raises ``ValidationError`` with the text ``gone`` when it was deleted.
    """
    stored = type(entry)._default_manager.select_for_update().filter(pk=entry.pk).first()
    if stored is None:
        raise ValidationError(gone)
    return stored
