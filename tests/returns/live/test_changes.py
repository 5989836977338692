"""What changed since a moment is noticed, however it was written and whenever committed."""

import csv
import threading
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from itertools import product

import pytest
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.utils import timezone

from returns.background import run_short_jobs
from returns.feed.ingest import ingest
from returns.feed.records import ReturnRecord
from returns.live import changes
from returns.live.changes import check_changes, current_token, get_changes, poll_changes
from returns.models import (
    Carrier,
    Change,
    DeadlinePolicy,
    Return,
    ReturnTag,
    State,
    Unit,
    WorkingCalendar,
)
from returns.retention.steps import RETENTION_DONE
from tags.models import Tag, TagGroup
from tags.vocabulary import load_vocabulary
from tests.factories import make_carrier, make_comment, make_person, make_return, make_tag, put_tag

pytestmark = pytest.mark.django_db(transaction=True)


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def arrive(record: Return) -> None:
    now = timezone.now()
    Return.objects.filter(pk=record.pk).update(state=State.ARRIVED, arrived_to_warehouse_at=now)


def copy_taggings(record: Return) -> None:
    tag = make_tag("copied")
    row = StringIO()
    csv.writer(row).writerow([record.pk, record.created_at.isoformat(), tag.pk, 0])
    columns = "entity_id, entity_created_at, tag_id, slot"
    sql = f"COPY returns_returntag ({columns}, tagged_at) FROM STDIN (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.write(f"{row.getvalue().strip()},{timezone.now().isoformat()}\n")


def tagging(record: Return, name: str) -> ReturnTag:
    tag = make_tag(name)
    return ReturnTag(entity=record, entity_created_at=record.created_at, tag=tag, slot=0)


WRITES: dict[str, Callable[[Return], object]] = {
    "a new return": lambda _: make_return(),
    "an arrival": arrive,
    "raw": lambda _: run("UPDATE returns_return SET notes = 'raw'"),
    "a tag": lambda record: put_tag(record, "books"),
    "tags in bulk": lambda record: ReturnTag.objects.bulk_create(
        [
            ReturnTag(
                entity=record, entity_created_at=record.created_at, tag=make_tag(name), slot=0
            )
            for name in ("one", "two")
        ]
    ),
    "tags by COPY": copy_taggings,
    "a tag replaced": lambda _: ReturnTag.objects.update(tag=make_tag("other")),
    "a tag removed": lambda _: run("DELETE FROM returns_returntag"),
    "a comment": lambda record: make_comment(record, make_person("writer")),
    "a deadline": lambda _: DeadlinePolicy.objects.create(name="New", amount=1, unit=Unit.HOURS),
    "the calendar": lambda _: WorkingCalendar.objects.create(),
    "a carrier": lambda _: make_carrier("Aras Kargo"),
    "a spelling": lambda _: Carrier.objects.get(name="DHL").spellings.create(text="Deutsche Post"),
    "a carrier deleted": lambda _: Carrier.objects.all().delete(),
    "the name of a tag": lambda _: Tag.objects.filter(name="standing").update(name="other"),
    "the colour of a group": lambda _: TagGroup.objects.update(color="red"),
    "a return deleted": lambda record: run(f"DELETE FROM returns_return WHERE id = {record.pk}"),
}


@pytest.mark.parametrize("write", WRITES)
def test_every_write_is_noticed_once(vocabulary, write):
    record = make_return()
    put_tag(record, "standing")
    make_carrier("DHL")
    before = current_token()
    assert not get_changes(before).any
    WRITES[write](record)
    result = get_changes(before)
    assert result.any
    assert not get_changes(result.token).any


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE returns_return SET notes = '' WHERE false",
        "DELETE FROM returns_returntag",
        "INSERT INTO returns_returntag SELECT * FROM returns_returntag",
    ],
)
def test_a_write_of_nothing_is_no_change(sql):
    before = current_token()
    run(sql)
    assert not get_changes(before).any


def test_new_returns_and_those_in_another_state_are_named():
    old, other = make_return(), make_return()
    before = current_token()
    Return.objects.filter(pk=other.pk).update(notes="the same state")
    arrive(old)
    new = make_return()
    assert sorted(get_changes(before).reached_ids) == [old.pk, new.pk]


def test_the_feed_s_records_are_named(vocabulary):
    record = make_return()
    before = current_token()
    now = timezone.now()
    ingest(
        [
            ReturnRecord(
                return_reference_number=record.return_reference_number,
                state=State.ARRIVED,
                created_at=record.created_at,
                updated_at=now,
                arrived_to_warehouse_at=now,
            )
        ],
        source="test",
    )
    result = get_changes(before)
    assert (result.reached_ids, result.more) == ([record.pk], False)


def test_more_returns_than_are_named_are_told_as_more(monkeypatch):
    before = current_token()
    made = [make_return() for _ in range(3)]
    monkeypatch.setattr(changes, "MAX_REACHED_RETURNS", 2)
    result = get_changes(before)
    assert (len(result.reached_ids), result.more) == (2, True)
    assert set(result.reached_ids) < {record.pk for record in made}


def test_a_statement_names_a_thousand_and_counts_all():
    run(
        "INSERT INTO returns_return (return_reference_number, sales_order_reference_number,"
        " tracking_id, state, source, cargo_carrier, sales_order_channel, notes, created_at,"
        " updated_at, unknown_fields, feed_tags, corrections)"
        " SELECT 'Return-' || n, '', '', 'ReturnCreated', 'WMS', '', '', '', now(), now(), '{}',"
        " '', '{}' FROM generate_series(1, 1500) AS n"
    )
    change = Change.objects.get()
    assert (len(change.reached), change.reached_count) == (1000, 1500)


class Elsewhere(threading.Thread):
    """Somebody who writes a return on a connection of their own, and commits when told."""

    def __init__(self) -> None:
        super().__init__()
        self.has_written, self.may_commit = threading.Event(), threading.Event()

    def run(self) -> None:
        try:
            with transaction.atomic():
                # Without a tracking ID, for which others would wait.
                make_return("late", tracking_id="")
                self.has_written.set()
                self.may_commit.wait(10)
        finally:
            connections.close_all()

    def commit(self) -> None:
        self.may_commit.set()
        self.join()


def test_what_began_earlier_and_ends_later_is_noticed_once():
    older = Elsewhere()
    older.start()
    assert older.has_written.wait(10)
    first = current_token()
    make_return("early")
    opened = current_token()
    assert [len(get_changes(token).reached_ids) for token in (first, opened)] == [1, 0]
    older.commit()
    late = Return.objects.get(return_reference_number="late")
    result = get_changes(opened)
    assert result.reached_ids == [late.pk]
    assert not get_changes(result.token).any
    assert len(get_changes(first).reached_ids) == 2


def test_what_is_not_committed_is_no_change():
    before = current_token()
    with transaction.atomic():
        make_return()
        transaction.set_rollback(True)
    assert not get_changes(before).any


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "1.000000.5:3:",
        "1.000000.0:3:",
        "1.000000.3:5:9",
        "1.000000.3:5:4,3",
        "1.000000.3:5:,",
        "1.000000.3:5:4,4",
        f"1.000000.{9 * 10**18}:{10**19 - 1}:",
        "1.000000.3:5:'; DROP TABLE returns_change",
        "١.000000.3:5:",
    ],
)
def test_a_token_that_says_nothing_may_mean_any_change(token):
    result = get_changes(token)
    assert (result.any, result.more, result.reached_ids) == (True, True, [])
    assert not get_changes(result.token).any


def test_a_token_of_another_cluster_s_future_may_mean_any_change():
    seconds = current_token().rsplit(".", 1)[0]
    assert get_changes(f"{seconds}.{10**12}:{10**12}:").more


def test_a_token_from_before_what_is_kept_may_mean_any_change():
    seconds, fraction, snapshot = current_token().split(".")
    old = f"{int(seconds) - 90_000}.{fraction}.{snapshot}"
    assert get_changes(old).more


def test_rows_of_another_cluster_are_no_change():
    before = current_token()
    run(f"INSERT INTO returns_change (xid) VALUES ('{10**12}')")
    assert not get_changes(before).any


def test_a_poll_is_told_at_once_what_its_two_tokens_would_be_told_apart(vocabulary):
    first = current_token()
    make_return()
    second = current_token()
    put_tag(make_return(), "books")
    third = current_token()
    seconds, fraction, snapshot = first.split(".")
    old = f"{int(seconds) - 90_000}.{fraction}.{snapshot}"
    of_another = f"{seconds}.{fraction}.{10**12}:{10**12}:"
    tokens = (first, second, third, old, of_another, "")
    for seen, since in product(tokens, tokens):
        last, news, mark = poll_changes(seen, since)
        expected = check_changes(seen)
        assert (last.any, last.more) == (expected.any, expected.more)
        if news is None:
            assert not mark
            assert not last.any or last.more or get_changes(since).more
        else:
            expected = get_changes(since)
            assert (news.reached_ids, news.more) == (expected.reached_ids, expected.more)
            assert load_vocabulary(mark) == load_vocabulary()
    assert len(poll_changes(second, first)[1].reached_ids) == 2


def test_background_work_forgets_what_is_old():
    cache.delete(RETENTION_DONE)
    make_return()
    make_return()
    kept = Change.objects.latest("id")
    Change.objects.exclude(pk=kept.pk).update(at=timezone.now() - timedelta(days=2))
    run_short_jobs()
    assert Change.objects.get() == kept
