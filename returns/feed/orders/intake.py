"""The single entry point for orders: entries of a push, a pull or a file are parsed and written."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import astuple, dataclass
from itertools import batched
from operator import add

from django.db import transaction

from config.stored_texts import stored_text
from returns.feed.orders.ingest import OrderOutcome, write_orders
from returns.feed.orders.parsing import parse_order
from returns.feed.orders.records import OrderEntry, OrderRecord
from returns.feed.records import RecordError, kept

ORDER_BATCH_SIZE = 1_000
# Not in the words of the database, which may repeat values.
REFUSED = stored_text("refused by the database")

type OnRejectedOrder = Callable[[OrderEntry, RecordError], None]


@dataclass
class OrderResult:
    """The number of records by result; ``without_return`` are those of orders without a return.

    Of several records of one order in a batch, all but one count as unchanged.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    without_return: int = 0
    rejected: int = 0

    @property
    def unchanged(self) -> int:
        """Return the number of records that changed nothing."""
        return self.read - self.created - self.updated - self.without_return - self.rejected

    def __add__(self, other: "OrderResult") -> "OrderResult":
        return OrderResult(*map(add, astuple(self), astuple(other)))

    def __str__(self) -> str:
        return (
            f"read {self.read}, created {self.created}, updated {self.updated}, "
            f"unchanged {self.unchanged}, without a return {self.without_return}, "
            f"rejected {self.rejected}"
        )


def import_orders(
    entries: Iterable[OrderEntry],
    *,
    on_reject: OnRejectedOrder,
    on_batch: Callable[[Mapping[str, OrderOutcome]], None] | None = None,
    dry_run: bool = False,
) -> OrderResult:
    """Parse and write the entries, batch by batch, and return the result.

    ``on_reject`` is called with each rejected entry and the reason, ``on_batch`` with the outcome
    of each order of a batch. In a dry run, each batch is rolled back.
    """
    result = OrderResult()
    for batch in batched(entries, ORDER_BATCH_SIZE):
        with transaction.atomic() if dry_run else nullcontext():
            outcomes = _import_batch(batch, result, on_reject)
            if dry_run:
                transaction.set_rollback(True)
        if on_batch:
            on_batch(outcomes)
    return result


def _import_batch(
    batch: Sequence[OrderEntry], result: OrderResult, on_reject: OnRejectedOrder
) -> dict[str, OrderOutcome]:
    def reject(entry: OrderEntry, error: RecordError) -> None:
        result.rejected += 1
        on_reject(entry, error)

    parsed = list(_parsed(batch, reject))
    outcomes = write_orders([record for _, record in parsed]) if parsed else {}
    for entry, record in parsed:
        if outcomes[record.reference] is OrderOutcome.REFUSED:
            reject(entry, RecordError("record", REFUSED))
    counts = Counter(outcomes.values())
    result.read += len(batch)
    result.created += counts[OrderOutcome.CREATED]
    result.updated += counts[OrderOutcome.UPDATED]
    result.without_return += sum(
        outcomes[record.reference] is OrderOutcome.WITHOUT_RETURN for _, record in parsed
    )
    return outcomes


def _parsed(
    batch: Iterable[OrderEntry], reject: OnRejectedOrder
) -> Iterator[tuple[OrderEntry, OrderRecord]]:
    for entry in batch:
        try:
            if entry.error:
                raise entry.error
            yield entry, parse_order(entry.raw or {})
        except RecordError as error:
            reject(entry, kept(error))
