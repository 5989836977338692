"""Records: what the WMS sends about a return, the fields that it has, and why one is rejected."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings

from config.memory import kept_if_short
from returns.feed.reasons import Why, state_with, state_without, too_many_tags
from returns.models import LineItem, Return, State
from returns.models.facts import FACTS, FACTS_REQUIRED_FIRST, STATE_COLUMNS, Kind

# A day inside the limits of ``datetime``, so that every time can be shown in every time zone.
EARLIEST_TIME = datetime(1, 1, 2, tzinfo=UTC)
LATEST_TIME = datetime(9999, 12, 30, tzinfo=UTC)
# The API's name of a field, and what is wrong with it.
type Problem = tuple[str, Why]


def _with_every_fact[Record](record: type[Record]) -> type[Record]:
    """Add annotations for the facts that no code reads by name, with their types and defaults."""
    for fact in FACTS:
        if fact.column not in record.__annotations__:
            record.__annotations__[fact.column] = datetime | None if fact.is_time else str
            setattr(record, fact.column, None if fact.is_time else fact.default)
    return record


@dataclass(frozen=True, slots=True)
@_with_every_fact
class ReturnRecord:
    """What the WMS sends about a return: every fact, under the name of its column.

    ``tag`` is the API's string of comma-separated tags, or None if the record has none.
    ``unknown_fields`` has the fields that the WMS sent and we do not know. ``absent`` has the
    columns that the record says nothing about; they are empty, or have the default. ``line_items``
    are sorted by their references, and None if the record says nothing of them. The times of
    ``is_rounded`` are cut to what a spreadsheet shows. With ``is_update_derived``, ``updated_at``
    is the latest of the other times.
    """

    return_reference_number: str
    state: str
    created_at: datetime
    updated_at: datetime
    source: str = "WMS"
    sales_order_reference_number: str = ""
    tracking_id: str = ""
    cargo_carrier: str = ""
    sales_order_channel: str = ""
    notes: str = ""
    arrived_to_warehouse_at: datetime | None = None
    completed_at: datetime | None = None
    line_items: tuple[LineItem, ...] | None = None
    tag: str | None = None
    unknown_fields: Mapping[str, Any] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    is_rounded: bool = False
    is_update_derived: bool = False


class RecordError(ValueError):
    """A record was rejected: ``field`` is the API's name of the wrong field, ``why`` the reason.

    ``problems`` are such pairs for everything that is wrong with the record. As text, the error is
    in the language that is active.
    """

    def __init__(self, field: str, why: Why, others: Iterable[Problem] = ()) -> None:
        super().__init__(field, why)
        self.problems: tuple[Problem, ...] = ((field, why), *others)
        self.field = field
        self.why = why

    @property
    def reason(self) -> str:
        """Return the reason in the language that is active."""
        return str(self.why)

    def __str__(self) -> str:
        return "; ".join(f"{name}: {why}" for name, why in self.problems)


def combined(problems: Iterable[Problem]) -> RecordError:
    """Return one error for these problems, each of them once."""
    once: list[Problem] = []
    for problem in problems:
        if problem not in once:
            once.append(problem)
    (first, why), *others = once
    return RecordError(first, why, others)


def kept(error: RecordError) -> RecordError:
    """Return an error to be kept: without the calls that it came through.

    They refer to all that was read and written with it, and that to the error. Nothing of such a
    ring is freed until Python looks for rings, which may be hundreds of megabytes later.
    """
    error.__context__ = None
    return error.with_traceback(None)


def first_of_each_field(problems: Iterable[Problem]) -> list[Problem]:
    """Return the first problem of each field, for rows that repeat the fields of a return."""
    by_field: dict[str, Why] = {}
    for field_, why in problems:
        by_field.setdefault(field_, why)
    return list(by_field.items())


def column_name(name: str) -> str:
    """Return the column of an API field: ``tracking_id`` for ``trackingId``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda letter: f"_{letter[0]}", name).lower()


API_NAMES = {fact.column: fact.api_name for fact in FACTS_REQUIRED_FIRST} | {"tag": "tag"}
KEY_COLUMN = "return_reference_number"
REFERENCE_FIELD = API_NAMES[KEY_COLUMN]
UPDATED_FIELD = API_NAMES["updated_at"]
REQUIRED_COLUMNS = [fact.column for fact in FACTS if fact.is_required]
TIME_COLUMNS = [fact.column for fact in FACTS if fact.is_time]
DEFAULT_VALUES = {fact.column: fact.default for fact in FACTS if fact.default}
TEXT_COLUMNS = [
    fact.column for fact in FACTS_REQUIRED_FIRST if fact.kind in {Kind.TEXT, Kind.PROSE}
]
# These texts keep their surrounding white space; others are stripped.
UNSTRIPPED_COLUMNS = {fact.column for fact in FACTS if fact.kind is Kind.PROSE}
MAX_LENGTHS = {f.name: f.max_length for f in Return._meta.fields if f.name in TEXT_COLUMNS}
KNOWN_FIELDS = frozenset(API_NAMES.values())
# By state, the time that a return must have.
NEEDED_TIMES = {
    State.ARRIVED.value: "arrived_to_warehouse_at",
    State.COMPLETED.value: "completed_at",
}


@kept_if_short(4096)
def split_tags(text: str) -> tuple[str, ...]:
    """Return the names in a string of comma-separated tags, in order, without duplicates."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def check_state(values: Mapping[str, Any], absent: Collection[str] = ()) -> None:
    """Raise ``RecordError`` unless state and times agree; see the constraint on ``Return``.

    A time that is absent may be known from another record.
    """
    if problems := list(_contradictions(values, absent)):
        raise combined(problems)


def _contradictions(values: Mapping[str, Any], absent: Collection[str]) -> Iterator[Problem]:
    state = values["state"]
    needed = NEEDED_TIMES.get(state)
    if needed and values[needed] is None and needed not in absent:
        yield "state", state_without(state, API_NAMES[needed])
    for column in STATE_COLUMNS[1:]:
        if state != State.COMPLETED and column != needed and values[column] is not None:
            yield "state", state_with(state, API_NAMES[column])


def check_all(facts: Mapping[str, Any], tags: Sequence[str], tag_count: int) -> None:
    """Raise ``RecordError`` with all that is wrong with the state and the number of tags."""
    problems: list[Problem] = []
    for check in (partial(check_state, facts), partial(check_tags, tags, tag_count)):
        try:
            check()
        except RecordError as error:
            problems += error.problems
    if problems:
        raise combined(problems)


def check_tags(tags: Sequence[str], count: int) -> None:
    """Raise ``RecordError`` if a return would have too many tags with these new ones."""
    if tags and count > settings.RETURN_TAGS:
        raise RecordError("tag", too_many_tags(count, settings.RETURN_TAGS))
