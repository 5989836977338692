"""Returns whose times lie at the edges of days, for tests of reports."""

from datetime import UTC, datetime, timedelta
from random import Random

from django.utils import timezone

from returns.models import ItemState, State
from tests.factories import make_returns, put_tags

TAGS = ["books", "fragile", "wrong-size", "damaged", "vip-customer"]
SKUS = ["", "ΛΆΜΠΑ", *["MUG-1", "mug 1", "CUP"] * 5, *(f"SKU-{number}" for number in range(25))]
# Just after clocks went forward, and back, in Berlin.
MOMENTS = [
    datetime(2026, 4, 1, 10, tzinfo=UTC),
    datetime(2026, 10, 27, 22, 30, tzinfo=UTC),
    datetime(2026, 11, 25, 23, 59, tzinfo=UTC),
]
ZONES = ["Europe/Berlin", "America/Los_Angeles", "Europe/Istanbul"]
TOOK = [timedelta(hours=hours) for hours in (-1, 0, 1, 23, 24, 72, 73, 78, 400, 2160, 3000)]


def _line_items(chance: Random) -> list[list[str | None]] | None:
    if chance.random() < 0.3:
        return None
    return [
        [f"L{number}", chance.choice(SKUS), "", chance.choice(ItemState.values), "", None, None]
        for number in range(chance.randrange(5))
    ]


def scatter(chance: Random, around: datetime, count: int) -> None:
    """Make returns around a moment: at the edges of days, and of the buckets of durations."""
    zone = timezone.get_default_timezone()
    # Beside the rest, which stays the same whatever they are.
    lines = Random(chance.getrandbits(32))
    rows, names = [], []
    for _ in range(count):
        day = (around + timedelta(days=chance.randrange(-40, 3))).astimezone(zone).date()
        edge = datetime.combine(day, datetime.min.time(), tzinfo=zone)
        near = timedelta(microseconds=chance.choice([-1, 0, 1]))
        created, arrived, completed = (
            edge + chance.choice([near, timedelta(hours=chance.randrange(48))]) for _ in range(3)
        )
        if chance.random() < 0.5:
            completed = arrived + chance.choice(TOOK) + near
        state = chance.choice(State.values)
        fields = {"arrived_to_warehouse_at": arrived, "completed_at": completed}
        if state == State.CREATED:
            fields = {}
        elif state == State.ARRIVED:
            del fields["completed_at"]
        elif chance.random() < 0.2:
            fields["arrived_to_warehouse_at"] = None
        rows.append(
            {
                "state": state,
                "created_at": created,
                "cargo_carrier": chance.choice(["", "DHL", "Aras"]),
                "sales_order_channel": chance.choice(["", "Web shop"]),
                "sales_order_reference_number": chance.choice(
                    ["", "RSO 1", "RSO1", "RSO2", "RSO22"]
                ),
                "line_items": _line_items(lines),
                **fields,
            }
        )
        names.append(chance.sample(TAGS, chance.randrange(3)))
    records = make_returns(rows)
    put_tags((record, tag) for record, tags in zip(records, names, strict=True) for tag in tags)
