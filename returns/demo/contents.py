"""What is in the parcels of invented returns: line items that fit the state of the return."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

from returns.demo.products import Assortment, Product
from returns.feed.records import ReturnRecord
from returns.models import DamagedState, ItemState, LineItem, State

# How many pieces come back together: 2.3 on average.
PIECES = (1, 2, 3, 4, 5, 6, 9)
PIECE_WEIGHTS = list(accumulate((40, 27, 15, 9, 5, 3, 1)))
# Of what a shopper sends back without saying what, this share is not clothing.
OTHER_CATEGORIES = ("electronics", "cosmetics", "books", "fragile")
SHARE_OF_OTHERS = 0.3
# The categories of tags that are called otherwise in the catalogue.
SAME_CATEGORY = {"fragile-item": "fragile", "bulk-return": "apparel"}
MORE_DAMAGE = frozenset({"damaged", "damaged-shipping", "defective", "defective-product"})
DAMAGED_SHARE, MORE_DAMAGED_SHARE, MISSING_SHARE = 0.05, 0.45, 0.03
FORGOTTEN_SHARE = 0.003  # of completed returns, in which an item was never inspected
EMPTY_SHARE = 0.002  # of completed returns: nothing was in the parcel
PARTLY_INSPECTED_SHARE = 0.15  # of those that wait
DECIDED_AFTER = timedelta(days=20)  # by then, nearly all damaged items are decided about
UNDECIDED_SHARE, LATE_UNDECIDED_SHARE = 0.5, 0.01


class Contents:
    """Packs the parcels of one run, the same for the same seed."""

    def __init__(self, seed: int | str, until: datetime) -> None:
        self.random = Random(f"contents {seed}")  # noqa: S311 - repeatable, not secret
        self.until = until
        self.assortment = Assortment()

    def pack(self, record: ReturnRecord, category: str, reason: str) -> tuple[LineItem, ...]:
        """Return the line items of a return whose category and reason tags are these."""
        random = self.random
        if record.state == State.COMPLETED and random.random() < EMPTY_SHARE:
            return ()
        (count,) = random.choices(PIECES, cum_weights=PIECE_WEIGHTS)
        if not category and random.random() < SHARE_OF_OTHERS:
            category = random.choice(OTHER_CATEGORIES)
        products = self.assortment.draw(random, SAME_CATEGORY.get(category, category), count)
        number = record.return_reference_number.rpartition("-")[2]
        return tuple(
            self._line(record, f"{number}-{place}", each, reason)
            for place, each in enumerate(products, start=1)
        )

    def inspect(
        self, lines: Sequence[LineItem] | None, at: datetime
    ) -> tuple[LineItem, ...] | None:
        """Return line items after those that wait were inspected; None if none are known."""
        if lines is None:
            return None
        return tuple(
            self._inspected(line, at, "") if line.state == ItemState.WAITING else line
            for line in lines
        )

    def _line(
        self, record: ReturnRecord, reference: str, product: Product, reason: str
    ) -> LineItem:
        random = self.random
        serial = f"SN{random.randrange(10**9, 10**10)}" if product.has_serial_number else ""
        line = LineItem(reference, product.sku, serial)
        at = self._inspected_at(record)
        return self._inspected(line, at, reason) if at else line

    def _inspected(self, line: LineItem, at: datetime, reason: str) -> LineItem:
        chance = self.random.random()
        damaged = MORE_DAMAGED_SHARE if reason in MORE_DAMAGE else DAMAGED_SHARE
        state, decision = ItemState.UNDAMAGED, ""
        if chance < damaged:
            state, decision = ItemState.DAMAGED, self._decision(at)
        elif chance < damaged + MISSING_SHARE:
            state = ItemState.MISSING
        return line._replace(
            state=state.value,
            damaged_state=decision,
            processed_at=at.astimezone(UTC).isoformat(timespec="microseconds"),
        )

    def _inspected_at(self, record: ReturnRecord) -> datetime | None:
        """Return when an item was inspected; None if it still waits."""
        random, arrived = self.random, record.arrived_to_warehouse_at
        if record.state == State.CREATED:
            return None
        if record.state == State.ARRIVED:
            if arrived is None or random.random() > PARTLY_INSPECTED_SHARE:
                return None
            return arrived + (self.until - arrived) * random.uniform(0.3, 0.9)
        if random.random() < FORGOTTEN_SHARE or record.completed_at is None:
            return None
        return record.completed_at - timedelta(seconds=random.uniform(20, 600))

    def _decision(self, inspected: datetime) -> str:
        is_old = self.until - inspected > DECIDED_AFTER
        share = LATE_UNDECIDED_SHARE if is_old else UNDECIDED_SHARE
        if self.random.random() < share:
            return DamagedState.IN_WAREHOUSE.value
        return DamagedState.TO_CUSTOMER.value
