"""Files that people bring: kept, looked at without writing anything, then imported."""

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
from returns.database.locks import Lock, locked
from returns.feed.encodings import name_of
from returns.feed.files import read_items
from returns.feed.intake import take
from returns.feed.items import Item
from returns.feed.records import API_NAMES, KNOWN, RecordError, parse_record
from returns.feed.runs import as_written, fitting, interrupted, recorded, storable
from returns.models import FeedRun, Outcome, Upload, Way

logger = logging.getLogger(__name__)

MOST_BYTES = 20_000_000
MOST_BYTES_WORDS = "20 MB"
AT_ONCE = 1_000_000  # bytes, about 2 s
REHEARSED = 10_000  # records
SHOWN = 50  # rows
SHOWN_WRONG = 100  # rows with errors
SHOWN_COLUMNS = 20
SHOWN_CELL = 80  # characters
KEPT = timedelta(days=1)
UPDATED = API_NAMES["updated_at"]
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass
class Row:
    """A row of the preview: its place, its cells, and what is wrong with it."""

    place: str
    cells: list[str]
    error: str = ""


@dataclass
class Preview:
    """What a file holds, and what its import would do. ``columns`` are headers and what they mean.

    ``unknown`` are columns that are kept with the returns as they are.
    """

    kind: str = ""
    columns: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    wrong: list[Row] = field(default_factory=list)
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


def keep(file: IO[bytes], name: str, person: User) -> Upload:
    """Keep a file with what an import would do; nothing is imported yet.

    Raises ``ValidationError`` when it holds nothing, or too much.
    """
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValidationError(f"This file is larger than {MOST_BYTES_WORDS}. Import it in parts.")
    if not content.strip():
        raise ValidationError("This file is empty.")
    upload = Upload(by=person, name=fitting(name), content=content, size=len(content))
    upload.preview = asdict(_look(content))
    upload.save()
    return upload


def preview_of(upload: Upload) -> Preview:
    """Return what was found when the file was kept."""
    said: dict[str, Any] = upload.preview
    rows = {name: [Row(**row) for row in said[name]] for name in ("rows", "wrong")}
    return Preview(**said | rows)


def upload_of(pk: int, person: User) -> Upload | None:
    """Return an upload of the person's."""
    return Upload.objects.defer("content").filter(pk=pk, by=person).select_related("run").first()


def import_soon(pk: int, person: User) -> Upload | None:
    """Import an upload of the person's: a small one now, a large one in the background.

    Whoever asks a second time changes nothing. One that broke off begins anew: what came in is
    unchanged then. Returns the upload; None where there is none.
    """
    upload = upload_of(pk, person)
    if upload is None or upload.wanted_at or not _is_to_do(upload):
        return upload
    upload.wanted_at = timezone.now()
    upload.save(update_fields=["wanted_at"])
    if upload.size <= AT_ONCE:
        _bring_in(pk)
    return upload_of(pk, person)


def import_wanted() -> bool:
    """Import an upload that waits, or whose import died; tell whether there was one."""
    waiting = Upload.objects.filter(wanted_at__isnull=False).order_by("wanted_at")
    return any(_bring_in(pk) for pk in waiting.values_list("pk", flat=True))


def _bring_in(pk: int) -> bool:
    """Import an upload; tell whether it was ours to import."""
    with locked(Lock.UPLOAD, pk) as is_ours:
        upload = Upload.objects.select_related("run", "by").filter(pk=pk).first()
        if not is_ours or upload is None or not upload.wanted_at:
            return False
        try:
            if _is_to_do(upload):
                _import(upload)
        finally:
            # One whose process dies stays wanted.
            Upload.objects.filter(pk=pk).update(wanted_at=None)
        return True


def _import(upload: Upload) -> None:
    with recorded(Way.FILE, upload.name, by=upload.by) as run:
        upload.run = run.row
        upload.save(update_fields=["run"])
        run.take(read_items(io.BytesIO(upload.content)), source="file")


def _is_to_do(upload: Upload) -> bool:
    return upload.run is None or _broke_off(upload.run)


def _broke_off(run: FeedRun) -> bool:
    return run.outcome == Outcome.FAILED or bool(interrupted([run]))


def forget_uploads() -> bool:
    """Delete uploads that are older than a day; tell whether there were any."""
    number = Upload.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
    if number:
        logger.info("Forgot old uploads: %s.", number)
    return number > 0


# The preview


def _look(content: bytes) -> Preview:
    """Return what a file holds and what its import would do.

    Every record is read, but only the first 10,000 are rehearsed with the database, then undone.
    """
    look = _Look(name_of(content))
    for item in read_items(io.BytesIO(content)):
        look.note(item)
    items = islice(read_items(io.BytesIO(content)), REHEARSED)
    taken = take(items, source="file", on_reject=look.reject, dry_run=True)
    found = look.preview
    found.rehearsed, found.created, found.updated = taken.read, taken.created, taken.updated
    found.unchanged, found.rejected = taken.unchanged, len(look.wrong)
    found.conflicts = len(taken.tag_conflicts)
    return found


class _Look:
    """Remembers what goes by on its way to the rehearsal."""

    def __init__(self, encoding: str) -> None:
        self.preview = Preview()
        self.encoding = encoding
        self.wrong: set[str] = set()

    def note(self, item: Item) -> None:
        """Read an item that goes by."""
        found = self.preview
        if not found.kind:
            self._describe(item)
        found.read += 1
        if len(found.rows) < SHOWN:
            found.rows.append(self._row(item))
        try:
            if item.error:
                raise item.error
            parse_record(item.raw or {})
        except RecordError as error:
            self.reject(item, error)

    def reject(self, item: Item, error: RecordError) -> None:
        """Note that an item would be left out; it may be told twice."""
        key = f"{item.place} {item.written!r}"
        if key in self.wrong:
            return
        self.wrong.add(key)
        if len(self.preview.wrong) < SHOWN_WRONG:
            self.preview.wrong.append(self._row(item, str(error)))
        for row in self.preview.rows:
            if row.place == item.place:
                row.error = str(error)

    def _describe(self, item: Item) -> None:
        format_, found = item.format, self.preview
        if item.error and item.error.field == "file" and not format_.header:
            return
        found.kind = KINDS.get(format_.kind, "")
        if format_.kind == "csv":
            found.kind = f"CSV in {self.encoding}, parted by {DELIMITERS[format_.delimiter]}"
            columns = zip(format_.header, format_.names, strict=True)
            found.columns = [(_short(header.strip()), _short(name)) for header, name in columns]
            found.has_updates = UPDATED in format_.names
            found.unknown = [_short(name) for name in format_.names if name not in KNOWN]

    def _row(self, item: Item, error: str = "") -> Row:
        if item.raw is not None and item.format.kind != "csv":
            cells = [f"{name}: {_short(value)}" for name, value in item.raw.items()]
        else:
            written = item.written
            cells = [_short(each) for each in (written if isinstance(written, list) else [written])]
        return Row(item.place, cells[:SHOWN_COLUMNS], error)


KINDS = {"json": "JSON", "lines": "JSON, one record a line"}


def _short(value: object) -> str:
    text = storable(value if isinstance(value, str) else "" if value is None else as_written(value))
    return shorten(text, SHOWN_CELL)
