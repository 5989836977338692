"""Filters, rules, deadlines and groups take all spellings of a carrier together."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.carriers import names as carrier_names
from returns.carriers.names import read_carrier_names
from returns.deadlines.editing import save_policy
from returns.deadlines.wording import list_deadlines
from returns.filters.conditions import ConditionSet
from returns.filters.coverage import covers
from returns.filters.due import current_deadlines, policies_fingerprint
from returns.filters.filterset import ReturnFilterSet
from returns.filters.known_values import OFFERED_VALUES, known_values
from returns.filters.query import Query
from returns.filters.stored import resolve_names
from returns.lists.groups import group_queue
from returns.models import (
    ApiToken,
    Carrier,
    DeadlinePolicy,
    Moment,
    Preferences,
    Return,
    State,
    TagRule,
    Unit,
)
from returns.people.tokens import issue
from returns.rules.running import run_queued
from tags.vocabulary import load_vocabulary
from tests.factories import make_carrier, make_return, make_returns, make_tag
from tests.returns.api.conftest import Program

pytestmark = pytest.mark.django_db

SPELLINGS = ["Yurtiçi Kargo", "YURTICI KARGO", "Yurtiçi"]


@pytest.fixture
def yurtici(db) -> Carrier:
    return make_carrier("Yurtiçi Kargo", "Yurtiçi")


def matches(query: str, filters=ReturnFilterSet) -> set[str]:
    filterset = filters(Query.parse(query), load_vocabulary())
    assert filterset.problems() == []
    return set(filterset.qs.values_list("cargo_carrier", flat=True))


def make_of_each(*others: str, **fields) -> None:
    make_returns([{"cargo_carrier": text, **fields} for text in (*SPELLINGS, *others)])


@pytest.mark.parametrize("text", [*SPELLINGS, "yurtici", "YURTİÇİ-KARGO"])
@pytest.mark.parametrize("filters", [ReturnFilterSet, ConditionSet])
def test_a_filter_by_any_spelling_keeps_the_returns_of_all(yurtici, text, filters):
    make_of_each("Aras", "aras", "")
    assert matches(f"carrier={text}", filters) == set(SPELLINGS)


def test_a_text_that_means_no_carrier_is_compared_exactly(yurtici):
    make_of_each("Aras", "aras")
    assert matches("carrier=aras") == {"aras"}
    assert matches("carrier=Nobody") == set()


def test_without_carriers_every_text_is_compared_exactly():
    make_of_each()
    assert matches("carrier=Yurtiçi") == {"Yurtiçi"}
    assert set(known_values(["carrier"])["carrier"]) == set(SPELLINGS)


def test_a_carrier_is_offered_once_under_its_name(yurtici, as_agent):
    make_of_each("Aras", "")
    assert known_values(["carrier"])["carrier"] == ["Aras", "Yurtiçi Kargo"]
    cache.delete(OFFERED_VALUES)
    page = as_agent.get("/returns/").text
    assert '<option value="Yurtiçi Kargo">' in page
    assert '<option value="Yurtiçi">' not in page


def test_exports_and_the_api_keep_the_text_of_the_wms(yurtici, agent, as_agent):
    make_of_each("Aras")
    Preferences.objects.create(user=agent, columns=["carrier"])
    rows = b"".join(as_agent.get("/returns/export.csv?carrier=yurtici")).decode()
    assert all(rows.count(f"{text}\r\n") == 1 for text in SPELLINGS)
    token = ApiToken(name="Shop", scopes=["read"])
    program = Program(token, issue(token))

    def texts(query: str) -> list[str]:
        items = program.get(f"/Returns?{query}").json()["items"]
        return sorted(item["cargoCarrier"] for item in items)

    assert texts("carrier=yurtici") == sorted(SPELLINGS)
    assert texts("cargoCarrier=Yurtiçi") == ["Yurtiçi"]
    assert texts(urlencode({"dqb": "o=Equals&p=cargoCarrier&v=Yurtiçi Kargo"})) == ["Yurtiçi Kargo"]


def test_a_row_and_a_page_show_the_text_of_the_wms(yurtici, agent, as_agent):
    record = make_return(cargo_carrier="YURTICI KARGO")
    Preferences.objects.create(user=agent, columns=["carrier"])
    for path in ("/returns/?group=carrier", record.get_absolute_url()):
        assert "YURTICI KARGO</span>" in as_agent.get(path).text


def test_a_rule_judges_each_return_by_its_carrier(yurtici, vocabulary):
    tag = make_tag("fragile")
    TagRule.objects.create(
        name="Kargo",
        moment=Moment.CREATED,
        parameters={"carrier": ["YURTICI-KARGO"]},
        adds=[tag.pk],
        is_on=True,
    )
    make_of_each("Aras")
    run_queued()
    tagged = Return.objects.filter(taggings__tag=tag).values_list("cargo_carrier", flat=True)
    assert set(tagged) == set(SPELLINGS)


def test_a_deadline_decides_the_returns_of_its_carrier(yurtici):
    save_policy(
        DeadlinePolicy(name="Kargo", amount=1, unit=Unit.HOURS, parameters={"carrier": ["Yurtiçi"]})
    )
    make_of_each("Aras", state=State.ARRIVED)
    assert matches("due_under=Kargo") == matches("deadline=late") == set(SPELLINGS)
    (listed,) = list_deadlines(timezone.now())
    assert str(listed.waiting) == "3"


def test_a_filter_by_another_spelling_covers_it(yurtici):
    vocabulary = load_vocabulary()
    wide, narrow, other = (
        resolve_names({"carrier": [text]}, vocabulary)
        for text in ("Yurtiçi", "YURTICI KARGO", "Aras")
    )
    assert covers(wide, narrow)
    assert not covers(other, narrow)


def test_past_deadlines_are_counted_again_when_the_spellings_of_their_carrier_change(yurtici):
    save_policy(
        DeadlinePolicy(name="Kargo", amount=1, unit=Unit.HOURS, parameters={"carrier": ["Yurtiçi"]})
    )

    def fingerprint() -> str | None:
        return policies_fingerprint(current_deadlines(), load_vocabulary(), timezone.now())

    before = fingerprint()
    make_carrier("Aras", "ARAS KARGO")
    make_of_each()
    assert fingerprint() == before
    yurtici.spellings.update(text="YK")
    assert fingerprint() != before


# Groups


def test_rows_stand_under_one_heading_for_a_carrier_in_their_order(yurtici, as_agent):
    now = timezone.now()
    texts = ["Yurtiçi", "Aras", "YURTICI KARGO", "", "Yurtiçi Kargo", "Yurtiçi"]
    for number, text in enumerate(texts):
        make_return(f"R{number}", cargo_carrier=text, created_at=now - timedelta(hours=number))
    listing = as_agent.get("/returns/?group=carrier").context["list"]
    groups = [
        (group.heading.name, [str(row.record) for row in group.rows])
        for group in listing.row_groups
    ]
    assert groups == [
        ("Aras", ["R1"]),
        ("Yurtiçi Kargo", ["R0", "R2", "R4", "R5"]),
        ("No carrier", ["R3"]),
    ]
    for group in listing.row_groups:
        listed = as_agent.get(group.heading.address).context["list"]
        assert listed.total.number == group.heading.count.number == len(group.rows)


@pytest.mark.parametrize("sort", ["-created", "carrier", "-waiting", "urgent"])
def test_pages_of_folded_groups_show_each_row_once_and_back_again(yurtici, as_agent, sort):
    make_of_each("Aras", "", state=State.ARRIVED)
    make_returns([{"cargo_carrier": SPELLINGS[n % 3], "state": State.ARRIVED} for n in range(120)])
    path, seen, pages = f"/returns/?group=carrier&sort={sort}", [], []
    while path:
        listing = as_agent.get(path).context["list"]
        pages.append([row.pk for row in listing.page.rows])
        seen += pages[-1]
        following = listing.page.next
        path = following and f"/returns/?group=carrier&sort={sort}&after={following}"
    assert len(seen) == len(set(seen)) == 125
    back = as_agent.get(
        f"/returns/?group=carrier&sort={sort}&before={listing.page.previous}"
    ).context["list"]
    assert [row.pk for row in back.page.rows] == pages[-2]
    assert back.page.continues or back.page.previous


def test_next_and_previous_of_a_return_follow_the_folded_groups(yurtici, as_agent):
    make_of_each("Aras")
    listing = as_agent.get("/returns/?group=carrier").context["list"]
    order = [row.record.return_reference_number for row in listing.rows]
    path, walked = listing.links.path(listing.rows[0].record), []
    while path:
        page = as_agent.get(path)
        walked.append(page.context["details"].record.return_reference_number)
        path = page.context["place"].next
    assert walked == order


@pytest.mark.parametrize("query", ["queue=to_inspect", "state=ArrivedToWarehouse&state=Completed"])
def test_the_queue_counts_a_carrier_once_and_links_to_its_list(yurtici, query):
    make_of_each("Aras", "", state=State.ARRIVED)
    groups = group_queue(Query.parse(f"{query}&group=carrier&carrier=yurtici"), "/queue/").groups
    assert {group.name: group.count.number for group in groups} == {
        "Yurtiçi Kargo": 3,
        "Aras": 1,
        "": 1,
    }
    assert [group.name for group in groups if group.is_chosen] == ["Yurtiçi Kargo"]
    for group in groups:
        filterset = ReturnFilterSet(Query.parse(group.address.partition("?")[2]), load_vocabulary())
        assert filterset.qs.count() == group.count.number


def test_the_earliest_arrival_of_a_folded_group_is_that_of_all_spellings(yurtici):
    now = timezone.now()
    for hours, text in enumerate(SPELLINGS, start=1):
        arrived = now - timedelta(hours=hours)
        make_return(cargo_carrier=text, state=State.ARRIVED, arrived_to_warehouse_at=arrived)
    (group,) = group_queue(Query.parse("queue=to_inspect&group=carrier"), "/queue/").groups
    assert group.oldest == now - timedelta(hours=3)


def test_a_hand_over_list_has_one_part_for_a_carrier(yurtici, as_agent):
    make_of_each("Aras", state=State.ARRIVED)
    page = as_agent.get("/queue/handover/?queue=to_inspect&group=carrier")
    assert [len(group.lines) for group in page.context["sheet"].groups] == [3, 1]
    assert "YURTICI KARGO" in page.text


# Cost


def test_the_filter_reads_an_index_of_carriers(yurtici):
    make_of_each("Aras")
    make_returns([{"cargo_carrier": f"Carrier {n % 40}"} for n in range(2_000)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE returns_return")
    for query in ("carrier=Yurtiçi", "carrier=Carrier 7"):
        filterset = ReturnFilterSet(Query.parse(query), load_vocabulary())
        newest = filterset.newest_first()[:51]
        plan = newest.explain()
        assert "return_by_carrier" in plan
        assert "Seq Scan" not in plan


def test_the_texts_of_returns_are_read_from_an_index_alone(yurtici):
    make_of_each("Aras")
    statement = carrier_names.CARRIER_TEXTS_SQL
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}", {"asked": ["Yurtiçi"], "whole": False})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert plan.count("Index Only Scan using return_by_carrier") == 2
    assert "Seq Scan on returns_return" not in plan


def test_without_carriers_no_return_is_read():
    make_of_each()
    assert read_carrier_names() == carrier_names.CarrierNames()
    assert set(read_carrier_names(whole=True).names()) == set(SPELLINGS)


def test_the_number_of_queries_does_not_depend_on_the_spellings(yurtici, as_agent):
    def number_of_queries(path: str) -> int:
        as_agent.get(path)
        with CaptureQueriesContext(connection) as queries:
            as_agent.get(path)
        return len(queries)

    paths = ["/returns/?carrier=Yurtiçi", "/returns/?group=carrier", "/queue/?group=carrier"]
    make_of_each(state=State.ARRIVED)
    before = [number_of_queries(path) for path in paths]
    for number in range(9):
        yurtici.spellings.create(text=f"YK {number}")
        make_return(cargo_carrier=f"yk {number}", state=State.ARRIVED)
    assert [number_of_queries(path) for path in paths] == before


def test_of_too_many_texts_the_first_are_folded(yurtici, monkeypatch):
    statement = carrier_names.CARRIER_TEXTS_SQL
    few = statement.replace(f"place < {carrier_names.MAX_CARRIER_TEXTS}", "place < 2")
    monkeypatch.setattr(carrier_names, "CARRIER_TEXTS_SQL", few)
    monkeypatch.setattr(carrier_names, "MAX_CARRIER_TEXTS", 2)
    make_of_each("Aras")
    names = read_carrier_names()
    assert names.is_cut_short
    assert matches("carrier=Aras") == {"Aras"}
    assert names.texts("Yurtiçi Kargo") == ["YURTICI KARGO"]
