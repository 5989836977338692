"""An import in the background whose connection ends begins again, until the file is imported."""

import psycopg
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection

from returns.background import run_long_jobs
from returns.feed import uploads
from returns.feed.sent_tags import BatchTags
from returns.models import FeedRun, Outcome, Return, Upload
from tests.config.test_command_line import address_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROWS = 6_000


def end_connection() -> None:
    """End the connection of this process, as an administrator or a failing server does."""
    if settings.DATABASE_POOLER:  # which has others
        connection.connection.close()
        return
    pid = connection.connection.info.backend_pid
    with psycopg.connect(address_of("postgres"), autocommit=True) as server:
        server.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.fixture
def queued(manager, monkeypatch) -> Upload:
    monkeypatch.setattr(uploads, "MAX_IMMEDIATE_BYTES", 50)
    rows = "".join(f"R-{n};Created;05.01.2026;books\n" for n in range(ROWS))
    file = SimpleUploadedFile("r.csv", f"Return;State;Created;Tags\n{rows}".encode())
    upload = uploads.save_upload(file, "r.csv", manager)
    uploads.start_import(upload.pk, manager)
    return upload


def between_batches(monkeypatch, times: int) -> None:
    """End the connection while rows are read, so that the next statement fails."""
    read, left = uploads.parsed_ahead, [times]

    def items(*arguments, **options):
        for number, item in enumerate(read(*arguments, **options)):
            if number == 5_500 and left[0]:
                left[0] -= 1
                end_connection()
            yield item

    monkeypatch.setattr(uploads, "parsed_ahead", items)


def within_a_batch(monkeypatch, times: int) -> None:
    """End the connection within the transaction of a batch."""
    add_tags, left = BatchTags.add, [times]

    def add(*arguments):
        if left[0]:
            left[0] -= 1
            end_connection()
        return add_tags(*arguments)

    monkeypatch.setattr(BatchTags, "add", add)


def work() -> None:
    """Do what the worker does: work on, with a new connection after an error."""
    try:
        run_long_jobs()
    except DatabaseError:
        connection.close()


@pytest.mark.parametrize("fails", [between_batches, within_a_batch])
def test_an_import_whose_connection_ends_begins_again(queued, monkeypatch, fails):
    fails(monkeypatch, 2)
    for _ in range(4):
        work()
    assert Return.objects.count() == ROWS
    assert FeedRun.objects.latest("pk").outcome == Outcome.DONE
    assert FeedRun.objects.count() == 3
    assert Upload.objects.get().wanted_at is None


def test_an_import_that_ends_every_connection_is_given_up(queued, monkeypatch):
    within_a_batch(monkeypatch, 100)
    for _ in range(uploads.MAX_IMPORT_TRIES + 2):
        work()
    assert FeedRun.objects.count() == uploads.MAX_IMPORT_TRIES
    assert Upload.objects.get().wanted_at is None


def test_an_import_that_fails_for_another_reason_is_not_tried_again(queued, monkeypatch):
    def fail(*_):
        raise DatabaseError("no")

    monkeypatch.setattr(BatchTags, "add", fail)
    work()
    assert Upload.objects.get().wanted_at is None
