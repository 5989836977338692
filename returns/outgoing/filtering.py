"""The filter of a subscription, applied to some returns or to all."""

import logging
from collections.abc import Sequence
from itertools import batched

from django.db import DatabaseError

from config.stored_texts import StoredText, stored_text
from returns.database.faults import is_passing_fault
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.filterset import ReturnFilterSet
from returns.filters.stored import to_query
from returns.models import Subscription
from returns.querysets import ReturnQuerySet
from tags.vocabulary import Vocabulary, load_vocabulary

logger = logging.getLogger(__name__)

MATCH_MILLISECONDS = 2_000  # for one filter and a batch
LOOK_MILLISECONDS = 10_000  # for one filter and all returns
# After many new returns, PostgreSQL may not know yet that it is fastest to read a batch by its ids.
# Of so few, it does.
MATCHED_IN_PARTS = 250
FILTER_IS_WRONG = stored_text("Its filter is no longer valid. Look at it, and save it anew.")
FILTER_FAILED = stored_text("Its filter takes too long.")


class FilterError(Exception):
    """The filter of a subscription cannot be used; ``reason`` says why."""

    def __init__(self, reason: StoredText) -> None:
        super().__init__(str(reason))
        self.reason = reason


def matching_ids(
    subscription: Subscription, ids: Sequence[int], vocabulary: Vocabulary
) -> set[int]:
    """Return which of the returns match the filter. Raises ``FilterError``."""
    if not subscription.parameters:
        return set(ids)
    query = to_query(subscription.parameters, vocabulary)
    filterset = _checked(ReturnFilterSet(query, vocabulary, one_by_one=True))
    try:
        return _among(filterset, ids)
    except QueryTimeoutError:
        logger.info(
            "The filter of subscription %s took long, and is tried in parts.", subscription.pk
        )
    except DatabaseError as error:
        if is_passing_fault(error):
            raise
        logger.exception("The filter of subscription %s failed.", subscription.pk)
        raise FilterError(FILTER_IS_WRONG) from error
    try:
        return set().union(*(_among(filterset, part) for part in batched(ids, MATCHED_IN_PARTS)))
    except QueryTimeoutError as error:
        raise FilterError(FILTER_FAILED) from error


def all_matching_ids(subscription: Subscription, most: int) -> set[int]:
    """Return the returns that match now, up to ``most``.

    Raises ``FilterError``, and ``QueryTimeoutError`` after ten seconds.
    """
    with time_limit(LOOK_MILLISECONDS):
        return set(_all_matches(subscription, most).values_list("pk", flat=True)[:most])


def count_matches(subscription: Subscription, most: int) -> int:
    """Return how many returns match now, up to ``most``. Raises as ``all_matching_ids`` does."""
    with time_limit(LOOK_MILLISECONDS):
        return _all_matches(subscription, most)[:most].count()


def _all_matches(subscription: Subscription, most: int) -> ReturnQuerySet:
    query = to_query(subscription.parameters, vocabulary := load_vocabulary())
    filterset = ReturnFilterSet(query, vocabulary, most_numbers=most)
    queryset: ReturnQuerySet = _checked(filterset).qs
    return queryset.order_by()


def _checked(filterset: ReturnFilterSet) -> ReturnFilterSet:
    if filterset.problems():
        raise FilterError(FILTER_IS_WRONG)
    return filterset


def _among(filterset: ReturnFilterSet, ids: Sequence[int]) -> set[int]:
    with time_limit(MATCH_MILLISECONDS):
        return set(filterset.qs.among(ids).order_by().values_list("pk", flat=True))
