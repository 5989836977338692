"""The page of one return."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from returns.display.values import shown_time
from returns.models import State
from returns.models.returns import UNREACHABLE_REFERENCES
from returns.orders.addresses import STEPS_IN_PATHS, order_path
from returns.record.details import steps_of
from returns.urls import urlpatterns
from tests.factories import make_return, put_tag
from tests.trials import tried_on

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "reference",
    [
        "Return-14844",
        "a/b",
        "a//b/",
        "/x",
        "ö ü?#%41&=",
        "a\\b",
        "İade 17",
        "tags",
        "..x",
        "+",
        "~",
        "Ev-\r\n",
        "\n",
        "a\u2028b\u2029\x85",
        "\"'`<>",
        " a ",
        "a%0Ab",
    ],
)
def test_any_reference_is_reached_through_its_link(as_agent, reference):
    record = make_return(reference)
    answer = as_agent.get(record.get_absolute_url())
    assert answer.status_code == 200
    assert answer.context["details"].record == record


ANY_REFERENCE = st.text(
    st.one_of(
        st.sampled_from("\r\n\t ?#%&+=;:/\\.'\"<>\u2028\u2029\x0b\x0c\x1c\x85\u200b\u202e"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    min_size=1,
    max_size=50,
)


@pytest.mark.slow
@tried_on(200)
@given(ANY_REFERENCE)
@example("live\n")
def test_whatever_reference_can_be_stored_has_pages(as_agent, reference):
    record = make_return(reference, sales_order_reference_number=reference)
    path = record.get_absolute_url()
    assert path.isascii()
    answer = as_agent.get(path)
    assert answer.status_code == 200
    if reference not in UNREACHABLE_REFERENCES:
        assert answer.context["details"].record == record
    order = as_agent.get(order_path(reference))
    assert order.status_code == 200
    if reference not in STEPS_IN_PATHS:
        assert order.context["page"].reference == reference
    record.delete()


def references_of_other_pages() -> list[str]:
    """Return each reference whose page would be at the address of another page."""
    shown = (str(pattern.pattern) for pattern in urlpatterns)
    inside = (path.removeprefix("returns/") for path in shown if path.startswith("returns/"))
    return [rest.removesuffix("/") for rest in inside if rest.endswith("/") and "<" not in rest]


@pytest.mark.parametrize("reference", [".", "..", *references_of_other_pages()])
def test_a_reference_that_no_path_can_carry_is_linked_as_a_filter(as_agent, reference):
    record = make_return(reference)
    assert record.get_absolute_url() == f"/returns/?reference={reference}"
    page = as_agent.get(record.get_absolute_url()).context["list"].page
    assert [row.pk for row in page.rows] == [record.pk]


@pytest.mark.parametrize(("path", "said"), [("Return-0", "Return-0"), ("%00", "\0")])
def test_an_unknown_reference_is_not_found_and_named(as_agent, path, said):
    answer = as_agent.get(f"/returns/{path}/")
    assert answer.status_code == 404
    assert f"There is no return “{said}”." in answer.text


def test_every_field_is_shown_and_can_be_copied(as_agent):
    record = make_return(
        "Return-1",
        sales_order_reference_number="RSO1",
        tracking_id="1201450414625470014100902000010011",
        cargo_carrier="Yurtiçi Kargo",
        sales_order_channel="Trendyol",
        notes="Beden küçük geldi\nDeğişim istiyor",
        unknown_fields={"warehouseCode": "IST-2"},
    )
    page = as_agent.get("/returns/Return-1/").content.decode()
    for text in ("Yurtiçi Kargo", "Trendyol", "Beden küçük geldi<br>", "warehouseCode", "IST-2"):
        assert text in page
    for text in ("Return-1", "RSO1", "1201450414625470014100902000010011", "Trendyol", "IST-2"):
        assert f'data-copy="{text}"' in page
    shown = shown_time(record.created_at)
    assert f">{shown}</time><button" in page
    assert f'data-copy="{shown}"' in page


def test_what_is_missing_is_said(as_agent):
    make_return("Return-1", sales_order_reference_number="", tracking_id="", notes="")
    page = as_agent.get("/returns/Return-1/").content.decode()
    assert "No notes from the WMS." in page
    assert "The WMS sent no order for this return." in page


def test_other_returns_of_the_order_are_listed_whatever_its_writing(as_agent):
    make_return("Return-1", sales_order_reference_number="RSO-77")
    make_return("Return-2", sales_order_reference_number="rso 77", state=State.COMPLETED)
    make_return("Return-3", sales_order_reference_number="RSO-78")
    details = as_agent.get("/returns/Return-1/").context["details"]
    assert [str(other.record) for other in details.others] == ["Return-2"]


def test_returns_without_an_order_do_not_belong_together(as_agent):
    for name in ("Return-1", "Return-2"):
        make_return(name, sales_order_reference_number="")
    assert as_agent.get("/returns/Return-1/").context["details"].others == []


def test_an_order_with_very_many_returns_links_to_the_list(as_agent):
    for _ in range(25):
        make_return(sales_order_reference_number="RSO-1")
    make_return("Return-1", sales_order_reference_number="RSO-1")
    answer = as_agent.get("/returns/Return-1/")
    assert len(answer.context["details"].others) == 20
    assert "All returns of order RSO-1" in answer.content.decode()


def test_queries_do_not_grow_with_the_order(as_agent, vocabulary):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_agent.get("/returns/Return-1/")
        return len(captured)

    make_return("Return-1", sales_order_reference_number="RSO-1")
    put_tag(make_return(sales_order_reference_number="RSO-1"), "books")
    few = queries()
    for _ in range(9):
        put_tag(make_return(sales_order_reference_number="RSO-1"), "books")
    assert queries() == few <= 19


def test_steps_say_when_and_how_long():
    start = timezone.now() - timedelta(days=3)
    record = make_return(
        state=State.COMPLETED,
        created_at=start,
        arrived_to_warehouse_at=start + timedelta(microseconds=56),
        completed_at=start + timedelta(days=2),
    )
    created, arrived, completed = steps_of(record)
    assert created.duration is None
    assert arrived.duration == timedelta(microseconds=56)
    assert completed.duration == timedelta(days=2) - timedelta(microseconds=56)
    assert [step.kind for step in (created, arrived, completed)] == ["done", "done", "done"]


def test_an_open_return_waits_in_its_last_step():
    assert [step.kind for step in steps_of(make_return(state=State.ARRIVED))] == [
        "done",
        "now",
        "ahead",
    ]
    assert [step.kind for step in steps_of(make_return())] == ["now", "ahead", "ahead"]


def test_a_completed_return_may_lack_its_arrival_and_times_may_stand_crosswise():
    start = timezone.now()
    record = make_return(
        state=State.COMPLETED,
        created_at=start,
        arrived_to_warehouse_at=None,
        completed_at=start - timedelta(hours=1),
    )
    _, arrived, completed = steps_of(record)
    assert (arrived.kind, arrived.at) == ("done", None)
    assert completed.duration is None


def test_corrections_are_named_in_the_words_of_the_page(as_agent):
    make_return("Return-1", corrections={"tracking_id": "1Z", "notes": ""})
    page = as_agent.get("/returns/Return-1/").text
    assert "Corrected by an admin: " in page
    assert "tracking ID" in page.partition("Corrected by an admin: ")[2][:40]
