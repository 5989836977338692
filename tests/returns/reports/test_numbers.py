"""What the numbers of reports count: times, ages, deadlines, orders, rules, tags."""

from datetime import UTC, datetime, timedelta
from random import Random

import pghistory
import pytest
from django.db import connection
from django.db.models import Exists, Value
from django.utils import timezone

from returns.deadlines import editing
from returns.filters.query import Query
from returns.models import DeadlinePolicy, Return, ReturnTag, State, TagRule
from returns.querysets import ReturnQuerySet
from returns.reports.figures import TOO_MANY, Figure, Stat, share_figure
from returns.reports.scope import Scope
from returns.reports.speed import PERCENTS
from returns.summaries import maintenance
from returns.summaries.durations import BUCKET_EDGES
from tags.models import TagGroup
from tags.vocabulary import load_vocabulary as read_vocabulary
from tests.factories import make_return, put_tag
from tests.returns.reports.invented import MOMENTS, scatter
from tests.returns.reports.test_figures import list_length, report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


# Percentiles


@pytest.mark.parametrize("scope", ["", "carrier=DHL", "tag_none=fragile"])
def test_percentiles_are_those_of_postgresql(at, scope):
    at(MOMENTS[2])
    scatter(Random(7), MOMENTS[2], 150)
    maintenance.rebuild()
    stats = report("speed", f"{scope}&period=30").sections[0].stats
    span = report("speed", "period=30").period.span
    queryset = Scope(Query.parse(scope), read_vocabulary()).queryset
    ids = list(queryset.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        for stat, percent in zip(stats, PERCENTS, strict=False):
            cursor.execute(
                "SELECT percentile_disc(%s) WITHIN GROUP "
                "(ORDER BY completed_at - arrived_to_warehouse_at) FROM returns_return "
                "WHERE id = ANY(%s) AND completed_at >= arrived_to_warehouse_at "
                "AND completed_at >= %s AND completed_at < %s",
                [percent / 100, ids, span.begins, span.ends],
            )
            (exact,) = cursor.fetchone()
            above = [hours for hours in BUCKET_EDGES if timedelta(hours=hours) > exact]
            assert stat.now.value == (above[0] if above else BUCKET_EDGES[-1]), percent


def test_a_percentile_says_how_many_were_as_quick():
    arrived = timezone.now() - timedelta(days=2)
    for minutes in range(10):
        done = arrived + timedelta(hours=minutes, minutes=30)
        times = {"arrived_to_warehouse_at": arrived, "completed_at": done}
        make_return(state=State.COMPLETED, **times)
    stat = report("speed", "period=7").sections[0].stats[1]
    assert (stat.label, str(stat.now), stat.now.number) == ("P90", "9 h", 9)
    assert stat.now.title == "9 of 10 took less than 9 hours"
    assert list_length(stat.now) == 9


def test_the_longest_times_have_no_end():
    arrived = timezone.now() - timedelta(days=200)
    times = {"arrived_to_warehouse_at": arrived, "completed_at": timezone.now()}
    make_return(state=State.COMPLETED, **times)
    stat = report("speed", "period=7").sections[0].stats[0]
    assert str(stat.now) == "90 d or more"
    assert stat.now.title == "1 of 1 took at least 2,160 hours"


def test_times_that_nobody_knows_are_left_out_and_counted():
    arrived = timezone.now() - timedelta(days=1)
    for hours in (2, -2, None):
        at = None if hours is None else arrived
        times = {
            "arrived_to_warehouse_at": at,
            "completed_at": arrived + timedelta(hours=hours or 0),
        }
        make_return(state=State.COMPLETED, **times)
    stats = {stat.label: stat.now for stat in report("speed", "period=7").sections[0].stats}
    assert str(stats["P95"]) == "3 h"
    assert stats["Processing time known"].number == 1
    assert (
        stats["Processing time unknown"].number
        == list_length(stats["Processing time unknown"])
        == 2
    )


def test_weekdays_are_those_of_arrival_from_monday_on(at):
    at(MOMENTS[2])
    for day in (20, 23, 24):
        arrived = datetime(2026, 11, day, 12, tzinfo=UTC)
        times = {
            "arrived_to_warehouse_at": arrived,
            "completed_at": arrived + timedelta(days=1),
        }
        make_return(state=State.COMPLETED, **times)
    rows = report("speed", "period=7").table("by-weekday").rows
    assert [row[0].text for row in rows] == ["Monday", "Tuesday", "Friday"]


def test_what_waits_is_counted_at_one_age_alone(at):
    at(MOMENTS[2])
    for days in (0, 1, 2, 3, 6, 7, 13, 14, 29, 30, 400):
        arrived = timezone.now() - timedelta(days=days)
        make_return(state=State.ARRIVED, arrived_to_warehouse_at=arrived)
    rows = report("speed", "period=7").table("ages").rows
    assert [row[1].number for row in rows] == [1, 1, 1, 2, 2, 2, 2]


# Deadlines


def deadline_section(query: str):
    sections = report("speed", query).sections
    return next(section for section in sections if section.name == "deadlines")


def test_without_deadlines_the_report_says_so():
    section = deadline_section("")
    assert "Warehouse managers create them" in section.empty


def test_the_share_within_the_deadline():
    editing.save_policy(DeadlinePolicy(name="All", parameters={}, amount=2, unit="hours"))
    for hours, days in ((1, 1), (1, 1), (1, 1), (3, 1), (3, 8)):
        arrived = timezone.now() - timedelta(days=days, hours=hours)
        done = arrived + timedelta(hours=hours)
        times = {"arrived_to_warehouse_at": arrived, "completed_at": done}
        make_return(state=State.COMPLETED, **times)
    section = deadline_section("period=7")
    assert [str(stat.now) for stat in section.stats] == ["75%", "3", "1"]
    assert [str(stat.before) for stat in section.stats] == ["0.0%", "0", "1"]


SLOW = "pg_sleep(1) IS NOT NULL"


def test_deadlines_that_take_too_long_are_left_out(monkeypatch):
    editing.save_policy(DeadlinePolicy(name="All", parameters={}, amount=2, unit="hours"))
    make_return(state=State.COMPLETED)
    monkeypatch.setattr("returns.reports.return_source.OUTCOMES_TIME_LIMIT", 1)
    monkeypatch.setattr(
        "returns.reports.return_source.met_expression",
        lambda *_: (Exists(Return.objects.extra(where=[SLOW])), Value(value=True)),
    )
    section = deadline_section("")
    assert section.empty == TOO_MANY


def test_a_scope_by_deadline_has_no_share_of_its_own():
    assert "deadlines" not in [p.name for p in report("speed", "deadline=late").sections]


# Orders


def test_orders_are_named_that_came_back_in_parts_the_most_returns_first():
    for order in ("RSO-1", "RSO2", "rso 2", "RSO3", "RSO3", "RSO3", "", ""):
        make_return(sales_order_reference_number=order)
    for days in (100, 101):
        created = timezone.now() - timedelta(days=days)
        make_return(sales_order_reference_number="RSO-1", created_at=created)
    rows = [[str(figure) for figure in row] for row in report("orders", "").table("orders").rows]
    assert rows == [["RSO3", "3"], ["rso 2", "2"]]


def test_orders_that_take_too_long_are_left_out(monkeypatch):
    make_return()
    monkeypatch.setattr("returns.reports.orders.ORDERS_TIME_LIMIT", 1)
    monkeypatch.setattr(ReturnQuerySet, "created", lambda rows, *_: rows.extra(where=[SLOW]))
    assert [section.empty for section in report("orders", "").sections] == [TOO_MANY]


# Rules, tags


def test_rules_are_told_by_what_they_tagged_and_what_was_undone(admin):
    TagRule.objects.create(name="Idle", moment="created")
    one, other = make_return(), make_return()
    with pghistory.context(rule="Busy"):
        put_tag(one, "books")
        put_tag(other, "books")
        put_tag(other, "fragile")
    with pghistory.context(user=admin.pk):
        ReturnTag.objects.filter(entity=one).delete()
    table = report("rules", "").table("rules")
    rows = {row[0].text: [str(figure) for figure in row[1:4]] for row in table.rows}
    assert rows["Busy"] == ["2", "1", "50%"]
    assert rows["Idle"] == ["0", "0", "–"]


def test_reasons_come_with_their_shares_the_most_frequent_first():
    for tags in (["damaged"], ["damaged", "wrong-size"], ["wrong-size", "damaged"], []):
        record = make_return()
        for tag in tags:
            put_tag(record, tag)
    made = report("why", "period=7")
    rows = [[str(figure) for figure in row] for row in made.table("reasons").rows]
    assert rows == [["damaged", "3", "75%", "60%", "0"], ["wrong-size", "2", "50%", "100%", "0"]]
    assert [str(stat.now) for stat in made.sections[0].stats] == ["4", "1", "25%"]


def test_another_group_may_be_the_reason_and_an_unknown_one_has_none():
    put_tag(make_return(), "books")
    made = report("why", "reasons=Product+category&against=Priority")
    assert [row[0].text for row in made.table("reasons").rows] == ["books"]
    assert [choice.name for choice in made.groups["Rows"] if choice.is_chosen] == [
        "Product category"
    ]
    assert report("why", "reasons=Nothing").table("reasons") is None


def test_two_tags_of_a_return_stand_in_their_row_and_column_the_darker_the_more():
    for tags in (["damaged", "books"], ["damaged", "books"], ["wrong-size", "fragile"]):
        record = make_return()
        for tag in tags:
            put_tag(record, tag)
    table = report("why", "").table("together")
    cells = {
        (row[0].text, head): (figure.number, figure.shade)
        for row in table.rows
        for head, figure in zip(table.head[1:], row[1:], strict=True)
    }
    assert cells["damaged", "books"] == (2, 5)
    assert cells["wrong-size", "fragile"] == (1, 3)
    assert cells["damaged", "fragile"] == (0, 0)


def test_either_of_two_groups_may_stand_in_the_rows():
    record = make_return()
    for tag in ("damaged", "books"):
        put_tag(record, tag)
    for groups in (
        "Return+reason&against=Product+category",
        "Product+category&against=Return+reason",
    ):
        ((heading, cell),) = report("why", f"reasons={groups}").table("together").rows
        assert (cell.number, list_length(cell)) == (1, 1), heading


def test_the_lines_of_a_trend_are_the_most_frequent_tags():
    names = [chip.name for chip in read_vocabulary().values() if chip.group == "Return reason"][:6]
    for tags in (names, names[1:]):
        record = make_return()
        for tag in tags:
            put_tag(record, tag)
    _, trend = report("why", "").sections[0].charts
    assert {series.name for series in trend.series} == {*names[1:]}


def test_tags_move_by_as_much_as_they_changed_in_either_direction():
    now, before = timezone.now(), timezone.now() - timedelta(days=8)
    for created, tag, number in (
        (before, "books", 3),
        (now, "books", 1),
        (before, "fragile", 1),
        (now, "fragile", 2),
        (now, "damaged", 1),
    ):
        for _ in range(number):
            put_tag(make_return(created_at=created), tag)
    rows = report("why", "period=7").table("moves").rows
    moves = {row[0].text: [str(figure) for figure in row[2:]] for row in rows}
    assert next(iter(moves)) == "books"
    assert moves == {
        "books": ["1", "3", "-2", "-67%"],
        "fragile": ["2", "1", "+1", "+100%"],
        "damaged": ["1", "0", "+1", "new"],
    }


def test_when_the_usual_groups_are_gone_the_first_others_are_shown():
    TagGroup.objects.filter(name="Return reason").update(name="Why it came")
    put_tag(make_return(), "damaged")
    made = report("why", "")
    first = TagGroup.objects.order_by("position", "name").first().name
    assert made.sections[0].title == first
    assert [choice.name for choice in made.groups["Rows"] if choice.is_chosen] == [first]


# Changes


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (Figure(6), Figure(4), "+50%"),
        (Figure(6), Figure(0), ""),
        (Figure(0), Figure(4), "-100%"),
        (Figure(0, text="–", value=""), Figure(4, text="4 h", value=4), ""),
        (Figure(4, text="4 h", value=4), Figure(0, text="–", value=""), ""),
        (share_figure(96, 100), share_figure(94, 100), "+2.0 points"),
        (share_figure(0, 0), share_figure(94, 100), ""),
    ],
)
def test_a_change_is_told_where_both_are_numbers(now, before, text):
    assert Stat("", "", now, before).change == text


def test_what_arrives_by_a_clock_ahead_is_of_today():
    ahead = timezone.now() + timedelta(days=2)
    make_return(state=State.ARRIVED, arrived_to_warehouse_at=ahead)
    row = report("speed", "").table("ages").rows[0]
    assert [str(figure) for figure in row] == ["today", "1"]
    assert list_length(row[1]) == 1


# Changes


def test_changes_are_told_by_channel_carrier_and_tag_the_largest_first(at):
    wednesday = datetime(2026, 11, 25, 12, tzinfo=UTC)
    at(wednesday)
    last_week = wednesday - timedelta(days=7)
    made = [
        *(("Trendyol", "DHL", wednesday) for _ in range(2)),
        *(("Trendyol", "UPS", last_week) for _ in range(3)),
        *(("Shop", "DHL", wednesday) for _ in range(4)),
        ("", "", last_week),
        ("Shop", "UPS", wednesday - timedelta(days=5)),  # in neither period
    ]
    for channel, carrier, created in made:
        record = make_return(sales_order_channel=channel, cargo_carrier=carrier, created_at=created)
        put_tag(record, "wrong-size" if channel == "Shop" else "damaged")
    maintenance.rebuild()
    for scope in ("", "state=ReturnCreated", "tag_none=books"):
        told = report("changes", f"period=week&{scope}")
        tables = {table.name: table for section in told.sections for table in section.tables}
        rows = {
            name: [[str(figure) for figure in row] for row in table.rows]
            for name, table in tables.items()
        }
        assert rows["by-channel"] == [
            ["Shop", "4", "0", "+4", "new"],
            ["Trendyol", "2", "3", "-1", "-33%"],
            ["none", "0", "1", "-1", "-100%"],
        ]
        assert [row[:3] for row in rows["by-carrier"]] == [
            ["DHL", "6", "0"],
            ["UPS", "0", "3"],
            ["none", "0", "1"],
        ]
        assert [row[:3] for row in rows["by-tag"]] == [
            ["wrong-size", "4", "0"],
            ["damaged", "2", "4"],
        ]
    other = report("changes", "period=week&reasons=Priority")
    assert other.sections[3].title == "Priority"
    assert other.sections[3].empty


def test_returns_are_due_on_the_next_working_days(at):
    friday = datetime(2026, 11, 27, 12, tzinfo=UTC)
    at(friday)
    assert report("changes", "").sections[0].empty.startswith("There are no deadlines yet.")
    for name, amount, unit in (("Hours", 48, "hours"), ("Days", 2, "business_days")):
        parameters = {"notes": ["now"]} if name == "Hours" else {}
        editing.save_policy(
            DeadlinePolicy(name=name, parameters=parameters, amount=amount, unit=unit)
        )
    for notes, days in (("now", 0), ("now", 1), ("", 0), ("", 1), ("", 1), ("", 9)):
        arrived = friday - timedelta(days=days)
        make_return(state=State.ARRIVED, notes=notes, arrived_to_warehouse_at=arrived)
    maintenance.rebuild()
    section = report("changes", "").sections[0]
    rows = [[str(figure) for figure in row] for row in section.tables[0].rows]
    # 48 hours from Thursday and Friday end on Saturday and Sunday.
    assert rows[:3] == [["Fri 27 Nov", "0"], ["Mon 30 Nov", "4"], ["Tue 1 Dec", "1"]]
    assert len(rows) == 7
    assert section.stats[0].now.number == 1
    for row in section.tables[0].rows:
        assert list_length(row[1]) == row[1].number
