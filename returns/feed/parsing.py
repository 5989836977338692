"""Parsing of records: untrusted JSON or CSV values become a typed record, or a clear error."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from json import dumps
from typing import Any, cast

from django.conf import settings

from config.memory import kept_if_short
from config.stored_texts import stored_text
from returns.feed.item_parsing import parse_line_items
from returns.feed.reasons import Why, excerpt, too_long, unknown_state
from returns.feed.records import (
    API_NAMES,
    DEFAULT_VALUES,
    KEY_COLUMN,
    KNOWN_FIELDS,
    MAX_LENGTHS,
    REQUIRED_COLUMNS,
    TEXT_COLUMNS,
    TIME_COLUMNS,
    UNSTRIPPED_COLUMNS,
    Problem,
    RecordError,
    ReturnRecord,
    check_state,
    combined,
    split_tags,
)
from returns.feed.values import integer_text, read_time, require_storable, storable_json
from returns.models import State
from returns.models.facts import STATE_COLUMNS
from tags.sentences import joined
from tags.vocabulary import MAX_NAME_LENGTH, VocabularyError, clean_tag_name

MAX_SHOWN_NAME = 60  # characters of the name of a field that an error message quotes
MAX_FIELD_NAME = 200  # characters of the name of an unknown field
LACKING = stored_text("missing")
STATE_VALUES = frozenset(State.values)
# What another desk answers beside what the WMS says: when the return, or its tags, changed there.
NOT_TAKEN = frozenset({"changedAt"})
TAKEN_OR_NOT = KNOWN_FIELDS | NOT_TAKEN
LINE_ITEMS_FIELD = frozenset({API_NAMES["line_items"]})
# By state, the times that a return cannot have: a record with this state says so.
TIMES_RULED_OUT = {
    State.CREATED.value: frozenset(STATE_COLUMNS[1:]),
    State.ARRIVED.value: frozenset({"completed_at"}),
    State.COMPLETED.value: frozenset[str](),
}
# Cached, because most records have one of a few names.
clean_name = kept_if_short(4096)(clean_tag_name)


def parse_record(
    raw: Mapping[str, object], *, is_rounded: bool = False, is_update_derived: bool = False
) -> ReturnRecord:
    """Return the record for one return of the API or of a file.

    Null and "" both mean that the return has no such value; a field that is not there means
    nothing. Times need a time zone; fractions of a second are cut to six digits. Raises
    ``RecordError`` for all that is wrong.
    """
    try:
        values = {name: parse(raw, name) for name, parse in PARSERS}
    except RecordError:
        raise combined(_problems(raw)) from None
    if not all(map(values.get, REQUIRED_COLUMNS)):
        raise combined(_problems(raw))
    for name, default in DEFAULT_VALUES.items():
        values[name] = values[name] or default
    missing = KNOWN_FIELDS.difference(raw)
    if values["line_items"] is None:
        missing |= LINE_ITEMS_FIELD  # null says nothing: the WMS's lists leave out what is in them
    check_state(values, _absent(missing))
    return ReturnRecord(
        **values,
        absent=_absent(missing, values["state"]),
        is_rounded=is_rounded,
        is_update_derived=is_update_derived,
    )


def _problems(raw: Mapping[str, object]) -> Iterator[Problem]:
    """Yield all that is wrong with the values, each with its field."""
    lacking = {name for name in REQUIRED_COLUMNS if raw.get(API_NAMES[name]) in (None, "")}
    yield from ((API_NAMES[name], LACKING) for name in REQUIRED_COLUMNS if name in lacking)
    values: dict[str, Any] = {}
    for name, parse in PARSERS:
        if name in lacking:
            continue
        try:
            values[name] = parse(raw, name)
        except RecordError as error:
            yield from error.problems
    if values.keys() >= set(STATE_COLUMNS):
        try:
            check_state(values, _absent(KNOWN_FIELDS.difference(raw)))
        except RecordError as error:
            yield from error.problems


@lru_cache(maxsize=4096)
def _absent(missing: frozenset[str], state: str = State.COMPLETED) -> frozenset[str]:
    """Return the columns that a record says nothing about, by the fields that it lacks.

    Cached, because most records of a source lack the same.
    """
    absent = frozenset(name for name, field_ in API_NAMES.items() if field_ in missing)
    return absent - TIMES_RULED_OUT[state]


def _text(raw: Mapping[str, object], name: str) -> str:
    field = API_NAMES[name]
    value = raw.get(field)
    if value is None or value == "":
        return ""
    text = require_storable(field, value if isinstance(value, str) else integer_text(field, value))
    if name not in UNSTRIPPED_COLUMNS:
        text = text.strip()
    max_length = MAX_LENGTHS.get(name) or settings.RECORD_TEXT_LENGTH
    if len(text) > max_length:
        raise RecordError(field, too_long(len(text), max_length))
    return text


def parse_time(raw: Mapping[str, object], name: str) -> datetime | None:
    """Return a time of a record, by its column; None if there is none. Raises ``RecordError``."""
    return read_time(API_NAMES[name], raw.get(API_NAMES[name]))


def _state(raw: Mapping[str, object], name: str) -> str:
    state = raw.get(API_NAMES[name])
    if isinstance(state, str) and state.strip() in STATE_VALUES:
        return state.strip()
    raise RecordError("state", unknown_state(excerpt(state)))


def _reference(raw: Mapping[str, object], name: str) -> str:
    reference = _text(raw, name)
    if not reference:
        raise RecordError(API_NAMES[name], LACKING)
    return reference


def _tag(raw: Mapping[str, object], name: str) -> str | None:
    value = raw.get(name)
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else integer_text("tag", value)
    return _clean_tags(require_storable("tag", text))


def _clean_tags(text: str) -> str | None:
    if len(text) > settings.RECORD_TAGS * (MAX_NAME_LENGTH + len(", ")):  # too long for the cache
        why = stored_text(
            "%(count)s characters; at most %(most)s tags are allowed",
            count=len(text),
            most=settings.RECORD_TAGS,
        )
        raise RecordError("tag", why)
    return _clean_short_tags(text)


@kept_if_short(4096)
def _clean_short_tags(text: str) -> str | None:
    given = split_tags(text)
    if len(given) > settings.RECORD_TAGS:
        why = stored_text(
            "%(count)s names; at most %(most)s tags are allowed",
            count=len(given),
            most=settings.RECORD_TAGS,
        )
        raise RecordError("tag", why)
    names: list[str] = []
    wrong: list[tuple[str, Why]] = []
    for name in given:
        try:
            names.append(clean_name(name))
        except VocabularyError as error:
            wrong.append((name, cast("Why", error.message)))
    if wrong:
        shown = [text] if len(wrong) == 1 else [name for name, _ in wrong]
        pairs = zip(wrong, shown, strict=True)
        raise combined(("tag", joined([why, excerpt(part)])) for (_, why), part in pairs)
    return ",".join(dict.fromkeys(names)) or None


def _unknown_fields(raw: Mapping[str, object], _: str) -> dict[str, Any]:
    if TAKEN_OR_NOT.issuperset(raw):  # as mostly
        return {}
    unknown = {name: value for name, value in raw.items() if name not in TAKEN_OR_NOT}
    _check_size(unknown)
    stored: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in unknown.items():
        try:
            stored[require_storable(_excerpt(name), name)] = storable_json(name, value)
        except RecordError as error:
            problems += error.problems
    if problems:
        raise combined(problems)
    return stored


def _check_size(unknown: Mapping[str, object]) -> None:
    """Raise ``RecordError`` if a record has more in unknown fields than a return may hold."""
    if len(unknown) > settings.RECORD_OTHER_FIELDS:
        why = stored_text(
            "%(count)s unknown fields; at most %(most)s are stored",
            count=len(unknown),
            most=settings.RECORD_OTHER_FIELDS,
        )
        raise RecordError("record", why)
    name = max(unknown, key=len)
    if len(name) > MAX_FIELD_NAME:
        why = stored_text(
            "a name of %(count)s characters; at most %(most)s are allowed",
            count=len(name),
            most=MAX_FIELD_NAME,
        )
        raise RecordError(_excerpt(name), why)
    # The text in memory is about as long, and made much faster.
    with suppress(RecursionError):  # what is nested so deeply is refused anyway
        if len(repr(unknown)) <= settings.RECORD_OTHER_LENGTH:
            return
        length = len(dumps(unknown, default=str))
        if length > settings.RECORD_OTHER_LENGTH:
            why = stored_text(
                "%(count)s characters in unknown fields; at most %(most)s are stored",
                count=length,
                most=settings.RECORD_OTHER_LENGTH,
            )
            raise RecordError("record", why)


def _excerpt(name: str) -> str:
    text = repr(name)
    return text if len(text) <= MAX_SHOWN_NAME else f"{text[: MAX_SHOWN_NAME - 3]}..."


# What reads the value of each column.
PARSERS: tuple[tuple[str, Callable[[Mapping[str, object], str], Any]], ...] = (
    (KEY_COLUMN, _reference),
    *((name, _text) for name in TEXT_COLUMNS if name != KEY_COLUMN),
    *((name, parse_time) for name in TIME_COLUMNS),
    ("state", _state),
    ("tag", _tag),
    ("line_items", parse_line_items),
    ("unknown_fields", _unknown_fields),
)
