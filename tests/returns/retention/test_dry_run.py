"""The dry run counts exactly what then goes, and nothing younger goes with it."""

from datetime import timedelta
from random import Random

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from returns.models import AccessEvent, FeedRun, RejectedRecord, Retention, Return, SalesOrder
from returns.retention import steps
from returns.retention.declarations import ALL_KINDS
from tests.returns.retention.samples import (
    CHOSEN,
    MAKERS,
    add_order,
    add_push,
    add_reject_of_old_run,
    add_run,
)
from tests.trials import tried_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
BY_NAME = {kind.name: kind for kind in ALL_KINDS}
# Kinds that have a part in each other.
MIXED = {
    "pushes": add_push,
    "idle runs": lambda at: add_run(at, "pull", created=0),
    "rejects of old runs": add_reject_of_old_run,
    "named orders": lambda at: add_order(at, shopper_name="Selin"),
    "orders of nobody": lambda at: _without_returns(add_order(at)),
} | {name: add for name, (add, _) in MAKERS.items()}


def _without_returns(order: SalesOrder) -> None:
    Return.objects.filter(sales_order_reference_number=order.reference).delete()


@pytest.fixture(autouse=True)
def _chosen(settings):
    for name, days in CHOSEN.items():
        setattr(settings, name, days)


def numbers(pairs) -> dict[str, int]:
    return {kind.name: number for kind, number in pairs}


@pytest.mark.parametrize("name", MAKERS)
@tried_on(12)
@given(st.lists(st.floats(min_value=0.01, max_value=400), max_size=8))
def test_of_any_ages_those_that_are_over_go(name, ages):
    add, days = MAKERS[name]
    kind, now = BY_NAME[name], timezone.now()
    if name == "token uses":
        # A use is of a whole day.
        ages = [round(age) for age in ages if round(age) != days]
    with transaction.atomic():
        for age in ages:
            add(now - timedelta(days=age))
        expected = sum(age > days for age in ages)
        assert numbers(steps.count_old(now, [kind])) == {name: expected}
        assert numbers(steps.remove_old(now, [kind])) == {name: expected}
        much_later = now + timedelta(days=500)
        left = kind.old(much_later).count()
        assert left == len(ages) - expected
        transaction.set_rollback(True)


@pytest.mark.slow
@tried_on(60)
@given(st.lists(st.tuples(st.sampled_from(sorted(MIXED)), st.floats(0.01, 400)), max_size=40))
def test_the_dry_run_of_everything_counts_what_then_goes(rows):
    now = timezone.now()
    with transaction.atomic():
        for name, age in rows:
            MIXED[name](now - timedelta(days=age))
        counted = numbers(steps.count_old(now))
        assert numbers(steps.count_old(now)) == counted  # counting changes nothing
        assert numbers(steps.remove_old(now)) == counted
        assert set(numbers(steps.count_old(now)).values()) == {0}
        assert set(numbers(steps.remove_old(now)).values()) == {0}
        transaction.set_rollback(True)


@pytest.mark.slow
def test_many_rows_go_in_steps_with_the_same_numbers(monkeypatch):
    monkeypatch.setattr(BY_NAME["notes"].__class__, "step", 3)
    now, chance = timezone.now(), Random(7)
    for name in sorted(MIXED) * 6:
        MIXED[name](now - timedelta(days=chance.uniform(0.01, 400)))
    counted = numbers(steps.count_old(now))
    assert max(counted.values()) > 6
    assert numbers(steps.remove_old(now)) == counted
    assert set(numbers(steps.count_old(now)).values()) == {0}


def test_the_command_prints_the_same_numbers_and_the_dry_run_changes_nothing(capsys):
    now = timezone.now()
    for days in (91, 95, 89):
        AccessEvent.objects.create(kind="exported", at=now - timedelta(days=days))
    call_command("delete_old_data", "--dry-run")
    dry = capsys.readouterr().out.splitlines()
    assert AccessEvent.objects.count() == 3
    assert not Retention.objects.exists()
    call_command("delete_old_data")
    wet = capsys.readouterr().out.splitlines()
    assert dry[0].endswith("Rows that would go")
    assert wet[0].endswith("Rows removed")
    assert dry[1:] == wet[1:]
    line = next(line for line in wet if line.startswith("access events"))
    assert line.split() == ["access", "events", "90", "days", "2"]
    assert [name for name in BY_NAME if not any(line.startswith(name) for line in wet)] == []
    assert AccessEvent.objects.count() == 1


def test_it_can_be_stopped_and_goes_on(monkeypatch):
    monkeypatch.setattr(BY_NAME["notes"].__class__, "step", 2)
    now = timezone.now()
    for _ in range(5):
        AccessEvent.objects.create(kind="exported", at=now - timedelta(days=99))
    kind = BY_NAME["access events"]
    assert steps.remove_step(kind, now) == 2  # and then somebody pressed Ctrl-C
    assert numbers(steps.count_old(now, [kind])) == {"access events": 3}
    assert numbers(steps.remove_old(now, [kind])) == {"access events": 3}
    assert Retention.objects.get(kind="access events").removed == 5


def test_a_run_goes_with_its_open_records_once_these_are_old():
    now = timezone.now()
    add_reject_of_old_run(now - timedelta(days=100))
    assert numbers(steps.count_old(now))["feed runs"] == 1
    steps_done = numbers(steps.remove_old(now))
    assert (steps_done["rejected records"], steps_done["feed runs"]) == (1, 1)
    assert not FeedRun.objects.exists()
    assert not RejectedRecord.objects.exists()
