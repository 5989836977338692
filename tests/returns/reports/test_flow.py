"""Every number of the flow is that of the list that it opens."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils import timezone

from returns.filtersets import ReturnFilterSet
from returns.models import State
from returns.reports.flow import Figure, flow_of
from returns.reports.periods import ONE, PeriodError, Span, period_of
from returns.reports.report import report_of
from tags.vocabulary import vocabulary as words
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db


def period(query: str, now: datetime):
    return period_of(QueryDict(query), now)


def counted(figure: Figure) -> int:
    filterset = ReturnFilterSet(QueryDict(figure.address.partition("?")[2]), words())
    assert filterset.problems() == []
    return filterset.qs.count()


def figures(flow) -> list[Figure]:
    of_totals = [figure for total in flow.totals for figure in (total.now, total.before)]
    of_buckets = [
        figure for each in flow.buckets for figure in (each.created, each.arrived, each.completed)
    ]
    return [*of_totals, *of_buckets, *(each.backlog for each in flow.buckets), flow.waiting]


def scatter(chance: Random, around: datetime, count: int) -> None:
    """Make returns whose times lie around a moment, often at the very edges of days."""
    zone = timezone.get_default_timezone()
    for _ in range(count):
        day = (around + timedelta(days=chance.randrange(-40, 3))).astimezone(zone).date()
        edge = datetime.combine(day, datetime.min.time(), tzinfo=zone)
        near = timedelta(microseconds=chance.choice([-1, 0, 1]))
        times = [
            edge + chance.choice([near, timedelta(hours=chance.randrange(48))]) for _ in range(3)
        ]
        state = chance.choice(State.values)
        fields = {"arrived_to_warehouse_at": times[1], "completed_at": times[2]}
        if state == State.CREATED:
            fields = {}
        elif state == State.ARRIVED:
            del fields["completed_at"]
        elif chance.random() < 0.2:
            fields["arrived_to_warehouse_at"] = None
        record = make_return(state=state, created_at=times[0], **fields)
        if chance.random() < 0.5:
            put_tag(record, chance.choice(["books", "fragile"]))


# Just after clocks went forward, and back, in Berlin.
MOMENTS = [
    datetime(2026, 4, 1, 10, tzinfo=UTC),
    datetime(2026, 10, 27, 22, 30, tzinfo=UTC),
    datetime(2026, 11, 25, 23, 59, tzinfo=UTC),
]


@pytest.mark.parametrize(
    ("zone", "now"),
    list(zip(["Europe/Berlin", "America/Los_Angeles", "Europe/Istanbul"], MOMENTS, strict=True)),
)
def test_every_figure_equals_its_list(vocabulary, settings, zone, now):
    settings.TIME_ZONE = zone
    chance = Random(f"{zone} {now}")
    scatter(chance, now, 150)
    for scope in ("", "tag=books", "state=Completed&state=ArrivedToWarehouse", "tag_none=fragile"):
        for chosen in ("7", "30", "90"):
            flow = flow_of(QueryDict(scope), words(), period(f"period={chosen}", now))
            for figure in figures(flow):
                assert figure.number == counted(figure), (scope, chosen, figure.address)


def test_what_was_completed_before_it_arrived_never_waited():
    now = timezone.now()
    make_return(
        state=State.COMPLETED,
        created_at=now - 5 * ONE,
        arrived_to_warehouse_at=now - 2 * ONE,
        completed_at=now - 4 * ONE,
    )
    flow = flow_of(QueryDict(""), words(), period("period=7", now))
    assert [each.backlog.number for each in flow.buckets] == [0] * 7
    assert sum(each.completed.number for each in flow.buckets) == 1


def test_the_change_is_told_in_percent_of_before():
    now = timezone.now()
    for days in (1, 2, 3, 8):
        make_return(created_at=now - days * ONE)
    created, arrived, _ = flow_of(QueryDict(""), words(), period("period=7", now)).totals
    assert (created.now.number, created.before.number, created.change) == (3, 1, 200)
    assert arrived.change is None


# Periods

WEDNESDAY = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_a_period_ends_today_and_has_as_many_days_before_it():
    found = period("", WEDNESDAY)
    assert found.span == Span(date(2026, 10, 27), date(2026, 11, 25))
    assert found.before == Span(date(2026, 9, 27), date(2026, 10, 26))


def test_today_is_that_of_the_warehouse():
    late = datetime(2026, 11, 25, 22, tzinfo=UTC)  # past midnight in Istanbul
    assert period("period=7", late).span.last == date(2026, 11, 26)


def test_the_quarter_begins_with_its_first_month():
    assert period("period=quarter", WEDNESDAY).span.first == date(2026, 10, 1)


def test_long_periods_are_told_by_weeks_from_monday():
    weeks = period("period=90", WEDNESDAY).buckets()
    assert all(week.first.weekday() == 0 for week in weeks[1:])
    assert all(week.last.weekday() == 6 for week in weeks[:-1])
    assert weeks[-1].last == date(2026, 11, 25)
    assert sum(week.days for week in weeks) == 90


def test_days_of_a_change_of_clocks_are_as_long_as_they_are(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    span = Span(date(2026, 3, 29), date(2026, 3, 29))
    assert span.ends.astimezone(UTC) - span.begins.astimezone(UTC) == timedelta(hours=23)
    assert span.begins.tzinfo == ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("period=x", "there is no “x”"),
        ("from=2026-13-01", "“2026-13-01” is no day"),
        ("from=2026-11-25&to=2026-11-24", "ends before it begins"),
        ("from=2000-01-01", "at most 1,098 days"),
        ("from=0001-01-01&to=0001-01-02", "between 1900 and 9000"),
        ("to=9999-12-31&from=9999-12-31", "between 1900 and 9000"),
    ],
)
def test_a_period_that_is_none_is_told(query, words):
    with pytest.raises(PeriodError, match=words):
        period(query, WEDNESDAY)


# The page


def test_numbers_of_the_page_open_lists_with_as_many_returns(as_agent, vocabulary):
    scatter(Random(1), timezone.now(), 60)
    page = as_agent.get("/reports/?tag_none=books&period=7")
    table = page.text.partition('class="figures"')[2].partition("</table>")[0]
    links = re.findall(r'<a href="([^"]+)">([\d,]+)</a>', table)
    assert len(links) == 7 * 4
    for address, number in links:
        shown = as_agent.get(unescape(address))
        assert shown.context["list"].total.number == int(number.replace(",", ""))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("stete=Completed", "stete: there is no such filter."),
        ("period=soon", "Period: there is no “soon”"),
        ("created_from=today", "Created from: a report has a period of its own"),
        ("queue=to_inspect", "Queue: a report has a period of its own"),
        ("from=x", "From: “x” is no day"),
    ],
)
def test_an_address_that_is_not_understood_counts_nothing(as_agent, vocabulary, query, words):
    page = as_agent.get(f"/reports/?{query}")
    assert words in page.text
    assert page.context["report"].flow is None


def test_a_report_of_nothing_has_no_number_but_zero(as_agent, vocabulary):
    page = as_agent.get("/reports/?tag_none=books")
    assert page.status_code == 200
    assert "nothing waits" in page.text
    assert {figure.number for figure in figures(page.context["report"].flow)} == {0}


def test_what_a_list_says_beside_its_filters_is_no_scope():
    report = report_of(QueryDict("sort=-arrived&group=tag&after=x&tag="), timezone.now())
    assert report.problems == []
    assert report.scope.urlencode() == ""
