"""Previews of uploaded files: what they contain, and what their import would do."""

import io
from dataclasses import dataclass, field, replace
from itertools import islice

from django.conf import settings
from django.utils.translation import gettext_noop

from config.stored_texts import StoredText, stored_text
from returns.feed.encodings import encoding_label
from returns.feed.files import DEFAULT_CHOICES, read_items
from returns.feed.headers import MAX_COLUMNS
from returns.feed.intake import IntakeResult, import_items
from returns.feed.item_fields import ITEM_STATE, KNOWN_CELLS
from returns.feed.items import Choices, Format, Item
from returns.feed.json_items import count_values
from returns.feed.mappings import BY_DATES, ColumnMapping
from returns.feed.preview_changes import PreviewChange, preview_change
from returns.feed.preview_rows import Labels, PreviewRow, shorten_cell, show_rows, shown_headers
from returns.feed.reasons import Why, storable
from returns.feed.records import REFERENCE_FIELD, UPDATED_FIELD, RecordError, kept
from returns.feed.spelling import TIME_CELLS, ZONE_SUFFIX

MAX_TRIED_RECORDS = 10_000
MAX_PREVIEW_VALUES = 1_000_000  # in the records that are checked
MAX_PREVIEW_ROWS = 50
MAX_PREVIEW_ERRORS = 100
MAX_PREVIEW_CHANGES = 100
MAX_PREVIEW_TAGS = 100
MAX_PREVIEW_PLACES = 1_000  # of the rows of one return
JSON_KINDS = frozenset({"json", "lines", "flat"})
# What is said of CSV with each delimiter.
CSV_KINDS = {
    ",": gettext_noop("CSV in %(encoding)s, separated by commas"),
    ";": gettext_noop("CSV in %(encoding)s, separated by semicolons"),
    "\t": gettext_noop("CSV in %(encoding)s, separated by tabs"),
}


@dataclass
class FilePreview:
    """What a file contains, and what its import would do; see also ``stored_previews``.

    ``header`` is that of a table, and ``columns`` are pairs of one of its cells and the fields that
    are read from it. ``kept`` are the indexes of those that are stored with the returns as they
    are, and ``unknown`` their names. ``is_json`` tells whether the file is JSON.
    ``wrong`` are rows that would be rejected, and ``left_out`` rows that are no records, with the
    reasons. With ``is_partial``, the file has more records than were read. ``rehearsed`` is the
    number of records that were tried out against the database; of those, ``changes`` are the first
    that change a return, and ``unknown_tags`` the names of new tags. ``differing_rows`` are
    returns with the places of their rows, if these differ. ``fixed``
    is what a mapping says about all rows, and ``above`` the number of rows above the header.
    ``shown`` are the headers of the cells in the rows, and ``unknown_zones`` are headers of times
    with something in brackets that is no time zone.
    ``missing`` are the required fields without a column; with ``lacks_references``, no record has a
    return reference. ``sheets`` are the names of a workbook's sheets, of which ``sheet`` is read.
    With ``has_items`` there is a row for each item, perhaps with its state in a column, and
    ``table_rows`` is the number of rows of the records that were read.
    ``doubt`` says why the order of day and month is not known, and ``doubt_sentence`` what to do.
    """

    kind: Why = ""
    is_json: bool = False
    header: list[str] = field(default_factory=list)
    columns: list[tuple[str, str | Labels]] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    rows: list[PreviewRow] = field(default_factory=list)
    wrong: list[PreviewRow] = field(default_factory=list)
    changes: list[PreviewChange] = field(default_factory=list)
    unknown_tags: list[str] = field(default_factory=list)
    differing_rows: list[tuple[str, list[str]]] = field(default_factory=list)
    left_out: list[tuple[str, Why]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    fixed: list[tuple[Why | Labels, Why | Labels]] = field(default_factory=list)
    shown: list[str | Labels] = field(default_factory=list)
    unknown_zones: list[str] = field(default_factory=list)
    above: int = 0
    sheets: list[str] = field(default_factory=list)
    sheet: str = ""
    lacks_references: bool = True
    read: int = 0
    is_partial: bool = False
    rehearsed: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    conflicts: int = 0
    has_updates: bool = True
    has_items: bool = False
    has_item_states: bool = False
    table_rows: int = 0
    doubt: Why = ""
    doubt_sentence: Why = ""

    @property
    def not_read(self) -> list[str]:
        """Return the headers of the columns that are not read."""
        return [header for header, name in self.columns if not name]

    @property
    def read_columns(self) -> list[tuple[str, str | Labels, bool]]:
        """Return the columns that are read, and whether they are stored as they are."""
        kept = set(self.kept)
        return [
            (header, name, at in kept) for at, (header, name) in enumerate(self.columns) if name
        ]

    @property
    def row_count(self) -> int:
        """Return the number of rows that were read; previews of earlier versions have no other."""
        return self.table_rows or self.read

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to import."""
        return self.read == self.rejected

    @property
    def is_foreign(self) -> bool:
        """Tell whether nothing can be imported until somebody says what the columns are."""
        return bool(self.missing) or (self.is_json and self.lacks_references)


def make_preview(content: bytes, choices: Choices = DEFAULT_CHOICES) -> FilePreview:
    """Return what a file contains and what its import would do.

    The first 20,000 records are checked, or fewer with very many values; the first 10,000 of them
    are also written to the database and rolled back.
    """
    builder = _PreviewBuilder(encoding_label(content))
    most = settings.PREVIEW_RECORDS
    items = read_items(io.BytesIO(content), replace(choices, most=most))
    tried: list[Item] = []
    room = MAX_PREVIEW_VALUES
    for item in islice(items, most):
        builder.add(item)
        if len(tried) < MAX_TRIED_RECORDS:
            tried.append(item)
        room -= count_values(item.original, room)
        if room <= 0:
            break
    builder.preview.is_partial = next(items, None) is not None
    result = import_items(
        tried,
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
        (reference, places[:MAX_PREVIEW_PLACES])
        for reference, places in islice(result.differing_rows.items(), MAX_PREVIEW_CHANGES)
    ]
    preview.unknown_tags = sorted(set(result.unknown_tags))[:MAX_PREVIEW_TAGS]
    return preview


class _PreviewBuilder:
    """Collects the preview from the items of a file."""

    def __init__(self, encoding: str) -> None:
        self.preview = FilePreview()
        self.encoding = encoding
        self.wrong: set[int] = set()

    def add(self, item: Item) -> None:
        """Add an item to the preview."""
        preview = self.preview
        if not preview.kind:
            self._describe(item)
        if item.left_out:
            if len(preview.left_out) < MAX_PREVIEW_ERRORS:
                preview.left_out.append((item.place, storable(item.left_out)))
            return
        preview.read += 1
        preview.table_rows += max(1, len(item.rows))
        preview.lacks_references &= REFERENCE_FIELD not in (item.raw or {})
        if room := MAX_PREVIEW_ROWS - len(preview.rows):
            preview.rows += show_rows(item)[:room]
        try:
            item.parse()
        except RecordError as error:
            self.reject(item, kept(error))

    def reject(self, item: Item, error: RecordError) -> None:
        """Add an item that would be rejected; it may be reported twice."""
        key = hash((item.place, repr(item.original)))
        if key in self.wrong:
            return
        self.wrong.add(key)
        if len(self.preview.wrong) < MAX_PREVIEW_ERRORS:
            self.preview.wrong.append(show_rows(item, storable(item.description(error)))[0])
        for row in self.preview.rows:
            if row.place == item.place:
                row.error = storable(item.description(error))

    def add_changes(self, result: IntakeResult) -> None:
        """Add the returns that a batch changes."""
        changes = self.preview.changes
        for row in result.written:
            if row.before and row.is_visible and len(changes) < MAX_PREVIEW_CHANGES:
                changes.append(preview_change(row, row.before))

    def _describe(self, item: Item) -> None:
        format_, preview = item.format, self.preview
        if item.error and item.error.field == "file" and not format_.header:
            return
        preview.kind = KIND_LABELS.get(format_.kind, "")
        preview.is_json = format_.kind in JSON_KINDS
        if format_.kind == "csv":
            preview.kind = StoredText(CSV_KINDS[format_.delimiter], {"encoding": self.encoding})
        if format_.is_table:
            names = {column.name for column in format_.columns}
            preview.header = list(format_.header[:MAX_COLUMNS])
            preview.columns = _columns(format_)
            preview.shown = shown_headers(format_)
            preview.unknown_zones = _unknown_zones(format_)
            preview.missing = list(format_.missing)
            preview.fixed = _fixed(format_.choices.mapping)
            preview.above = format_.above
            preview.sheets, preview.sheet = list(format_.sheets), format_.choices.sheet
            if format_.doubt:
                preview.doubt, preview.doubt_sentence = format_.doubt, _ask_for_order(format_.doubt)
            preview.has_updates = UPDATED_FIELD in names
            preview.has_items = format_.has_items
            preview.has_item_states = ITEM_STATE in names
            preview.kept = sorted({each.at for each in format_.columns if _is_unknown(each.name)})
            preview.unknown = [shorten_cell(name) for name in names if _is_unknown(name)]


KIND_LABELS: dict[str, Why] = {
    "json": "JSON",
    "lines": stored_text("JSON, one record per line"),
    "flat": "JSON",
    "xlsx": stored_text("Excel workbook"),
}


def _is_unknown(name: str) -> bool:
    return name not in KNOWN_CELLS


def _ask_for_order(doubt: StoredText) -> StoredText:
    return stored_text(
        "Day or month first? In this file, %(place)s has %(date)s. Choose the order of dates with "
        "slashes, then preview again.",
        **doubt.values,
    )


def _columns(format_: Format) -> list[tuple[str, str | Labels]]:
    """Return the headers with the fields that are read from each; "" for one that is not read."""
    fields: dict[int, str | Labels] = {}
    for name, at, _ in format_.columns:
        if _is_unknown(name):
            fields[at] = shorten_cell(name)
        elif isinstance(found := fields.setdefault(at, Labels([])), Labels):
            found.fields.append(name)
    return [
        (shorten_cell(header.strip()), fields.get(at, ""))
        for at, header in enumerate(format_.header)
    ]


def _unknown_zones(format_: Format) -> list[str]:
    return [
        format_.header[column.at]
        for column in format_.columns
        if column.name in TIME_CELLS
        and column.zone is None
        and ZONE_SUFFIX.search(format_.header[column.at])
    ]


def _fixed(mapping: ColumnMapping | None) -> list[tuple[Why | Labels, Why | Labels]]:
    if not mapping:
        return []
    fixed: list[tuple[Why | Labels, Why | Labels]] = []
    if mapping.prefix:
        fixed.append((stored_text("Before each return reference"), mapping.prefix))
    for name, value in mapping.fixed.items():
        said: Why | Labels = Labels([value]) if name == "state" else value
        fixed.append((Labels([name]), stored_text("from the dates") if value == BY_DATES else said))
    return fixed
