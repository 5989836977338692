"""Parsing of line items: untrusted JSON becomes typed lines, or an error for each wrong value."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any

from django.conf import settings

from config.stored_texts import stored_text
from returns.feed.reasons import excerpt, listed, quoted, too_long, unknown_item_state
from returns.feed.records import API_NAMES, Problem, RecordError, combined
from returns.feed.values import integer_text, read_time, require_storable, storable_json
from returns.models.line_items import (
    ITEM_API_NAMES,
    ITEM_FACTS,
    ITEM_FACTS_BY_COLUMN,
    DamagedState,
    ItemState,
    LineItem,
)

LINE_ITEM_FIELDS = frozenset(ITEM_API_NAMES.values())
TEXTS = ("line_reference", "sku", "serial_number")
KNOWN_STATES = {"state": ItemState.values, "damaged_state": DamagedState.values}
PLAIN_NAMES = tuple(name for column, name in ITEM_API_NAMES.items() if column != "processed_at")
PROCESSED_FIELD = ITEM_API_NAMES["processed_at"]
# Of the texts of a line together, so that each of them fits.
PLAIN_LENGTH = min(ITEM_FACTS_BY_COLUMN[column].max_length for column in TEXTS)
PLAIN_STATES = frozenset(ItemState.values)
PLAIN_DECISIONS = frozenset(["", *DamagedState.values])
MAX_OTHERS = 500  # characters of the unknown fields of a line item
MAX_NAMED_REFERENCES = 5  # in an error


def parse_line_items(raw: Mapping[str, object], name: str) -> tuple[LineItem, ...] | None:
    """Return the line items of a record, by their reference; None if it says nothing of them.

    Their order does not matter, so that a list that is sent in another order changes nothing.
    Raises ``RecordError`` for all that is wrong, with fields such as ``lineItems[2].state``.
    """
    field = API_NAMES[name]
    sent = raw.get(field)
    if isinstance(sent, str):  # a cell of a file
        sent = _from_json(field, sent)
    if sent is None:
        return None
    if not isinstance(sent, list):
        raise RecordError(field, stored_text("not a list: %(value)s", value=excerpt(sent)))
    if len(sent) > settings.RECORD_LINE_ITEMS:
        why = stored_text(
            "%(count)s line items; at most %(most)s are allowed",
            count=len(sent),
            most=settings.RECORD_LINE_ITEMS,
        )
        raise RecordError(field, why)
    lines, problems = [], list[Problem]()
    for place, each in enumerate(sent):
        try:
            lines.append(_plain_line(each) or _line_item(f"{field}[{place}]", each))
        except RecordError as error:
            problems += error.problems
    problems += _doubles(field, lines)
    if problems:
        raise combined(problems)
    return tuple(sorted(lines, key=attrgetter("line_reference")))


def _from_json(field: str, text: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise RecordError(
            field, stored_text("not a list: %(value)s", value=excerpt(text))
        ) from None


def _plain_line(sent: object) -> LineItem | None:
    """Return a line item quickly; None if it is not plain that nothing is wrong with it."""
    if type(sent) is not dict or not LINE_ITEM_FIELDS.issuperset(sent):
        return None
    texts = ["" if value is None else value for value in map(sent.get, PLAIN_NAMES)]
    try:
        together = "".join(texts)
        time = read_time("", sent.get(PROCESSED_FIELD))
    except (TypeError, RecordError):
        return None
    if len(together) > PLAIN_LENGTH or not together.isascii() or "\x00" in together:
        return None
    reference, sku, serial_number, state, damaged_state = texts
    if state not in PLAIN_STATES or damaged_state not in PLAIN_DECISIONS:
        return None
    if not (reference := reference.strip()):
        return None
    return LineItem(
        reference,
        sku.strip(),
        serial_number.strip(),
        state,
        damaged_state,
        time.isoformat(timespec="microseconds") if time else None,
    )


def _line_item(place: str, sent: object) -> LineItem:
    if not isinstance(sent, Mapping):
        raise RecordError(place, stored_text("not an object"))
    values: dict[str, Any] = {}
    problems = list[Problem]()
    for column in ITEM_FACTS_BY_COLUMN:
        try:
            values[column] = _value(place, column, sent)
        except RecordError as error:
            problems += error.problems
    try:
        values["others"] = _others(place, sent)
    except RecordError as error:
        problems += error.problems
    if problems:
        raise combined(problems)
    return LineItem(**values)


def _value(place: str, column: str, sent: Mapping[str, object]) -> str | None:
    fact, name = ITEM_FACTS_BY_COLUMN[column], ITEM_API_NAMES[column]
    field, value = f"{place}.{name}", sent.get(name)
    if column == "processed_at":
        time = read_time(field, value)
        return time.isoformat(timespec="microseconds") if time else None
    text = ""
    if value is not None:
        text = value if isinstance(value, str) else integer_text(field, value)
        text = require_storable(field, text).strip()
    if len(text) > fact.max_length:
        raise RecordError(field, too_long(len(text), fact.max_length))
    if column == "line_reference" and not text:
        raise RecordError(field, stored_text("missing"))
    known = KNOWN_STATES.get(column)
    if known and text not in known and (text or column == "state"):
        raise RecordError(field, unknown_item_state(excerpt(value), known))
    return text


def _others(place: str, sent: Mapping[str, object]) -> dict[str, Any] | None:
    """Return the fields of a line item that we do not know. Raises ``RecordError``."""
    if LINE_ITEM_FIELDS.issuperset(sent):  # as mostly
        return None
    others: dict[str, Any] = {}
    problems = list[Problem]()
    for name in [each for each in sent if each not in LINE_ITEM_FIELDS]:
        try:
            others[require_storable(place, name)] = storable_json(place, sent[name])
        except RecordError as error:
            problems += error.problems
    if problems:
        raise combined(problems)
    if (length := len(json.dumps(others, ensure_ascii=False))) > MAX_OTHERS:
        why = stored_text(
            "%(count)s characters in unknown fields; at most %(most)s are stored",
            count=length,
            most=MAX_OTHERS,
        )
        raise RecordError(place, why)
    return others


def _doubles(field: str, lines: list[LineItem]) -> Iterator[Problem]:
    if len({line.line_reference for line in lines}) == len(lines):  # as mostly
        return
    counts = Counter(line.line_reference for line in lines)
    twice = [reference for reference, count in counts.items() if count > 1]
    if twice:
        shown = listed([quoted(each) for each in sorted(twice)[:MAX_NAMED_REFERENCES]], ", ")
        why = stored_text(
            "more than one line item with the reference %(references)s", references=shown
        )
        yield field, why


def line_item_payload(line: LineItem) -> dict[str, Any]:
    """Return a line item as the API answers it; a missing value is null."""
    fields = {
        fact.api_name: getattr(line, fact.column) or None
        for fact in ITEM_FACTS
        if fact.column != "processed_at"
    }
    at = line.processed_at
    return fields | {"processedAt": at and at.replace("+00:00", "Z")} | (line.others or {})
