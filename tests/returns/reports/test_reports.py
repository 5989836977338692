"""The periods of reports, their pages, their files."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from io import BytesIO
from random import Random
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pghistory
import pytest
from django.utils import timezone

from returns.calendar.working_time import ONE_DAY
from returns.filters.query import Query
from returns.lists.saved_views import save_view
from returns.models import State
from returns.reports.figures import Figure, Table, share_figure, text_figure
from returns.reports.periods import PeriodError, Span, parse_period
from returns.reports.report import SUBJECTS, build_report
from tests.factories import make_return, put_tag
from tests.markup import flat
from tests.returns.reports.invented import scatter

pytestmark = pytest.mark.django_db
WEDNESDAY = datetime(2026, 11, 25, 12, tzinfo=UTC)


def period(query: str, now: datetime):
    return parse_period(Query.parse(query), now)


def test_what_was_completed_before_it_arrived_never_waited(vocabulary):
    now = timezone.now()
    make_return(
        state=State.COMPLETED,
        created_at=now - 5 * ONE_DAY,
        arrived_to_warehouse_at=now - 2 * ONE_DAY,
        completed_at=now - 4 * ONE_DAY,
    )
    table = build_report("flow", Query.parse("period=7"), now).table("flow")
    assert [row[4].number for row in table.rows] == [0] * 7
    assert sum(row[3].number for row in table.rows) == 1


def test_a_week_is_told_with_what_waited_at_its_end(vocabulary):
    make_return(state=State.ARRIVED, arrived_to_warehouse_at=WEDNESDAY - ONE_DAY)
    table = build_report("flow", Query.parse("period=90"), WEDNESDAY).table("flow")
    assert [row[4].number for row in table.rows][-2:] == [0, 1]


def test_since_when_the_oldest_of_the_scope_waits(vocabulary):
    oldest = WEDNESDAY - 5 * ONE_DAY
    for arrived in (oldest + timedelta(hours=1), oldest, WEDNESDAY - ONE_DAY):
        make_return(state=State.ARRIVED, cargo_carrier="DHL", arrived_to_warehouse_at=arrived)
    make_return(state=State.ARRIVED, arrived_to_warehouse_at=WEDNESDAY - 9 * ONE_DAY)
    waiting = build_report("flow", Query.parse("carrier=DHL"), WEDNESDAY).sections[0].stats[-1]
    assert (waiting.now.number, waiting.since) == (3, oldest)


def test_the_change_is_told_in_percent_of_before(vocabulary):
    now = timezone.now()
    for days in (1, 2, 3, 8):
        make_return(created_at=now - days * ONE_DAY)
    created, arrived, *_ = build_report("flow", Query.parse("period=7"), now).sections[0].stats
    assert (created.now.number, created.before.number, created.change) == (3, 1, "+200%")
    assert arrived.change == ""


# Periods


def test_a_period_ends_today_and_has_as_many_days_before_it():
    result = period("", WEDNESDAY)
    assert result.span == Span(date(2026, 10, 27), date(2026, 11, 25))
    assert result.before == Span(date(2026, 9, 27), date(2026, 10, 26))


def test_today_is_that_of_the_warehouse():
    late = datetime(2026, 11, 25, 22, tzinfo=UTC)  # past midnight in Istanbul
    assert period("period=7", late).span.last == date(2026, 11, 26)


@pytest.mark.parametrize(
    ("today", "first"), [((1, 1), (1, 1)), ((3, 31), (1, 1)), ((6, 1), (4, 1)), ((12, 31), (10, 1))]
)
def test_the_quarter_begins_with_its_first_month(today, first):
    result = period("period=quarter", datetime(2026, *today, 12, tzinfo=UTC))
    assert result.span == Span(date(2026, *first), date(2026, *today))


@pytest.mark.parametrize(
    ("choice", "days", "before", "label"),
    [
        ("yesterday", (24, 24), (23, 23), "the day before"),
        ("week", (23, 25), (16, 18), "on the same days last week"),
        ("last-week", (16, 22), (9, 15), "in the 7 days before"),
    ],
)
def test_periods_for_the_morning(choice, days, before, label):
    result = period(f"period={choice}", WEDNESDAY)
    span, earlier = (Span(*(date(2026, 11, day) for day in each)) for each in (days, before))
    assert (result.span, result.before, result.before_label) == (span, earlier, label)


def test_a_month_is_told_by_days():
    for first, unit, number in (("10-26", "day", 31), ("10-25", "week", 6)):
        result = period(f"from=2026-{first}&to=2026-11-25", WEDNESDAY)
        assert (result.unit, len(result.intervals())) == (unit, number)


def test_long_periods_are_told_by_weeks_from_monday():
    weeks = period("period=90", WEDNESDAY).intervals()
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
    ("query", "message"),
    [
        ("period=x", "there is no “x”"),
        ("from=2026-13-01", "“2026-13-01” is not a date"),
        ("from=2026-11-25&to=2026-11-24", "ends before it begins"),
        ("from=2000-01-01", "at most 1,098 days"),
        ("from=0001-01-01&to=0001-01-02", "between 1900 and 9000"),
        ("to=9999-12-31&from=9999-12-31", "between 1900 and 9000"),
    ],
)
def test_a_period_that_is_none_is_told(query, message):
    with pytest.raises(PeriodError, match=message):
        period(query, WEDNESDAY)


# The page


@pytest.mark.slow
def test_numbers_of_the_page_open_lists_with_as_many_returns(as_agent, vocabulary):
    scatter(Random(1), timezone.now(), 60)
    page = as_agent.get("/reports/?tag_none=books&period=7")
    table = flat(page).partition("<tbody>")[2].partition("</table>")[0]
    links = re.findall(r'<a href="([^"]+)">([\d,]+)</a>', table)
    assert len(links) == 7 * 4
    for address, number in links:
        shown = as_agent.get(unescape(address))
        assert shown.context["list"].total.number == int(number.replace(",", ""))


def test_scope_and_period_go_along(as_agent, vocabulary):
    days = "from=2026-11-01&to=2026-11-20"
    make_return(created_at=WEDNESDAY - 9 * ONE_DAY)
    page = as_agent.get(f"/reports/flow/?tag_none=books&{days}")
    report = page.context["report"]
    subjects = {choice.name: choice.address for choice in report.subjects}
    assert subjects["Speed"] == f"/reports/speed/?tag_none=books&{days}"
    assert report.periods[3].address == "/reports/flow/?tag_none=books&period=7"
    assert report.unfiltered_address == f"/reports/flow/?{days}"
    for ending in ("csv", "xlsx"):
        assert f'href="/reports/flow/flow.{ending}?tag_none=books&{days}"' in unescape(page.text)


def test_the_report_on_a_list_has_its_filters(as_agent, vocabulary):
    make_return(cargo_carrier="DHL", state=State.ARRIVED)
    dates = "created_from=-7d&arrived_to=today&open_at=today"
    page = as_agent.get(f"/returns/?carrier=DHL&{dates}&queue=to_inspect&sort=-arrived")
    (address,) = re.findall(r'id="report" href="([^"]+)"', page.text)
    assert address == "/reports/?carrier=DHL"


def test_the_report_on_a_list_of_a_rule_keeps_the_rule_and_refuses_it(as_agent, vocabulary):
    with pghistory.context(rule="Busy"):
        put_tag(make_return(), "books")
    page = as_agent.get("/returns/?rule=Busy&created_from=-7d")
    (address,) = re.findall(r'id="report" href="([^"]+)"', page.text)
    assert address == "/reports/?rule=Busy"
    assert "a report has its own period" in as_agent.get(address, follow=True).text


def test_each_part_says_where_its_days_begin(as_agent, vocabulary, settings):
    page = as_agent.get("/reports/speed/")
    number = len(page.context["report"].sections)
    assert page.text.count(f" Days in {settings.TIME_ZONE}.") == number > 1


def test_each_chart_has_a_name_and_each_of_its_points_says_its_number(as_agent, vocabulary):
    make_return()
    page = as_agent.get("/reports/?period=7")
    charts = re.findall(r'<svg viewBox="0 0 720.*?</svg>', flat(page))
    points = [point for chart in charts for point in re.findall(r"<a .*?</a>", chart)]
    assert len(points) == 7 * 4
    for chart in charts:
        assert re.search(r'role="group" aria-label="[^"]+ The table below', chart)
    for point in points:
        assert re.search(r'<a href="[^"]+" aria-label="(.+)">.*<title>\1</title>', point)


@pytest.mark.parametrize("subject", [*SUBJECTS])
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("stete=Completed", "stete: there is no such filter."),
        ("period=soon", "Period: there is no “soon”"),
        ("created_from=today", "Created from: a report has its own period"),
        ("queue=to_inspect", "Queue: a report has its own period"),
        ("from=x", "From: “x” is not a date"),
    ],
)
def test_an_address_that_is_not_understood_counts_nothing(
    as_agent, vocabulary, subject, query, message
):
    page = as_agent.get(f"/reports/{subject}/?{query}")
    assert message in page.text
    assert page.context["report"].sections == []


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        ("flow", ["No returns were created, arrived, completed or waiting", "none waiting"]),
        (
            "speed",
            ["No return completed in this period", "No returns are waiting"],
        ),
        ("why", ["No return created in this period has a tag from the group"]),
        ("changes", ["No returns were created in this period or the one before."]),
        ("what", ["No line items are known in this period."]),
        ("orders", ["No order has two or more returns"]),
        ("rules", ["No rule tagged a return in this period"]),
    ],
)
def test_a_report_of_nothing_says_so(as_agent, vocabulary, subject, message):
    page = as_agent.get(f"/reports/{subject}/?tag_none=books")
    assert page.status_code == 200
    for sentence in message:
        assert sentence in page.text
    assert '<svg viewBox="0 0 720' not in page.text


def test_what_a_list_says_beside_its_filters_is_no_scope(vocabulary):
    query = Query.parse("sort=-arrived&group=tag&after=x&tag=&reasons=Process&order=flow.1")
    report = build_report("flow", query, timezone.now())
    assert report.problems == []
    assert report.scope.urlencode() == ""


def test_there_is_no_other_report(as_agent):
    assert as_agent.get("/reports/nothing/").status_code == 404
    assert as_agent.get("/reports/nothing/flow.csv").status_code == 404


def test_a_saved_view_may_be_the_scope(as_agent, agent, vocabulary):
    save_view(agent, "Books of DHL", Query.parse("tag=books&carrier=DHL&sort=-arrived"))
    save_view(agent, "Today", Query.parse("arrived_from=today"))
    put_tag(make_return(cargo_carrier="DHL"), "books")
    make_return()
    page = as_agent.get("/reports/why/?period=90&state=Completed")
    (address,) = re.findall(r'<a href="([^"]+)"[^>]*>Books of DHL</a>', page.text)
    assert ">Today</a>" not in page.text
    there = as_agent.get(unescape(address))
    report = there.context["report"]
    assert report.period.choice == "90"
    assert report.scope.dict() == {"tag": "books", "carrier": "DHL"}
    assert report.sections[0].stats[0].now.number == 1
    assert re.search(r'aria-current="true">Books of DHL<', there.text)


def test_of_a_saved_view_what_a_report_has_itself_is_left_out_and_said(as_agent, agent, vocabulary):
    save_view(
        agent, "Old", Query.parse("queue=to_inspect&carrier=DHL&created_to=-9d&created_from=-30d")
    )
    page = as_agent.get("/reports/speed/?period=30")
    pattern = r'<a href="([^"]+)"[^>]*>Old \(without: dates, queue\)</a>'
    (address,) = re.findall(pattern, flat(page))
    report = as_agent.get(unescape(address)).context["report"]
    assert report.problems == []
    assert report.scope.dict() == {"carrier": "DHL"}


# Tables and files


@pytest.mark.slow
def test_a_table_is_sorted_by_its_columns(as_agent, vocabulary):
    for carrier, hours in (("Aras", 1), ("DHL", 50), ("UPS", 9)):
        arrived = timezone.now() - timedelta(days=3)
        times = {
            "arrived_to_warehouse_at": arrived,
            "completed_at": arrived + timedelta(hours=hours),
        }
        make_return(state=State.COMPLETED, cargo_carrier=carrier, **times)

    def carriers(order: str) -> list[str]:
        page = as_agent.get(f"/reports/speed/?{order}")
        table = page.context["report"].table("by-carrier")
        return [row[0].text for row in table.rows]

    page = as_agent.get("/reports/speed/")
    head = page.text.partition('id="table-by-carrier"')[2].partition("</thead>")[0]
    first, *_, last = (unescape(link) for link in re.findall(r'<a href="(\?[^"]+)#', head))
    assert carriers(first[1:]) == ["Aras", "DHL", "UPS"]
    assert carriers(last[1:]) == ["DHL", "UPS", "Aras"]
    again = as_agent.get(f"/reports/speed/{last}").text
    head = again.partition('id="table-by-carrier"')[2].partition("</thead>")[0]
    assert 'aria-sort="descending"' in head
    turned = unescape(re.findall(r'<a href="(\?[^"]+)#', head)[-1])
    assert carriers(turned[1:]) == ["Aras", "UPS", "DHL"]
    assert carriers("order=by-carrier.77") == carriers("order=x") == carriers("")


def test_what_is_without_a_number_stays_at_the_end():
    rows = [
        (text_figure("none"), share_figure(0, 0)),
        *((text_figure(n), Figure(int(n))) for n in "213"),
    ]
    table = Table("of", "Of", ("Name", "Share"), rows)
    for descending, names in ((False, ["1", "2", "3", "none"]), (True, ["3", "2", "1", "none"])):
        result = table.sorted_by(1, descending=descending).rows
        assert [row[0].text for row in result] == names


def test_a_table_as_csv_says_what_it_is_about_and_holds_no_formula(as_agent, vocabulary):
    arrived = timezone.now() - timedelta(days=1)
    times = {"arrived_to_warehouse_at": arrived, "completed_at": arrived + timedelta(minutes=90)}
    make_return(state=State.COMPLETED, cargo_carrier="=cmd()", **times)
    answer = as_agent.get("/reports/speed/by-carrier.csv?tag_none=books&period=7")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "report%20by-carrier%20none%20of%20books" in answer["Content-Disposition"]
    about, head, row = answer.content.decode("utf-8-sig").splitlines()
    assert about.startswith("Carrier,")
    assert about.endswith("none of books")
    assert head == "Carrier,Completed,P50,P90,P95"
    assert row == "'=cmd(),1,2,2,2"


def test_a_table_as_a_workbook_has_numbers_that_excel_counts_with(as_agent, vocabulary):
    make_return()
    answer = as_agent.get("/reports/flow/flow.xlsx?period=7")
    with ZipFile(BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert len(re.findall(r"<row ", sheet)) == 2 + 7
    assert re.search(r'<c r="B\d"><v>1</v></c>', sheet)


def test_a_table_as_a_workbook_holds_no_formula(as_agent, vocabulary):
    make_return(state=State.COMPLETED, cargo_carrier="=cmd()")
    answer = as_agent.get("/reports/speed/by-carrier.xlsx")
    with ZipFile(BytesIO(answer.content)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
        assert b"=cmd()" in book.read("xl/sharedStrings.xml")


@pytest.mark.parametrize("name", ["nothing.csv", "flow.pdf", "by-carrier.csv"])
def test_there_is_no_other_file(as_agent, vocabulary, name):
    assert as_agent.get(f"/reports/flow/{name}").status_code == 404
