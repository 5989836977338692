"""The report on contents: its numbers of items are those of the returns in its lists."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.models import Return, State
from returns.reports.contents import contents_head
from returns.reports.report import choose_source
from returns.reports.return_source import ReturnSource
from returns.reports.scope import Scope
from returns.reports.summary_source import SummarySource
from returns.summaries import maintenance
from tags.vocabulary import load_vocabulary as read_vocabulary
from tests.factories import make_carrier, make_return, put_tag
from tests.markup import flat
from tests.returns.reports.invented import MOMENTS, scatter
from tests.returns.reports.test_figures import figures, list_length, report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
WEDNESDAY = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAMAGED, MISSING, UNDAMAGED, WAITING = "Damaged", "Missing", "Undamaged", "WaitingToBeProcessed"
# Columns of its tables.
RETURNS, ITEMS, FIRST_SHARE = 1, 2, 7


def line(number: int, sku: str = "MUG", state: str = UNDAMAGED) -> list:
    return [f"L{number}", sku, "", state, "", None, None]


def arrive(*states: str, sku: str = "MUG", days: int = 0, **fields) -> Return:
    """Make a return that arrived some days ago, with an item in each of these states."""
    lines = [line(number, sku, state) for number, state in enumerate(states)]
    arrived = timezone.now() - timedelta(days=days)
    fields = {"line_items": lines, "arrived_to_warehouse_at": arrived} | fields
    return make_return(state=State.ARRIVED, **fields)


def tables(query: str) -> dict[str, list[list[str]]]:
    made = report("what", query)
    return {
        table.name: [[str(figure) for figure in row] for row in table.rows]
        for section in made.sections
        for table in section.tables
    }


def stats(query: str) -> dict[str, str]:
    return {stat.label: str(stat.now) for stat in report("what", query).sections[0].stats}


# Numbers of items


SCOPES = [
    *("", "carrier=DHL", "missing=tags", "tag=books&state=ArrivedToWarehouse"),
    *("item=Damaged&item=Missing", "sku=mug+1", "items=known&items_missing=1", "q=RSO2"),
]


def listed_items(address: str, sku: str = "") -> list[int]:
    """Count the items of the returns in a list: all, and those of each outcome."""
    query = Query.parse(address.partition("?")[2])
    lines = ReturnFilterSet(query, read_vocabulary()).qs.values_list("line_items", flat=True)
    states = Counter(
        line[3] for each in lines for line in each if not sku or plain(line[1]) == plain(sku)
    )
    return [states.total(), *(states[name] for name in (UNDAMAGED, DAMAGED, MISSING, WAITING))]


def plain(sku: str) -> str:
    return re.sub("[- ]", "", sku).upper()


@pytest.mark.slow
@pytest.mark.parametrize("has_summaries", [True, False], ids=["summaries", "returns"])
@pytest.mark.parametrize("scope", SCOPES)
def test_numbers_of_items_are_those_of_the_returns_in_the_list(at, scope, has_summaries):
    at(MOMENTS[2])
    scatter(Random(scope), MOMENTS[2], 80)
    if has_summaries:
        maintenance.rebuild()
    made = report("what", f"{scope}&period=30")
    number_of_rows = 0
    for section in made.sections:
        for table in section.tables:
            for row in table.rows:
                sku = row[0].text if table.name == "by-sku" else ""
                items = listed_items(row[RETURNS].address, sku)
                first = table.head.index("Items")
                cells = row[first : first + len(items)]
                assert [cell.number for cell in cells] == items, (table.name, row)
                number_of_rows += items[0] > 0
    assert number_of_rows > 4
    for figure in figures(made):
        if figure.address:
            assert figure.number == list_length(figure), figure
    arrived, known, items, *_ = (stat.now for stat in made.sections[0].stats)
    assert items.number == listed_items(known.address)[0]
    assert arrived.number >= known.number


@pytest.mark.slow
@pytest.mark.parametrize("scope", SCOPES)
def test_every_source_has_the_same_numbers(at, scope, monkeypatch):
    at(MOMENTS[2])
    scatter(Random(f"{scope} again"), MOMENTS[2], 80)
    maintenance.rebuild()
    from_summaries = list(figures(report("what", f"{scope}&period=90")))
    monkeypatch.setattr(maintenance, "summaries_exist", lambda: False)
    asked = Scope(Query.parse(scope), read_vocabulary())
    assert isinstance(choose_source(asked)[0], ReturnSource)
    assert list(figures(report("what", f"{scope}&period=90"))) == from_summaries


def test_items_of_returns_that_arrived_are_counted_by_outcome():
    arrive(UNDAMAGED, UNDAMAGED, DAMAGED, cargo_carrier="DHL")
    arrive(MISSING, DAMAGED, WAITING, cargo_carrier="DHL", sku="CUP")
    arrive(UNDAMAGED, days=8)
    arrive(line_items=None)  # not known
    arrive(line_items=[])  # known: there are none
    make_return(line_items=[line(1)])  # not arrived
    assert stats("period=7") == {
        "Arrived": "4",
        "With known line items": "3",
        "Items": "6",
        "Items per return": "2.00",
        "Share of damaged items": "33%",
        "Share of missing items": "17%",
        "Returns with damaged items": "2",
        "Returns with missing items": "1",
        "Returns with waiting items": "1",
    }
    assert tables("period=7")["by-carrier"] == [
        ["DHL", "2", "2", "1", "6", "2", "2", "1", "1", "33%", "17%"],
        ["none", "1", "0", "0", "0", "0", "0", "0", "0", "–", "–"],
    ]
    assert tables("period=7")["by-sku"] == [
        ["CUP", "1", "3", "0", "1", "1", "1", "33%", "33%"],
        ["MUG", "1", "3", "2", "1", "0", "0", "33%", "0.0%"],
    ]


def test_an_inspection_moves_its_item_at_once():
    record = arrive(WAITING, WAITING)
    maintenance.rebuild()
    assert tables("period=7")["by-sku"][0][ITEMS:FIRST_SHARE] == ["2", "0", "0", "0", "2"]
    Return.objects.update(line_items=[line(0), line(1, state=DAMAGED)])
    assert tables("period=7")["by-sku"][0][ITEMS:FIRST_SHARE] == ["2", "1", "1", "0", "0"]
    assert maintenance.find_differences() == []
    record.delete()
    assert report("what", "period=7").sections[0].empty


def test_weeks_are_told_beyond_a_month(at):
    at(WEDNESDAY)
    arrive(DAMAGED, UNDAMAGED, days=2)
    arrive(MISSING, days=3)
    assert len(tables("period=30")["items"]) == 30
    *_, last_week, this_week = tables("period=90")["items"]
    assert this_week[RETURNS:] == ["1", "2", "1", "1", "0", "0", "50%", "0.0%"]
    assert last_week[RETURNS:] == ["1", "1", "0", "0", "1", "0", "0.0%", "100%"]


# Products


@pytest.mark.parametrize("has_summaries", [True, False], ids=["summaries", "returns"])
def test_the_skus_with_the_most_items_are_told_as_they_are_written_last(has_summaries):
    for number in range(25):
        arrive(*[UNDAMAGED] * (1 + number % 5), sku=f"SKU-{number:02}")
    make_return(line_items=[line(1, "sku 24")])  # created later
    arrive(UNDAMAGED, sku="")
    if has_summaries:
        maintenance.rebuild()
    rows = tables("period=7")["by-sku"]
    assert [row[0] for row in rows[:6]] == [
        *("SKU-04", "SKU-09", "SKU-14", "SKU-19", "sku 24", "SKU-03")
    ]
    assert len(rows) == 20
    figure = next(row for row in report("what", "").table("by-sku").rows)[RETURNS]
    assert "&sku=SKU-04" in figure.address


def test_a_return_with_several_skus_counts_for_each_and_once_for_several_lines():
    lines = [line(1, "MUG"), line(2, "mug", DAMAGED), line(3, "CUP")]
    arrive(line_items=lines)
    for build in (lambda: None, maintenance.rebuild):
        build()
        rows = tables("period=7&state=ArrivedToWarehouse")["by-sku"]
        assert [row[:3] for row in rows] == [["MUG", "1", "2"], ["CUP", "1", "1"]]


def test_without_a_sku_there_are_no_products():
    arrive(DAMAGED, sku="")
    section = report("what", "").sections[2]
    assert section.empty == "No item that arrived in this period has a SKU."


def test_a_scope_whose_lists_cannot_be_narrowed_further_leaves_their_numbers_out():
    arrive(DAMAGED, UNDAMAGED)
    assert "by-sku" not in tables("sku=mug")
    by_item = report("what", "item=Damaged")
    assert not any("item=Missing" in figure.address for figure in figures(by_item))
    assert [row[:3] for row in tables("item=Damaged")["by-sku"]] == [["MUG", "1", "2"]]


def test_the_products_of_a_period_are_read_from_an_index():
    maintenance.rebuild()
    source = SummarySource(Scope(Query.parse(""), read_vocabulary()), 0, "")
    span = report("what", "period=90").period.span
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        connection.cursor() as cursor,
    ):
        source.top_skus(span, 20)
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        plan = "\n".join(text for (text,) in cursor.fetchall())
    assert re.search(r"returns_itemday_pkey.*\n.*Index Cond: .*by = 6.*day >= .*day <= ", plan)


def test_more_products_take_no_more_queries():
    numbers = []
    for products in (3, 20):
        for number in range(products):
            arrive(DAMAGED, sku=f"SKU-{number}", cargo_carrier=f"Carrier {number}")
        maintenance.rebuild()
        with CaptureQueriesContext(connection) as queries:
            assert len(tables("")["by-sku"]) == products
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


# Groups


def test_categories_are_the_tags_of_a_group():
    for tag in ("books", "urgent-refund"):
        put_tag(arrive(DAMAGED), tag)
    assert [row[0] for row in tables("")["categories"]] == ["books"]
    made = report("what", "against=Priority")
    assert [row[0].text for row in made.table("categories").rows] == ["urgent-refund"]
    assert made.table("categories").title == "Priority"
    chosen = [choice.name for choice in made.groups["Tag group"] if choice.is_chosen]
    assert chosen == ["Priority"]
    assert "categories" not in tables("against=Nothing")


# The page


def test_a_period_without_line_items_says_so():
    arrive(line_items=None)
    arrive(DAMAGED, days=9)
    (section,) = report("what", "period=7").sections
    assert section.empty == "No line items are known in this period."
    assert [str(stat.now) for stat in section.stats[:5]] == ["1", "0", "0", "–", "–"]
    assert str(section.stats[1].before) == "1"


def test_bars_stand_on_each_other_and_say_their_numbers(as_agent):
    arrive(UNDAMAGED, UNDAMAGED, UNDAMAGED, DAMAGED)
    page = flat(as_agent.get("/reports/what/?period=7"))
    points = re.findall(
        r'<g tabindex="0" role="img" aria-label="([^"]+)">\s*<rect x="([^"]+)" y="([^"]+)" '
        r'width="[^"]+" height="([^"]+)"/>\s*<title>\1</title>',
        page,
    )
    assert len(points) == 7 * 4
    today = [point for point in points if point[1] == points[6][1]]
    (undamaged, damaged, missing, _) = [
        (label.partition(": ")[2], float(y), float(height)) for label, _, y, height in today
    ]
    assert (undamaged[0], damaged[0], missing[0]) == ("3 undamaged", "1 damaged", "0 missing")
    assert damaged[1] + damaged[2] == pytest.approx(undamaged[1], abs=0.1)
    assert missing[1:] == pytest.approx((damaged[1], 0), abs=0.1)


def test_its_tables_are_files_too(as_agent):
    arrive(DAMAGED, UNDAMAGED, cargo_carrier="DHL")
    for name in ("items", "by-sku", "by-carrier", "by-channel"):
        answer = as_agent.get(f"/reports/what/{name}.csv?period=7")
        assert answer.status_code == 200, name
    rows = as_agent.get("/reports/what/by-sku.csv?period=7").content.decode("utf-8-sig")
    assert rows.splitlines()[1:] == [
        ",".join(contents_head("SKU")),
        "MUG,1,2,1,1,0,0,50.0,0.0",
    ]


def test_the_report_is_reached_from_the_others(as_agent):
    page = flat(as_agent.get("/reports/?carrier=DHL&period=7"))
    assert re.search(r'<a href="/reports/what/\?carrier=DHL&amp;period=7"[^>]*>Contents</a>', page)


@pytest.mark.parametrize("has_summaries", [False, True])
@pytest.mark.parametrize("query", ["", "carrier=Yurti%C3%A7i", "source=WMS"])
def test_the_spellings_of_a_carrier_are_one_row(query, has_summaries):
    make_carrier("Yurtiçi Kargo", "Yurtiçi")
    arrive(DAMAGED, cargo_carrier="YURTICI")
    arrive(UNDAMAGED, MISSING, cargo_carrier="Yurtiçi")
    if has_summaries:
        maintenance.rebuild()
    (row,) = report("what", query).table("by-carrier").rows
    assert [str(figure) for figure in row[:2]] == ["Yurtiçi Kargo", "2"]
    assert "3" in [str(figure) for figure in row]
