"""The entries of files and API bodies, and the formats of files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from returns.feed.records import RecordError


@dataclass(frozen=True, slots=True)
class Format:
    """The format of a file.

    ``header``, ``delimiter`` and ``names`` are for CSV: the header as written, and the field that
    each column means.
    """

    kind: str  # "json", "lines" or "csv"
    header: tuple[str, ...] = ()
    delimiter: str = ","
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a file: its place, and either its values or what is wrong with it.

    ``original`` is the entry as the file has it (an object, a line, or the cells of a row). It is
    None if nothing is left that could be fixed.
    """

    place: str
    format: Format
    raw: Mapping[str, object] | None = None
    error: RecordError | None = None
    original: Any = None


JSON = Format("json")
LINES = Format("lines")


def item_from_json(place: str, entry: object) -> Item:
    """Return the item of an entry of a JSON list; an entry that is not an object has an error."""
    if isinstance(entry, dict):
        return Item(place, JSON, raw=entry, original=entry)
    # An empty entry is still an entry, so ``original`` must not be None.
    return Item(place, JSON, error=RecordError("record", "not an object"), original=entry or "")
