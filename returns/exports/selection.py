"""What a person wants to take along: the rows of a filtered list, in its order, in columns."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from config.text import shorten
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import PAGING_PARAMETERS
from returns.filters.query import Query
from returns.lists.columns import COLUMNS, shown_columns
from returns.lists.page import parts_of_list
from returns.lists.rows import Row, rows_of
from tags.vocabulary import TagChip, vocabulary

ALL_COLUMNS = "all"
# What an address says of the file, and not of the returns.
BESIDE_LIST = (*PAGING_PARAMETERS, "columns", "bom")
# Of a queue, whose rows stay the same.
GROUP = "group"
BLOCK = 1_000
# Of reading a block, and of waiting for whoever takes it.
SECONDS_FOR_A_BLOCK = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """The list that a query string shows, whatever page of it, and the columns of the file."""

    query: Query
    filterset: ReturnFilterSet
    columns: list[str]
    words: Mapping[int, TagChip]

    @property
    def is_cut_short(self) -> bool:
        """Tell whether a search finds more than the list shows."""
        return self.filterset.search_is_cut_short()


def read(query: Query, shown: Iterable[str]) -> Wanted:
    """Read what is wanted; ``shown`` are the columns that the person chose for the list.

    Raises ``ValidationError`` with a sentence for each parameter that cannot be understood.
    """
    columns = _columns(query.getlist("columns"), shown)
    if (bom := query.get("bom", "1")) != "1":
        raise ValidationError(f"bom: there is no “{shorten(bom, 50)}”; 1 is known.")
    query = query.without(*BESIDE_LIST)
    words = vocabulary()
    filterset = ReturnFilterSet(query, words)
    if problems := filterset.problems():
        raise ValidationError(problems)
    return Wanted(query.without(GROUP), filterset, columns, words)


def _columns(asked: list[str], shown: Iterable[str]) -> list[str]:
    if ALL_COLUMNS in asked:
        return list(COLUMNS)
    if unknown := [name for name in asked if name not in COLUMNS]:
        raise ValidationError(f"columns: there is no column “{shorten(unknown[0], 50)}”.")
    return shown_columns(asked or shown)


def count(wanted: Wanted, limit: int) -> int:
    """Return how many returns there are, ``limit`` for so many and more."""
    found = wanted.filterset.qs.order_by().values("pk")
    return int(found[:limit].count())


def blocks(wanted: Wanted) -> Iterator[list[Row]]:
    """Yield the returns in the order of the list, all as they are at one moment.

    Memory does not grow with their number. A transaction is open from the first block to the
    last; the database ends it when nobody asks for the next block in time.
    """
    urgent = [tag.id for tag in wanted.words.values() if tag.raises]
    parts = parts_of_list(wanted.filterset, urgent)
    with _one_moment():
        for part in parts:
            for records in batched(part.iterator(chunk_size=BLOCK), BLOCK):
                yield rows_of(records, wanted.words, with_due="deadline" in wanted.columns)


@contextmanager
def _one_moment() -> Iterator[None]:
    # Within another transaction PostgreSQL allows it no longer; that one's moments count.
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                limit = f"'{SECONDS_FOR_A_BLOCK}s'"
                cursor.execute(f"SET LOCAL statement_timeout = {limit}")
                cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {limit}")
        yield
