"""Whatever is written, and whatever rules change: met and missed are those of the lists."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Q
from django.utils import timezone

from returns.deadlines import editing as deadline_editing
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.models import (
    DeadlineDay,
    DeadlinePolicy,
    Dimension,
    JudgedKind,
    Return,
    ReturnTag,
    State,
    Unit,
    WorkingCalendar,
)
from returns.reports.counted_source import CountedSource
from returns.reports.figures import BEING_COUNTED
from returns.reports.periods import Span
from returns.reports.report import build_report, choose_source
from returns.reports.scope import Scope
from returns.reports.sections import Section
from returns.reports.summary_source import SummarySource
from returns.summaries import maintenance, outcomes
from tags import editing
from tags.merging import merge
from tags.models import Tag, TagGroup
from tags.vocabulary import find_tag
from tags.vocabulary import load_vocabulary as read_vocabulary
from tests.factories import make_return, put_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
SPANS = [Span((NOW - timedelta(days=days)).date(), NOW.date()) for days in (3, 20)]
SUMMARIZED = ["", "carrier=DHL", "missing=tags", "tag=books"]
SCOPES = [
    *SUMMARIZED,
    "tag=books&carrier=DHL",
    "tag_none=fragile&state=Completed",
    "state=ReturnCreated",
]


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr(outcomes, "READER_TIME_LIMIT", 60)


def policy(name: str = "All", query: str = "", amount: int = 9) -> DeadlinePolicy:
    parameters = deadline_editing.to_parameters(Query.parse(query))
    made = DeadlinePolicy(name=name, parameters=parameters, amount=amount, unit=Unit.WORKING_HOURS)
    return deadline_editing.save_policy(made)


def completed(days_ago: int, took: int = 1, **fields) -> Return:
    """Make a return that took so many hours and was completed some days ago."""
    at = NOW - timedelta(days=days_ago)
    times = {"arrived_to_warehouse_at": at - timedelta(hours=took), "completed_at": at}
    fields = {"created_at": at - timedelta(hours=took + 1)} | fields
    return make_return(state=State.COMPLETED, **times, **fields)


def reported(scope: str) -> list[tuple[int, int]]:
    source, is_current = choose_source(Scope(Query.parse(scope), read_vocabulary()))
    assert isinstance(source, SummarySource if scope in SUMMARIZED else CountedSource)
    assert is_current
    days = source.outcomes(SPANS[-1])
    return [
        tuple(sum(days.get(day, (0, 0))[index] for day in span.each_day()) for index in (0, 1))
        for span in SPANS
    ]


def listed(scope: str) -> list[tuple[int, int]]:
    return [
        tuple(
            ReturnFilterSet(
                Query.parse(
                    f"{scope}&completed_from={span.first}&completed_to={span.last}&deadline={kind}"
                ),
                read_vocabulary(),
            ).qs.count()
            for kind in ("met", "missed")
        )
        for span in SPANS
    ]


def change_something(chance: Random, records: Iterable[Return]) -> None:
    """Write directly into the tables, bypassing all our checks, or change the deadlines."""
    record, tag = chance.choice(list(records)), chance.choice(["books", "fragile"])
    its = Return.objects.filter(pk=record.pk)
    at = record.completed_at + timedelta(hours=chance.choice([-90, -5, 7, 24]))
    chance.choice(
        [
            lambda: its.update(completed_at=at),
            lambda: its.update(arrived_to_warehouse_at=at - timedelta(hours=chance.randrange(99))),
            lambda: its.update(cargo_carrier=chance.choice(["", "DHL"])),
            lambda: ReturnTag.objects.filter(entity=record).delete(),
            lambda: record.taggings.exists() or put_tag(record, tag),
            lambda: completed(chance.randrange(20), chance.randrange(80)),
            lambda: policy(f"More {chance.random()}", "tag=fragile", chance.randrange(1, 90)),
            lambda: DeadlinePolicy.objects.update(amount=chance.randrange(1, 50)),
        ]
    )()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_whatever_changes_they_are_those_of_the_lists(seed):
    chance = Random(seed)
    policy("Books", "tag=books", 4)
    policy()
    for _ in range(12):
        carrier = chance.choice(["", "DHL"])
        record = completed(chance.randrange(20), chance.randrange(80), cargo_carrier=carrier)
        if chance.random() < 0.5:
            put_tag(record, chance.choice(["books", "fragile"]))
    maintenance.rebuild()
    for _ in range(6):
        change_something(chance, Return.objects.all())
        for scope in chance.sample(SCOPES, 2):
            assert reported(scope) == listed(scope), scope
    assert sum(reported("")[1]) > 5


def test_a_calendar_that_changes_changes_the_past():
    completed(1, took=30)
    policy(amount=9)
    maintenance.rebuild()
    assert reported("")[0] == (0, 1)
    day_of_arrival = NOW.date() - timedelta(days=2)
    deadline_editing.save_calendar(WorkingCalendar(closed_days=[day_of_arrival]))
    assert reported("")[0] == (1, 0)


def test_a_policy_that_looks_at_other_returns_is_asked_of_the_returns():
    policy("Third", "order_returns=2")
    one, _ = (completed(2, sales_order_reference_number="RSO7") for _ in range(2))
    maintenance.rebuild()
    assert reported("")[0] == (1, 0)
    Return.objects.filter(pk=one.pk).update(sales_order_reference_number="RSO8")
    assert reported("")[0] == (0, 0)
    assert not DeadlineDay.objects.exists()


def test_days_are_counted_beforehand_but_not_today():
    completed(0)
    completed(3)
    completed(30)
    maintenance.rebuild()
    assert not outcomes.count_in_background()  # there is no deadline
    policy()
    while outcomes.count_in_background():
        pass
    rows = DeadlineDay.objects.filter(by=Dimension.ALL).order_by("-day").values_list("day", "met")
    days = [NOW.date() - timedelta(days=number) for number in range(1, 31)]
    assert list(rows) == [(day, int(day in (days[2], days[29]))) for day in days]
    completed(3)
    assert not outcomes.count_in_background()  # it would be forgotten when that is counted in
    assert maintenance.update_in_background()
    assert outcomes.count_in_background()


@pytest.mark.slow
def test_a_tag_that_moves_between_two_groups_of_policies_changes_them(admin):
    groups = [TagGroup.objects.create(name=name, color="gray", position=9) for name in "AB"]
    for group in groups:
        policy(f"No {group.name}", f"missing_group={group.name}", 1 if group.name == "A" else 99)
    tag = Tag.objects.create(name="mover", group=groups[0], slot=groups[0].slot)
    put_tag(completed(1, took=30), "mover")
    maintenance.rebuild()
    assert reported("") == listed("") == [(1, 0), (1, 0)]
    tag.group = groups[1]
    editing.save_tag(tag, admin)
    assert reported("") == listed("") == [(0, 1), (0, 1)]


@pytest.mark.slow
def test_another_tag_of_the_same_name_changes_them(admin):
    put_tag(completed(1, took=30), "books")
    policy("Fragile", "tag=fragile", 1)
    maintenance.rebuild()
    assert reported("") == listed("") == [(0, 0), (0, 0)]
    merge([find_tag("fragile")], find_tag("books"), admin)
    tag = find_tag("books")
    tag.name = "fragile"
    editing.save_tag(tag, admin)
    assert reported("") == listed("") == [(0, 1), (0, 1)]


@pytest.mark.slow
def test_a_policy_about_the_last_days_is_of_other_returns_tomorrow(monkeypatch):
    completed(2)
    policy("New", "created_from=-2d")
    maintenance.rebuild()
    assert reported("") == listed("") == [(1, 0), (1, 0)]
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(days=1))
    assert reported("") == listed("") == [(0, 0), (0, 0)]


def test_rules_that_change_meanwhile_are_not_mistaken_for_those_before(monkeypatch):
    rule = policy(amount=1)
    completed(1, took=30)
    maintenance.rebuild()
    fingerprint = outcomes.current_fingerprint(read_vocabulary(), NOW)
    DeadlinePolicy.objects.filter(pk=rule.pk).update(amount=99)
    outcomes.count_missing_days(SPANS[-1].first, SPANS[-1].last, read_vocabulary(), fingerprint)
    DeadlinePolicy.objects.filter(pk=rule.pk).update(amount=1)
    assert reported("") == listed("") == [(0, 1), (0, 1)]


def test_days_that_python_and_postgresql_know_otherwise_do_no_harm(monkeypatch):
    policy()
    completed(1)
    completed(3)
    maintenance.rebuild()
    assert reported("")[1] == (2, 0)
    DeadlineDay.objects.filter(day=NOW.date() - timedelta(days=1)).delete()
    monkeypatch.setattr(outcomes, "_completed_within", lambda _: Q())
    assert reported("")[1] == (2, 0)


@pytest.mark.slow
def test_the_command_finds_what_is_wrong_with_them(capsys):
    policy()
    completed(1)
    maintenance.rebuild()
    reported("")
    call_command("rebuild_summaries", "--check")
    JudgedKind.objects.update(missed=7)
    with pytest.raises(CommandError, match="differ from a recount"):
        call_command("rebuild_summaries", "--check")
    assert "deadlines: (datetime.date(2026, 11, 24), '', ''" in capsys.readouterr().out
    call_command("rebuild_summaries")
    assert reported("") == listed("")


def test_who_waits_does_not_wait_long_and_is_told(monkeypatch):
    completed(1)
    policy()
    maintenance.rebuild()
    monkeypatch.setattr(outcomes, "READER_TIME_LIMIT", 0)
    assert deadlines().empty == BEING_COUNTED
    monkeypatch.setattr(outcomes, "READER_TIME_LIMIT", 60)
    assert [stat.now.number for stat in deadlines().stats[1:]] == [1, 0]


def deadlines() -> Section:
    report = build_report("speed", Query.parse("period=7"), NOW)
    return next(section for section in report.sections if section.name == "deadlines")
