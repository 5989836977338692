"""Files that people upload: checked without writing anything, then imported."""

import io
import logging
from datetime import UTC, datetime, timedelta
from typing import IO

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from config.concurrency import large_input
from returns.database.faults import is_passing_fault
from returns.database.locks import Lock, require_lock, try_lock
from returns.feed.ahead import Pace, parsed_ahead
from returns.feed.dates import DATE_ORDERS
from returns.feed.files import read_items
from returns.feed.items import Choices
from returns.feed.mappings import ColumnMapping
from returns.feed.mappings import from_json as mapping_from_json
from returns.feed.outlines import Outline, distinct_values, outline
from returns.feed.previews import FilePreview, make_preview
from returns.feed.rejected import to_short_text
from returns.feed.retries import MAY_CHANGE_FEED
from returns.feed.runs import interrupted_runs, record_run
from returns.feed.saved_mappings import NamedMapping, find_same
from returns.feed.stored_previews import from_json, to_json
from returns.feed.upload_content import read_content, store_content
from returns.models import FeedRun, HeldLock, Outcome, Upload, Way

logger = logging.getLogger(__name__)

MAX_UPLOAD_BYTES = 20_000_000
MAX_UPLOAD_SIZE = "20 MB"
MAX_IMMEDIATE_BYTES = 1_000_000  # about 2 s; larger files are imported in the background
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MAX_IMPORT_TRIES = 5  # of an import whose connection ends each time


def save_upload(file: IO[bytes], name: str, person: User) -> Upload:
    """Store a file with the preview of its import; nothing is imported yet.

    Raises ``ValidationError`` for a file that is empty or too large.
    """
    content = file.read(MAX_UPLOAD_BYTES + 1)
    if len(content) > MAX_UPLOAD_BYTES:
        raise ValidationError(
            _("This file is larger than %(size)s. Split it into smaller files.")
            % {"size": MAX_UPLOAD_SIZE}
        )
    if not content.strip():
        raise ValidationError(_("This file is empty."))
    with large_input(len(content)):
        preview = make_preview(content)
        known = _known_mapping(content, preview)
        if known:
            preview = make_preview(content, Choices(mapping=known.mapping))
    upload = Upload(
        by=person,
        name=to_short_text(name),
        content=b"",
        size=len(content),
        mapping=known.mapping.to_json() if known else {},
        mapping_name=known.name if known else "",
        preview=to_json(preview),
    )
    with transaction.atomic():
        upload.save()
        store_content(upload.pk, content)
        _make_room(person)
    return upload


def _make_room(person: User) -> None:
    """Delete the oldest uploads of a person who has too many; those that are queued are kept."""
    own = Upload.objects.filter(by=person, wanted_at=None).order_by("-pk")
    surplus = list(own.values_list("pk", flat=True)[settings.UPLOADS_PER_PERSON :])
    Upload.objects.filter(pk__in=surplus, wanted_at=None).delete()


def _known_mapping(content: bytes, preview: FilePreview) -> NamedMapping | None:
    """Return the mapping that somebody saved for files with the same header."""
    if preview.header or not preview.is_foreign:
        return find_same(preview.header)
    found = outline(content, Choices())  # of foreign JSON
    return find_same(found.header) if found else None


def choose(
    pk: int, person: User, *, empty_clears: bool, dates: str, sheet: str = ""
) -> Upload | None:
    """Change how this person's upload is read, and make its preview again.

    Returns the upload, or None if there is none. Once its import has begun, nothing changes.
    """
    upload = get_upload(pk, person)
    if upload and not is_begun(upload):
        upload.empty_clears = empty_clears
        upload.dates = dates if dates in DATE_ORDERS else ""
        upload.sheet = sheet if sheet in upload.preview.get("sheets", ()) else ""
        _preview_again(upload)
    return upload


def choose_columns(upload: Upload, mapping: ColumnMapping | None, name: str) -> None:
    """Read an upload with a mapping, or without one, and make its preview again."""
    if not is_begun(upload):
        upload.mapping, upload.mapping_name = mapping.to_json() if mapping else {}, name
        _preview_again(upload)


def is_begun(upload: Upload) -> bool:
    """Tell whether the import of an upload has begun, so that nothing can be chosen any more."""
    return bool(upload.wanted_at or upload.run_id)


def _preview_again(upload: Upload) -> None:
    """Store what was chosen with its preview, unless the import has begun meanwhile."""
    with large_input(upload.size):
        preview = to_json(make_preview(read_content(upload.pk), _choices(upload)))
    Upload.objects.filter(pk=upload.pk, wanted_at=None, run=None).update(
        empty_clears=upload.empty_clears,
        dates=upload.dates,
        sheet=upload.sheet,
        mapping=upload.mapping,
        mapping_name=upload.mapping_name,
        preview=preview,
    )


def outline_of(upload: Upload, records: str = "") -> Outline | None:
    """Return the header and the first rows of an upload; None if it is no table."""
    with large_input(upload.size):
        return outline(read_content(upload.pk), _choices(upload), records)


def words_of(upload: Upload, at: int, records: str = "") -> list[str]:
    """Return the different values of a column of an upload."""
    with large_input(upload.size):
        return distinct_values(read_content(upload.pk), _choices(upload), at, records)


def _choices(upload: Upload) -> Choices:
    return Choices(
        empty_clears=upload.empty_clears,
        dates=upload.dates,
        sheet=upload.sheet,
        mapping=mapping_from_json(upload.mapping),
    )


def load_preview(upload: Upload) -> FilePreview:
    """Return the preview that was made when the file was stored, in the language that is active."""
    return from_json(upload.preview)


def get_upload(pk: int, person: User) -> Upload | None:
    """Return an upload of this person, or None."""
    return Upload.objects.defer("content").filter(pk=pk, by=person).select_related("run").first()


def start_import(pk: int, person: User, seen: str = "") -> Upload | None:
    """Import this person's upload: a small one now, a large one in the background.

    Calling it again changes nothing. An import that did not finish starts again; records that were
    imported before are then unchanged. Returns the upload, or None if there is none. ``seen`` is
    ``Upload.reading`` of the preview that the person saw; raises ``ValidationError`` if the file is
    now read differently.
    """
    upload = _request_import(pk, person, seen)
    if upload and upload.wanted_at and upload.size <= MAX_IMMEDIATE_BYTES:
        _import_locked(pk)
    return get_upload(pk, person)


@transaction.atomic
def _request_import(pk: int, person: User, seen: str) -> Upload | None:
    # Lock before reading: in another window the person may choose how to read the file.
    uploads = Upload.objects.defer("content").select_for_update(of=("self",))
    upload = uploads.filter(pk=pk, by=person).first()
    if upload is None or upload.wanted_at or not _needs_import(upload):
        return None
    if seen and seen != upload.reading:
        raise ValidationError(
            _("Meanwhile it was chosen to read this file differently. Look at the preview again.")
        )
    upload.wanted_at, upload.tries = timezone.now(), 0
    upload.save(update_fields=["wanted_at", "tries"])
    return upload


def import_next() -> bool:
    """Import a queued upload, or one whose import died; tell whether there was one."""
    waiting = Upload.objects.filter(wanted_at__isnull=False).order_by("wanted_at")
    return any(_import_locked(pk) for pk in waiting.values_list("pk", flat=True))


def _import_locked(pk: int) -> bool:
    """Import an upload; tell whether this process got its lock."""
    with try_lock(Lock.UPLOAD, pk) as lock:
        uploads = Upload.objects.defer("content").select_related("run", "by")
        upload = uploads.filter(pk=pk).first()
        if lock is None or upload is None or not upload.wanted_at:
            return False
        # If the process dies or the database fails, it stays queued, and the import begins again.
        stays_queued = False
        try:
            if not upload.by.has_perm(MAY_CHANGE_FEED):
                logger.warning("Upload %s is not imported: its person may not any more.", pk)
            elif _needs_import(upload):
                _import(upload, lock)
        except DatabaseError as error:
            stays_queued = is_passing_fault(error) and upload.tries < MAX_IMPORT_TRIES
            raise
        finally:
            if not stays_queued:
                Upload.objects.filter(pk=pk).update(wanted_at=None)
        return True


def _import(upload: Upload, lock: HeldLock) -> None:
    with record_run(Way.FILE, upload.name, by=upload.by) as run:
        upload.run, upload.tries = run.row, upload.tries + 1
        upload.save(update_fields=["run", "tries"])
        content = io.BytesIO(read_content(upload.pk))
        pace = Pace()
        items = parsed_ahead(read_items(content, _choices(upload)), pace=pace)
        run.import_items(items, source="file", on_batch=lambda _: require_lock(lock), pace=pace)


def _needs_import(upload: Upload) -> bool:
    return upload.run is None or _is_unfinished(upload.run)


def _is_unfinished(run: FeedRun) -> bool:
    return run.outcome == Outcome.FAILED or bool(interrupted_runs([run]))


def forget_uploads() -> None:
    """Delete all uploads; those whose import is queued or running, as soon as it is over."""
    Upload.objects.filter(wanted_at=None).delete()
    Upload.objects.exclude(wanted_at=None).update(at=LONG_AGO)


def old_uploads(now: datetime) -> QuerySet[Upload]:
    """Return the uploads that are too old; those that are queued are kept."""
    oldest = now - timedelta(days=settings.UPLOAD_DAYS)
    return Upload.objects.filter(at__lt=oldest, wanted_at=None)
