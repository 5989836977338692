"""The summaries equal a recount of the returns, whatever is written in whatever order."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from returns.feed.ingest import ingest
from returns.feed.records import ReturnRecord
from returns.feed.runs import record_run
from returns.feed.undo import undo, undo_problem
from returns.models import (
    CountedReturn,
    DaySummary,
    Dimension,
    FeedRun,
    ItemDay,
    LineItem,
    Return,
    ReturnTag,
    State,
    SummaryState,
    TagPairDay,
    Way,
)
from returns.summaries import maintenance
from returns.summaries.durations import BUCKET_EDGES, bucket_end, count_below, percentile_bucket
from tags.merging import merge
from tests.factories import make_return, make_tag, put_tag
from tests.trials import tried_on

pytestmark = pytest.mark.django_db
BASE = datetime(2026, 3, 27, 22, tzinfo=UTC)  # clocks change in Berlin two days later
TAGS = ["books", "fragile", "electronics"]
ITEM_COUNTS = ("items", "waiting", "missing", "damaged")


def day_of(moment: datetime | None) -> date | None:
    return moment and moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def bucket_of(record: Return) -> int | None:
    if not record.completed_at or not record.arrived_to_warehouse_at:
        return None
    took = record.completed_at - record.arrived_to_warehouse_at
    if took < timedelta(0):
        return None
    return sum(timedelta(hours=hours) <= took for hours in BUCKET_EDGES)


def counts_of(lines: list[list]) -> dict[str, int]:
    """Count lines of a return, and the return itself, under the names of ``ItemDay``."""
    states = Counter(line[3] for line in lines)
    numbers = (
        len(lines),
        *(states[name] for name in ("WaitingToBeProcessed", "Missing", "Damaged")),
    )
    counts = dict(zip(ITEM_COUNTS, numbers, strict=True))
    with_some = {f"with_{name}": int(counts[name] > 0) for name in ITEM_COUNTS[1:]}
    return {"returns": 1} | counts | with_some


def recounted_items() -> Counter:
    """Count the items of returns that arrived one by one."""
    numbers = Counter()
    for record in Return.objects.filter(line_items__isnull=False).prefetch_related("taggings"):
        if not (arrived := day_of(record.arrived_to_warehouse_at)):
            continue
        tags = [str(tagging.tag_id) for tagging in record.taggings.all()]
        by_sku = {}
        for line in record.line_items:
            by_sku.setdefault(line[1].replace("-", "").upper(), []).append(line)
        counted = [((Dimension.SKU, sku), lines) for sku, lines in by_sku.items() if sku]
        dimensions = [(Dimension.ALL, ""), (Dimension.CARRIER, record.cargo_carrier)]
        dimensions += [(Dimension.CHANNEL, record.sales_order_channel)]
        dimensions += [(Dimension.TAG, tag) for tag in tags] or [(Dimension.UNTAGGED, "")]
        counted += [(dimension, record.line_items) for dimension in dimensions]
        for dimension, lines in counted:
            for name, number in counts_of(lines).items():
                numbers[*dimension, arrived, name] += number
    return +numbers


def stored_items() -> Counter:
    numbers = Counter()
    for row in ItemDay.objects.all():
        for name in counts_of([]):
            numbers[row.by, row.value, row.day, name] = getattr(row, name)
    assert min([0, *numbers.values()]) == 0
    return +numbers


def recounted() -> tuple[Counter, Counter, Counter]:
    """Count returns one by one: events, durations and tag pairs."""
    events, took, pairs = Counter(), Counter(), Counter()
    for record in Return.objects.prefetch_related("taggings"):
        tags = sorted(tagging.tag_id for tagging in record.taggings.all())
        created, arrived, completed = (
            day_of(moment)
            for moment in (record.created_at, record.arrived_to_warehouse_at, record.completed_at)
        )
        dimensions = [(Dimension.ALL, ""), (Dimension.CARRIER, record.cargo_carrier)]
        dimensions += [(Dimension.CHANNEL, record.sales_order_channel)]
        dimensions += [(Dimension.TAG, str(tag)) for tag in tags] or [(Dimension.UNTAGGED, "")]
        dimensions += [(Dimension.WEEKDAY, str(arrived.isoweekday()))] if arrived else []
        waited = arrived and not (
            completed and record.completed_at <= record.arrived_to_warehouse_at
        )
        for dimension in dimensions:
            events[*dimension, created, "created"] += 1
            events[*dimension, arrived, "arrived"] += bool(arrived)
            events[*dimension, completed, "completed"] += bool(completed)
            events[*dimension, arrived, "came"] += bool(waited)
            events[*dimension, completed, "went"] += bool(waited and completed)
            events[*dimension, arrived, "waiting"] += record.state == State.ARRIVED
            if (bucket := bucket_of(record)) is not None:
                took[*dimension, completed, bucket] += 1
        pairs.update((one, other, created) for one in tags for other in tags if one < other)
    return +events, took, pairs


def stored() -> tuple[Counter, Counter, Counter]:
    events, took, pairs = Counter(), Counter(), Counter()
    for row in DaySummary.objects.all():
        for name in ("created", "arrived", "completed", "came", "went", "waiting"):
            events[row.by, row.value, row.day, name] = getattr(row, name)
        for bucket, number in enumerate(row.took):
            took[row.by, row.value, row.day, bucket] = number
    for row in TagPairDay.objects.all():
        pairs[row.tag, row.other, row.day] = row.number
    assert min([0, *events.values(), *took.values(), *pairs.values()]) == 0
    return +events, +took, +pairs


hours = st.integers(-30, 24 * 12).map(lambda hour: BASE + timedelta(hours=hour, minutes=59))
lines = st.builds(
    lambda number, sku, state: LineItem(f"L{number}", sku, state=state),
    number=st.integers(1, 9),
    sku=st.sampled_from(["", "MUG", "mug-", "CUP"]),
    state=st.sampled_from(["WaitingToBeProcessed", "Missing", "Damaged", "Undamaged"]),
)
contents = st.none() | st.lists(lines, max_size=4, unique_by=lambda line: line.line_reference).map(
    lambda lines: tuple(sorted(lines))
)
records = st.builds(
    lambda number, created, arrived, completed, carrier, tag, update, items: ReturnRecord(
        return_reference_number=f"Return-{number}",
        state=State.COMPLETED if completed else State.ARRIVED if arrived else State.CREATED,
        source="WMS",
        cargo_carrier=carrier,
        created_at=created,
        updated_at=BASE + timedelta(days=20, hours=update),
        arrived_to_warehouse_at=arrived,
        completed_at=completed,
        line_items=items,
        absent=frozenset() if items is not None else frozenset({"line_items"}),
        tag=tag,
    ),
    number=st.integers(1, 4),
    created=hours,
    arrived=st.none() | hours,
    completed=st.none() | hours,
    carrier=st.sampled_from(["", "DHL", "Aras"]),
    tag=st.sampled_from([None, "books", "books,fragile", "electronics"]),
    update=st.integers(0, 5),
    items=contents,
)
steps = st.one_of(
    st.tuples(st.just("feed"), st.lists(records, min_size=1, max_size=4)),
    st.tuples(st.just("file"), st.lists(records, min_size=1, max_size=4)),
    st.tuples(st.just("undo"), st.none()),
    st.tuples(st.just("items"), st.tuples(st.integers(1, 4), contents)),
    st.tuples(st.just("tag"), st.tuples(st.integers(1, 4), st.sampled_from(TAGS))),
    st.tuples(st.just("untag"), st.integers(1, 4)),
    st.tuples(st.just("correct"), st.tuples(st.integers(1, 4), hours)),
    st.tuples(st.just("delete"), st.integers(1, 4)),
    st.tuples(st.just("count"), st.none()),
    st.tuples(st.just("build"), st.none()),
)


def apply(kind: str, value, person) -> None:
    """Write through the feed or a file, undo the last file, or bypass all our checks."""
    if kind == "feed":
        ingest(value, source="tests")
    elif kind == "file":
        with record_run(Way.FILE, "returns.csv", by=person) as run:
            ingest(value, source="file", run=run.row)
    elif kind == "undo":
        run = FeedRun.objects.filter(way=Way.FILE).last()
        if run and not undo_problem(run):
            undo(run, person)
    elif kind == "count":
        maintenance.update_batch()
    elif kind == "build":
        maintenance.rebuild()
    else:
        number, value = value if isinstance(value, tuple) else (value, None)
        write(kind, Return.objects.filter(return_reference_number=f"Return-{number}"), value)


def write(kind: str, returns, value) -> None:
    """Write directly into the tables."""
    if kind == "untag":
        ReturnTag.objects.filter(entity__in=returns).delete()
    elif kind == "delete":
        ReturnTag.objects.filter(entity__in=returns).delete()
        returns.delete()
    elif kind == "items":
        returns.update(line_items=None if value is None else [list(line) for line in value])
    elif kind == "correct":
        returns.filter(state=State.COMPLETED).update(completed_at=value)
    elif (record := returns.first()) and not record.taggings.filter(tag__name=value).exists():
        put_tag(record, value)


@pytest.mark.slow
@given(story=st.lists(steps, max_size=12))
@tried_on(60)
def test_whatever_is_written_they_equal_a_count(vocabulary, manager, story):
    ReturnTag.objects.all().delete()
    Return.objects.all().delete()
    FeedRun.objects.all().delete()
    maintenance.rebuild()
    for kind, value in story:
        apply(kind, value, manager)
    assert maintenance.catch_up()
    assert stored() == recounted()
    assert stored_items() == recounted_items()
    assert maintenance.find_differences() == []


def test_tags_that_are_moved_count_where_they_are_now(vocabulary, manager):
    one, other = make_return(), make_return()
    for tag in ("defective", "books"):
        put_tag(one, tag)
    maintenance.rebuild()
    merge([make_tag("defective")], make_tag("damaged"), manager)
    assert maintenance.catch_up()
    assert stored() == recounted()
    ReturnTag.objects.update(entity=other, entity_created_at=other.created_at)
    assert maintenance.catch_up()
    assert stored() == recounted()


def test_days_are_those_of_the_zone_and_another_zone_counts_anew(settings):
    late = datetime(2026, 3, 29, 21, 30, tzinfo=UTC)  # past midnight in Istanbul
    make_return(created_at=late)
    maintenance.rebuild()
    assert DaySummary.objects.get(by=Dimension.ALL).day == date(2026, 3, 30)
    settings.TIME_ZONE = "America/Los_Angeles"
    assert not maintenance.summaries_exist()
    assert maintenance.build_if_missing()
    assert not maintenance.build_if_missing()
    assert DaySummary.objects.get(by=Dimension.ALL).day == date(2026, 3, 29)


def test_many_that_were_written_are_counted_in_a_step_at_a_time(monkeypatch):
    monkeypatch.setattr(maintenance, "UPDATE_BATCH_SIZE", 2)
    maintenance.rebuild()
    for _ in range(3):
        make_return()
    assert not maintenance.catch_up()
    assert maintenance.update_in_background()
    assert maintenance.catch_up()
    assert not maintenance.update_in_background()
    assert stored() == recounted()


def test_what_is_counted_as_before_writes_no_summaries(vocabulary):
    """Not even a difference of 0: an inspection would touch each day of its return."""
    record = make_return(state=State.ARRIVED, line_items=None)
    put_tag(record, "books")
    maintenance.rebuild()
    tables = ("daysummary", "tagpairday", "itemday", "countedreturn")
    for line_items, touched in (
        ([["1", "MUG", "", "Missing", "", None, None]], {"itemday", "countedreturn"}),
        ([["1", "MUG", "", "Missing", "", "2026-03-27T00:00:00+00:00", None]], set()),
        (None, {"itemday", "countedreturn"}),
    ):
        Return.objects.update(line_items=line_items)
        versions = {table: versions_of(table) for table in tables}
        assert maintenance.catch_up()
        changed = {table for table in tables if versions_of(table) != versions[table]}
        assert changed == touched
    assert stored_items() == recounted_items() == Counter()


def versions_of(table: str) -> list:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT xmin, cmin, ctid FROM returns_{table} ORDER BY ctid")
        return cursor.fetchall()


def test_without_summaries_nothing_is_counted_in():
    make_return()
    assert not maintenance.update_in_background()
    assert maintenance.update_batch() == 0
    assert DaySummary.objects.count() == 0


# The command


def test_the_command_tells_what_is_wrong_and_mends_it(capsys, vocabulary):
    make_tag("books")
    put_tag(make_return(cargo_carrier="DHL", created_at=BASE), "books")
    with pytest.raises(CommandError, match="differ from a recount"):
        call_command("rebuild_summaries", "--check")
    assert "no summaries for this time zone yet" in capsys.readouterr().out
    call_command("rebuild_summaries")
    assert capsys.readouterr().out.endswith(" s.\n")
    call_command("rebuild_summaries", "--check")
    assert capsys.readouterr().out == "The summaries match a recount.\n"
    DaySummary.objects.filter(by=Dimension.CARRIER).update(created=7)
    with pytest.raises(CommandError, match="differ from a recount"):
        call_command("rebuild_summaries", "--check")
    assert "stored: 1, 2026-03-28, DHL, 7, 0" in capsys.readouterr().out
    call_command("rebuild_summaries")
    assert stored() == recounted()


@pytest.mark.parametrize(
    "harm",
    [
        lambda: DaySummary.objects.filter(by=Dimension.ALL, completed=1).update(took=[1]),
        lambda: DaySummary.objects.filter(by=Dimension.TAG).delete(),
        lambda: TagPairDay.objects.all().delete(),
        lambda: ItemDay.objects.filter(by=Dimension.SKU).update(damaged=2),
        lambda: ItemDay.objects.filter(by=Dimension.ALL).delete(),
        lambda: CountedReturn.objects.update(skus=["CUP"]),
    ],
)
def test_whatever_is_wrong_is_found(vocabulary, harm):
    items = [["1", "MUG", "", "Damaged", "", None, None]]
    record = make_return(state=State.COMPLETED, line_items=items)
    for tag in ("books", "fragile"):
        put_tag(record, tag)
    maintenance.rebuild()
    assert maintenance.find_differences() == []
    harm()
    assert maintenance.find_differences() != []


# Two at once


@pytest.mark.django_db(transaction=True)
def test_of_two_who_build_one_does_it(beside):
    make_return()
    with beside.cursor() as cursor, ThreadPoolExecutor(2) as pool:
        cursor.execute("BEGIN; LOCK TABLE returns_summarystate IN SHARE ROW EXCLUSIVE MODE")
        others = [pool.submit(build_and_leave) for _ in range(2)]
        wait_for_locks(cursor, 2)
        cursor.execute("COMMIT")
        assert [other.result() for other in others] == [True, True]
    assert stored() == recounted()


def build_and_leave() -> bool:
    try:
        return maintenance.build_if_missing()
    finally:
        connection.close()


def wait_for_locks(cursor, number: int) -> None:
    """Wait until this many sessions wait for the lock."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted "
            "AND relation = 'returns_summarystate'::regclass"
        )
        if cursor.fetchone() == (number,):
            return
        time.sleep(0.05)
    raise AssertionError(f"Not {number} sessions wait for the lock.")


@pytest.fixture
def beside():
    """A connection of somebody else."""
    other = connection.copy()
    yield other
    other.close()


@pytest.mark.django_db(transaction=True)
def test_while_somebody_counts_a_reader_waits_a_moment_and_goes_on(monkeypatch, beside):
    SummaryState.objects.create(zone=settings.TIME_ZONE)
    monkeypatch.setattr(maintenance, "LOCK_TIMEOUT", "50ms")
    make_return()
    with beside.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE returns_summarystate IN SHARE ROW EXCLUSIVE MODE")
        assert not maintenance.catch_up()
        assert not maintenance.update_in_background()
        cursor.execute("ROLLBACK")
    assert maintenance.catch_up()
    assert stored() == recounted()


@pytest.mark.django_db(transaction=True)
def test_what_is_written_but_not_committed_is_counted_in_afterwards(beside):
    maintenance.rebuild()
    record = make_return(created_at=BASE)
    with beside.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("UPDATE returns_return SET cargo_carrier = 'DHL'")
        assert maintenance.catch_up()
        assert DaySummary.objects.get(by=Dimension.CARRIER).value == ""
        cursor.execute("COMMIT")
    assert maintenance.catch_up()
    assert DaySummary.objects.get(by=Dimension.CARRIER, created=1).value == "DHL"
    assert record.cargo_carrier == ""
    assert connection.in_atomic_block is False


# Durations


@pytest.mark.slow
def test_percentiles_lie_where_postgresql_finds_them():
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(
            "CREATE TEMPORARY TABLE took ON COMMIT DROP AS SELECT n, "
            "(random() ^ 4 * 3000) * interval '1 hour' AS took "
            "FROM generate_series(1, 2003) AS n"
        )
        for size in (1, 2, 19, 20, 21, 100, 2003):
            cursor.execute("SELECT took FROM took WHERE n <= %s", [size])
            all_of_them = [took for (took,) in cursor.fetchall()]
            counts = [0] * (len(BUCKET_EDGES) + 1)
            for took in all_of_them:
                counts[sum(timedelta(hours=hours) <= took for hours in BUCKET_EDGES)] += 1
            for percent in (50, 90, 95):
                cursor.execute(
                    "SELECT percentile_disc(%s) WITHIN GROUP (ORDER BY took) "
                    "FROM took WHERE n <= %s",
                    [percent / 100, size],
                )
                (exact,) = cursor.fetchone()
                ends = bucket_end(percentile_bucket(counts, percent))
                begins = max((0, *(hours for hours in BUCKET_EDGES if hours < (ends or 10**6))))
                assert timedelta(hours=begins) <= exact
                if ends is not None:
                    assert exact < timedelta(hours=ends)
                    assert count_below(counts, ends) == sum(
                        took < timedelta(hours=ends) for took in all_of_them
                    )


def test_no_durations_have_no_percentile_and_hours_must_be_a_bucket_edge():
    assert percentile_bucket([], 50) is None
    assert percentile_bucket([0, 0], 50) is None
    with pytest.raises(ValueError, match="No bucket ends at 73 hours"):
        count_below([], 73)
