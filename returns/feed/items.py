"""The entries of files, and how a file is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from returns.feed.records import RecordError


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is written.

    ``header``, ``names``, the fields that the columns are, and ``delimiter`` belong to CSV.
    """

    kind: str  # "json", "lines" or "csv"
    header: tuple[str, ...] = ()
    delimiter: str = ","
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a file: where it stands, what it says or what is wrong with it.

    ``written`` is the entry as the file has it (an object, a line, or the cells of a row); None
    where nothing is left that could be mended.
    """

    place: str
    format: Format
    raw: Mapping[str, object] | None = None
    error: RecordError | None = None
    written: Any = None


JSON = Format("json")
LINES = Format("lines")


def item_of(place: str, entry: object) -> Item:
    """Return an entry of a list that came as JSON; one that is no object has an error."""
    if isinstance(entry, dict):
        return Item(place, JSON, raw=entry, written=entry)
    # What is nothing still was there.
    return Item(place, JSON, error=RecordError("record", "not an object"), written=entry or "")
