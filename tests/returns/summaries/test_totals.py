"""Numbers from the summaries are those of the returns, whatever was written since."""

from datetime import timedelta
from itertools import combinations

import pytest
from django.db.models import Count, Min
from django.http import QueryDict
from django.utils import timezone

from returns.api.query import run_query
from returns.models import Return, State, UncountedReturn
from returns.summaries import maintenance, totals
from returns.summaries.open_groups import count_open_by_tag, count_open_by_text
from returns.summaries.totals import count_in_states, count_tagged, count_with_texts
from tests.factories import make_return, make_tag, put_tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def written():
    """Returns in all states, counted; then some are changed, added, deleted, tagged, untagged."""
    for number in range(6):
        carrier = ["Aras", "ARAS", ""][number % 3]
        arrived = timezone.now() - timedelta(days=number) if number % 3 else None
        state = State.values[number % 3]
        record = make_return(
            f"R{number}", state=state, cargo_carrier=carrier, arrived_to_warehouse_at=arrived
        )
        put_tag(record, "books" if number % 2 else "fragile")
    maintenance.build_if_missing()
    while maintenance.update_in_background():
        pass
    changed = Return.objects.get(return_reference_number="R0")
    changed.arrived_to_warehouse_at = changed.completed_at = timezone.now()
    changed.state, changed.cargo_carrier = State.COMPLETED, "UPS"
    changed.save()
    put_tag(changed, "books")
    Return.objects.get(return_reference_number="R1").taggings.all().delete()
    Return.objects.get(return_reference_number="R2").delete()
    put_tag(make_return("R6", state=State.ARRIVED), "books")


def test_states_and_tags_are_counted_exactly(written):
    for size in range(4):
        for states in combinations(State.values, size):
            assert count_in_states(states) == Return.objects.filter(state__in=states).count()
    for name in ("books", "fragile", "electronics"):
        tag = make_tag(name).pk
        assert count_tagged(tag) == Return.objects.filter(taggings__tag=tag).count()
    for carriers in (["Aras"], ["Aras", "ARAS"], ["UPS", ""], []):
        number = Return.objects.filter(cargo_carrier__in=carriers).count()
        assert count_with_texts("cargo_carrier", carriers) == number
    found = Return.objects.filter(return_reference_number="R0").values("pk")
    assert count_in_states(State.values, without=found) == Return.objects.count() - 1


@pytest.mark.parametrize("state", [State.CREATED, State.ARRIVED])
def test_open_groups_are_counted_exactly_with_their_longest_wait(written, state):
    def groups(column):
        counted = Return.objects.filter(state=state).order_by().values_list(column)
        counted = counted.annotate(Count("pk"), Min("arrived_to_warehouse_at"))
        return {str(value or ""): (number, oldest) for value, number, oldest in counted}

    for column in ("cargo_carrier", "sales_order_channel"):
        assert count_open_by_text(column, state) == groups(column)
    assert count_open_by_tag(state) == groups("taggings__tag")


def test_the_longest_wait_of_a_group_is_not_of_a_day_that_all_have_left(written):
    now = timezone.now()
    for days in (9, 7, 6):
        arrived = now - timedelta(days=days)
        record = make_return(state=State.ARRIVED, arrived_to_warehouse_at=arrived)
        put_tag(record, "damaged")
    while maintenance.update_in_background():
        pass
    longest = Return.objects.earliest("arrived_to_warehouse_at")
    longest.completed_at, longest.state = now, State.COMPLETED
    longest.save()
    tag = str(make_tag("damaged").pk)
    assert count_open_by_tag(State.ARRIVED)[tag] == (2, now - timedelta(days=7))


def test_the_summaries_do_not_tell_while_much_is_not_counted_yet(written):
    much = [UncountedReturn(record_id=number) for number in range(totals.MAX_QUEUED + 1)]
    UncountedReturn.objects.bulk_create(much)
    assert count_in_states(State.values) is None
    assert count_open_by_tag(State.ARRIVED) is None
    assert count_open_by_text("cargo_carrier", State.ARRIVED) is None


def test_nothing_is_told_without_summaries():
    assert count_in_states(State.values) is None
    assert count_tagged(make_tag("books").pk) is None
    assert count_open_by_tag(State.CREATED) is None


@pytest.mark.parametrize("most_few", [0, 1_000])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 6),
        ("state=Completed", 2),
        ("state=Completed&state=ArrivedToWarehouse", 5),
        ("tag=books", 4),
        ("tag=books&tag=fragile", 1),
        ("tag=books&state=Completed", 2),
        ("state=Completed&trackingId=none", 0),
        ("dqb=o%3Dne%26p%3Dstate%26v%3DCompleted", 4),
        ("dqb=o%3Dne%26p%3DreturnReferenceNumber%26v%3Dr0", 5),
        ("dqb=o%3Dne%26p%3DreturnReferenceNumber%26v%3Dr0&state=Completed", 1),
        ("dqb=o%3Dne%26p%3DreturnReferenceNumber%26v%3Dr0&tag=books", 3),
        ("dqb=o%3Deq%26p%3Dtag%26v%3Dbooks", 4),
        ("dqb=o%3Deq%26p%3DcargoCarrier%26v%3Daras", 3),
        ("dqb=o%3Dne%26p%3DcargoCarrier%26v%3Daras", 3),
        ("dqb=o%3Deq%26p%3DsalesOrderChannel%26v%3Dnone", 0),
        ("dqb=o%3Deq%7Cxor%26p%3Dstate%26v%3DCompleted%26o%3Dne%26p%3Dstate%26v%3DCompleted", 6),
    ],
)
def test_the_api_counts_what_it_lists(written, monkeypatch, query, expected, most_few):
    monkeypatch.setattr("returns.api.expected.MAX_FEW", most_few)
    page = run_query(QueryDict(query), now=timezone.now())
    assert page.data_set_count == len(page.returns) == expected
