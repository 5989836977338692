"""What an export contains: the rows of a filtered list in its order, and the columns."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import batched

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from config.text import shorten
from returns.database.reading import cursors_of_transaction
from returns.database.replica import each_from_replica
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import PAGING_PARAMETERS
from returns.filters.query import Query
from returns.lists.columns import COLUMN_NAMES, VALUE_COLUMNS, shown_columns
from returns.lists.reading import list_parts, urgent_tags
from returns.lists.rows import Row, build_rows
from tags.vocabulary import Vocabulary, load_vocabulary

ALL_COLUMNS = "all"
# Parameters that do not select returns.
FILE_PARAMETERS = (*PAGING_PARAMETERS, "columns", "bom", "rows")
# What has a row of a file.
RETURN_ROWS, ITEM_ROWS = "returns", "items"
# The grouping of a queue, which does not change its rows.
GROUP_PARAMETER = "group"
EXPORT_BATCH_SIZE = 1_000  # returns
ITEM_BATCH_SIZE = 100  # returns with their items, of which one may have a thousand
# For reading a batch, and for the receiver to ask for the next one.
BATCH_TIMEOUT = 60  # seconds


@dataclass(frozen=True, slots=True)
class Selection:
    """All returns of a list, whatever page of it is shown, and the columns of the file.

    With ``by_items`` the file has a row for each item of a return.
    """

    query: Query
    filterset: ReturnFilterSet
    columns: list[str]
    vocabulary: Vocabulary
    by_items: bool = False

    @property
    def file_query(self) -> Query:
        """Return the query of the list with what the rows of the file are."""
        return self.query.replace(rows=ITEM_ROWS) if self.by_items else self.query

    @property
    def is_cut_short(self) -> bool:
        """Return whether a search has more matches than the list shows."""
        return self.filterset.search_is_cut_short()


def parse_selection(query: Query, default_columns: Iterable[str]) -> Selection:
    """Return what a query selects; ``default_columns`` are used if it names no columns.

    Raises ``ValidationError`` with a sentence for each parameter that is not valid.
    """
    columns = _parse_columns(query.getlist("columns"), default_columns)
    if (bom := query.get("bom", "1")) != "1":
        raise ValidationError(
            _("bom: “%(value)s” is not valid. Use 1, or leave it out.")
            % {"value": shorten(bom, 50)}
        )
    if (rows := query.get("rows", RETURN_ROWS)) not in (RETURN_ROWS, ITEM_ROWS):
        raise ValidationError(
            _("rows: “%(value)s” is not valid. Use returns or items.")
            % {"value": shorten(rows, 50)}
        )
    query = query.without(*FILE_PARAMETERS)
    tags = load_vocabulary()
    filterset = ReturnFilterSet(query, tags)
    if problems := filterset.problems():
        raise ValidationError(problems)
    query = query.without(GROUP_PARAMETER)
    return Selection(query, filterset, columns, tags, by_items=rows == ITEM_ROWS)


def _parse_columns(names: list[str], default_columns: Iterable[str]) -> list[str]:
    if ALL_COLUMNS in names:
        return list(COLUMN_NAMES)
    if unknown := [name for name in names if name not in COLUMN_NAMES]:
        raise ValidationError(
            _("columns: there is no column “%(name)s”.") % {"name": shorten(unknown[0], 50)}
        )
    return shown_columns(names or default_columns)


def count_returns(selection: Selection, limit: int) -> int:
    """Return the number of selected returns, or ``limit`` if there are more."""
    rows = selection.filterset.qs.order_by().values("pk")
    return int(rows[:limit].count())


@dataclass(frozen=True, slots=True)
class Size:
    """How many returns a file has, and how many rows if it has one for each item."""

    returns: int
    item_rows: int

    def rows(self, *, by_items: bool) -> int:
        """Return how many rows a file has, without the header."""
        return self.item_rows if by_items else self.returns


def measure(selection: Selection, limit: int) -> Size:
    """Return the size of a file with the selected returns, or the first ``limit`` of them."""
    lines = Greatest(Coalesce("item_count", 1), 1)
    returns = selection.filterset.qs.order_by().values("pk", lines=lines)[:limit]
    total = returns.aggregate(returns=Count("pk"), item_rows=Coalesce(Sum("lines"), 0))
    return Size(total["returns"], total["item_rows"])


def iter_batches(selection: Selection) -> Generator[list[Row]]:
    """Yield the rows in the order of the list, in batches, all from one snapshot of the data.

    Memory does not grow with their number. A transaction stays open from the first batch to the
    last; the database ends it if the next batch is not asked for within ``BATCH_TIMEOUT``. It is
    the replica's if there is one.
    """
    return each_from_replica(partial(_batches, selection))


def _batches(selection: Selection) -> Generator[list[Row]]:
    urgent = urgent_tags(selection.vocabulary)
    parts = list_parts(selection.filterset, urgent, with_items=selection.by_items)
    with_due = "deadline" in selection.columns
    with_value = not VALUE_COLUMNS.isdisjoint(selection.columns)
    size = ITEM_BATCH_SIZE if selection.by_items else EXPORT_BATCH_SIZE
    with _one_snapshot(), cursors_of_transaction():
        for part in parts:
            for records in batched(part.iterator(chunk_size=size), size):
                yield build_rows(
                    records, selection.vocabulary, with_due=with_due, with_value=with_value
                )


@contextmanager
def _one_snapshot() -> Iterator[None]:
    # PostgreSQL allows the isolation level only at the start of a transaction. Within another
    # transaction, that one's isolation level applies.
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                timeout = f"'{BATCH_TIMEOUT}s'"
                cursor.execute(f"SET LOCAL statement_timeout = {timeout}")
                cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {timeout}")
        yield
