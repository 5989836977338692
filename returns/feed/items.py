"""The entries of files and API bodies, and the formats of files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import accumulate
from typing import Any, NamedTuple

from config.stored_texts import StoredText, stored_text
from returns.feed.digests import digest_of_entry
from returns.feed.item_fields import ITEM_CELLS, name_of_cell, place_in_list
from returns.feed.labels import stored_label, stored_place, stored_whole
from returns.feed.mappings import ColumnMapping
from returns.feed.parsing import parse_record
from returns.feed.reasons import Why, in_words, listed, named
from returns.feed.records import UPDATED_FIELD, RecordError, ReturnRecord, combined

TABLES = frozenset({"csv", "xlsx", "flat"})
MAX_PROBLEMS = 20  # of a record, that are named


class Column(NamedTuple):
    """A column of a table that is read: the API field or other name, its index, and its time zone.

    ``zone`` is None if the header names none.
    """

    name: str
    at: int
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose about reading a file.

    With ``empty_clears``, an empty cell says that the return has no such value, instead of nothing.
    ``dates`` is one of ``DATE_ORDERS``, or "" if none was chosen. ``sheet`` is the name of a sheet
    of a workbook; "" for the first one with rows. ``most`` is how many rows a preview reads.
    """

    empty_clears: bool = False
    dates: str = ""
    sheet: str = ""
    mapping: ColumnMapping | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """The format of a file.

    The rest is for tables. ``header`` is the header as written, and ``columns`` those that are
    read. ``above`` is the number of rows above the header that were left out, ``sheets`` the names
    of a workbook's sheets, of which ``choices.sheet`` is read. ``doubt`` says why the order of the
    numbers of dates is not known. ``missing`` are the required fields without a column.
    """

    kind: str  # "json", "lines", or for tables "csv", "xlsx", or "flat" for JSON read as a table
    header: tuple[str, ...] = ()
    delimiter: str = ","
    columns: tuple[Column, ...] = ()
    choices: Choices = field(default=Choices(), hash=False)
    above: int = 0
    sheets: tuple[str, ...] = ()
    doubt: StoredText | None = None
    missing: tuple[str, ...] = ()

    @property
    def is_table(self) -> bool:
        """Tell whether the entries are rows with cells."""
        return self.kind in TABLES

    @property
    def has_items(self) -> bool:
        """Tell whether there is a row for each item of a return."""
        return any(column.name in ITEM_CELLS for column in self.columns)

    def headers(self) -> dict[str, str]:
        """Return the header of the column that each field is read from."""
        return {column.name: self.header[column.at].strip() for column in self.columns}


class ItemRow(NamedTuple):
    """A row of a table that has one for each item: its place, and its cells as they are written.

    One that could not be split is a text. ``raw`` are its values, and ``pieces`` the number of line
    items that it stands for.
    """

    place: str
    written: list[str] | str
    raw: Mapping[str, object]
    pieces: int


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a file: its place, and either its values or what is wrong with it.

    ``original`` is the entry as the file has it (an object, a line, or the cells of a row). It is
    None if nothing is left that could be fixed. With ``is_update_derived``, ``updatedAt`` is the
    latest of the other times. ``left_out`` says why an entry is no record, such as a row of totals.
    ``rows`` are those of a return in a table with a row for each item; ``original`` then has them
    too, as a list. ``outcome`` is what parsing it gave, if it has been parsed already. ``digest``
    is what an entry of JSON is recognised by if it comes again; see ``accepted``.
    """

    place: str
    format: Format
    raw: Mapping[str, object] | None = None
    error: RecordError | None = None
    original: Any = None
    is_update_derived: bool = False
    left_out: Why = ""
    rows: tuple[ItemRow, ...] = ()
    outcome: ReturnRecord | RecordError | None = field(default=None, compare=False)
    digest: bytes = field(default=b"", compare=False)

    @property
    def written_rows(self) -> list[list[str] | str]:
        """Return the rows of a table that the entry is made of, as they are written."""
        if self.rows:
            return [row.written for row in self.rows]
        return [] if self.original is None else [self.original]

    def read(self, prefix: str, key: bytes, *, may_repeat: bool = False) -> "Item":
        """Return the item with its digest, what parsing it gives, and a prefix before its place.

        ``key`` is that of digests. With ``may_repeat``, one with a digest is not parsed.
        ``dataclasses.replace`` would take six times as long.
        """
        outcome: ReturnRecord | RecordError | None = None
        digest = self.digest_of(key)
        if not self.left_out and not (may_repeat and digest):
            try:
                outcome = self.parse()
            except RecordError as error:
                outcome = error.with_traceback(None)
        return Item(
            f"{prefix}{self.place}",
            self.format,
            self.raw,
            self.error,
            self.original,
            self.is_update_derived,
            self.left_out,
            self.rows,
            outcome,
            digest,
        )

    def digest_of(self, key: bytes) -> bytes:
        """Return the digest of an entry of JSON in which nothing is wrong yet; b"" of others.

        How a row is read depends on its table as a whole.
        """
        is_other = self.error or self.left_out or self.format.is_table or self.is_update_derived
        return self.digest if self.digest or is_other else digest_of_entry(self.raw, key)

    def parse(self) -> ReturnRecord:
        """Return the record of the entry. Raises ``RecordError`` for all that is wrong."""
        if isinstance(self.outcome, RecordError):
            raise self.outcome
        return self.outcome or self._parse()

    def _parse(self) -> ReturnRecord:
        problems = self.error.problems if self.error else ()
        if self.error and self.raw is None:
            raise self.error
        try:
            record = parse_record(
                self.raw or {},
                is_rounded=self.format.is_table,
                is_update_derived=self.is_update_derived,
            )
        except RecordError as error:
            # What is wrong with a cell is said once, in the words of the file.
            said = {field for field, _ in problems}
            others = [
                each
                for each in error.problems
                if each[0] not in said and (each[0] != UPDATED_FIELD or self._says_update())
            ]
            raise combined((*problems, *others)) from None
        if self.error:
            raise self.error
        return record

    def _says_update(self) -> bool:
        """Tell whether the entry itself has the update; it may be derived from wrong times."""
        return not self.format.is_table or UPDATED_FIELD in self.format.headers()

    def describe(self, error: RecordError) -> str:
        """Return an error as a text in the language that is active; see ``description``."""
        return str(self.description(error))

    def description(self, error: RecordError) -> Why:
        """Return an error in the words of the file: columns by their headers, states by labels."""
        return listed(named(name, why) for name, why in self._problems(error))

    def reason(self, error: RecordError) -> Why:
        """Return what is wrong, as ``description`` does, without the name of the first field."""
        (_, first), *others = self._problems(error)
        return listed([first, *(named(name, why) for name, why in others)])

    def _problems(self, error: RecordError) -> list[tuple[Why, Why]]:
        given = error.problems[:MAX_PROBLEMS]
        if not self.format.is_table:
            return [(stored_whole(name), why) for name, why in given]
        headers = self.format.headers()
        problems = [
            (
                headers.get(name_of_cell(name)) or stored_label(name),
                self._with_row(name, in_words(why, headers)),
            )
            for name, why in given
        ]
        # A column may be read for several fields, and a row may stand for several line items.
        return problems if len(problems) == 1 else list(dict.fromkeys(problems))

    def _with_row(self, name: str, why: Why) -> Why:
        """Return a reason with the place of the row that it is about, unless it is the first."""
        place = place_in_list(name)
        if place is None or not self.rows or place < self.rows[0].pieces:
            return why
        ends = accumulate(row.pieces for row in self.rows)
        row = next((row for row, end in zip(self.rows, ends, strict=True) if place < end), None)
        return named(stored_place(row.place), why) if row else why


JSON = Format("json")
LINES = Format("lines")


def item_from_json(place: str, entry: object) -> Item:
    """Return the item of an entry of a JSON list; an entry that is not an object has an error."""
    if isinstance(entry, dict):
        return Item(place, JSON, raw=entry, original=entry)
    # An empty entry is still an entry, so ``original`` must not be None.
    error = RecordError("record", stored_text("not an object"))
    return Item(place, JSON, error=error, original=entry or "")
