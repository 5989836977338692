"""Believable returns that never were, the same for the same seed, count and end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import exp
from random import Random

from returns.demo import words
from returns.demo.flaws import with_flaws
from returns.feed.records import ReturnRecord
from returns.models import State

# Times are counted in microseconds since 1970, because a million datetimes would be slow.
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ISTANBUL = 3 * HOUR  # ahead of UTC, all year round

LONGEST_PAST = 1095  # days
RETURNS_A_DAY = 40
# Parcels an hour from midnight on, and a day from Monday on: carriers deliver in the morning.
HOURS_OF_DAY = [1, 0, 0, 0, 0, 0, 1, 4, 16, 34, 42, 40, 26, 24, 34, 32, 26, 18, 9, 5, 3, 2, 2, 1]
DAYS_OF_WEEK = [130, 112, 104, 100, 106, 46, 5]
OPENING, CLOSING = 8, 18
FAMILY = {2, 5, 9, 14}  # places before the last of the returns that share one order
OLDEST_WITHOUT_CARRIER = 0.15  # older records of the WMS lack carrier and channel
CHUNK = 10_000
FIRST_NUMBER = 20_000  # above the numbers in the records that the WMS publishes


@dataclass(frozen=True, slots=True)
class Life:
    """The state of one return and its times, in microseconds; 0 where there is none."""

    state: State
    created: int
    updated: int
    arrived: int = 0
    completed: int = 0


def believable_returns(
    count: int, *, seed: int, until: datetime, first_number: int = FIRST_NUMBER
) -> Iterator[ReturnRecord]:
    """Yield returns in the order of their creation, the last just before ``until``.

    Nine of ten are completed. Those that still wait are mostly recent, a few very old. A few in
    a thousand have a record that needs mending.
    """
    return with_flaws(_flawless(count, seed, until, first_number), seed)


def _flawless(count: int, seed: int, until: datetime, first_number: int) -> Iterator[ReturnRecord]:
    random = Random(seed)  # noqa: S311 - it shall be repeatable, not secret
    end = microseconds(until)
    moments = _creation_moments(random, count, end)
    orders = _Orders(random, count)
    for start in range(0, count, CHUNK):
        chunk = moments[start : start + CHUNK]
        details = _details(random, len(chunk))
        for number, (created, detail) in enumerate(zip(chunk, details, strict=True), start):
            age = 1 - number / count
            yield _record(
                random,
                f"Return-{first_number + number}",
                _life(random, created, end, age),
                orders.take(number, detail),
                detail,
                is_old=age > 1 - OLDEST_WITHOUT_CARRIER,
            )


def new_return(random: Random, number: int, now: datetime, *, arrived: bool) -> ReturnRecord:
    """Make up one return that is created now, and arrives at once unless it is announced."""
    created = microseconds(now) - random.randrange(1, SECOND)
    detail = next(_details(random, 1))
    life = Life(State.CREATED, created, created)
    if arrived:
        life = Life(State.ARRIVED, created, created, created + random.randrange(30, 90))
    order = words.ORDER_REFERENCES[detail.channel](random)
    return _record(random, f"Return-{number}", life, order, detail, is_old=False)


def microseconds(moment: datetime) -> int:
    """Return the moment in microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _creation_moments(random: Random, count: int, end: int) -> list[int]:
    """Spread the returns over working hours, so many days back that a day looks busy."""
    days = min(LONGEST_PAST, max(7, count // RETURNS_A_DAY))
    first = (end - days * DAY) // HOUR
    hours = range(first, (end - SECOND) // HOUR + 1)
    weights = [_busyness(hour * HOUR) for hour in hours]
    weights[-1] *= (end % HOUR or HOUR) / HOUR
    chosen = random.choices(hours, cum_weights=list(accumulate(weights)), k=count)
    last = hours[-1]
    length = end - last * HOUR
    uniform = random.random
    return sorted(
        int(hour * HOUR + uniform() * (length if hour == last else HOUR)) for hour in chosen
    )


def _busyness(moment: int) -> float:
    """Weigh the hour in which this moment lies; never 0, so that any hour can stand alone."""
    return HOURS_OF_DAY[_hour(moment)] * DAYS_OF_WEEK[_weekday(moment)] + 0.01


def _hour(moment: int) -> int:
    return (moment + ISTANBUL) // HOUR % 24


def _weekday(moment: int) -> int:
    return ((moment + ISTANBUL) // DAY + 3) % 7  # 1 January 1970 was a Thursday


def _life(random: Random, created: int, end: int, age: float) -> Life:
    """Choose the state by age (1 the oldest, 0 the newest return) and times to go with it."""
    recent = exp(-10 * age)
    chance = random.random()
    created_only = 0.004 + 0.36 * recent
    if chance < created_only:
        return Life(State.CREATED, created, created)
    arrived = _arrival(random, created, end)
    if chance < created_only + 0.006 + 0.54 * recent:
        # As in the WMS, where the update is often stamped just before the arrival.
        updated = created if random.random() < 0.5 else arrived + random.randrange(SECOND)
        return Life(State.ARRIVED, created, updated, arrived)
    completed = _completion(random, arrived, end)
    updated = min(completed + random.randrange(10_000, 60_000), end)
    missing = random.random() < 0.004
    return Life(State.COMPLETED, created, updated, 0 if missing else arrived, completed)


def _arrival(random: Random, created: int, end: int) -> int:
    """Most returns begin with the arrival itself; some were announced days before."""
    if random.random() < 0.86:
        return created + random.randrange(30, 90)
    travel = int(random.uniform(0.8, 5) * DAY)
    return _at_work(random, min(created + travel, _between(random, created, end)), end)


def _completion(random: Random, arrived: int, end: int) -> int:
    """A working day or so after arrival, now and then weeks later."""
    work = int(random.lognormvariate(2.9, 0.9) * HOUR)
    return _at_work(random, min(arrived + work, _between(random, arrived, end)), end)


def _between(random: Random, start: int, end: int) -> int:
    return start + int((end - start) * random.uniform(0.2, 0.98))


def _at_work(random: Random, moment: int, end: int) -> int:
    """Move a moment outside working hours to the next opening, if that is not past the end."""
    later = moment
    if not OPENING <= _hour(moment) < CLOSING:
        later = (moment + ISTANBUL) // DAY * DAY - ISTANBUL
        later += DAY if _hour(moment) >= CLOSING else 0
        later += OPENING * HOUR + int(random.random() ** 2 * 6 * HOUR)
    if _weekday(later) == 6:
        later += DAY
    return later if later < end else moment


@dataclass(frozen=True, slots=True)
class _Detail:
    """The traits of one return, drawn for many at once because that is quick."""

    carrier: str
    channel: str
    reason: str
    language: dict[str, list[str]]
    category: str
    priority: str
    process: str
    analysis: str


def _details(random: Random, count: int) -> Iterator[_Detail]:
    def draw(weighted: words.Weighted) -> list[str]:
        names, weights = zip(*weighted, strict=True)
        return random.choices(names, weights, k=count)

    languages, weights = zip(*words.LANGUAGES, strict=True)
    return map(
        _Detail,
        draw(words.CARRIERS),
        draw(words.CHANNELS),
        draw(words.REASONS),
        random.choices(languages, weights, k=count),
        draw(words.CATEGORIES),
        draw(words.PRIORITIES),
        draw(words.PROCESSES),
        draw(words.ANALYSES),
    )


class _Orders:
    """Order references; a shopper who sends back one thing often sends back another."""

    def __init__(self, random: Random, count: int) -> None:
        self.random = random
        self.family = {count - place for place in FAMILY}
        self.family_order = f"RSO{random.randrange(100_400_000, 101_900_000)}"
        self.recent: dict[str, str] = {}

    def take(self, number: int, detail: _Detail) -> str:
        """Return the order of the return with this number, sometimes the one before it again."""
        if number in self.family:
            return self.family_order
        if self.random.random() < 0.08 and detail.channel in self.recent:
            return self.recent[detail.channel]
        order = words.ORDER_REFERENCES[detail.channel](self.random)
        self.recent[detail.channel] = order
        return order


def _record(
    random: Random, reference: str, life: Life, order: str, detail: _Detail, *, is_old: bool
) -> ReturnRecord:
    has_tracking_id = random.random() < 0.97
    return ReturnRecord(
        return_reference_number=reference,
        sales_order_reference_number=order,
        tracking_id=words.TRACKING_IDS[detail.carrier](random) if has_tracking_id else "",
        state=life.state.value,
        source="WMS" if random.random() < 0.97 else "Oplog",
        cargo_carrier="" if is_old else detail.carrier,
        sales_order_channel="" if is_old else detail.channel,
        notes=_note(random, detail),
        created_at=_moment(life.created),
        updated_at=_moment(life.updated),
        arrived_to_warehouse_at=_moment(life.arrived) if life.arrived else None,
        completed_at=_moment(life.completed) if life.completed else None,
        tag=_tag_string(detail) or None,
    )


def _note(random: Random, detail: _Detail) -> str:
    if random.random() < 0.45:
        return ""
    return random.choice(detail.language[detail.reason])


def _tag_string(detail: _Detail) -> str:
    tags = (detail.priority, detail.reason, detail.category, detail.process, detail.analysis)
    return ",".join(filter(None, tags))
