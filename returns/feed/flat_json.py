"""Foreign JSON read as a table: each record is a row, and each path within it a column."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from config.stored_texts import StoredText
from returns.feed.items import Choices, Format, Item
from returns.feed.json_items import count_values
from returns.feed.tables import Row, read_table

SAMPLED_RECORDS = 200  # from which the columns are known
SAMPLED_VALUES = 500_000  # in these records
MAX_PATHS = 500
MAX_LIST_ENTRIES = 10  # of a list within a record
MAX_DEPTH = 8


def read_flat(
    items: Iterator[Item], choices: Choices, doubt: StoredText | None = None
) -> Iterator[Item]:
    """Yield JSON records, given as items, as the rows of a table."""
    first = _sample(items)
    names: dict[str, None] = {}
    for item in first:
        if len(names) < MAX_PATHS:
            names |= dict.fromkeys(flatten(item.raw or {}))
    header = list(names)[:MAX_PATHS]
    rows = (_row(number, item, header) for number, item in enumerate(chain(first, items), start=1))
    yield from read_table(Format("flat", choices=choices, doubt=doubt), Row(1, 1, header), rows)


def _sample(items: Iterator[Item]) -> list[Item]:
    """Return the first items, as many as fit into memory."""
    first, room = [], SAMPLED_VALUES
    for item in islice(items, SAMPLED_RECORDS):
        first.append(item)
        room -= count_values(item.raw, room)
        if room <= 0:
            break
    return first


def _row(number: int, item: Item, header: Iterable[str]) -> Row:
    if item.raw is None:
        why = item.error.why if item.error else ""
        return Row(number, number + 1, [], why, str(item.original or ""))
    values = flatten(item.raw)
    return Row(number, number + 1, [values.get(name, "") for name in header])


def flatten(value: object, path: str = "", depth: int = 0) -> dict[str, str]:
    """Return the texts, numbers and so on within a record, by their paths."""
    parts: Iterable[tuple[Any, object]]
    if isinstance(value, Mapping):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value[:MAX_LIST_ENTRIES])
    else:
        return {path: _text(value)}
    found: dict[str, str] = {}
    if depth < MAX_DEPTH:
        for name, part in parts:
            found |= flatten(part, f"{path}.{name}" if path else str(name), depth + 1)
    return found


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
    return str(value)  # a number with an exponent has been shortened
