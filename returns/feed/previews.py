"""Previews of uploaded files: what they contain, and what their import would do."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from config.text import shorten
from returns.feed.encodings import encoding_label
from returns.feed.files import read_items
from returns.feed.ingest import WrittenRow
from returns.feed.intake import IntakeResult, import_items
from returns.feed.items import FIELD_LABELS, Item
from returns.feed.merging import Known, differences, fact_label, fact_text
from returns.feed.records import KNOWN_FIELDS, UPDATED_FIELD, RecordError
from returns.feed.runs import to_ascii_json, to_storable_text
from returns.feed.spelling import TIME_FIELDS

MAX_TRIED_RECORDS = 10_000
MAX_PREVIEW_ROWS = 50
MAX_PREVIEW_ERRORS = 100
MAX_PREVIEW_CHANGES = 100
MAX_PREVIEW_TAGS = 100
MAX_PREVIEW_COLUMNS = 20
MAX_PREVIEW_CELL = 80  # characters
DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass
class PreviewRow:
    """A row of the preview: its place in the file, its cells, and its error if it has one."""

    place: str
    cells: list[str]
    error: str = ""


@dataclass
class PreviewChange:
    """A return that the import would change: its facts with their names, before and after."""

    reference: str
    facts: list[tuple[str, str, str]]
    new_tags: list[str]


@dataclass
class FilePreview:
    """What a file contains, and what its import would do.

    ``columns`` are pairs of a header and the field that it means. ``unknown`` are columns that are
    stored with the returns as they are. ``wrong`` are rows that would be rejected. ``rehearsed`` is
    the number of records that were tried out against the database; of those, ``changes`` are the
    first that change a return, and ``unknown_tags`` the names of tags that would be new.
    ``differing_rows`` are returns with the places of their rows, if these differ. ``doubt`` says
    why the order of day and month is not known.
    """

    kind: str = ""
    columns: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    rows: list[PreviewRow] = field(default_factory=list)
    wrong: list[PreviewRow] = field(default_factory=list)
    changes: list[PreviewChange] = field(default_factory=list)
    unknown_tags: list[str] = field(default_factory=list)
    differing_rows: list[tuple[str, str]] = field(default_factory=list)
    read: int = 0
    rehearsed: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    conflicts: int = 0
    has_updates: bool = True
    doubt: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to import."""
        return self.read == self.rejected


def make_preview(content: bytes, *, empty_clears: bool = False, dates: str = "") -> FilePreview:
    """Return what a file contains and what its import would do.

    Every record is checked; the first 10,000 are also written to the database and rolled back.
    """
    builder = _PreviewBuilder(encoding_label(content))
    for item in read_items(io.BytesIO(content), empty_clears=empty_clears, dates=dates):
        builder.add(item)
    items = islice(
        read_items(io.BytesIO(content), empty_clears=empty_clears, dates=dates), MAX_TRIED_RECORDS
    )
    result = import_items(
        items,
        source="file",
        on_reject=builder.reject,
        on_batch=builder.add_changes,
        dry_run=True,
    )
    preview = builder.preview
    preview.rehearsed, preview.created, preview.updated = (
        result.read,
        result.created,
        result.updated,
    )
    preview.unchanged, preview.rejected = result.unchanged, len(builder.wrong)
    preview.conflicts = len(result.tag_conflicts)
    preview.differing_rows = [
        (reference, ", ".join(places)) for reference, places in result.differing_rows.items()
    ][:MAX_PREVIEW_CHANGES]
    preview.unknown_tags = sorted(set(result.unknown_tags))[:MAX_PREVIEW_TAGS]
    return preview


class _PreviewBuilder:
    """Collects the preview from the items of a file."""

    def __init__(self, encoding: str) -> None:
        self.preview = FilePreview()
        self.encoding = encoding
        self.wrong: set[str] = set()

    def add(self, item: Item) -> None:
        """Add an item to the preview."""
        preview = self.preview
        if not preview.kind:
            self._describe(item)
        preview.read += 1
        if len(preview.rows) < MAX_PREVIEW_ROWS:
            preview.rows.append(self._row(item))
        try:
            item.parse()
        except RecordError as error:
            self.reject(item, error)

    def reject(self, item: Item, error: RecordError) -> None:
        """Add an item that would be rejected; it may be reported twice."""
        key = f"{item.place} {item.original!r}"
        if key in self.wrong:
            return
        self.wrong.add(key)
        if len(self.preview.wrong) < MAX_PREVIEW_ERRORS:
            self.preview.wrong.append(self._row(item, item.describe(error)))
        for row in self.preview.rows:
            if row.place == item.place:
                row.error = item.describe(error)

    def add_changes(self, result: IntakeResult) -> None:
        """Add the returns that a batch changes."""
        changes = self.preview.changes
        for row in result.written:
            if row.before and row.is_visible and len(changes) < MAX_PREVIEW_CHANGES:
                changes.append(_preview_change(row, row.before))

    def _describe(self, item: Item) -> None:
        format_, preview = item.format, self.preview
        if item.error and item.error.field == "file" and not format_.header:
            return
        preview.kind = FORMAT_NAMES.get(format_.kind, "")
        if format_.kind == "csv":
            preview.kind = (
                f"CSV in {self.encoding}, separated by {DELIMITER_NAMES[format_.delimiter]}"
            )
            columns = zip(format_.header, format_.names, strict=True)
            preview.columns = [
                (_shorten_cell(header.strip()), _shorten_cell(FIELD_LABELS.get(name, name)))
                for header, name in columns
            ]
            preview.doubt = format_.doubt
            preview.has_updates = UPDATED_FIELD in format_.names
            preview.unknown = [
                _shorten_cell(name) for name in format_.names if name not in KNOWN_FIELDS
            ]

    def _row(self, item: Item, error: str = "") -> PreviewRow:
        if item.raw is not None and item.format.kind == "csv":
            cells = [
                f"{_shorten_cell(cell)}{_as_read(name, cell, item.raw)}"
                for name, cell in zip(item.format.names, item.original, strict=False)
            ]
        elif item.raw is not None:
            cells = [f"{name}: {_shorten_cell(value)}" for name, value in item.raw.items()]
        else:
            written = item.original
            cells = [
                _shorten_cell(each)
                for each in (written if isinstance(written, list) else [written])
            ]
        return PreviewRow(item.place, cells[:MAX_PREVIEW_COLUMNS], error)


FORMAT_NAMES = {"json": "JSON", "lines": "JSON, one record per line"}


def _as_read(name: str, written: str, raw: Mapping[str, object]) -> str:
    """Return how a time of a row is understood, in words; "" for other cells."""
    value = raw.get(name)
    if name not in TIME_FIELDS or not isinstance(value, str) or value == written:
        return ""
    try:
        return f" = {fact_text(name, datetime.fromisoformat(value))}"
    except (ValueError, OverflowError):  # rejected as no time, or as out of range
        return ""


def _preview_change(row: WrittenRow, before: Known) -> PreviewChange:
    facts = [
        (fact_label(name), _shorten_cell(fact_text(name, old)), _shorten_cell(fact_text(name, new)))
        for name, old, new in differences(before, row.after)
    ]
    return PreviewChange(row.reference, facts, list(row.new_tags))


def _shorten_cell(value: object) -> str:
    text = to_storable_text(
        value if isinstance(value, str) else "" if value is None else to_ascii_json(value)
    )
    return shorten(text, MAX_PREVIEW_CELL)
