"""Generation of realistic invented returns, the same for the same seed, count and end."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import exp
from random import Random
from zlib import crc32

from returns.demo import sample_data
from returns.demo.contents import Contents
from returns.demo.flaws import add_flaws
from returns.feed.records import ReturnRecord
from returns.models import State

# Times are integers, microseconds since 1970, because a million datetimes would be slow.
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ISTANBUL = 3 * HOUR  # ahead of UTC, all year round

MAX_DAYS_BACK = 1095  # days
RETURNS_PER_DAY = 40
# Weights of the hours from midnight, and of the days from Monday: carriers deliver in the morning.
HOURS_OF_DAY = [1, 0, 0, 0, 0, 0, 1, 4, 16, 34, 42, 40, 26, 24, 34, 32, 26, 18, 9, 5, 3, 2, 2, 1]
DAYS_OF_WEEK = [130, 112, 104, 100, 106, 46, 5]
OPENING, CLOSING = 8, 18
SHARED_ORDER_PLACES = {2, 5, 9, 14}  # the returns that share one order, counted from the end
SHARE_WITHOUT_CARRIER = 0.15  # the oldest records of the WMS lack carrier and channel
RETURNS_PER_OTHER_SPELLING = 12
RECORDS_PER_CHUNK = 10_000
FIRST_NUMBER = 20_000  # above the numbers in the records that the WMS publishes


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The state of a return and its times, in microseconds since 1970; 0 means no time."""

    state: State
    created: int
    updated: int
    arrived: int = 0
    completed: int = 0


def generate_records(
    count: int, *, seed: int, until: datetime, first_number: int = FIRST_NUMBER
) -> Iterator[ReturnRecord]:
    """Yield records in the order of creation, the last one just before ``until``.

    Nine of ten are completed. Those that still wait are mostly recent, a few very old. A few in a
    thousand have a problem in their record.
    """
    return add_flaws(_valid_records(count, seed, until, first_number), seed)


def _valid_records(
    count: int, seed: int, until: datetime, first_number: int
) -> Iterator[ReturnRecord]:
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    end = microseconds(until)
    moments = _creation_moments(random, count, end)
    orders = _Orders(random, count)
    contents = Contents(seed, until)
    for start in range(0, count, RECORDS_PER_CHUNK):
        chunk = moments[start : start + RECORDS_PER_CHUNK]
        many_traits = _draw_traits(random, len(chunk))
        for number, (created, traits) in enumerate(zip(chunk, many_traits, strict=True), start):
            age = 1 - number / count
            is_old = age > 1 - SHARE_WITHOUT_CARRIER
            record = _record(
                random,
                f"Return-{first_number + number}",
                _lifecycle(random, created, end, age),
                orders.take(number, traits),
                traits,
                is_old=is_old,
            )
            yield record if is_old else _with_items(record, contents, traits)


def generate_new_record(
    random: Random, number: int, now: datetime, *, arrived: bool
) -> ReturnRecord:
    """Return a record that is created now and has arrived, or is only announced."""
    created = microseconds(now) - random.randrange(1, SECOND)
    traits = next(_draw_traits(random, 1))
    lifecycle = Lifecycle(State.CREATED, created, created)
    if arrived:
        lifecycle = Lifecycle(State.ARRIVED, created, created, created + random.randrange(30, 90))
    order = sample_data.ORDER_REFERENCES[traits.channel](random)
    record = _record(random, f"Return-{number}", lifecycle, order, traits, is_old=False)
    return _with_items(record, Contents(number, now), traits)


def _with_items(record: ReturnRecord, contents: Contents, traits: "_Traits") -> ReturnRecord:
    return replace(record, line_items=contents.pack(record, traits.category, traits.reason))


def microseconds(moment: datetime) -> int:
    """Return the moment in microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def _to_datetime(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _creation_moments(random: Random, count: int, end: int) -> list[int]:
    """Return times in working hours, spread over as many days as make a day look busy."""
    days = min(MAX_DAYS_BACK, max(7, count // RETURNS_PER_DAY))
    first = (end - days * DAY) // HOUR
    hours = range(first, (end - SECOND) // HOUR + 1)
    weights = [_hour_weight(hour * HOUR) for hour in hours]
    weights[-1] *= (end % HOUR or HOUR) / HOUR
    chosen = random.choices(hours, cum_weights=list(accumulate(weights)), k=count)
    last = hours[-1]
    length = end - last * HOUR
    uniform = random.random
    return sorted(
        int(hour * HOUR + uniform() * (length if hour == last else HOUR)) for hour in chosen
    )


def _hour_weight(moment: int) -> float:
    """Return the weight of the hour of this moment; never 0, so that any hour can be drawn."""
    return HOURS_OF_DAY[_hour(moment)] * DAYS_OF_WEEK[_weekday(moment)] + 0.01


def _hour(moment: int) -> int:
    return (moment + ISTANBUL) // HOUR % 24


def _weekday(moment: int) -> int:
    return ((moment + ISTANBUL) // DAY + 3) % 7  # 1 January 1970 was a Thursday


def _lifecycle(random: Random, created: int, end: int, age: float) -> Lifecycle:
    """Choose a state by age (1 for the oldest return, 0 for the newest), and matching times."""
    recent = exp(-10 * age)
    chance = random.random()
    created_only = 0.004 + 0.36 * recent
    if chance < created_only:
        return Lifecycle(State.CREATED, created, created)
    arrived = _arrival(random, created, end)
    if chance < created_only + 0.006 + 0.54 * recent:
        # As in the WMS, where updatedAt is often just before the arrival.
        updated = created if random.random() < 0.5 else arrived + random.randrange(SECOND)
        return Lifecycle(State.ARRIVED, created, updated, arrived)
    completed = _completion(random, arrived, end)
    updated = min(completed + random.randrange(10_000, 60_000), end)
    missing = random.random() < 0.004
    return Lifecycle(State.COMPLETED, created, updated, 0 if missing else arrived, completed)


def _arrival(random: Random, created: int, end: int) -> int:
    """Return the arrival: for most returns at their creation, for some days later."""
    if random.random() < 0.86:
        return created + random.randrange(30, 90)
    travel = int(random.uniform(0.8, 5) * DAY)
    return _in_working_hours(random, min(created + travel, _between(random, created, end)), end)


def _completion(random: Random, arrived: int, end: int) -> int:
    """Return the completion: about a working day after arrival, now and then weeks later."""
    work = int(random.lognormvariate(2.9, 0.9) * HOUR)
    return _in_working_hours(random, min(arrived + work, _between(random, arrived, end)), end)


def _between(random: Random, start: int, end: int) -> int:
    return start + int((end - start) * random.uniform(0.2, 0.98))


def _in_working_hours(random: Random, moment: int, end: int) -> int:
    """Move a moment outside working hours to the next opening, unless that is after the end."""
    later = moment
    if not OPENING <= _hour(moment) < CLOSING:
        later = (moment + ISTANBUL) // DAY * DAY - ISTANBUL
        later += DAY if _hour(moment) >= CLOSING else 0
        later += OPENING * HOUR + int(random.random() ** 2 * 6 * HOUR)
    if _weekday(later) == 6:
        later += DAY
    return later if later < end else moment


@dataclass(frozen=True, slots=True)
class _Traits:
    """The traits of a return, drawn for many returns at once because that is faster."""

    carrier: str
    channel: str
    reason: str
    language: dict[str, list[str]]
    category: str
    priority: str
    process: str
    analysis: str


def _draw_traits(random: Random, count: int) -> Iterator[_Traits]:
    def draw(weighted: sample_data.Weighted) -> list[str]:
        names, weights = zip(*weighted, strict=True)
        return random.choices(names, weights, k=count)

    languages, weights = zip(*sample_data.LANGUAGE_WEIGHTS, strict=True)
    return map(
        _Traits,
        draw(sample_data.CARRIER_WEIGHTS),
        draw(sample_data.CHANNEL_WEIGHTS),
        draw(sample_data.REASON_WEIGHTS),
        random.choices(languages, weights, k=count),
        draw(sample_data.CATEGORY_WEIGHTS),
        draw(sample_data.PRIORITY_WEIGHTS),
        draw(sample_data.PROCESS_WEIGHTS),
        draw(sample_data.ANALYSIS_WEIGHTS),
    )


class _Orders:
    """Order references; some shoppers send back several things of one order."""

    def __init__(self, random: Random, count: int) -> None:
        self.random = random
        self.shared_order_numbers = {count - place for place in SHARED_ORDER_PLACES}
        self.shared_order = f"RSO{random.randrange(100_400_000, 101_900_000)}"
        self.recent: dict[str, str] = {}

    def take(self, number: int, traits: _Traits) -> str:
        """Return the order of the return with this number, sometimes the previous one again."""
        if number in self.shared_order_numbers:
            return self.shared_order
        if self.random.random() < 0.08 and traits.channel in self.recent:
            return self.recent[traits.channel]
        order = sample_data.ORDER_REFERENCES[traits.channel](self.random)
        self.recent[traits.channel] = order
        return order


def _record(
    random: Random,
    reference: str,
    lifecycle: Lifecycle,
    order: str,
    traits: _Traits,
    *,
    is_old: bool,
) -> ReturnRecord:
    has_tracking_id = random.random() < 0.97
    return ReturnRecord(
        return_reference_number=reference,
        sales_order_reference_number=order,
        tracking_id=sample_data.TRACKING_IDS[traits.carrier](random) if has_tracking_id else "",
        state=lifecycle.state.value,
        source="WMS" if random.random() < 0.97 else "Oplog",
        cargo_carrier="" if is_old else _spelt(traits.carrier, reference),
        sales_order_channel="" if is_old else traits.channel,
        notes=_note(random, traits),
        created_at=_to_datetime(lifecycle.created),
        updated_at=_to_datetime(lifecycle.updated),
        arrived_to_warehouse_at=_to_datetime(lifecycle.arrived) if lifecycle.arrived else None,
        completed_at=_to_datetime(lifecycle.completed) if lifecycle.completed else None,
        tag=_tag_string(traits) or None,
    )


def _note(random: Random, traits: _Traits) -> str:
    if random.random() < 0.45:
        return ""
    return random.choice(traits.language[traits.reason])


def _spelt(carrier: str, reference: str) -> str:
    """Return the carrier as the WMS spells it: for one return of so many in another way.

    The reference decides, so that nothing else of the return depends on it.
    """
    number = crc32(reference.encode())
    spellings = sample_data.OTHER_SPELLINGS.get(carrier, ())
    if not spellings or number % RETURNS_PER_OTHER_SPELLING:
        return carrier
    return spellings[number // RETURNS_PER_OTHER_SPELLING % len(spellings)]


def _tag_string(traits: _Traits) -> str:
    tags = (traits.priority, traits.reason, traits.category, traits.process, traits.analysis)
    return ",".join(filter(None, tags))
