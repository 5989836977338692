"""Headers of tables: in which row they are, and what each column means."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from config.stored_texts import StoredText, stored_text, to_stored
from config.text import shorten, to_storable_text
from returns.feed.item_fields import ITEM_CELLS, KNOWN_CELLS, LINE_ITEMS_NAME, TELLING_ITEM_CELLS
from returns.feed.items import Column, Format
from returns.feed.labels import stored_label
from returns.feed.mappings import ColumnMapping, unique_headers
from returns.feed.reasons import listed
from returns.feed.records import API_NAMES, REQUIRED_COLUMNS, UPDATED_FIELD, RecordError
from returns.feed.spelling import (
    TIME_CELLS,
    field_for_header,
    is_derived_header,
    normalize,
    zone_for_header,
)

HEADER_ROWS = 25  # among which the header is found
ENOUGH_NAMES = 2  # in a row that is taken for the header because of its names
# A row is as wide as a header if it has this share of the cells of the widest one.
WIDE_SHARE = 0.6
MAX_NAMED_HEADERS = 12  # in an error
MAX_COLUMNS = 1000
MAX_CELL = 500  # characters of a header
# updatedAt may be missing: the latest of the other times is used.
REQUIRED_FIELDS = [API_NAMES[name] for name in REQUIRED_COLUMNS if API_NAMES[name] != UPDATED_FIELD]


@dataclass(frozen=True, order=True)
class FoundHeader:
    """The row of a header, and how sure that is: the names that are known, and its width."""

    known: int = 0
    width: int = 0
    index: int = 0


def find_header(rows: Sequence[Sequence[str]], mapping: ColumnMapping | None) -> FoundHeader:
    """Return which of the first rows is the header: the one with most names that are known.

    If no names are known it is the first that is about as wide as the widest row, because titles
    fill one or two cells.
    """
    if mapping and not mapping.columns:
        mapping = None
    rows = [row[:MAX_COLUMNS] for row in rows[:HEADER_ROWS]]
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows]
    counts = [_count_known(row, mapping) for row in rows]
    enough = min(ENOUGH_NAMES, len(mapping.used)) if mapping else ENOUGH_NAMES
    if max(counts, default=0) >= enough:
        index = counts.index(max(counts))
        return FoundHeader(counts[index], widths[index], index)
    wide = WIDE_SHARE * max(widths, default=0)
    index = next((at for at, width in enumerate(widths) if width >= wide), 0)
    return FoundHeader(0, widths[index] if widths else 0, index)


def _count_known(row: Sequence[str], mapping: ColumnMapping | None) -> int:
    if mapping:
        return len(mapping.used.intersection(map(normalize, row)))
    return len(KNOWN_CELLS.intersection(map(field_for_header, filter(None, row))))


def with_header(format_: Format, header: Sequence[str]) -> Format:
    """Return the format with the columns that this header means."""
    cells = unique_headers(header) if format_.choices.mapping else header
    return replace(format_, header=tuple(shorten(to_storable_text(c), MAX_CELL) for c in cells))


def check_width(header: Sequence[str]) -> None:
    """Raise ``RecordError`` for a header with too many columns."""
    if len(header) > MAX_COLUMNS:
        why = stored_text(
            "%(count)s columns; at most %(most)s are read", count=len(header), most=MAX_COLUMNS
        )
        raise RecordError("file", why)


def read_columns(format_: Format) -> Format:
    """Return the format with its columns. Raises ``RecordError`` if they cannot be read."""
    mapping = format_.choices.mapping
    if mapping:
        columns = _mapped_columns(format_.header, mapping)
        _refuse_doubles(_two_lists(column.name for column in columns))
        return replace(format_, columns=columns)
    if missing := missing_fields(format_):
        raise RecordError("file", _missing_reason(format_, missing))
    names = meant_fields(format_.header)
    counts = Counter(filter(None, names))
    _refuse_doubles({name for name, count in counts.items() if count > 1} | _two_lists(names))
    return replace(
        format_,
        columns=tuple(
            Column(name, at, zone_for_header(header) if name in TIME_CELLS else None)
            for at, (name, header) in enumerate(zip(names, format_.header, strict=True))
            if name
        ),
    )


def _two_lists(names: Iterable[str]) -> set[str]:
    """Return the field of line items if a column has all of them, and others have one a row."""
    given = set(names)
    both = LINE_ITEMS_NAME in given and not ITEM_CELLS.isdisjoint(given)
    return {LINE_ITEMS_NAME} if both else set()


def _refuse_doubles(twice: Collection[str]) -> None:
    if twice:
        columns = listed(sorted(map(stored_label, twice), key=to_stored), ", ")
        raise RecordError(
            "file", stored_text("more than one column for %(columns)s", columns=columns)
        )


def missing_fields(format_: Format) -> tuple[str, ...]:
    """Return the required fields that no column has, unless a mapping says where they are."""
    names = meant_fields(format_.header)
    return tuple(name for name in REQUIRED_FIELDS if name not in names)


def _missing_reason(format_: Format, missing: Sequence[str]) -> StoredText:
    columns = listed(map(stored_label, missing), ", ")
    if len(format_.header) < ENOUGH_NAMES:
        return stored_text(
            "not JSON, and no header with %(columns)s in the first %(rows)s rows",
            columns=columns,
            rows=HEADER_ROWS,
        )
    headers = [header.strip() for header in format_.header if header.strip()]
    more = ", …" if len(headers) > MAX_NAMED_HEADERS else ""
    return stored_text(
        "no column for %(columns)s. There are: %(headers)s",
        columns=columns,
        headers=f"{', '.join(headers[:MAX_NAMED_HEADERS])}{more}",
    )


def meant_fields(header: Sequence[str]) -> list[str]:
    """Return the field that each column means, or its own name; "" if it is not read.

    A header has columns of items if one of them tells what an item is. Of several for the same
    field of an item the first is read: one may be the number of the seller, one that of the shop.
    """
    names = [
        "" if is_derived_header(cell) else field_for_header(cell) or f"column {at}"
        for at, cell in enumerate(header, start=1)
    ]
    has_items = not TELLING_ITEM_CELLS.isdisjoint(names)
    first: dict[str, str] = {}
    for at, name in enumerate(names):
        if name not in ITEM_CELLS:
            continue
        written = " ".join(header[at].split())
        if not has_items or normalize(first.setdefault(name, written)) != normalize(written):
            names[at] = written
    return names


def _mapped_columns(header: Sequence[str], mapping: ColumnMapping) -> tuple[Column, ...]:
    columns = []
    for name in mapping.columns:
        at = mapping.place(name, header)
        columns.append(Column(name, at, _zone_if_known(header[at]) if name in TIME_CELLS else None))
    if mapping.keeps_others:
        used = {column.at for column in columns}
        columns += [
            Column(f"{name} (column)" if name in KNOWN_CELLS else name, at)
            for at, name in enumerate(header)
            if at not in used
        ]
    return tuple(columns)


def _zone_if_known(header: str) -> tzinfo | None:
    """Return the time zone that a foreign header names; what it has in brackets may be no zone."""
    try:
        return zone_for_header(header)
    except RecordError:
        return None
