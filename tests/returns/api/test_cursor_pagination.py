"""Paging by cursor answers every return once, whatever others write in the meantime."""

import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.http import QueryDict
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from returns.api import cursor_pagination
from returns.api.errors import InvalidRequest
from returns.api.query import run_query
from returns.feed.ingest import ingest
from returns.feed.records import ReturnRecord
from returns.models import Return, State
from tests.factories import make_return
from tests.trials import tried_on

NOW = timezone.now()


def pages(query: str = "") -> Iterator[list[str]]:
    cursor: str | None = ""
    while cursor is not None:
        page = run_query(QueryDict(f"count=10&cursor={cursor}&{query}"), now=NOW)
        assert page.data_set_count is None
        yield [record.return_reference_number for record in page.returns]
        cursor = page.next_cursor


def all_references(query: str = "") -> list[str]:
    return [reference for page in pages(query) for reference in page]


def records(
    first: int, count: int, state: str = State.CREATED, step: int = 0
) -> list[ReturnRecord]:
    moment = NOW - timedelta(days=1)
    arrived = moment if state == State.ARRIVED else None
    return [
        ReturnRecord(
            f"R{number}",
            state,
            created_at=moment,
            updated_at=moment + timedelta(seconds=step),
            arrived_to_warehouse_at=arrived,
        )
        for number in range(first, first + count)
    ]


@pytest.mark.parametrize("few", [0, 1000])
def test_a_walk_gives_every_match_once(db, monkeypatch, few):
    monkeypatch.setattr(cursor_pagination, "MAX_SORTED_MATCHES", few)
    ingest(records(0, 25), source="feed")
    ingest(records(100, 25, State.ARRIVED), source="feed")
    assert all_references("state=ArrivedToWarehouse") == [f"R{n}" for n in range(100, 125)]
    assert len(all_references()) == 50
    assert all_references("state=Completed") == []


def test_a_walk_of_nothing_ends_at_once(db):
    assert list(pages()) == [[]]


def test_pages_are_full_but_for_the_last(db):
    ingest(records(0, 30), source="feed")
    assert [len(page) for page in pages()] == [10, 10, 10]


def test_a_return_that_goes_during_the_walk_stops_nothing(db):
    ingest(records(10, 25), source="feed")
    walk_ = pages("state=ReturnCreated")
    first = next(walk_)
    Return.objects.filter(return_reference_number__in=[f"R{n}" for n in range(15, 30)]).delete()
    others = [f"R{n}" for n in range(30, 35)]
    assert first + [name for page in walk_ for name in page] == [
        *(f"R{n}" for n in range(10, 20)),
        *others,
    ]


@tried_on(60)
@given(st.text() | st.lists(st.integers() | st.text(max_size=3), max_size=7).map(str))
def test_no_text_is_a_cursor_by_accident(text):
    try:
        cursor = cursor_pagination.Cursor.parse(text)
    except ValueError:
        return
    assert cursor_pagination.Cursor.parse(cursor.encode()) == cursor


DEEP = urlsafe_b64encode(b"[" * 99_999).decode()


@pytest.mark.parametrize("text", ["WzEsMl0", "ImFiY2RlIg", DEEP], ids=["short", "text", "deep"])
def test_a_cursor_of_others_is_refused(db, text):
    with pytest.raises(InvalidRequest, match="Start with an empty one"):
        run_query(QueryDict(f"cursor={text}"), now=NOW)


@pytest.fixture
def other_writer(transactional_db):
    """Another connection, in a transaction that it ends itself."""
    other = connection.copy()
    other.set_autocommit(False)
    yield other
    other.rollback()
    other.close()


TEXTS = "sales_order_reference_number, tracking_id, cargo_carrier, sales_order_channel, notes"
INSERT = f"""
    INSERT INTO returns_return (return_reference_number, state, source, created_at, updated_at,
        {TEXTS}, feed_tags, unknown_fields, corrections)
    VALUES (%s, 'ReturnCreated', 'WMS', now(), now(), {"''," * 6} '{{}}', '{{}}')
"""


def insert(other, reference: str) -> None:
    with other.cursor() as cursor:
        cursor.execute(INSERT, [reference])


def test_a_walk_does_not_pass_what_is_committed_late(other_writer, monkeypatch):
    monkeypatch.setattr(cursor_pagination, "MAX_WAIT", 0)
    make_return("before")
    walk_ = pages()
    insert(other_writer, "given early, committed late")
    make_return("given late, committed early")
    assert next(walk_) == []
    other_writer.commit()
    seen = [name for page in walk_ for name in page]
    assert seen == ["before", "given early, committed late", "given late, committed early"]


def test_a_walk_goes_on_as_soon_as_the_writers_of_before_are_done(other_writer, monkeypatch):
    monkeypatch.setattr(cursor_pagination, "MAX_WAIT", 0)
    insert(other_writer, "A")
    walk_ = pages()
    assert next(walk_) == []
    other_writer.commit()
    insert(other_writer, "B")  # somebody always writes
    make_return("C")
    assert list(walk_) == [["A"]]


def test_a_walk_waits_a_moment_for_a_writer(other_writer, monkeypatch):
    insert(other_writer, "A")
    done = threading.Event()

    def commit(_seconds):
        other_writer.commit()
        done.set()

    monkeypatch.setattr(
        cursor_pagination.time, "sleep", lambda _: (other_writer.commit(), done.set())
    )
    assert list(pages()) == [["A"]]
    assert done.is_set()


@pytest.mark.slow
def test_nothing_is_missed_and_nothing_comes_twice_while_others_write(transactional_db):
    ingest(records(0, 300), source="feed")
    there = {f"R{n}" for n in range(300)}
    enough = threading.Event()

    def write() -> None:
        try:
            for step in range(1, 200):
                if enough.is_set():
                    return
                ingest(records(1000 + 5 * step, 5), source="feed")
                moved = records(step, 60, State.ARRIVED, step)
                ingest(moved, source="feed")
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    seen, last = [], 0
    cursor: str | None = ""
    while cursor is not None:
        page = run_query(QueryDict(f"count=10&cursor={cursor}"), now=NOW)
        seen += [record.return_reference_number for record in page.returns]
        last = max([last, *(record.pk for record in page.returns)])
        cursor = page.next_cursor
    enough.set()
    for writer in writers:
        writer.join()
    assert there <= set(seen)
    assert len(seen) == len(set(seen))
    # Nothing was committed later below what the walk had passed.
    below = Return.objects.filter(pk__lte=last).values_list("return_reference_number", flat=True)
    assert set(below) == set(seen)
