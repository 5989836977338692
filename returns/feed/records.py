"""Parsing of records: untrusted JSON or CSV values become a typed record, or a clear error."""

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils import timezone

from returns.models import Return, State
from returns.models.facts import FACTS, FACTS_REQUIRED_FIRST, MAX_AHEAD, STATE_COLUMNS, Kind
from tags.vocabulary import VocabularyError, clean_tag_name

# A day inside the limits of ``datetime``, so that every time can be shown in every time zone.
EARLIEST_TIME = datetime(1, 1, 2, tzinfo=UTC)
LATEST_TIME = datetime(9999, 12, 30, tzinfo=UTC)
WHOLE_FROM = 1e16  # numbers from here on have no fraction
MAX_NESTING = 50  # levels of lists and objects in an unknown field
MAX_SHOWN_VALUE = 60  # characters of a wrong value that an error message quotes


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
    columns that the record says nothing about; they are empty, or have the default. The times of
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
    tag: str | None = None
    unknown_fields: Mapping[str, Any] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    is_rounded: bool = False
    is_update_derived: bool = False


class RecordError(ValueError):
    """A record was rejected: ``field`` is the API's name of the wrong field, ``reason`` why.

    ``problems`` are such pairs for everything that is wrong with the record.
    """

    def __init__(self, field: str, reason: str, others: Iterable[tuple[str, str]] = ()) -> None:
        self.problems = ((field, reason), *others)
        super().__init__("; ".join(f"{name}: {why}" for name, why in self.problems))
        self.field = field
        self.reason = reason


def combined(problems: Iterable[tuple[str, str]]) -> RecordError:
    """Return one error for these problems, the first for each field."""
    by_field: dict[str, str] = {}
    for field_, reason in problems:
        by_field.setdefault(field_, reason)
    (first, reason), *others = by_field.items()
    return RecordError(first, reason, others)


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
STATE_VALUES = frozenset(State.values)
# By state, the times that a return cannot have: a record with this state says so.
TIMES_RULED_OUT = {
    State.CREATED: frozenset(STATE_COLUMNS[1:]),
    State.ARRIVED: frozenset({"completed_at"}),
    State.COMPLETED: frozenset[str](),
}
# Cached, because most records have one of a few names.
clean_name = lru_cache(maxsize=4096)(clean_tag_name)


def parse_record(
    raw: Mapping[str, object], *, is_rounded: bool = False, is_update_derived: bool = False
) -> ReturnRecord:
    """Return the record for one return of the API or of a file.

    Null and "" both mean that the return has no such value; a field that is not there means
    nothing. Times need a time zone; fractions of a second are cut to six digits. Raises
    ``RecordError`` for all that is wrong.
    """
    problems = [
        (API_NAMES[name], "missing")
        for name in REQUIRED_COLUMNS
        if raw.get(API_NAMES[name]) in (None, "")
    ]
    values: dict[str, Any] = {}
    for parse, names in PARSERS:
        for name in names:
            try:
                values[name] = parse(raw, name)
            except RecordError as error:
                problems += error.problems
    if problems:
        raise combined(problems)
    values |= {name: values[name] or default for name, default in DEFAULT_VALUES.items()}
    absent = frozenset(name for name, field_ in API_NAMES.items() if field_ not in raw)
    check_state(values, absent)
    return ReturnRecord(
        **values,
        absent=absent - TIMES_RULED_OUT[values["state"]],
        is_rounded=is_rounded,
        is_update_derived=is_update_derived,
    )


def split_tags(text: str) -> list[str]:
    """Return the names in a string of comma-separated tags, in order, without duplicates."""
    return list(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def _text(raw: Mapping[str, object], name: str) -> str:
    value = raw.get(API_NAMES[name])
    if value is None or value == "":
        return ""
    text = _require_storable(API_NAMES[name], _to_text(API_NAMES[name], value))
    if name not in UNSTRIPPED_COLUMNS:
        text = text.strip()
    max_length = MAX_LENGTHS.get(name)
    if max_length and len(text) > max_length:
        raise RecordError(
            API_NAMES[name], f"{len(text)} characters; at most {max_length} are allowed"
        )
    return text


def _to_text(field: str, value: object) -> str:
    """Return a text, or an integer as text: an order number may be a JSON number."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise RecordError(field, f"not text: {_excerpt(value)}")


def _require_storable(field: str, text: str) -> str:
    """Return the text; raise ``RecordError`` if PostgreSQL cannot store it."""
    if "\x00" in text:
        raise RecordError(field, "contains a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RecordError(field, "not valid Unicode (or the file is not UTF-8)") from None
    return text


def _time(raw: Mapping[str, object], name: str) -> datetime | None:
    value = raw.get(API_NAMES[name])
    if value is None or value == "":
        return None
    try:
        time = datetime.fromisoformat(value.strip())  # type: ignore[attr-defined]
    except (ValueError, AttributeError):
        raise RecordError(API_NAMES[name], f"not a time: {_excerpt(value)}") from None
    if time.tzinfo is None:
        raise RecordError(API_NAMES[name], f"no time zone: {_excerpt(value)}")
    if not EARLIEST_TIME <= time <= LATEST_TIME:
        raise RecordError(API_NAMES[name], f"out of range: {_excerpt(value)}")
    if time > timezone.now() + MAX_AHEAD:
        raise RecordError(API_NAMES[name], f"more than a day in the future: {_excerpt(value)}")
    return time.astimezone(UTC)


def _state(raw: Mapping[str, object], name: str) -> str:
    state = raw.get(API_NAMES[name])
    if isinstance(state, str) and state.strip() in STATE_VALUES:
        return state.strip()
    *others, last = State.values
    raise RecordError("state", f"unknown: {_excerpt(state)}; use {', '.join(others)} or {last}")


def _reference(raw: Mapping[str, object], name: str) -> str:
    reference = _text(raw, name)
    if not reference:
        raise RecordError(API_NAMES[name], "missing")
    return reference


def check_state(values: Mapping[str, Any], absent: Collection[str] = ()) -> None:
    """Raise ``RecordError`` unless state and times agree; see the constraint on ``Return``.

    A time that is absent may be known from another record.
    """
    state = values["state"]
    needed = {State.ARRIVED: "arrived_to_warehouse_at", State.COMPLETED: "completed_at"}.get(state)
    if needed and values[needed] is None and needed not in absent:
        raise RecordError("state", f"{state} without {API_NAMES[needed]}")
    for column in STATE_COLUMNS[1:]:
        if state != State.COMPLETED and column != needed and values[column] is not None:
            raise RecordError("state", f"{state} with {API_NAMES[column]}")


def _tag(raw: Mapping[str, object], name: str) -> str | None:
    value = raw.get(name)
    if value is None or value == "":
        return None
    text = _require_storable("tag", _to_text("tag", value))
    try:
        names = [clean_name(name) for name in split_tags(text)]
    except VocabularyError as error:
        raise RecordError("tag", f"{error.messages[0]} {_excerpt(text)}") from None
    return ",".join(dict.fromkeys(names)) or None


def _unknown_fields(raw: Mapping[str, object], _: str) -> dict[str, Any]:
    return {
        _require_storable(_excerpt(name), name): _json(name, value)
        for name, value in raw.items()
        if name not in KNOWN_FIELDS
    }


def _json(field: str, value: object, depth: int = 0) -> Any:
    """Return the value as a JSON column can store it."""
    if depth > MAX_NESTING:
        raise RecordError(field, f"more than {MAX_NESTING} levels deep")
    match value:
        case str():
            return _require_storable(field, value)
        case float() | Decimal():
            number = _require_finite(field, float(value))
            # As the database gives it back.
            return int(number) if abs(number) >= WHOLE_FROM else number
        case Mapping():
            return {
                _require_storable(field, key): _json(field, part, depth + 1)
                for key, part in value.items()
            }
        case list():
            return [_json(field, part, depth + 1) for part in value]
    return value


def _require_finite(field: str, number: float) -> float:
    if not math.isfinite(number):
        raise RecordError(field, f"not a valid JSON number: {number}")
    return number


def _excerpt(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN_VALUE else f"{text[: MAX_SHOWN_VALUE - 3]}..."


# For each parser the columns that it reads.
PARSERS: tuple[tuple[Callable[[Mapping[str, object], str], Any], list[str]], ...] = (
    (_reference, [KEY_COLUMN]),
    (_text, [name for name in TEXT_COLUMNS if name != KEY_COLUMN]),
    (_time, TIME_COLUMNS),
    (_state, ["state"]),
    (_tag, ["tag"]),
    (_unknown_fields, ["unknown_fields"]),
)
