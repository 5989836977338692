"""The entries of files and API bodies, and the formats of files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from returns.feed.records import RecordError, ReturnRecord, parse_record


@dataclass(frozen=True, slots=True)
class Format:
    """The format of a file.

    The rest is for CSV. ``header`` is the header as written, ``names`` the field that each column
    means, and ``zones`` the time zone that each header names, or None. With ``empty_clears``, an
    empty cell says that the return has no such value, instead of nothing. ``dates`` is the order of
    the numbers of dates, and ``doubt`` says why that is not known.
    """

    kind: str  # "json", "lines" or "csv"
    header: tuple[str, ...] = ()
    delimiter: str = ","
    names: tuple[str, ...] = ()
    zones: tuple[tzinfo | None, ...] = ()
    empty_clears: bool = False
    dates: str = "dmy"
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a file: its place, and either its values or what is wrong with it.

    ``original`` is the entry as the file has it (an object, a line, or the cells of a row). It is
    None if nothing is left that could be fixed. With ``is_update_derived``, ``updatedAt`` is the
    latest of the other times.
    """

    place: str
    format: Format
    raw: Mapping[str, object] | None = None
    error: RecordError | None = None
    original: Any = None
    is_update_derived: bool = False

    def parse(self) -> ReturnRecord:
        """Return the record of the entry. Raises ``RecordError``."""
        if self.error:
            raise self.error
        return parse_record(
            self.raw or {},
            is_rounded=self.format.kind == "csv",
            is_update_derived=self.is_update_derived,
        )


JSON = Format("json")
LINES = Format("lines")


def item_from_json(place: str, entry: object) -> Item:
    """Return the item of an entry of a JSON list; an entry that is not an object has an error."""
    if isinstance(entry, dict):
        return Item(place, JSON, raw=entry, original=entry)
    # An empty entry is still an entry, so ``original`` must not be None.
    return Item(place, JSON, error=RecordError("record", "not an object"), original=entry or "")
