"""A walk through the pages shows every row once, in order, whatever the sort."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from returns.filters.due import due_expression
from returns.filters.grouping import RowGroups
from returns.filters.paging import Cursor, paginate
from returns.filters.sorting import SORT_COLUMNS, Sort
from returns.models import DeadlinePolicy, Return, State, Unit
from returns.querysets import ReturnQuerySet
from tags.vocabulary import load_vocabulary
from tests.factories import line_item, make_return
from tests.returns.values.samples import put_order

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 1, 8, tzinfo=UTC)


@pytest.fixture
def mixed_returns():
    """Returns with equal creation times, missing times, numbers and values."""
    for number in range(5):
        price = (Decimal("9.5"), Decimal(10), None, Decimal("9.5"), Decimal(-1))[number]
        put_order(f"RSO{number}", ("MUG", price, ("TRY", "EUR")[number % 2]))
    for number in range(13):
        make_return(
            state=State.values[number % 3],
            created_at=START + timedelta(minutes=number // 3),
            sales_order_reference_number="" if number % 4 == 0 else f"RSO{number % 5}",
            cargo_carrier=("UPS", "", "aras")[number % 5 % 3],
            line_items=[line_item()],
        )


def by_due_time() -> ReturnQuerySet:
    """Return all returns with the annotations by which sorts by deadline and value read them."""
    due_at = due_expression(load_vocabulary(), START)
    return Return.objects.annotate(due_at=due_at).with_value_key()


def walk(sort: Sort, size: int, groups: RowGroups | None = None) -> list[list[int]]:
    pages, after = [], None
    while True:
        page = paginate(by_due_time(), sort, after=after, size=size, groups=groups)
        pages.append([row.pk for row in page.rows])
        if not page.next:
            return pages
        after = Cursor.parse(page.next, sort)


SORTS = [
    sign + name
    for name, column in SORT_COLUMNS.items()
    for sign in ("", *(() if column.urgent_first else ("-",)))
]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("size", [1, 4, 13])
def test_every_row_is_walked_once(mixed_returns, sort, size):
    DeadlinePolicy.objects.create(
        name="One", amount=2, unit=Unit.BUSINESS_DAYS, parameters={"order": ["RSO1"]}
    )
    pages = walk(Sort.parse(sort), size)
    walked = [pk for page in pages for pk in page]
    assert len(walked) == 13
    assert set(walked) == set(Return.objects.values_list("pk", flat=True))
    assert all(len(page) == size for page in pages[:-1])


@pytest.mark.parametrize("name", SORT_COLUMNS)
@pytest.mark.parametrize("state", State.values)
def test_a_state_rules_out_no_row_of_its_own(mixed_returns, name, state):
    page = paginate(by_due_time().in_state(state), Sort.parse(name), states=[state])
    assert {row.pk for row in page.rows} == set(
        Return.objects.in_state(state).values_list("pk", flat=True)
    )


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("ReturnCreated", "completed"),
        ("ArrivedToWarehouse", "completed"),
        ("ReturnCreated", "-arrived"),
    ],
)
def test_a_time_that_a_state_lacks_is_not_looked_for(django_assert_num_queries, state, name):
    with django_assert_num_queries(1):
        paginate(Return.objects.in_state(state), Sort.parse(name), states=[state])


@pytest.mark.parametrize("text", SORTS)
def test_walking_back_shows_the_same_pages(mixed_returns, text):
    sort = Sort.parse(text)
    forth = walk(sort, 4)
    page = paginate(by_due_time(), sort, size=4)
    while page.next:
        page = paginate(by_due_time(), sort, after=Cursor.parse(page.next, sort), size=4)
    back = [[row.pk for row in page.rows]]
    while page.previous:
        before = Cursor.parse(page.previous, sort)
        page = paginate(by_due_time(), sort, before=before, size=4)
        back.append([row.pk for row in page.rows])
    assert [pk for page in reversed(back) for pk in page] == [pk for page in forth for pk in page]


CARRIERS = RowGroups.of_values("cargo_carrier", ["", "UPS", "aras"])


@pytest.mark.parametrize("text", SORTS)
def test_in_groups_every_row_is_walked_once_in_the_order_of_the_list(mixed_returns, text):
    sort = Sort.parse(text)
    ungrouped = [pk for page in walk(sort, 50) for pk in page]
    carriers = dict(Return.objects.values_list("pk", "cargo_carrier"))
    expected = [pk for name in ("aras", "UPS", "") for pk in ungrouped if carriers[pk] == name]
    assert [pk for page in walk(sort, 4, CARRIERS) for pk in page] == expected


@pytest.mark.parametrize("text", SORTS)
def test_walking_back_in_groups_shows_the_same_pages_and_headings(mixed_returns, text):
    sort, forth, page = Sort.parse(text), [], None
    while page is None or page.next:
        after = Cursor.parse(page.next, sort) if page else None
        page = paginate(by_due_time(), sort, after=after, size=4, groups=CARRIERS)
        forth.append((page.rows, page.continues))
    back = [(page.rows, page.continues)]
    while page.previous:
        before = Cursor.parse(page.previous, sort)
        page = paginate(by_due_time(), sort, before=before, size=4, groups=CARRIERS)
        back.append((page.rows, page.continues))
    assert back[::-1] == forth
    assert [continues for _, continues in forth] == [False, True, False, True]


def test_a_group_that_has_gone_is_passed_where_it_was(mixed_returns):
    sort = Sort.parse("created")
    page = paginate(Return.objects.all(), sort, size=1, groups=CARRIERS)
    Return.objects.filter(cargo_carrier="aras").update(cargo_carrier="")
    groups = RowGroups.of_values("cargo_carrier", ["", "UPS"])
    after = Cursor.parse(page.next, sort)
    rest = paginate(Return.objects.all(), sort, after=after, groups=groups)
    assert len(rest.rows) == 13
    assert not rest.continues


def test_rows_without_the_time_come_last_in_both_directions(mixed_returns):
    for sign in ("", "-"):
        order = [pk for page in walk(Sort.parse(f"{sign}completed"), 50) for pk in page]
        states = [Return.objects.get(pk=pk).state for pk in order]
        assert set(states[:4]) == {State.COMPLETED}
        assert State.COMPLETED not in states[4:]


@pytest.mark.parametrize("sign", ["", "-"])
def test_time_order_is_the_database_order(mixed_returns, sign):
    order = [pk for page in walk(Sort.parse(f"{sign}created"), 5) for pk in page]
    rows = Return.objects.order_by(f"{sign}created_at", f"{sign}id")
    assert order == list(rows.values_list("pk", flat=True))


def test_a_parcel_that_arrives_meanwhile_shifts_no_page(mixed_returns):
    sort = Sort.parse("-created")
    first = paginate(Return.objects.all(), sort, size=5)
    expected = paginate(Return.objects.all(), sort, after=Cursor.parse(first.next, sort), size=5)
    make_return(created_at=START + timedelta(days=1))
    second = paginate(Return.objects.all(), sort, after=Cursor.parse(first.next, sort), size=5)
    assert [row.pk for row in second.rows] == [row.pk for row in expected.rows]


DEEP = urlsafe_b64encode(b"[" * 99_999).decode()
IMPOSSIBLE = ["", "x", "!!!", "e30", "W10", "bnVsbA", "WzEsMl0", "WyIyMDI2IiwgMV0", "ü", "A" * 400]


@pytest.mark.parametrize("text", [*IMPOSSIBLE, DEEP], ids=range(len(IMPOSSIBLE) + 1))
def test_an_impossible_cursor_is_refused(text):
    with pytest.raises(ValueError, match="there is no such page"):
        Cursor.parse(text, Sort.parse("-created"))


def cursor_text(value: object) -> str:
    return urlsafe_b64encode(json.dumps([value, 1]).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("order", "\ud800"),
        ("order", "\0"),
        ("created", "0001-01-01T00:00+14:00"),
        ("value", "TRY"),
        ("value", "TRYNaN"),
        ("value", "try1.00001"),
    ],
)
def test_a_cursor_that_the_database_cannot_take_is_refused(sort, value):
    with pytest.raises(ValueError, match="there is no such page"):
        Cursor.parse(cursor_text(value), Sort.parse(sort))


def test_a_cursor_keeps_microseconds():
    sort = Sort.parse("-created")
    record = make_return(created_at=START + timedelta(microseconds=56))
    assert Cursor.parse(Cursor.for_row(record, sort).encode(), sort).value == record.created_at


def test_the_carrier_is_sorted_by_name_and_missing_ones_come_last():
    for carrier in ("UPS", "", "DHL"):
        make_return(carrier or "none", cargo_carrier=carrier)
    for sort, expected in (("carrier", "DHL UPS none"), ("-carrier", "UPS DHL none")):
        rows = paginate(Return.objects.all(), Sort.parse(sort)).rows
        assert [row.return_reference_number for row in rows] == expected.split()


def test_the_longest_wait_comes_first_and_returns_that_do_not_wait_last(mixed_returns):
    for name, hours in (("short", 1), ("long", 9)):
        arrival = START + timedelta(days=9) - timedelta(hours=hours)
        make_return(name, state=State.ARRIVED, arrived_to_warehouse_at=arrival)
    rows = paginate(Return.objects.all(), Sort.parse("-waiting")).rows
    waiting = [row for row in rows if row.state == State.ARRIVED]
    assert rows[: len(waiting)] == waiting
    assert [row.return_reference_number for row in waiting[-2:]] == ["long", "short"]
    rows = paginate(Return.objects.all(), Sort.parse("waiting")).rows
    assert [row.return_reference_number for row in rows[:2]] == ["short", "long"]
