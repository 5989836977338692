"""What a table has, before anybody knows what its columns mean."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from django.conf import settings
from django.utils.translation import gettext as _

from config.numbers import grouped
from config.text import to_storable_text
from returns.feed.files import read_items
from returns.feed.headers import meant_fields
from returns.feed.item_fields import KNOWN_CELLS
from returns.feed.items import Choices, Item
from returns.feed.json_items import find_lists
from returns.feed.mappings import ColumnMapping

MAX_ROWS = 5
MAX_WORDS = 50


@dataclass(frozen=True)
class Outline:
    """The header of a table and its first rows.

    For JSON, ``lists`` are the lists of objects in it: the prefix of each, and its name for people.
    """

    header: tuple[str, ...]
    rows: list[list[str]]
    lists: dict[str, str] = field(default_factory=dict)


def outline(content: bytes, choices: Choices, records: str = "") -> Outline | None:
    """Return the outline of a file, for JSON that of a list in it; None if it is no table."""
    rows: list[list[str]] = []
    header: tuple[str, ...] = ()
    for item in _cells(content, choices, records):
        header = item.format.header
        if isinstance(item.original, list):
            rows.append([to_storable_text(cell) for cell in item.original])
        if len(rows) == MAX_ROWS:
            break
    is_json = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    lists = find_lists(content) if is_json else {}
    names = {prefix: _list_name(prefix, count) for prefix, count in lists.items()}
    return Outline(header, rows, names) if rows else None


def _list_name(prefix: str, count: int) -> str:
    keys = [key for key in prefix.split(".") if key != "item"]
    name = " › ".join(keys) or _("the whole file")
    return f"{name} ({grouped(count)})"


def distinct_values(content: bytes, choices: Choices, at: int, records: str = "") -> list[str]:
    """Return the first 50 different values of a column, from the rows that a preview reads."""
    values: dict[str, None] = {}
    for item in _cells(content, choices, records):
        if isinstance(item.original, list) and not item.left_out:
            cells = item.original
            values.setdefault(to_storable_text(cells[at].strip()) if at < len(cells) else "")
            if len(values) == MAX_WORDS:
                break
    return list(values)


def _cells(content: bytes, choices: Choices, records: str) -> Iterator[Item]:
    """Yield the first rows of a file as items whose cells are not read."""
    no_columns = ColumnMapping({}, records=records)
    # Nothing is read as a date, so their order need not be found out.
    most = settings.PREVIEW_RECORDS
    chosen = replace(choices, mapping=no_columns, dates="dmy", most=most)
    return islice(read_items(io.BytesIO(content), chosen), most)


def guess(header: Sequence[str]) -> ColumnMapping:
    """Return the mapping that follows from the names of the columns alone."""
    columns: dict[str, str] = {}
    for name, field_ in zip(header, meant_fields(header), strict=True):
        if field_ in KNOWN_CELLS:
            columns.setdefault(field_, name)
    return ColumnMapping(columns)
