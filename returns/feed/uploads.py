"""Files that people upload: checked without writing anything, then imported."""

import io
import logging
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import islice
from typing import IO, Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from config.text import shorten
from returns.database.locks import Lock, try_lock
from returns.feed.encodings import encoding_label
from returns.feed.files import read_items
from returns.feed.intake import import_items
from returns.feed.items import Item
from returns.feed.records import KNOWN_FIELDS, UPDATED_FIELD, RecordError, parse_record
from returns.feed.runs import (
    interrupted_runs,
    record_run,
    to_ascii_json,
    to_short_text,
    to_storable_text,
)
from returns.models import FeedRun, Outcome, Upload, Way

logger = logging.getLogger(__name__)

MAX_UPLOAD_BYTES = 20_000_000
MAX_UPLOAD_SIZE = "20 MB"
MAX_IMMEDIATE_BYTES = 1_000_000  # about 2 s; larger files are imported in the background
MAX_TRIED_RECORDS = 10_000
MAX_PREVIEW_ROWS = 50
MAX_PREVIEW_ERRORS = 100
MAX_PREVIEW_COLUMNS = 20
MAX_PREVIEW_CELL = 80  # characters
UPLOAD_RETENTION = timedelta(days=1)
DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass
class PreviewRow:
    """A row of the preview: its place in the file, its cells, and its error if it has one."""

    place: str
    cells: list[str]
    error: str = ""


@dataclass
class FilePreview:
    """What a file contains, and what its import would do.

    ``columns`` are pairs of a header and the field that it means. ``unknown`` are columns that are
    stored with the returns as they are. ``wrong`` are rows that would be rejected. ``rehearsed`` is
    the number of records that were tried out against the database.
    """

    kind: str = ""
    columns: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    rows: list[PreviewRow] = field(default_factory=list)
    wrong: list[PreviewRow] = field(default_factory=list)
    read: int = 0
    rehearsed: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    conflicts: int = 0
    has_updates: bool = True

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to import."""
        return self.read == self.rejected


def save_upload(file: IO[bytes], name: str, person: User) -> Upload:
    """Store a file with the preview of its import; nothing is imported yet.

    Raises ``ValidationError`` for a file that is empty or too large.
    """
    content = file.read(MAX_UPLOAD_BYTES + 1)
    if len(content) > MAX_UPLOAD_BYTES:
        raise ValidationError(
            f"This file is larger than {MAX_UPLOAD_SIZE}. Split it into smaller files."
        )
    if not content.strip():
        raise ValidationError("This file is empty.")
    upload = Upload(by=person, name=to_short_text(name), content=content, size=len(content))
    upload.preview = asdict(_make_preview(content))
    upload.save()
    return upload


def load_preview(upload: Upload) -> FilePreview:
    """Return the preview that was made when the file was stored."""
    stored: dict[str, Any] = upload.preview
    rows = {name: [PreviewRow(**row) for row in stored[name]] for name in ("rows", "wrong")}
    return FilePreview(**stored | rows)


def get_upload(pk: int, person: User) -> Upload | None:
    """Return an upload of this person, or None."""
    return Upload.objects.defer("content").filter(pk=pk, by=person).select_related("run").first()


def start_import(pk: int, person: User) -> Upload | None:
    """Import this person's upload: a small one now, a large one in the background.

    Calling it again changes nothing. An import that did not finish starts again; records that were
    imported before are then unchanged. Returns the upload, or None if there is none.
    """
    upload = get_upload(pk, person)
    if upload is None or upload.wanted_at or not _needs_import(upload):
        return upload
    upload.wanted_at = timezone.now()
    upload.save(update_fields=["wanted_at"])
    if upload.size <= MAX_IMMEDIATE_BYTES:
        _import_locked(pk)
    return get_upload(pk, person)


def import_next() -> bool:
    """Import a queued upload, or one whose import died; tell whether there was one."""
    waiting = Upload.objects.filter(wanted_at__isnull=False).order_by("wanted_at")
    return any(_import_locked(pk) for pk in waiting.values_list("pk", flat=True))


def _import_locked(pk: int) -> bool:
    """Import an upload; tell whether this process got its lock."""
    with try_lock(Lock.UPLOAD, pk) as is_held:
        upload = Upload.objects.select_related("run", "by").filter(pk=pk).first()
        if not is_held or upload is None or not upload.wanted_at:
            return False
        try:
            if _needs_import(upload):
                _import(upload)
        finally:
            # If the process dies here, the upload stays queued.
            Upload.objects.filter(pk=pk).update(wanted_at=None)
        return True


def _import(upload: Upload) -> None:
    with record_run(Way.FILE, upload.name, by=upload.by) as run:
        upload.run = run.row
        upload.save(update_fields=["run"])
        run.import_items(read_items(io.BytesIO(upload.content)), source="file")


def _needs_import(upload: Upload) -> bool:
    return upload.run is None or _is_unfinished(upload.run)


def _is_unfinished(run: FeedRun) -> bool:
    return run.outcome == Outcome.FAILED or bool(interrupted_runs([run]))


def delete_old_uploads() -> bool:
    """Delete uploads that are older than a day; tell whether there were any."""
    number = Upload.objects.filter(at__lt=timezone.now() - UPLOAD_RETENTION).delete()[0]
    if number:
        logger.info("Deleted old uploads: %s.", number)
    return number > 0


# The preview


def _make_preview(content: bytes) -> FilePreview:
    """Return what a file contains and what its import would do.

    Every record is checked; the first 10,000 are also written to the database and rolled back.
    """
    builder = _PreviewBuilder(encoding_label(content))
    for item in read_items(io.BytesIO(content)):
        builder.add(item)
    items = islice(read_items(io.BytesIO(content)), MAX_TRIED_RECORDS)
    result = import_items(items, source="file", on_reject=builder.reject, dry_run=True)
    preview = builder.preview
    preview.rehearsed, preview.created, preview.updated = (
        result.read,
        result.created,
        result.updated,
    )
    preview.unchanged, preview.rejected = result.unchanged, len(builder.wrong)
    preview.conflicts = len(result.tag_conflicts)
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
            if item.error:
                raise item.error
            parse_record(item.raw or {})
        except RecordError as error:
            self.reject(item, error)

    def reject(self, item: Item, error: RecordError) -> None:
        """Add an item that would be rejected; it may be reported twice."""
        key = f"{item.place} {item.original!r}"
        if key in self.wrong:
            return
        self.wrong.add(key)
        if len(self.preview.wrong) < MAX_PREVIEW_ERRORS:
            self.preview.wrong.append(self._row(item, str(error)))
        for row in self.preview.rows:
            if row.place == item.place:
                row.error = str(error)

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
                (_shorten_cell(header.strip()), _shorten_cell(name)) for header, name in columns
            ]
            preview.has_updates = UPDATED_FIELD in format_.names
            preview.unknown = [
                _shorten_cell(name) for name in format_.names if name not in KNOWN_FIELDS
            ]

    def _row(self, item: Item, error: str = "") -> PreviewRow:
        if item.raw is not None and item.format.kind != "csv":
            cells = [f"{name}: {_shorten_cell(value)}" for name, value in item.raw.items()]
        else:
            written = item.original
            cells = [
                _shorten_cell(each)
                for each in (written if isinstance(written, list) else [written])
            ]
        return PreviewRow(item.place, cells[:MAX_PREVIEW_COLUMNS], error)


FORMAT_NAMES = {"json": "JSON", "lines": "JSON, one record per line"}


def _shorten_cell(value: object) -> str:
    text = to_storable_text(
        value if isinstance(value, str) else "" if value is None else to_ascii_json(value)
    )
    return shorten(text, MAX_PREVIEW_CELL)
