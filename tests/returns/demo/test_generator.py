"""Invented returns look like the warehouse's own, and come out the same again."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from random import Random

import pytest

from returns.demo.generator import generate_new_record, generate_records
from returns.demo.sample_data import OTHER_SPELLINGS
from returns.models import State
from tests import shipped

MONDAY_EVENING = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def returns():
    return list(generate_records(5000, seed=7, until=MONDAY_EVENING))


def times(record) -> list[datetime]:
    late = [record.arrived_to_warehouse_at, record.completed_at]
    return [record.created_at, record.updated_at, *filter(None, late)]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_returns(returns):
    assert list(generate_records(5000, seed=7, until=MONDAY_EVENING)) == returns
    assert next(generate_records(5000, seed=8, until=MONDAY_EVENING)) != returns[0]


@pytest.mark.parametrize("count", [0, 1, 3, 17])
@pytest.mark.parametrize("seed", range(5))
def test_a_few_returns_are_possible_too(count, seed):
    assert len(list(generate_records(count, seed=seed, until=MONDAY_EVENING))) == count


def test_nothing_happens_after_the_end_and_the_newest_is_recent(returns):
    assert max(moment for record in returns for moment in times(record)) <= MONDAY_EVENING
    assert (MONDAY_EVENING - returns[-1].created_at).total_seconds() < 3600


def test_state_agrees_with_its_times(returns):
    for record in returns:
        arrived = record.arrived_to_warehouse_at is not None
        completed = record.completed_at is not None
        if record.state == State.CREATED:
            assert not arrived
        if record.state == State.ARRIVED:
            assert arrived
        assert completed == (record.state == State.COMPLETED)


def test_references_rise_with_creation(returns):
    numbers = [int(record.return_reference_number.removeprefix("Return-")) for record in returns]
    assert all(later == earlier + 1 for earlier, later in pairwise(numbers))
    assert all(a.created_at <= b.created_at for a, b in pairwise(returns))


def test_nine_of_ten_are_completed_and_the_open_ones_are_recent_but_for_some(returns):
    states = Counter(record.state for record in returns)
    assert 0.87 < states[State.COMPLETED] / 5000 < 0.93
    ages = [(MONDAY_EVENING - r.created_at).days for r in returns if r.state == State.ARRIVED]
    assert sorted(ages)[len(ages) // 2] < 20
    assert max(ages) > 60


def test_sundays_and_nights_are_quiet(returns):
    days = Counter(record.created_at.weekday() for record in returns)
    hours = Counter(record.created_at.hour + 3 for record in returns)
    assert days[6] * 10 < days[0]
    assert hours[4] * 10 < hours[10]


def test_traits_of_the_warehouses_own_records_occur(returns):
    orders = Counter(record.sales_order_reference_number for record in returns)
    assert max(orders.values()) >= 4
    assert any(record.tracking_id == "" for record in returns)
    assert any(len(record.tracking_id) == 34 and record.tracking_id.isdigit() for record in returns)
    assert any(record.cargo_carrier == "" for record in returns)
    assert any(min(times(r)[2:], default=r.updated_at) > r.updated_at for r in returns)
    assert any(record.state == State.COMPLETED and len(times(record)) == 3 for record in returns)


def test_the_wms_spells_some_carriers_in_several_ways(returns):
    texts = Counter(record.cargo_carrier for record in returns)
    for name, spellings in OTHER_SPELLINGS.items():
        others = sum(texts[text] for text in spellings)
        assert all(texts[text] for text in spellings)
        assert 0.04 < others / (texts[name] + others) < 0.13


def test_a_few_in_a_thousand_have_a_problem(returns):
    early = [r for r in returns if (r.arrived_to_warehouse_at or r.created_at) < r.created_at]
    orders_of: dict[str, set[str]] = {}
    for record in returns:
        orders_of.setdefault(record.tracking_id, set()).add(record.sales_order_reference_number)
    orders_of.pop("")
    flaws = [
        sum(record.sales_order_reference_number == "" for record in returns),
        sum(len(orders - {""}) > 1 for orders in orders_of.values()),
        sum((r.created_at - r.arrived_to_warehouse_at).days >= 1 for r in early),
    ]
    assert all(3 <= number <= 30 for number in flaws)


def test_texts_fit_their_columns(returns):
    assert max(len(record.sales_order_reference_number) for record in returns) <= 30
    assert max(len(record.tracking_id) for record in returns) <= 100


def test_tags_are_of_the_recommended_vocabulary_and_spread_unevenly(returns):
    used = Counter(tag for record in returns if record.tag for tag in record.tag.split(","))
    assert used.keys() <= shipped.TAGS
    assert 1.2 < used.total() / 5000 < 1.7
    assert max(used.values()) > 20 * min(used.values())
    assert any(record.tag is None for record in returns)


@pytest.mark.parametrize("arrived", [True, False])
def test_a_new_return_is_of_this_moment(arrived):
    record = generate_new_record(Random(1), 20_000, MONDAY_EVENING, arrived=arrived)
    assert record.return_reference_number == "Return-20000"
    assert record.state == (State.ARRIVED if arrived else State.CREATED)
    assert (MONDAY_EVENING - record.created_at).total_seconds() <= 1
