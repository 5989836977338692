"""Filters by a period, by what is due, and the existing values that the menu offers."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from returns.filters.filterset import ReturnFilterSet
from returns.filters.known_values import KNOWN_VALUES_SQL, OFFERED_VALUES, known_values
from returns.filters.query import Query
from returns.lists.reading import list_parts
from returns.models import DeadlinePolicy, Preferences, State, Unit
from tags.vocabulary import load_vocabulary
from tests.factories import make_return

pytestmark = pytest.mark.django_db

# A Wednesday, in the middle of a month.
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)


def references(text: str) -> list[str]:
    """Return the references of the returns that a query matches, sorted."""
    filterset = ReturnFilterSet(Query.parse(text), load_vocabulary())
    assert filterset.problems() == []
    return sorted(filterset.qs.values_list("return_reference_number", flat=True))


@pytest.mark.parametrize(
    ("period", "days"),
    [
        ("today", [0]),
        ("yesterday", [1]),
        ("last_7_days", [0, 1, 6]),
        ("week", [-2, 0, 1]),
        ("last_week", [6, 9]),
        ("month", [-2, 0, 1, 6, 9, 17]),
    ],
)
@pytest.mark.parametrize("event", ["created", "arrived", "completed"])
def test_a_period_keeps_what_happened_within_it(event, period, days):
    with time_machine.travel(NOW, tick=False):
        for ago in (-2, 0, 1, 6, 9, 17, 18, 40):
            moment = NOW - timedelta(days=ago)
            make_return(
                f"R{ago:02}",
                state=State.COMPLETED,
                created_at=moment,
                arrived_to_warehouse_at=moment,
                completed_at=moment,
            )
        assert references(f"{event}={period}") == sorted(f"R{ago:02}" for ago in days)


def test_due_by_keeps_waiting_returns_whose_deadline_is_on_or_before_the_day():
    DeadlinePolicy.objects.create(
        name="Oplog", amount=24, unit=Unit.HOURS, parameters={"source": ["Oplog"]}
    )
    DeadlinePolicy.objects.create(name="All", amount=72, unit=Unit.HOURS, position=1)
    with time_machine.travel(NOW, tick=False):
        waiting = {"state": State.ARRIVED, "arrived_to_warehouse_at": NOW}
        make_return("tomorrow", source="Oplog", **waiting)
        make_return("in three days", **waiting)
        make_return("late", **waiting | {"arrived_to_warehouse_at": NOW - timedelta(days=9)})
        make_return("done", **waiting | {"state": State.COMPLETED, "completed_at": NOW})
        assert references("due_by=today") == ["late"]
        assert references("due_by=tomorrow") == ["late", "tomorrow"]
        assert references("due_by=2026-11-20") == ["late", "tomorrow"]
        assert references("due_by=2026-11-21") == ["in three days", "late", "tomorrow"]
        assert references("due_from=2026-11-21") == ["in three days"]
        assert references("due_from=today&due_by=tomorrow") == ["tomorrow"]
        assert references("due_by=week") == ["in three days", "late", "tomorrow"]


def test_line_items_are_known_that_the_wms_has_sent_also_if_there_are_none():
    make_return("one", line_items=[["1", "MUG", "", "Damaged", "", None, None]])
    make_return("none", line_items=[])
    make_return("unknown")
    assert references("items=known") == ["none", "one"]
    query = Query.parse("items=known&items=unknown")
    (problem,) = ReturnFilterSet(query, load_vocabulary()).problems()
    assert problem.startswith("Line items: ")


def test_without_deadlines_nothing_is_due():
    make_return("one", state=State.ARRIVED, arrived_to_warehouse_at=timezone.now())
    assert references("due_by=2099-01-01") == []


def test_the_menu_offers_the_values_that_exist(as_agent):
    for carrier in ("UPS", "", "DHL", "UPS", "dhl"):
        make_return(cargo_carrier=carrier, sales_order_channel="Shop")
    make_return(source="Oplog")
    assert known_values() == {
        "carrier": ["DHL", "dhl", "UPS"],
        "channel": ["Shop"],
        "source": ["Oplog", "WMS"],
    }
    cache.delete(OFFERED_VALUES)
    page = as_agent.get("/returns/").text
    assert 'list="values-of-carrier"' in page
    assert '<datalist id="values-of-carrier">' in page
    assert '<option value="UPS">' in page


def test_existing_values_are_read_from_indexes_alone():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'UNION ALL'.join(KNOWN_VALUES_SQL.values())}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    indexes = ("return_by_carrier", "return_by_channel", "return_by_other_source")
    assert all(plan.count(f"using {index}") == 2 for index in indexes)
    assert "Seq Scan" not in plan


def test_each_field_of_the_menu_shows_its_value(as_agent):
    listing = as_agent.get(
        "/returns/?carrier=DHL&missing=tags&deadline=late&due_by=week&created=month"
    ).context["list"]
    fields = {each.id: each for each in listing.more_fields}
    assert fields["id_carrier"].value == "DHL"
    assert fields["id_missing_tags"].checked
    assert not fields["id_missing_order"].checked
    assert fields["id_deadline"].value == "late"
    assert (fields["id_due_by"].value, fields["id_due_by_date"].value) == ("week", "")
    assert fields["id_created"].value == "month"
    assert listing.hidden_parameters == []


def test_of_a_word_and_a_day_for_what_is_due_the_day_counts(as_agent):
    listing = as_agent.get("/returns/?due_by=week&due_by=2026-11-20").context["list"]
    fields = {each.id: each.value for each in listing.more_fields}
    assert (fields["id_due_by"], fields["id_due_by_date"]) == ("", "2026-11-20")
    assert [each.text for each in listing.more_chips] == ["due by 20 Nov 2026"]


def make_deadlines() -> None:
    """Make a short deadline for one source, and a long one for all others but one carrier."""
    DeadlinePolicy.objects.create(
        name="Oplog", amount=24, unit=Unit.HOURS, parameters={"source": ["Oplog"]}
    )
    DeadlinePolicy.objects.create(
        name="Orders", amount=2, unit=Unit.BUSINESS_DAYS, position=1, parameters={"order": ["RSO"]}
    )


def test_a_list_by_deadline_begins_with_the_earliest_of_all_policies(as_agent):
    make_deadlines()
    waiting = {"state": State.ARRIVED, "sales_order_reference_number": "RSO1"}
    for name, days, source in (
        ("third", 1, "WMS"),
        ("first", 40, "WMS"),
        ("long ago", 9 * 366, "WMS"),
        ("second", 2, "Oplog"),
    ):
        arrival = NOW - timedelta(days=days)
        make_return(name, source=source, arrived_to_warehouse_at=arrival, **waiting)
    make_return("never", **waiting | {"sales_order_reference_number": "X"})
    make_return("done", state=State.COMPLETED)
    with time_machine.travel(NOW, tick=False):
        listing = as_agent.get("/returns/?sort=deadline").context["list"]
    assert listing.problems == []
    shown = [row.return_reference_number for row in listing.page.rows]
    assert shown[:4] == ["long ago", "first", "second", "third"]
    assert set(shown[4:]) == {"never", "done"}
    assert listing.summary.endswith(", earliest deadline first")


@pytest.mark.parametrize(
    ("sort", "index"),
    [
        ("carrier", "return_by_carrier_name"),
        ("-waiting", "return_waiting"),
        ("deadline", "return_waiting"),
    ],
)
def test_a_sort_reads_an_index_and_never_all_returns(sort, index):
    make_deadlines()
    filterset = ReturnFilterSet(Query.parse(f"sort={sort}"), load_vocabulary())
    assert filterset.problems() == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    first, *others = list_parts(filterset, [])
    assert f" {index} on returns_return" in first[:51].explain()
    assert all(
        "Sort" not in part[:51].explain() and "Seq Scan" not in part[:51].explain()
        for part in others
    )


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_an_address_means_the_same_in_every_language(as_agent, agent, language):
    """Fields of dates and numbers put ISO dates and plain numbers into it, whatever is typed."""
    Preferences.objects.create(user=agent, language=language)
    now = timezone.now()
    for hours in (1.2, 2, 1200):
        make_return(f"{hours}", state=State.ARRIVED, arrived_to_warehouse_at=_ago(now, hours))

    def shown(query: str) -> set[str]:
        rows = as_agent.get(f"/returns/?{query}").context["list"].page.rows
        return {row.return_reference_number for row in rows}

    assert shown("waiting_over=1.5") == {"2", "1200"}
    assert shown("waiting_over=1.000") == {"1.2", "2", "1200"}
    assert shown(f"arrived_to={_ago(now, 1000):%Y-%m-%d}") == {"1200"}
    for wrong in ("waiting_over=1,5", f"arrived_to={_ago(now, 1000):%d.%m.%Y}"):
        page = as_agent.get(f"/returns/?{wrong}")
        assert page.context["list"].page.rows == []
        assert page.context["list"].problems


def _ago(now: datetime, hours: float) -> datetime:
    return now - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("parameter", "value", "has_field"),
    [
        ("waiting_over", "48", True),
        ("waiting_over", "1.5", True),
        ("waiting_over", "1.125", False),
        ("order_returns", "2", True),
        ("order_returns", "2.5", False),
    ],
)
def test_a_field_of_hours_takes_decimals(as_agent, parameter, value, has_field):
    page = as_agent.get(f"/returns/?{parameter}={value}")
    (field,) = (each for each in page.context["list"].more_fields if each.name == parameter)
    assert field.step == ("1" if parameter == "order_returns" else "0.01")
    assert f'step="{field.step}"' in page.text
    assert field.value == (value if has_field else "")
    assert bool(page.context["list"].hidden_parameters) != has_field
