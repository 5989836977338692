"""Reading the page of returns that the query string of ``GET /Returns`` asks for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import OperationalError
from django.http import QueryDict
from psycopg.errors import QueryCanceled

from returns.api.counting import count_matches
from returns.api.cursor_pagination import read_cursor_page
from returns.api.errors import READ_TIMEOUT_MESSAGE, ApiError, ErrorDetail, InvalidRequest
from returns.api.expected import find_few
from returns.api.following import Followed
from returns.api.matching import find_matches
from returns.api.parsed_query import ParsedQuery
from returns.api.prefilters import MIN_INDEXED_LENGTH, is_without_index
from returns.api.query_parsing import parse_query
from returns.api.sorting import count_for_text_sort, read_few, read_page
from returns.models import Return
from returns.models.facts import LINE_ITEMS
from returns.querysets import ReturnQuerySet
from tags.vocabulary import Vocabulary

# Columns that no answer shows.
FIELDS_NOT_SENT = ("notes_key", "corrections", "feed_tags", "stamps")
SLOW_FILTER = (
    "dqb: filter {}: {}: {} has no index for so short a text; give at least {} letters (A to Z) "
    "or digits."
)


@dataclass(frozen=True)
class ResultPage:
    """A page of returns.

    ``count`` and ``offset`` are the requested ones, brought within their limits.
    ``data_set_count`` is the exact number of matches; None if counting takes too long, if a search
    read only its first matches, or with a cursor. ``next_cursor`` is None on the last page of a
    walk, and without a cursor. ``vocabulary`` has the tags if they were asked for.
    """

    returns: list[Return]
    count: int
    offset: int
    data_set_count: int | None = None
    next_cursor: str | None = None
    has_cursor: bool = False
    vocabulary: Vocabulary | None = None


def run_query(
    params: QueryDict, *, now: datetime, with_tag_ids: bool = False, with_items: bool = False
) -> ResultPage:
    """Return the page of returns that a query string asks for.

    They have their last change; their line items and ``tag_ids`` only if asked for. Raises
    ``InvalidRequest``.
    """
    parsed = parse_query(params, now=now)
    with_tags = with_tag_ids or parsed.with_tags
    vocabulary = parsed.vocabulary if with_tags else None

    def with_answer(queryset: ReturnQuerySet) -> ReturnQuerySet:
        queryset = queryset.defer(*FIELDS_NOT_SENT, *(() if with_items else (LINE_ITEMS,)))
        return (queryset.with_tag_ids() if with_tags else queryset).select_related("last_change")

    matches = find_matches(parsed)
    if parsed.cursor is not None:
        return _cursor_page(with_answer(matches), parsed, parsed.cursor, vocabulary)
    number: int | None
    with _say_why_slow(parsed):
        few = find_few(matches, parsed)
        if few is not None:
            number = len(few)
            returns = read_few(few, parsed, with_answer)
        else:
            number = count_for_text_sort(matches, parsed)
            returns = read_page(matches, parsed, with_answer)
    if number is None or parsed.filterset.search_is_cut_short():
        number = count_matches(parsed)
    return ResultPage(returns, parsed.count, parsed.offset, number, vocabulary=vocabulary)


@contextmanager
def _say_why_slow(parsed: ParsedQuery) -> Iterator[None]:
    """Name the filters that no index finds, if the time limit of the call stops a statement."""
    try:
        yield
    except OperationalError as error:
        slow = [
            SLOW_FILTER.format(position, each.property.name, each.operator, MIN_INDEXED_LENGTH)
            for position, each in enumerate(parsed.dqb.filters, start=1)
            if is_without_index(each)
        ]
        if not slow or not isinstance(error.__cause__, QueryCanceled):
            raise
        message = READ_TIMEOUT_MESSAGE.format(settings.API_STATEMENT_LIMIT)
        raise ApiError(503, "took_too_long", " ".join([message, *slow])) from error


def _cursor_page(
    queryset: ReturnQuerySet, parsed: ParsedQuery, cursor: str, vocabulary: Vocabulary | None
) -> ResultPage:
    read = _read_followed if parsed.follows else _read_walked
    try:
        returns, next_cursor = read(queryset, cursor, parsed.count)
    except ValueError as error:
        message = "cursor: this cursor is not valid. Start with an empty one."
        raise InvalidRequest(ErrorDetail("cursor", message, "bad_cursor")) from error
    return ResultPage(
        returns,
        parsed.count,
        0,
        next_cursor=next_cursor,
        has_cursor=True,
        vocabulary=vocabulary,
    )


def _read_walked(
    queryset: ReturnQuerySet, cursor: str, size: int
) -> tuple[list[Return], str | None]:
    page = read_cursor_page(queryset, cursor, size)
    return page.returns, page.next_cursor


def _read_followed(queryset: ReturnQuerySet, cursor: str, size: int) -> tuple[list[Return], str]:
    """Return the next returns that changed, and the cursor after them: there is always one."""
    position = Followed.parse(cursor)
    returns = list(position.next_in(queryset)[:size])
    if returns:
        position = Followed(returns[-1].last_change.changed_at, returns[-1].pk)
    return returns, position.encode()
