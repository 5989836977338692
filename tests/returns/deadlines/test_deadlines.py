"""Deadlines: which policy counts, what is late and at risk, and that every answer is the same."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from returns.deadlines import editing as deadline_editing
from returns.filters.due import current_deadlines, duration_label
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.lists.rows import find_due_times
from returns.models import Deadline, DeadlinePolicy, Return, State, Unit, WorkingCalendar
from returns.queues.cards import queue_cards
from tags import editing
from tags.merging import merge
from tags.vocabulary import load_vocabulary as words
from tests.factories import make_return, make_tag, put_tag
from tests.trials import tried_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

# A Wednesday, 15:00 in Istanbul.
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at(monkeypatch):
    """Let it be a moment."""

    def let(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    let(NOW)
    return let


def policy(name: str, query: str = "", amount: int = 1, unit: str = Unit.HOURS) -> DeadlinePolicy:
    parameters = deadline_editing.to_parameters(Query.parse(query))
    made = DeadlinePolicy(name=name, parameters=parameters, amount=amount, unit=unit)
    return deadline_editing.save_policy(made)


def waiting(reference: str, hours: float = 1, **fields) -> Return:
    arrived = NOW - timedelta(hours=hours)
    created = arrived - timedelta(days=1)
    fields = {"state": State.ARRIVED, "arrived_to_warehouse_at": arrived} | fields
    return make_return(reference, created_at=created, **fields)


def listed(query: str) -> set[str]:
    filterset = ReturnFilterSet(Query.parse(query), words())
    assert filterset.problems() == []
    return set(filterset.qs.values_list("return_reference_number", flat=True))


def standing(record: Return) -> str:
    due = find_due_times([record], words()).get(record.pk)
    return due.standing(NOW) if due else ""


def test_without_a_policy_nothing_is_late():
    waiting("old", hours=5000)
    assert listed("deadline=late") == listed("deadline=at_risk") == set()


def test_late_is_what_is_past_its_time_and_at_risk_what_will_be_soon():
    policy("All", amount=10)
    ages = {"late": 11, "just": 10, "soon": 2, "then": 1.99, "new": 0}
    said = {name: standing(waiting(name, hours)) for name, hours in ages.items()}
    assert said == {"late": "late", "just": "at_risk", "soon": "at_risk", "then": "", "new": ""}
    assert listed("deadline=late") == {"late"}
    assert listed("deadline=at_risk") == {"just", "soon"}
    assert current_deadlines().at_risk == timedelta(hours=8)


def test_only_what_waits_has_a_deadline():
    policy("All")
    waiting("waits", 5)
    done = {"state": State.COMPLETED, "completed_at": NOW}
    make_return("way", created_at=NOW - timedelta(days=9))
    others = [waiting("done", 5, **done), Return.objects.get(return_reference_number="way")]
    assert listed("deadline=late") == {"waits"}
    assert find_due_times(others, words()) == {}


def test_the_first_policy_that_matches_counts():
    policy("Books", "tag=books", amount=100)
    policy("Fragile", "tag_any=fragile&tag_any=bulk-return", amount=2)
    policy("Rest", amount=50)
    for name, tags in (("book", "books"), ("both", "books fragile"), ("glass", "fragile")):
        record = waiting(name, hours=60)
        for tag in tags.split():
            put_tag(record, tag)
    rest = waiting("rest", hours=60)
    assert listed("deadline=late") == {"glass", "rest"}
    deadline_editing.move(DeadlinePolicy.objects.get(name="Books"), up=False)
    assert listed("deadline=late") == {"both", "glass", "rest"}
    assert find_due_times([rest], words())[rest.pk].policy == "Rest"


def test_what_no_policy_matches_has_no_deadline():
    policy("Books", "tag=books")
    record = waiting("plain", hours=1000)
    assert listed("deadline=late") == set()
    assert find_due_times([record], words()) == {}


@pytest.mark.parametrize(
    "query",
    [
        *("tag_none=books", "missing_group=Product+category", "notes=broken", "order=RSO1"),
        *("reference=thi", "tracking=777", "order_returns=2", "arrived_from=2026-11-24"),
        *("arrived_to=today", "created_from=-7d", "created_to=today"),
    ],
)
def test_a_policy_may_look_at_what_a_return_says_by_itself(query):
    policy("Some", query)
    waiting("first", 2, sales_order_reference_number="RSO1", notes="x")
    same_order = {"sales_order_reference_number": "RSO1", "tracking_id": "777"}
    waiting("this", 2, notes="It was broken", **same_order)
    late = listed("deadline=late")
    assert "this" in late
    assert late == {name for name in listed(query) if name in ("first", "this")}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("q=Return", "search"),
        ("state=Completed", "state"),
        ("queue=to_inspect", "queue"),
        ("waiting_over=5&tag=books", "waiting over"),
        ("deadline=late", "deadline"),
        ("completed_from=today", "completed from"),
    ],
)
def test_a_policy_looks_at_nothing_that_changes_by_waiting_or_needs_a_deadline(query, words):
    with pytest.raises(ValidationError, match=rf"A deadline cannot filter by: {words}\."):
        policy("Some", query)


def test_a_policy_that_is_not_understood_is_refused():
    with pytest.raises(ValidationError, match="there is no tag “nothing”"):
        policy("Some", "tag=nothing")
    with pytest.raises(ValidationError, match="there is no such filter"):
        policy("Some", "stete=Completed")
    with pytest.raises(ValidationError, match="There is already a deadline named “All”"):
        policy("All") and policy("ALL")
    with pytest.raises(ValidationError, match="Enter 1 to 250 business days"):
        policy("Long", amount=251, unit=Unit.BUSINESS_DAYS)


def test_an_unknown_deadline_is_named_and_matches_nothing():
    policy("All")
    waiting("old", 90)
    filterset = ReturnFilterSet(Query.parse("deadline=soon"), words())
    assert filterset.problems()
    assert not filterset.qs.exists()


def test_a_policy_whose_tag_is_gone_matches_nothing_and_the_next_one_counts():
    policy("Gone", "tag=books", amount=1000)
    policy("Rest", amount=1)
    record = waiting("old", 5)
    put_tag(record, "fragile")
    deadline_editing.use_filter(DeadlinePolicy.objects.get(name="Gone"), {"tag_any": [0]})
    assert listed("deadline=late") == {"old"}
    assert find_due_times([record], words())[record.pk].policy == "Rest"


def test_a_policy_goes_on_with_a_renamed_and_a_merged_tag():
    policy("Books", "tag=books")
    put_tag(waiting("old", 5), "books")
    tag = make_tag("books")
    tag.name = "paper"
    editing.save_tag(tag, None)
    assert listed("deadline=late") == {"old"}
    merge([make_tag("paper")], make_tag("apparel"), None)
    assert listed("deadline=late") == {"old"}


def test_a_changed_policy_counts_at_once_for_all():
    kept = policy("All", amount=10)
    record = waiting("some", 5)
    assert listed("deadline=late") == set()
    kept.amount = 2
    deadline_editing.save_policy(kept)
    assert (listed("deadline=late"), standing(record)) == ({"some"}, Deadline.LATE)
    deadline_editing.use_filter(kept, {"notes": ["nothing"]})
    assert (listed("deadline=late"), standing(record)) == (set(), "")


def test_a_changed_calendar_counts_at_once_for_all():
    policy("All", unit=Unit.BUSINESS_DAYS)
    # Monday: due on Tuesday, 18:00.
    record = waiting("monday", 48)
    assert listed("deadline=late") == {"monday"}
    deadline_editing.save_calendar(WorkingCalendar(closed_days=[date(2026, 11, 24)]))
    # Due today at 18:00, in three hours.
    assert (listed("deadline=late"), listed("deadline=at_risk")) == (set(), {"monday"})
    deadline_editing.save_calendar(
        WorkingCalendar(closed_days=[date(2026, 11, 24)], at_risk_hours=2)
    )
    assert (listed("deadline=at_risk"), standing(record)) == (set(), "")


def test_another_zone_of_the_warehouse_counts_at_once_for_all(settings):
    policy("All", unit=Unit.BUSINESS_DAYS)
    # Tuesday: due today at 18:00, which is past in Auckland.
    record = waiting("tuesday", 24)
    for zone, expected in (
        ("Europe/Istanbul", Deadline.AT_RISK),
        ("Pacific/Auckland", ""),
        ("Asia/Shanghai", Deadline.LATE),
        ("America/New_York", ""),
    ):
        settings.TIME_ZONE = zone
        assert standing(record) == expected
        assert listed("deadline=late") == ({"tuesday"} if expected == Deadline.LATE else set())


def test_a_calendar_that_never_opens_is_refused():
    with pytest.raises(ValidationError, match="must open"):
        deadline_editing.save_calendar(WorkingCalendar(hours=[[]] * 7))
    assert not WorkingCalendar.objects.exists()


def test_the_numbers_of_the_queue_are_those_of_its_lists():
    assert all(card.deadlines == [] for card in queue_cards(Query.parse("queue=to_inspect")))
    put = policy("Books", "tag=books", amount=2)
    policy("Rest", amount=30)
    for number, hours in enumerate((1, 1.5, 3, 25, 31, 60)):
        record = waiting(f"r{number}", hours)
        if number % 2:
            put_tag(record, "books")
    assert put
    card = next(c for c in queue_cards(Query.parse("queue=to_inspect")) if c.name == "to_inspect")
    shown = {each.label: each.count.number for each in card.deadlines}
    expected = {
        "late": len(listed("queue=to_inspect&deadline=late")),
        "at risk": len(listed("queue=to_inspect&deadline=at_risk")),
    }
    assert shown == expected
    assert shown["late"] == 3


@pytest.mark.parametrize(
    ("amount", "unit", "words"),
    [
        (1, Unit.BUSINESS_DAYS, "1 business day"),
        (3, Unit.WORKING_HOURS, "3 working hours"),
        (1, Unit.HOURS, "1 hour"),
        (1500, Unit.HOURS, "1,500 hours"),
    ],
)
def test_the_time_of_a_policy_in_words(amount, unit, words):
    assert duration_label(DeadlinePolicy(amount=amount, unit=unit)) == words


def queries_of(client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.slow
def test_a_page_asks_as_often_whatever_it_shows(as_agent):
    path = "/queue/?queue=to_inspect&deadline=late"
    policy("Books", "tag=books")
    policy("Rest", amount=2)
    for number in range(2):
        put_tag(waiting(f"few{number}", 9), "books")
    few = queries_of(as_agent, path)
    for number in range(20):
        put_tag(waiting(f"many{number}", 9), "books")
    assert queries_of(as_agent, path) == few


def test_a_list_without_the_column_asks_nothing_about_deadlines(as_agent):
    policy("All")
    waiting("some")
    with CaptureQueriesContext(connection) as captured:
        as_agent.get("/returns/")
    assert [q for q in captured.captured_queries if "deadlinepolicy" in q["sql"]] == []


QUERIES = st.sampled_from(
    ["", "tag=books", "tag_any=books&tag_any=fragile", "tag_none=books", "notes=broken"]
)
POLICIES = st.lists(
    st.tuples(QUERIES, st.integers(1, 60), st.sampled_from(Unit.values)), min_size=1, max_size=4
)
RETURNS = st.lists(
    st.tuples(
        st.floats(0, 400),
        st.sets(st.sampled_from(["books", "fragile", "apparel"])),
        st.sampled_from(["", "broken"]),
    ),
    min_size=1,
    max_size=6,
)


def keep_all(policies, returns) -> list[Return]:
    """Keep these policies, and returns that wait, alone; return the latter."""
    Return.objects.all().delete()
    DeadlinePolicy.objects.all().delete()
    for number, (query, amount, unit) in enumerate(policies):
        policy(f"{number}", query, amount if unit != Unit.BUSINESS_DAYS else amount % 9 + 1, unit)
    records = []
    for number, (hours, tags, notes) in enumerate(returns):
        records.append(waiting(f"r{number}", hours, notes=notes))
        for tag in tags:
            put_tag(records[-1], tag)
    return records


@pytest.mark.slow
@tried_on(25)
@given(POLICIES, RETURNS)
def test_the_filter_says_what_each_row_says(vocabulary, policies, returns):
    records = keep_all(policies, returns)
    due = find_due_times(records, words())
    for kind in (Deadline.LATE, Deadline.AT_RISK):
        of_rows = {
            record.return_reference_number
            for record in records
            if record.pk in due and due[record.pk].standing(NOW) == kind
        }
        assert listed(f"deadline={kind}") == of_rows


@pytest.mark.slow
@tried_on(25)
@given(POLICIES, RETURNS, st.integers(-2, 2))
def test_a_completed_return_met_its_deadline_or_missed_it(vocabulary, policies, returns, around):
    records = keep_all(policies, returns)
    due = find_due_times(records, words())
    for record in records:
        arrived = record.arrived_to_warehouse_at
        at = due[record.pk].at if record.pk in due else arrived
        record.completed_at = at + timedelta(microseconds=around)
        record.state = State.COMPLETED
        record.save(update_fields=["completed_at", "state"])
    under = {record.return_reference_number for record in records if record.pk in due}
    missed = under if around > 0 else set()
    assert listed("deadline=missed") == missed
    assert listed("deadline=met") == under - missed
