"""What is wrong with records: each rule at its edges, and the tracking IDs that are kept."""

import re
from datetime import UTC, datetime, timedelta
from itertools import combinations, count
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from returns.feed.ingest import ingest
from returns.feed.records import ReturnRecord
from returns.filters.filterset import ReturnFilterSet
from returns.filters.problems import Problem
from returns.filters.query import Query
from returns.models import Return, SharedTracking, State
from returns.queues.problems import count_problems
from returns.record.corrections import correct
from tests.database import wait_until_another_waits_for_a_lock
from tests.factories import make_return
from tests.trials import tried_on

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def listed(*kinds: str) -> list[str]:
    query = Query.parse("&".join(f"problem={kind}" for kind in kinds))
    filterset = ReturnFilterSet(query, {})
    assert filterset.problems() == []
    return sorted(filterset.qs.values_list("return_reference_number", flat=True))


def shared() -> list[str]:
    return sorted(SharedTracking.objects.values_list("pk", flat=True))


def shared_from_scratch() -> list[str]:
    orders: dict[str, set[str]] = {}
    for key, order in Return.objects.values_list("tracking_key", "order_key"):
        if key and order:
            orders.setdefault(key, set()).add(order)
    return sorted(key for key, some in orders.items() if len(some) > 1)


def record(reference: str, tracking: str, order: str, minutes: int = 0) -> ReturnRecord:
    moment = NOW - DAY + timedelta(minutes=minutes)
    return ReturnRecord(
        return_reference_number=reference,
        state=State.CREATED,
        created_at=NOW - DAY,
        updated_at=moment,
        sales_order_reference_number=order,
        tracking_id=tracking,
    )


def feed(*records: ReturnRecord) -> None:
    assert ingest(records, source="feed").rejected == []


# Each rule at its edges


@pytest.mark.parametrize(
    "name", ["created_at", "updated_at", "arrived_to_warehouse_at", "completed_at"]
)
def test_one_of_its_times_is_more_than_a_day_ahead(name):
    arrived, completed = NOW - 8 * DAY, NOW - 7 * DAY
    times = {"arrived_to_warehouse_at": arrived, "completed_at": completed}
    for reference, ahead in (("ahead", DAY + SECOND), ("edge", DAY), ("good", -DAY)):
        fields = {"created_at": NOW - 9 * DAY, **times, name: NOW + ahead}
        make_return(reference, state=State.COMPLETED, **fields)
    assert listed("future") == ["ahead"]


def test_what_was_completed_lacks_its_arrival():
    make_return("bad", state=State.COMPLETED, arrived_to_warehouse_at=None)
    make_return("good", state=State.COMPLETED)
    make_return("on the way")
    assert listed("no_arrival") == ["bad"]


def test_it_arrived_more_than_a_day_before_it_was_created():
    for name, before in (("early", DAY + SECOND), ("edge", DAY), ("little", SECOND)):
        arrived = NOW - before
        make_return(name, state=State.ARRIVED, created_at=NOW, arrived_to_warehouse_at=arrived)
    make_return("on the way", created_at=NOW)
    assert listed("early_arrival") == ["early"]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_a_day_has_24_hours_also_when_the_clocks_change(zone):
    created = datetime(2026, 3, 29, 10, tzinfo=UTC)  # the day of 23 hours in Berlin
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [zone])
    for name, before in (("early", DAY + SECOND), ("edge", DAY)):
        arrived = created - before
        make_return(name, state=State.ARRIVED, created_at=created, arrived_to_warehouse_at=arrived)
    assert listed("early_arrival") == ["early"]


def test_it_is_open_and_was_updated_more_than_30_days_ago():
    for state in State:
        for name, before in (("old", 30 * DAY + SECOND), ("edge", 30 * DAY), ("new", DAY)):
            make_return(f"{name} {state.label}", state=state, updated_at=NOW - before)
    assert listed("silent") == ["old Arrived", "old Created"]


def test_it_has_no_order():
    make_return("none", sales_order_reference_number="")
    make_return("dash", sales_order_reference_number=" - ")
    make_return("some")
    assert listed("no_order") == ["dash", "none"]


def test_its_tracking_id_stands_on_several_orders():
    feed(record("a", "70 01-x", "O1"), record("b", "7001X", "O2"), record("c", "7001y", "O3"))
    assert listed("shared_tracking") == ["a", "b"]
    assert shared() == ["7001X"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("7001", "O1"), ("7001", "o 1")),
        (("7001", "O1"), ("7001", "")),
        (("7001", ""), ("7001", "")),
        (("7001", "O1"), ("7002", "O2")),
        (("", "O1"), ("", "O2")),
        (("--", "O1"), ("--", "O2")),
    ],
)
def test_the_same_order_a_missing_one_and_a_missing_tracking_id_are_no_problem(first, second):
    feed(record("a", *first), record("b", *second))
    assert listed("shared_tracking") == []


def test_a_correction_a_later_record_and_a_deletion_mend_it(admin):
    feed(*(record(name, "7001", f"O{name}") for name in "abc"))
    correct(Return.objects.get(return_reference_number="a"), {"tracking_id": "7009"}, admin)
    assert listed("shared_tracking") == ["b", "c"]
    feed(record("b", "7001", "Oc", minutes=1))
    assert shared() == []
    make_return("d", tracking_id="7001", sales_order_reference_number="O4")
    assert listed("shared_tracking") == ["b", "c", "d"]
    Return.objects.get(return_reference_number="d").delete()
    assert shared() == []


def test_a_correction_makes_it_a_problem_and_a_dry_run_does_not(admin):
    feed(record("a", "7001", "O1"), record("b", "7002", "O2"))
    ingest([record("c", "7001", "O3")], source="file", dry_run=True)
    assert shared() == []
    feed(record("c", "7001", "O1"))
    correct(Return.objects.get(return_reference_number="b"), {"tracking_id": "7001"}, admin)
    assert shared() == ["7001"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", range(3))
def test_two_at_once_do_not_miss_each_other(_again):
    together, turns = Barrier(2), count()

    def write(order: str) -> None:
        try:
            with transaction.atomic():
                Return.objects.exists()
                together.wait(5)
                ingest([record(f"of {order}", "7001", order)], source="feed")
                if next(turns) == 0:  # the other looks before this is committed
                    wait_until_another_waits_for_a_lock()
        finally:
            connection.close()

    threads = [Thread(target=write, args=[order]) for order in ("O1", "O2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert listed("shared_tracking") == ["of O1", "of O2"]


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_keeps_nobody_waiting():
    answers = []

    def import_another(_done: int) -> None:
        thread = Thread(target=write)
        thread.start()
        thread.join(5)
        answers.append(thread.is_alive())

    def write() -> None:
        try:
            feed(record("b", "7001", "O2"))
        finally:
            connection.close()

    tried = [record("a", "7001", "O1")]
    ingest(tried, source="file", dry_run=True, on_progress=import_another)
    assert answers == [False]
    feed(*tried)
    assert listed("shared_tracking") == ["a", "b"]


# Whatever happens, the numbers are those of the lists

steps = st.lists(
    st.tuples(
        st.sampled_from(["feed", "correct", "delete"]),
        st.lists(
            st.tuples(
                st.sampled_from("abcd"),
                st.sampled_from(["7001", "70-01", "7002", ""]),
                st.sampled_from(["O1", "o1", "O2", ""]),
            ),
            min_size=1,
            max_size=4,
        ),
    ),
    max_size=5,
)


@pytest.mark.slow
@tried_on(40)
@given(steps=steps)
def test_what_is_kept_is_what_a_count_from_scratch_finds(admin, steps):
    Return.objects.all().delete()
    for minute, (action, rows) in enumerate(steps):
        if action == "feed":
            feed(*(record(*row, minutes=minute) for row in rows))
        for name, tracking, order in rows:
            stored = Return.objects.filter(return_reference_number=name).first()
            if stored and action == "correct":
                changes = {"tracking_id": tracking, "sales_order_reference_number": order}
                correct(stored, changes, admin)
            if stored and action == "delete":
                stored.delete()
        assert shared() == shared_from_scratch()


@pytest.mark.slow
@tried_on(25)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(State.values),
            st.sampled_from(["7001", "7002", ""]),
            st.sampled_from(["O1", "O2", ""]),
            st.sampled_from([timedelta(0), 2 * DAY, 31 * DAY, -3 * DAY]),
            st.sampled_from([None, timedelta(0), -2 * DAY]),
        ),
        max_size=8,
    )
)
def test_every_number_is_that_of_its_list_and_several_mean_any(rows):
    Return.objects.all().delete()
    for state, tracking, order, age, late in rows:
        created = NOW - age
        arrived = {} if late is None else {"arrived_to_warehouse_at": created + late}
        if state == State.CREATED:
            arrived = {}
        if state == State.COMPLETED and late is None:
            arrived = {"arrived_to_warehouse_at": None}
        make_return(
            state=state,
            created_at=created,
            tracking_id=tracking,
            sales_order_reference_number=order,
            **arrived,
        )
    counts = {each.kind: each.count.number for each in count_problems(NOW)}
    assert {kind: len(listed(kind)) for kind in Problem if listed(kind)} == counts
    for kinds in combinations(Problem, 2):
        assert listed(*kinds) == sorted({*listed(kinds[0]), *listed(kinds[1])})


# The page, and the filter in words


def test_the_page_says_what_is_wrong_why_and_what_to_do(as_agent):
    make_return("bad", state=State.COMPLETED, arrived_to_warehouse_at=None)
    page = as_agent.get("/queue/problems/").text
    assert re.findall(r'id="problem-(\w+)"', page) == ["no_arrival"]
    for words in (
        "Completed without arrival",
        "the processing time is unknown",
        "Look up the arrival",
        ">1<",
    ):
        assert words in page
    address = re.search(r'href="(/returns/\?problem=[^"]*)"', page)[1]
    assert "bad" in as_agent.get(address).text
    assert "/queue/problems/" in as_agent.get("/queue/?queue=to_inspect").text


def test_the_page_says_that_nothing_is_wrong(as_agent):
    make_return()
    assert "Nothing to fix" in as_agent.get("/queue/problems/").text


def test_the_page_asks_once_however_much_is_wrong(django_assert_max_num_queries):
    for _ in range(5):
        make_return(sales_order_reference_number="")
    with django_assert_max_num_queries(1):
        count_problems(NOW)


def test_chosen_problems_are_chips_that_come_off_one_by_one(as_agent):
    page = as_agent.get("/returns/?problem=no_order&problem=silent").context["list"]
    assert [(chip.label, chip.name) for chip in page.chips] == [
        ("problem", "No order"),
        ("problem", "Open without an update for 30 days"),
    ]
    assert page.chips[0].address_without == "/returns/?problem=silent"
    assert page.hidden_parameters == [("problem", "no_order"), ("problem", "silent")]
    assert page.is_filtered


def test_an_unknown_problem_is_named_and_matches_nothing(as_agent):
    make_return()
    page = as_agent.get("/returns/?problem=ugly&problem=silent")
    assert page.context["list"].page.rows == []
    assert "Problem: Select a valid choice. ugly" in page.text
