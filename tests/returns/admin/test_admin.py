"""Returns in the admin: found by number, corrected with a trace, never added or deleted."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib import admin as django_admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pghistory.models import Event

from returns.models import Preferences, Return, State
from returns.record.corrections import correct
from tests.factories import make_return, put_tag

pytestmark = pytest.mark.django_db

LIST = "/admin/returns/return/"


def page_of(record: Return) -> str:
    return reverse("admin:returns_return_change", args=[record.pk])


def form_of(client: Client, record: Return) -> dict[str, str]:
    """Return what a browser would send back of the form untouched."""
    form = client.get(page_of(record)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    sent = {name: "" if value is None else str(value) for name, value in values.items()}
    return sent | {"notes": sent["notes"].replace("\n", "\r\n")}


def found(client: Client, text: str) -> set[str]:
    rows = client.get(LIST, {"q": text}).context["cl"].result_list
    return {row.return_reference_number for row in rows}


@pytest.mark.parametrize("text", ["Return-1", "return 1", "RSO-77", "0042", "retu"])
def test_search_finds_by_each_number_from_either_end(as_admin, text):
    make_return("Return-1", sales_order_reference_number="RSO77", tracking_id="9900042")
    make_return("Other-2")
    assert found(as_admin, text) == {"Return-1"}


def test_search_finds_a_reference_without_letters_by_its_exact_text(as_admin):
    make_return("№")
    make_return()
    assert found(as_admin, "№") == {"№"}


def test_untouched_form_changes_nothing(as_admin):
    now = timezone.now().replace(microsecond=56)
    record = make_return(state=State.COMPLETED, completed_at=now, notes="two\nlines ")
    before = Return.objects.values().get()
    answer = as_admin.post(page_of(record), form_of(as_admin, record))
    assert answer.status_code == 302
    assert Return.objects.values().get() == before


def test_correction_leaves_its_trace(as_admin, admin):
    record = make_return(notes="a")
    as_admin.post(page_of(record), form_of(as_admin, record) | {"notes": "b\r\nc"})
    record.refresh_from_db()
    assert (record.notes, record.corrections) == ("b\nc", {"notes": "a"})
    context = record.events.get().pgh_context
    assert (context["user"], context["source"]) == (admin.pk, "correction")
    assert "Notes" in LogEntry.objects.get(user=admin).get_change_message()


def test_page_says_what_the_wms_had_sent(as_admin, admin):
    record = make_return(notes="<b>a</b>")
    correct(record, {"notes": "b"}, by=admin)
    answer = as_admin.get(page_of(record))
    assert "Notes: corrected; the WMS sent “&lt;b&gt;a&lt;/b&gt;”" in answer.text


def test_page_names_the_tags(as_admin, vocabulary):
    record = make_return()
    put_tag(record, "books")
    assert "books" in as_admin.get(page_of(record)).text


def test_a_state_that_does_not_match_its_times_is_explained(as_admin):
    record = make_return()
    answer = as_admin.post(page_of(record), form_of(as_admin, record) | {"state": "Completed"})
    assert answer.status_code == 200
    assert "State and times do not match" in answer.text


def test_second_of_two_admins_is_warned_and_can_then_decide(as_admin, admin):
    record = make_return(notes="a")
    form = form_of(as_admin, record) | {"notes": "mine"}
    correct(record, {"notes": "theirs"}, by=admin)
    answer = as_admin.post(page_of(record), form)
    assert "Somebody else changed this to “theirs”." in answer.text
    record.refresh_from_db()
    assert record.notes == "theirs"

    again = form | {"seen": answer.context["adminform"].form.data["seen"]}
    assert as_admin.post(page_of(record), again).status_code == 302
    record.refresh_from_db()
    assert record.notes == "mine"


def test_values_that_the_feed_wrote_meanwhile_are_kept(as_admin, admin):
    record = make_return(notes="a", state=State.ARRIVED)
    form = form_of(as_admin, record) | {"notes": "b"}
    Return.objects.update(state=State.COMPLETED, completed_at=timezone.now())
    assert as_admin.post(page_of(record), form).status_code == 302
    record.refresh_from_db()
    assert (record.notes, record.state) == ("b", State.COMPLETED)


@pytest.mark.parametrize("time", ["0001-01-01 00:00+14:00", "9999-12-31 23:59-14:00"])
def test_a_time_that_some_zone_cannot_show_is_refused_with_a_message(as_admin, time):
    record = make_return(state=State.ARRIVED)
    form = form_of(as_admin, record) | {"arrived_to_warehouse_at": time}
    assert "This time is out of range." in as_admin.post(page_of(record), form).text


@pytest.mark.parametrize("name", ["created_at", "updated_at"])
def test_a_time_in_the_future_is_refused_but_one_that_is_stored_may_stay(as_admin, name):
    december = timezone.now() + timedelta(days=9)
    record = make_return(created_at=december, updated_at=december)
    later = {name: str(december + timedelta(days=1))}
    answer = as_admin.post(page_of(record), form_of(as_admin, record) | later)
    assert "This time is more than a day in the future." in answer.text
    right = {name: "2026-03-01 14:30+00:00"}
    assert as_admin.post(page_of(record), form_of(as_admin, record) | right).status_code == 302
    record.refresh_from_db()
    assert getattr(record, name) == datetime(2026, 3, 1, 14, 30, tzinfo=UTC)
    assert record.corrections.keys() == {name}


def test_offset_that_the_database_cannot_take_is_another_writing_of_the_same_time(as_admin):
    record = make_return(state=State.ARRIVED)
    form = form_of(as_admin, record) | {"arrived_to_warehouse_at": "2026-03-01 14:30+23:00"}
    assert as_admin.post(page_of(record), form).status_code == 302


def test_correction_of_what_is_no_return_changes_nothing(as_admin):
    assert as_admin.post(f"{LIST}abc/change/", {}).status_code == 302


@pytest.mark.parametrize("seen", ["", "[]", "{}", "no json"])
def test_a_damaged_form_is_refused_with_a_message(as_admin, seen):
    record = make_return(notes="a")
    answer = as_admin.post(
        page_of(record), form_of(as_admin, record) | {"notes": "b", "seen": seen}
    )
    assert answer.status_code == 200
    record.refresh_from_db()
    assert record.notes == "a"


def test_returns_are_neither_added_nor_deleted(as_admin):
    record = make_return()
    assert as_admin.get(f"{LIST}add/").status_code == 403
    assert as_admin.post(f"{LIST}{record.pk}/delete/", {"post": "yes"}).status_code == 403
    as_admin.post(LIST, {"action": "delete_selected", "_selected_action": record.pk, "post": "yes"})
    assert Return.objects.filter(pk=record.pk).exists()


def test_events_of_the_timeline_are_out_of_reach(as_admin):
    registered = django_admin.site._registry
    assert not [model for model in registered if issubclass(model, Event)]


@pytest.mark.parametrize("query", ["", "?q=Return-", "?state__exact=ReturnCreated"])
def test_list_costs_the_same_queries_for_three_times_the_rows(as_admin, query):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert as_admin.get(f"{LIST}{query}").context["cl"].result_count
        return len(caught)

    for _ in range(5):
        make_return()
    few = queries()
    for _ in range(10):
        make_return()
    assert queries() == few <= 9


@pytest.fixture
def twenty_thousand(db):
    """Fill the table past the size at which a plan would read all of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO returns_return (return_reference_number, sales_order_reference_number,
                tracking_id, state, source, cargo_carrier, sales_order_channel, notes, created_at,
                updated_at, unknown_fields, feed_tags, corrections)
            SELECT 'Return-' || n, 'RSO' || n / 2, '7340' || n, 'ReturnCreated', 'WMS', '', '', '',
                now() - n * interval '1 minute', now() - n * interval '1 second', '{}', '', '{}'
            FROM generate_series(10001, 30000) n"""
        )
        cursor.execute("ANALYZE returns_return")


@pytest.mark.slow
def test_list_never_reads_the_whole_table(as_admin, twenty_thousand):
    with CaptureQueriesContext(connection) as caught:
        for query in ("", "?q=Return-10042", "?q=0042", "?o=4", "?o=-4", "?p=150"):
            assert as_admin.get(f"{LIST}{query}").status_code == 200
    of_returns = [q["sql"] for q in caught if '"returns_return"' in q["sql"]]
    assert len(of_returns) > 6
    assert {sql: most_rows_read(sql) for sql in of_returns if most_rows_read(sql) > 10_001} == {}


def most_rows_read(sql: str) -> int:
    """Return the rows that the busiest scan of this query reads."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        nodes = [cursor.fetchone()[0][0]["Plan"]]
    for node in nodes:
        nodes += node.get("Plans", [])
    scans = [node for node in nodes if "Relation Name" in node]
    return max(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in scans)


@pytest.mark.slow
def test_pages_end_where_counting_would_take_long(as_admin, twenty_thousand):
    answer = as_admin.get(LIST)
    assert answer.context["cl"].result_count == 10_000
    assert "newest 10,000" in answer.text
    assert "10,000+ entries </nav>" in " ".join(answer.text.split())
    one = as_admin.get(LIST, {"q": "Return-10042"})
    assert "1 entry </nav>" in " ".join(one.text.split())


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("1 Mar 2026, 14:30", datetime(2026, 3, 1, 11, 30, tzinfo=UTC)),
        ("1 Mar 2026, 14:30:05", datetime(2026, 3, 1, 11, 30, 5, tzinfo=UTC)),
        ("1 Mar 2026, 14:30:05.000056", datetime(2026, 3, 1, 11, 30, 5, 56, tzinfo=UTC)),
    ],
)
def test_a_time_is_typed_as_pages_write_it(as_admin, typed, stored):
    record = make_return(state=State.ARRIVED)
    form = form_of(as_admin, record) | {"arrived_to_warehouse_at": typed}
    assert as_admin.post(page_of(record), form).status_code == 302
    record.refresh_from_db()
    assert record.arrived_to_warehouse_at == stored
    assert form_of(as_admin, record)["arrived_to_warehouse_at"] == (
        typed if typed.count(":") == 2 else f"{typed}:00"
    )


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        *(("tr", text) for text in ("1 Mar 2026 14:30", "01.03.2026 14:30", "1 mart 2026, 14.30")),
        *(("de", text) for text in ("1. Mär 2026, 14:30", "1.3.2026 14:30", "01/03/2026 14:30")),
        *(("en", text) for text in ("1 March 2026 14:30", "01/03/2026 2:30 pm")),
        *((code, "2026-03-01 14:30") for code, _ in settings.LANGUAGES),
        *((code, "1 Mar 2026, 12:30:00 +0100") for code, _ in settings.LANGUAGES),
        *((code, "2026-03-01T11:30Z") for code, _ in settings.LANGUAGES),
    ],
)
def test_a_time_is_typed_in_the_form_of_the_language(as_admin, admin, language, typed):
    Preferences.objects.create(user=admin, language=language)
    record = make_return(state=State.ARRIVED)
    form = form_of(as_admin, record) | {"arrived_to_warehouse_at": typed}
    assert as_admin.post(page_of(record), form).status_code == 302
    record.refresh_from_db()
    assert record.arrived_to_warehouse_at == datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
    before = Return.objects.values().get()
    assert as_admin.post(page_of(record), form_of(as_admin, record)).status_code == 302
    assert Return.objects.values().get() == before


@pytest.mark.parametrize(
    ("language", "example"),
    [("tr", "1 Mar 2026 14:30"), ("de", "1. Mär 2026, 14:30"), ("en", "1 Mar 2026, 14:30")],
)
@pytest.mark.parametrize("typed", ["31.02.2026 10:00", "03/13/2026 10:00", "soon", "26 +0300"])
def test_a_time_that_is_none_is_refused_with_the_form(as_admin, admin, language, example, typed):
    Preferences.objects.create(user=admin, language=language)
    record = make_return(state=State.ARRIVED)
    form = form_of(as_admin, record) | {"arrived_to_warehouse_at": typed}
    answer = as_admin.post(page_of(record), form)
    (error,) = answer.context["adminform"].form.errors["arrived_to_warehouse_at"]
    assert example in error
    assert "2026-03-01 14:30" in error


@pytest.mark.parametrize("hour", [0, 1])
def test_an_hour_that_clocks_go_through_twice_stays_untouched(as_admin, admin, hour):
    """On 25 October 2026, clocks in Berlin went from 3:00 back to 2:00."""
    Preferences.objects.create(user=admin, time_zone="Europe/Berlin")
    arrived = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    record = make_return(state=State.ARRIVED, arrived_to_warehouse_at=arrived)
    with timezone.override("Europe/Berlin"):
        form = form_of(as_admin, record)
    assert form["arrived_to_warehouse_at"].startswith("25 Oct 2026, 02:30:00 +0")
    assert as_admin.post(page_of(record), form).status_code == 302
    record.refresh_from_db()
    assert record.arrived_to_warehouse_at == arrived


def test_the_history_of_a_return_is_its_timeline(as_admin):
    record = make_return("a/b")
    answer = as_admin.get(reverse("admin:returns_return_history", args=[record.pk]))
    assert answer["Location"] == "/returns/a%2Fb/#timeline"
    gone = reverse("admin:returns_return_history", args=[record.pk + 1])
    assert as_admin.get(gone).status_code == 404


def test_the_page_of_a_return_leads_admins_to_its_correction(as_admin, as_manager):
    record = make_return("Return-1")
    link = f'href="{page_of(record)}">Correct</a>'
    assert link in as_admin.get("/returns/Return-1/").text
    assert link not in as_manager.get("/returns/Return-1/").text


def test_the_history_leads_nobody_who_may_not_see_returns(make_person):
    client = Client()
    client.force_login(make_person("staff", is_staff=True), backend="returns.people.RoleBackend")
    record = make_return()
    page = reverse("admin:returns_return_history", args=[record.pk])
    assert client.get(page).status_code == 403


def test_the_page_of_an_object_is_found_and_what_has_none_is_not(as_admin):
    record = make_return()
    for kind in ContentType.objects.all():
        answer = as_admin.get(f"/admin/r/{kind.pk}/{record.pk}/")
        if kind.model_class() is Return:
            assert answer["Location"].endswith(record.get_absolute_url())
        else:
            assert answer.status_code == 404, kind
    for kind in ("0", "x", "9" * 30):
        assert as_admin.get(f"/admin/r/{kind}/1/").status_code == 404
