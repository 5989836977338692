"""Queries by the API's own parameters and by the filters of the pages, combined."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as project
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from returns.api.errors import InvalidRequest
from returns.api.parameters import FILTER_PARAMETERS, PARAMETERS
from returns.api.query import run_query
from returns.filters.filterset import ReturnFilterSet
from returns.models import Return, State
from tests.factories import make_return, make_tag, put_tag
from tests.returns.api import naive
from tests.trials import tried_on

some = tried_on(60)
NOW = datetime(2026, 4, 1, tzinfo=UTC)


def page(query: str):
    return run_query(QueryDict(query), now=NOW)


def references(query: str) -> list[str]:
    return [record.return_reference_number for record in page(query).returns]


def errors(query: str) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as refused:
        page(query)
    return {detail.property: detail.message for detail in refused.value.details}


# Dates


def day_of(moment: datetime):
    return moment.astimezone(ZoneInfo(project.TIME_ZONE)).date()


days = st.sampled_from(naive.MOMENTS).map(lambda moment: day_of(moment).isoformat())
times = naive.moments.map(datetime.isoformat)
comparisons = st.sampled_from(["gte:", "gt:", "lte:", "lt:", "eq:", ""])
bounds = st.tuples(st.sampled_from(list(naive.TIMES)), comparisons, days | times)


def within(row: Return, bound: tuple[str, str, str]) -> bool:
    name, comparison, text = bound
    held = getattr(row, naive.TIMES[name])
    if held is None:
        return False
    is_day = "T" not in text
    one, other = (day_of(held).isoformat(), text) if is_day else (held, naive._time(text))
    return {
        "gte:": one >= other,
        "gt:": one > other,
        "lte:": one <= other,
        "lt:": one < other,
    }.get(comparison, one == other)


@pytest.mark.slow
@some
@given(rows=naive.rows, given_bounds=st.lists(bounds, min_size=1, max_size=2))
def test_dates_with_operators_give_what_plain_python_gives(db, rows, given_bounds):
    expected = [row for row in rows if all(within(row, bound) for bound in given_bounds)]
    with transaction.atomic():
        Return.objects.bulk_create(rows)
        params = [(name, comparison + text) for name, comparison, text in given_bounds]
        actual = references(urlencode(params))
        transaction.set_rollback(True)
    assert actual == [row.return_reference_number for row in naive.in_order(expected, [])]


def test_a_day_is_one_of_the_desks_own_zone(db):
    make_return("late on the 28th in Istanbul", created_at=naive.MOMENTS[0])
    make_return("the 29th", created_at=naive.MOMENTS[2])
    assert references("createdAt=eq:2026-03-28") == ["late on the 28th in Istanbul"]
    assert references("createdAt=gt:2026-03-28") == ["the 29th"]


@pytest.mark.parametrize("moment", [naive.MOMENTS[2].isoformat(), "2026-03-29"])
@pytest.mark.parametrize(
    ("comparison", "expected"),
    [("gte", "BC"), ("gt", "C"), ("lte", "AB"), ("lt", "A"), ("eq", "B"), ("GTE", "BC")],
)
def test_a_date_means_the_whole_day(db, comparison, expected, moment):
    for name, days in zip("ABC", (-1, 0, 1), strict=True):
        make_return(name, updated_at=naive.MOMENTS[2] + timedelta(days=days))
    assert set(references(urlencode({"updatedAt": f"{comparison}:{moment}"}))) == set(expected)


def test_a_plus_sign_may_have_become_a_space(db):
    make_return("A", created_at=naive.MOMENTS[2])
    assert references("createdAt=gte:2026-03-29T00:00:00+03:00") == ["A"]
    assert references("createdAt=lt:2026-03-29T00:00:00+03:00") == []


# Equality


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("returnReferenceNumber", "return_reference_number"),
        ("salesOrderReferenceNumber", "sales_order_reference_number"),
        ("trackingId", "tracking_id"),
        ("cargoCarrier", "cargo_carrier"),
        ("salesOrderChannel", "sales_order_channel"),
        ("source", "source"),
    ],
)
def test_a_text_is_asked_for_exactly(db, name, column):
    wanted = make_return(**{column: "Ab-1"}).return_reference_number
    for other in ("AB-1", "Ab1"):
        make_return(**{column: other})
    assert references(urlencode({name.upper(): "Ab-1"})) == [wanted]
    assert references(urlencode({name: "Ab-2"})) == []


def test_a_text_without_letters_and_digits_of_ascii_is_found_too(db):
    make_return("A", tracking_id="я-ж")
    assert references(urlencode({"trackingId": "я-ж"})) == ["A"]
    assert references(urlencode({"dqb": "o=eq&p=trackingId&v=Я-Ж"})) == ["A"]


def test_repeated_texts_and_states_are_any_of_them(db):
    make_return("A", state=State.COMPLETED)
    make_return("B")
    make_return("C", state=State.ARRIVED)
    three = urlencode([("returnReferenceNumber", name) for name in "ABD"])
    assert set(references(three)) == {"A", "B"}
    assert set(references("state=Completed&state=ArrivedToWarehouse")) == {"A", "C"}


def test_all_parameters_apply_together(db, vocabulary):
    for number in range(4):
        record = make_return(f"R{number}", tracking_id="777", notes="Broken" if number else "")
        if number > 1:
            put_tag(record, "books")
    make_return("R9", notes="broken")
    dqb = urlencode({"dqb": "o=cts&p=notes&v=BROK&s=returnReferenceNumber,desc"})
    assert references(f"{dqb}&tag=books&trackingId=777&q=777") == ["R3", "R2"]
    assert page(f"{dqb}&tag=books&count=1").data_set_count == 2


# Order, pages and counts


def test_the_newest_come_first_and_the_key_decides_between_equals(db):
    for name in "ABC":
        make_return(name, created_at=NOW - timedelta(days=name == "A"))
    assert references("") == ["C", "B", "A"]
    assert references("sort=created") == ["A", "B", "C"]
    assert references("offset=1&count=1") == ["B"]
    assert references("offset=5") == []


@pytest.mark.parametrize("sort", ["arrived", "-arrived", "completed", "-completed"])
def test_a_sort_of_pages_puts_what_lacks_the_time_last(db, sort):
    make_return("A")
    make_return("B", state=State.COMPLETED)
    assert references(f"sort={sort}") == ["B", "A"]


def test_a_search_that_was_cut_short_has_no_count(db, monkeypatch):
    monkeypatch.setattr("returns.search.finding.MAX_MATCHES", 1)
    make_return(tracking_id="88880001")
    make_return(tracking_id="88880002")
    assert page("q=88880").data_set_count is None


def test_tags_are_read_with_the_page_where_they_are_asked_for(db):
    put_tag(make_return("A"), "books")
    (record,) = run_query(QueryDict(), now=NOW, with_tag_ids=True).returns
    assert record.tag_ids == [make_tag("books").pk]


def test_the_number_of_queries_does_not_grow_with_the_rows(db):
    counts = []
    for _ in range(2):
        for _ in range(3):
            put_tag(make_return(), "books")
        with CaptureQueriesContext(connection) as queries:
            run_query(QueryDict("tag=books&sort=-updated"), now=timezone.now(), with_tag_ids=True)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Errors


@pytest.mark.parametrize(
    ("query", "name", "message"),
    [
        ("stete=Completed", "stete", "Did you mean state?"),
        ("trackingid2=1", "trackingid2", "Did you mean trackingId?"),
        ("after=x", "after", "Use cursor, or offset and count"),
        ("group=tag", "group", "only for pages on screen"),
        ("state=Complete", "state", "Did you mean Completed?"),
        ("state=", "state", "no state"),
        ("trackingId=", "trackingId", "is empty"),
        ("trackingId=%00", "trackingId", "texts cannot hold"),
        ("createdAt=soon", "createdAt", "is not a date or time"),
        ("createdAt=ge:2026-01-01", "createdAt", "Did you mean gte?"),
        ("createdAt=gte:9999-12-31", "createdAt", "is not a date or time"),
        ("offset=x", "offset", "not a whole number"),
        ("count=1&count=2", "count", "given more than once"),
        ("sort=age", "sort", "is not a sort order"),
        ("sort=urgent", "sort", "only works on the pages."),
        ("tag=no-such", "tag", "no tag"),
        ("waiting_over=-1", "waiting_over", "greater than or equal to 0"),
        ("dqb=s%3DcreatedAt&sort=created", "sort", "Give it once"),
        ("dqb=count%3D3&count=3", "count", "Give it once"),
        ("cursor=&sort=created", "sort", "cannot be combined with cursor"),
        ("cursor=&offset=0", "offset", "cannot be combined with cursor"),
        ("cursor=&dqb=s%3DcreatedAt", "sort", "cannot be combined with cursor"),
        ("cursor=&dqb=offset%3D0", "offset", "cannot be combined with cursor"),
        ("cursor=x", "cursor", "Start with an empty one"),
        ("dqb=o%3Deq", "dqb", "match in number"),
    ],
)
def test_errors_name_what_is_wrong(db, query, name, message):
    assert message in errors(query)[name]


def test_all_errors_are_reported_at_once(db):
    query = "state=x&createdAt=x&offset=x&dqb=o%3Dx%26p%3Dnotes%26v%3Dx&tag=x"
    assert set(errors(query)) == {"state", "createdAt", "offset", "notes", "tag"}


def test_what_browsers_add_is_ignored(db):
    make_return("A")
    assert references("utm_source=mail&_=17") == ["A"]


def test_every_filter_of_the_pages_is_a_parameter():
    assert set(ReturnFilterSet.base_filters) == FILTER_PARAMETERS < set(PARAMETERS)
    assert all(PARAMETERS.values())
