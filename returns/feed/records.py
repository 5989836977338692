"""One return as the WMS sends it: untrusted JSON or CSV becomes a typed record or a clear error."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from returns.models import Return, State
from returns.models.facts import FACTS, REQUIRED_FIRST, STEPS, Kind
from tags.vocabulary import VocabularyError, clean_tag_name

# A day within the ends of the calendar, so that every time can be shown in every zone.
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
DEEPEST = 50  # levels of lists and objects within an unknown field
SHOWN = 60  # characters of a wrong value that its error repeats


def _with_every_fact[Record](record: type[Record]) -> type[Record]:
    """Add the facts that no code reads by name, so that they need no type of their own."""
    for fact in FACTS:
        if fact.column not in record.__annotations__:
            record.__annotations__[fact.column] = datetime | None if fact.is_time else str
            setattr(record, fact.column, None if fact.is_time else fact.default)
    return record


@dataclass(frozen=True, slots=True)
@_with_every_fact
class ReturnRecord:
    """What the WMS says of one return: every fact, under the name of its column.

    ``tag`` is the comma-separated tag string of the API, None where the record has none.
    ``unknown_fields`` holds what the WMS sent beyond the fields we know.
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


class RecordError(ValueError):
    """A record cannot be taken: ``field``, by the API's name, and the reason in words."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def column_name(name: str) -> str:
    """Return our name of an API's field: ``trackingId`` is ``tracking_id``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda letter: f"_{letter[0]}", name).lower()


API_NAMES = {fact.column: fact.api_name for fact in REQUIRED_FIRST} | {"tag": "tag"}
REQUIRED = [fact.column for fact in FACTS if fact.is_required]
DEFAULTS = {fact.column: fact.default for fact in FACTS if fact.default}
TIMES = [fact.column for fact in FACTS if fact.is_time]
TEXTS = [fact.column for fact in REQUIRED_FIRST if fact.kind in {Kind.TEXT, Kind.PROSE}]
# White space around any other text is no part of it.
AS_WRITTEN = {fact.column for fact in FACTS if fact.kind is Kind.PROSE}
LONGEST = {f.name: f.max_length for f in Return._meta.fields if f.name in TEXTS}
KNOWN = frozenset(API_NAMES.values())
STATES = frozenset(State.values)
# The same few names come again and again.
clean_name = lru_cache(maxsize=4096)(clean_tag_name)


def parse_record(raw: Mapping[str, object]) -> ReturnRecord:
    """Turn one return of the API, a file or a page into a record.

    Null and "" are both missing. Times need a zone; of a fraction the first six digits count.
    Raises ``RecordError`` for the first field that is wrong.
    """
    for name in REQUIRED:
        if raw.get(API_NAMES[name]) in (None, ""):
            raise RecordError(API_NAMES[name], "missing")
    values: dict[str, Any] = {name: _text(raw, name) for name in TEXTS}
    values |= {name: _time(raw, name) for name in TIMES}
    values |= {name: values[name] or default for name, default in DEFAULTS.items()}
    values["state"] = _state(raw)
    _check_reference(values["return_reference_number"])
    _check_steps(values)
    return ReturnRecord(**values, tag=_tag(raw), unknown_fields=_unknown_fields(raw))


def tag_names(text: str) -> list[str]:
    """Return the names in a comma-separated tag string, each once, in their order."""
    return list(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def _text(raw: Mapping[str, object], name: str) -> str:
    value = raw.get(API_NAMES[name])
    if value is None or value == "":
        return ""
    text = _storable(API_NAMES[name], _as_text(API_NAMES[name], value))
    if name not in AS_WRITTEN:
        text = text.strip()
    longest = LONGEST.get(name)
    if longest and len(text) > longest:
        raise RecordError(API_NAMES[name], f"{len(text)} characters, at most {longest} fit")
    return text


def _as_text(field: str, value: object) -> str:
    """An order number may arrive as a JSON number; other kinds of value are no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise RecordError(field, f"not a text: {_shown(value)}")


def _storable(field: str, text: str) -> str:
    """Refuse what PostgreSQL cannot store."""
    if "\x00" in text:
        raise RecordError(field, "holds a NUL character")
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
        raise RecordError(API_NAMES[name], f"not a time: {_shown(value)}") from None
    if time.tzinfo is None:
        raise RecordError(API_NAMES[name], f"a time without zone: {_shown(value)}")
    if not EARLIEST <= time <= LATEST:
        raise RecordError(API_NAMES[name], f"out of range: {_shown(value)}")
    return time.astimezone(UTC)


def _state(raw: Mapping[str, object]) -> str:
    state = raw["state"]
    if isinstance(state, str) and state.strip() in STATES:
        return state.strip()
    raise RecordError("state", f"unknown: {_shown(state)} ({', '.join(State.values)} are known)")


def _check_reference(reference: str) -> None:
    if not reference:
        raise RecordError(API_NAMES["return_reference_number"], "missing")


def _check_steps(values: Mapping[str, Any]) -> None:
    """Times have to agree with the state, as the database's constraint demands."""
    state = values["state"]
    needed = {State.ARRIVED: "arrived_to_warehouse_at", State.COMPLETED: "completed_at"}.get(state)
    if needed and values[needed] is None:
        raise RecordError("state", f"{state} without {API_NAMES[needed]}")
    for later in STEPS[1:]:
        if state != State.COMPLETED and later != needed and values[later] is not None:
            raise RecordError("state", f"{state} with {API_NAMES[later]}")


def _tag(raw: Mapping[str, object]) -> str | None:
    value = raw.get("tag")
    if value is None or value == "":
        return None
    text = _storable("tag", _as_text("tag", value))
    try:
        names = [clean_name(name) for name in tag_names(text)]
    except VocabularyError as error:
        raise RecordError("tag", f"{error.messages[0]} {_shown(text)}") from None
    return ",".join(dict.fromkeys(names)) or None


def _unknown_fields(raw: Mapping[str, object]) -> dict[str, Any]:
    return {
        _storable(_shown(name), name): _json(name, value)
        for name, value in raw.items()
        if name not in KNOWN
    }


def _json(field: str, value: object, depth: int = 0) -> Any:
    """Return the value as the database can store it in JSON."""
    if depth > DEEPEST:
        raise RecordError(field, f"more than {DEEPEST} levels deep")
    match value:
        case str():
            return _storable(field, value)
        case float() | Decimal():
            return _finite(field, float(value))
        case Mapping():
            return {
                _storable(field, key): _json(field, part, depth + 1) for key, part in value.items()
            }
        case list():
            return [_json(field, part, depth + 1) for part in value]
    return value


def _finite(field: str, number: float) -> float:
    if not math.isfinite(number):
        raise RecordError(field, f"not a number that JSON knows: {number}")
    return number


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
