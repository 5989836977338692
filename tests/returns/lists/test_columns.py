"""The columns that a person chose, in their order: in the table, in the menu, and kept."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from returns.lists.columns import (
    COLUMN_NAMES,
    DECLARED_COLUMNS,
    DEFAULT_COLUMNS,
    FIRST_COLUMN,
    column_choices,
    shown_columns,
)
from returns.models import Preferences, State
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def choose(client, *columns: str, **others):
    chosen = {"columns": columns, "density": "compact", "next": "/returns/?q=RSO"} | others
    return client.post(reverse("columns"), chosen)


def stored_columns() -> list[str]:
    return Preferences.objects.get().columns


def headers(client, query: str = "") -> list[str]:
    table = client.get(f"/returns/{query}").context["list"].table
    return [str(column.header) for column in table.columns]


# Which, and in what order


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ([], [*DEFAULT_COLUMNS]),
        ([FIRST_COLUMN], [FIRST_COLUMN]),
        (["notes", "order"], [FIRST_COLUMN, "notes", "order"]),
        (["order", FIRST_COLUMN, "order"], [FIRST_COLUMN, "order"]),
        (["gone", "state"], [FIRST_COLUMN, "state"]),
        (["gone"], [*DEFAULT_COLUMNS]),
    ],
)
def test_the_return_comes_first_and_what_is_unknown_or_twice_is_left_out(chosen, shown):
    assert shown_columns(chosen) == shown


def test_the_menu_offers_every_column_and_a_hidden_one_keeps_its_place():
    shown = [name for name in DEFAULT_COLUMNS if name != "created"]
    assert [choice.name for choice in column_choices(shown)] == [*COLUMN_NAMES[1:]]
    assert {choice.name for choice in column_choices(shown) if choice.shown} == {*shown[1:]}


def test_every_column_but_the_first_has_its_cell():
    assert [column.name for column in DECLARED_COLUMNS if column.cell is None] == [FIRST_COLUMN]


# The table


def test_the_table_shows_the_columns_that_the_person_chose(as_agent, as_manager):
    make_return()
    choose(as_agent, "carrier", "waiting", "order")
    assert headers(as_agent) == ["Return", "Carrier", "Waiting", "Order"]
    assert headers(as_manager)[1:4] == ["Order", "Tracking ID", "State"]


def test_each_column_has_its_cell(as_agent, vocabulary):
    now = timezone.now()
    facts = {"cargo_carrier": "UPS", "sales_order_channel": "Shop <b>", "source": "Oplog"}
    made = {"created_at": now - timedelta(days=3), "updated_at": now - timedelta(hours=5)}
    arrived = {"arrived_to_warehouse_at": now - timedelta(hours=50, minutes=1)}
    record = make_return("one", state=State.ARRIVED, notes="Torn", **facts, **made, **arrived)
    put_tag(record, "books")
    choose(as_agent, *COLUMN_NAMES)
    page = as_agent.get("/returns/").text
    for cell in (
        '<td data-column="updated" data-label="Updated"><time',
        '">2 d 2 h</time></td><td data-column="deadline" data-label="Deadline">',
        '<td class="word" data-column="carrier" data-label="Carrier"><span title="UPS">UPS</span>',
        "Shop &lt;b&gt;</span>",
        ">Oplog</span>",
        ">Torn</span>",
        'data-tag="books"',
    ):
        assert cell in page


def test_the_waiting_column_says_how_long_a_completed_return_took(as_agent):
    now = timezone.now()
    times = {"arrived_to_warehouse_at": now - timedelta(hours=9), "completed_at": now}
    make_return(state=State.COMPLETED, **times)
    choose(as_agent, "waiting")
    assert '<span class="muted">took 9 h</span>' in as_agent.get("/returns/").text


def test_a_search_says_why_in_whatever_columns(as_agent):
    make_return("one")
    choose(as_agent, "order")
    assert 'class="of-why">Why it matches</th>' in as_agent.get("/returns/?q=one").text
    assert "of-why" not in as_agent.get("/returns/").text


def test_a_hidden_column_sorts_too(as_agent):
    choose(as_agent, "order")
    make_return("early", created_at=timezone.now() - timedelta(days=2))
    make_return("late")
    listing = as_agent.get("/returns/?sort=updated").context["list"]
    assert [record.return_reference_number for record in listing.page.rows] == ["early", "late"]


def test_all_columns_need_no_query_more_however_many_rows(as_agent, vocabulary):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_agent.get("/returns/")
        return len(captured)

    def more(number: int) -> None:
        for _ in range(number):
            put_tag(make_return(state=State.COMPLETED, cargo_carrier="UPS"), "books")

    more(5)
    usual = queries()
    choose(as_agent, *COLUMN_NAMES)
    more(10)
    assert queries() == usual <= 8


# What a person chooses


def test_columns_and_density_are_kept_and_lead_back_to_the_list(as_agent):
    answer = choose(as_agent, "state", "order")
    assert (answer.status_code, answer["Location"]) == (303, "/returns/?q=RSO")
    assert stored_columns() == [FIRST_COLUMN, "state", "order"]
    assert 'data-density="compact"' in as_agent.get("/returns/").text


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ("up state", ["state", "order", "tags"]),
        ("down state", ["order", "tags", "state"]),
        ("up order", ["order", "state", "tags"]),
        ("down tags", ["order", "state", "tags"]),
        ("up notes", ["order", "state", "tags"]),
    ],
)
def test_a_column_moves_by_one_and_not_beyond_the_ends(as_agent, move, expected):
    choose(as_agent, "order", "state", "tags", move=move)
    assert stored_columns() == [FIRST_COLUMN, *expected]


def test_back_to_the_usual_columns_keeps_the_density(as_agent):
    choose(as_agent, "state")
    choose(as_agent, "state", usual="1")
    assert (stored_columns(), Preferences.objects.get().density) == ([], "compact")
    choose(as_agent, *DEFAULT_COLUMNS)
    assert stored_columns() == []


def test_no_column_at_all_leaves_the_return(as_agent):
    choose(as_agent)
    assert headers(as_agent) == ["Return"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"columns": ["nonsense"]}, "There is no column “nonsense”."),
        ({"columns": ["x" * 500, "\x01"]}, "There is no column"),
        ({"move": "sideways order"}, "“sideways order” is not a valid move."),
        ({"density": "huge"}, "huge"),
        ({"density": ""}, "Choose a row density."),
    ],
)
@pytest.mark.parametrize("headers_sent", [{}, HTMX])
def test_nonsense_is_refused_in_words_and_nothing_is_kept(as_agent, sent, words, headers_sent):
    valid = {"columns": ["order"], "density": "compact"}
    answer = as_agent.post(reverse("columns"), valid | sent, headers=headers_sent)
    assert answer.status_code == 422
    assert words in answer.text
    assert not Preferences.objects.exists()


def test_it_never_leads_to_another_site(as_agent):
    assert choose(as_agent, next="https://elsewhere.example/")["Location"] == "/returns/"


def test_the_menu_of_the_list_stays_and_the_list_is_told(as_agent):
    sent = {"columns": ["carrier", "order"], "density": "compact", "move": "up order"}
    answer = as_agent.post(reverse("columns"), sent, headers=HTMX)
    assert (answer.status_code, answer["HX-Trigger"]) == (200, '{"columns-kept": {}}')
    assert "<html" not in answer.text
    assert answer.text.index('id="column-order"') < answer.text.index('id="column-carrier"')
