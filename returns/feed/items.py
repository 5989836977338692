"""The entries of files and API bodies, and the formats of files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from returns.feed.records import UPDATED_FIELD, RecordError, ReturnRecord, combined, parse_record
from returns.models import State
from returns.models.facts import FACTS

# How people call the fields and the states of the API.
FIELD_LABELS = {
    **{fact.api_name: fact.label for fact in FACTS},
    "tag": "Tags",
    **{str(state): str(state.label) for state in State},
}
# Fields of one word, such as "notes", are called so in sentences too.
API_WORDS = re.compile("|".join(rf"\b{name}\b" for name in FIELD_LABELS if not name.islower()))


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
        """Return the record of the entry. Raises ``RecordError`` for all that is wrong."""
        problems = self.error.problems if self.error else ()
        if self.error and self.raw is None:
            raise self.error
        try:
            record = parse_record(
                self.raw or {},
                is_rounded=self.format.kind == "csv",
                is_update_derived=self.is_update_derived,
            )
        except RecordError as error:
            others = [
                (field, reason)
                for field, reason in error.problems
                if not (self.is_update_derived and problems and field == UPDATED_FIELD)
            ]
            raise combined((*problems, *others)) from None
        if self.error:
            raise self.error
        return record

    def describe(self, error: RecordError) -> str:
        """Return an error in the words of the file: columns by their headers, states by labels."""
        if self.format.kind != "csv":
            return str(error)
        headers = dict(zip(self.format.names, self.format.header, strict=False))
        words = FIELD_LABELS | {name: header.strip() for name, header in headers.items()}
        problems = (
            f"{words.get(name, name)}: {API_WORDS.sub(lambda word: words[word[0]], reason)}"
            for name, reason in error.problems
        )
        return "; ".join(problems)

    def reason(self, error: RecordError) -> str:
        """Return what is wrong, as ``describe`` does, without the name of the first field."""
        return self.describe(error).split(": ", 1)[1]


JSON = Format("json")
LINES = Format("lines")


def item_from_json(place: str, entry: object) -> Item:
    """Return the item of an entry of a JSON list; an entry that is not an object has an error."""
    if isinstance(entry, dict):
        return Item(place, JSON, raw=entry, original=entry)
    # An empty entry is still an entry, so ``original`` must not be None.
    return Item(place, JSON, error=RecordError("record", "not an object"), original=entry or "")
