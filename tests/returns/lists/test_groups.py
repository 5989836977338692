"""Groups of returns: by carrier, channel or tag, each the list that it counts."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from returns.filters.filterset import ReturnFilterSet
from returns.filters.paging import PAGE_SIZE
from returns.filters.query import Query
from returns.lists import group_counts, reading
from returns.lists.groups import Group, group_queue
from returns.models import Return, State
from returns.summaries import maintenance
from tags.vocabulary import load_vocabulary as words
from tests.factories import make_return, make_returns, put_tag
from tests.trials import tried_on

pytestmark = pytest.mark.django_db

CARRIERS = ["Yurtiçi Kargo", "Aras Kargo", ""]


def waiting(**fields) -> Return:
    return make_return(state=State.ARRIVED, **fields)


def groups(query: str) -> list[Group]:
    return group_queue(Query.parse(query), "/queue/").groups


def numbers(query: str) -> dict[str, int]:
    return {group.name: group.count.number for group in groups(query)}


def listed(address: str) -> int:
    filterset = ReturnFilterSet(Query.parse(address.partition("?")[2]), words())
    assert filterset.problems() == []
    return filterset.qs.count()


def test_carriers_are_counted_the_largest_first_and_the_missing_one_too(db):
    for carrier in ("MNG", "Aras Kargo", "Aras Kargo", ""):
        waiting(cargo_carrier=carrier)
    make_return(cargo_carrier="MNG")  # on the way
    assert groups("queue=to_inspect&group=carrier")[0].name == "Aras Kargo"
    assert numbers("queue=to_inspect&group=carrier") == {"Aras Kargo": 2, "MNG": 1, "": 1}
    assert numbers("queue=to_inspect&group=channel") == {"": 4}


def test_the_chosen_group_is_marked_and_the_others_stay_in_sight(db):
    for carrier in ("MNG", "Aras Kargo", ""):
        waiting(cargo_carrier=carrier)
    for query in ("carrier=MNG", "missing=carrier"):
        shown = groups(f"queue=to_inspect&group=carrier&{query}")
        assert len(shown) == 3
        (chosen,) = (group.name for group in shown if group.is_chosen)
        assert chosen == ("MNG" if query == "carrier=MNG" else "")


def test_what_else_is_missing_stays_in_the_filter_of_a_group(db):
    waiting(cargo_carrier="", sales_order_channel="Trendyol")
    waiting(cargo_carrier="", sales_order_channel="")
    (group,) = groups("missing=channel&group=carrier")
    assert (group.count.number, listed(group.address)) == (1, 1)


def test_tags_are_counted_beside_the_filter_and_returns_without_any(vocabulary):
    both, one, _ = waiting(), waiting(), waiting()
    for record, name in ((both, "books"), (both, "damaged"), (one, "damaged")):
        put_tag(record, name)
    assert numbers("queue=to_inspect&group=tag") == {"damaged": 2, "books": 1, "": 1}
    assert numbers("queue=to_inspect&group=tag&tag=books") == {"books": 1, "damaged": 1}
    assert numbers("queue=to_inspect&group=tag&tag_any=books&tag_any=damaged") == {
        "damaged": 2,
        "books": 1,
    }


def test_a_group_says_since_when_its_oldest_waits(db):
    now = timezone.now()
    for hours in (3, 30):
        waiting(cargo_carrier="MNG", arrived_to_warehouse_at=now - timedelta(hours=hours))
    (group,) = groups("queue=to_inspect&group=carrier")
    assert group.oldest == now - timedelta(hours=30)


def test_of_more_returns_than_are_read_a_whole_queue_is_counted_exactly_others_up_to_there(
    vocabulary, monkeypatch
):
    monkeypatch.setattr(group_counts, "LIST_CAP", 2)
    now = timezone.now()
    for days in (1, 2, 3):
        record = waiting(cargo_carrier="MNG", arrived_to_warehouse_at=now - timedelta(days=days))
        put_tag(record, "books")
    put_tag(record, "damaged")
    maintenance.build_if_missing()
    for by in ("carrier", "tag"):
        first = groups(f"queue=to_inspect&group={by}")[0]
        assert (str(first.count), first.oldest) == ("3", now - timedelta(days=3))
        first = groups(f"queue=to_inspect&group={by}&waiting_over=1")[0]
        assert (str(first.count), first.oldest) == ("3+", now - timedelta(days=3))
        first = groups(f"state=ArrivedToWarehouse&state=Completed&group={by}")[0]
        assert (first.count.more, first.oldest) == (by == "tag", None)
    assert numbers("queue=to_inspect&group=tag") == {"books": 3, "damaged": 1}


@pytest.mark.slow
@tried_on(25)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(CARRIERS),
            st.sampled_from(CARRIERS),
            st.sampled_from(State.values),
            st.sets(st.sampled_from(["books", "damaged", "standard"])),
        ),
        max_size=10,
    ),
    query=st.sampled_from(
        ["", "queue=to_inspect", "queue=on_the_way&tag_any=books", "tag=books", "missing=channel"]
    ),
    by=st.sampled_from(["carrier", "channel", "tag"]),
)
def test_every_number_is_that_of_the_list_behind_it(vocabulary, rows, query, by):
    Return.objects.all().delete()
    for carrier, channel, state, tags in rows:
        record = make_return(cargo_carrier=carrier, sales_order_channel=channel, state=state)
        for name in tags:
            put_tag(record, name)
    shown = groups(f"{query}&group={by}")
    for group in shown:
        assert listed(group.address) == group.count.number
    if by != "tag" and query != f"missing={by}":
        assert sum(group.count.number for group in shown) == listed(f"?{query}")


def test_a_wrong_filter_or_grouping_is_named_and_groups_nothing(as_agent):
    waiting()
    page = as_agent.get("/queue/?queue=to_inspect&group=weight")
    assert "weight" in page.text
    assert page.context["list"].page.rows == []
    assert groups("queue=lost&group=carrier") == []


def test_the_page_groups_in_place_and_what_is_made_of_it_is_the_filter_alone(as_manager):
    waiting(cargo_carrier="MNG")
    page = as_manager.get("/queue/?queue=to_inspect&group=carrier&carrier=MNG")
    assert 'aria-label="By carrier"' in page.text
    assert "/bulk/?queue=to_inspect&amp;carrier=MNG&quot" not in page.text
    assert 'href="/bulk/?queue=to_inspect&amp;carrier=MNG"' in page.text
    fragment = as_manager.get(
        "/queue/?queue=to_inspect&group=carrier",
        headers={"HX-Request": "true", "HX-Request-Type": "partial"},
    )
    assert 'hx-target="#queue-groups"' in fragment.text


def headings(page) -> list[str]:
    cells = re.findall(r'<th scope="rowgroup"[^>]*>(.*?)</th>', page.text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in cells]


def test_rows_stand_under_headings_with_their_numbers_in_the_order_of_the_list(as_agent):
    for number, carrier in enumerate(["MNG", "", "aras", "MNG"]):
        created = timezone.now() - timedelta(hours=number)
        make_return(f"R{number}", cargo_carrier=carrier, created_at=created)
    page = as_agent.get("/returns/?group=carrier")
    assert headings(page) == ["aras 1 return", "MNG 2 returns", "No carrier 1 return"]
    assert re.findall(r'data-return="(R\d)"', page.text) == ["R2", "R0", "R3", "R1"]
    for group in page.context["list"].row_groups:
        assert listed(group.heading.address) == group.heading.count.number == len(group.rows)


def test_a_group_that_goes_on_says_so_on_the_next_page_and_not_before(as_agent):
    make_returns({"cargo_carrier": "MNG"} for _ in range(PAGE_SIZE + 1))
    make_return(cargo_carrier="UPS")
    first = as_agent.get("/returns/?group=carrier")
    assert headings(first) == ["MNG 51 returns"]
    second = as_agent.get(f"/returns/?group=carrier&after={first.context['list'].page.next}")
    assert headings(second) == ["MNG 51 returns continued", "UPS 1 return"]


def test_one_group_alone_and_the_queue_have_their_headings_too(as_agent):
    for carrier in ("MNG", "UPS", ""):
        waiting(cargo_carrier=carrier)
    for query, name in (("carrier=MNG", "MNG"), ("missing=carrier", "No carrier")):
        page = as_agent.get(f"/queue/?queue=to_inspect&group=carrier&{query}")
        assert headings(page) == [f"{name} 1 return"]


def test_more_rows_cost_no_more_queries(as_agent, django_assert_max_num_queries):
    def count_queries() -> int:
        with django_assert_max_num_queries(99) as queries:
            as_agent.get("/returns/?group=carrier")
        return len(queries)

    make_returns({"cargo_carrier": name} for name in ("MNG", "UPS") for _ in range(3))
    few = count_queries()
    make_returns({"cargo_carrier": name} for name in ("MNG", "UPS") for _ in range(6))
    assert count_queries() == few


def test_by_tag_the_page_says_why_the_rows_are_not_grouped(as_agent, vocabulary):
    put_tag(waiting(), "books")
    page = as_agent.get("/queue/?queue=to_inspect&group=tag")
    assert headings(page) == []
    assert "Rows are not grouped by tag" in page.text
    assert "group=tag" not in as_agent.get("/returns/").text


def test_with_too_many_carriers_the_rows_stay_one_list(as_agent, monkeypatch):
    monkeypatch.setattr(reading, "MAX_KNOWN_VALUES", 2)
    make_returns({"cargo_carrier": f"Carrier {n}"} for n in range(PAGE_SIZE + 2))
    page = as_agent.get("/returns/?group=carrier")
    assert headings(page) == []
    assert "Rows are not grouped" in page.text
    rest = as_agent.get(f"/returns/?group=carrier&after={page.context['list'].page.next}")
    assert len(rest.context["list"].rows) == 2


def test_a_place_without_a_group_is_no_page_of_a_grouped_list(as_agent):
    make_returns({} for _ in range(PAGE_SIZE + 1))
    after = as_agent.get("/returns/").context["list"].page.next
    page = as_agent.get(f"/returns/?group=carrier&after={after}")
    assert "there is no such page in groups" in page.text


def test_without_scripts_the_list_offers_its_groups_as_links(as_agent):
    make_return()
    page = as_agent.get("/returns/?state=ReturnCreated&after=x")
    assert 'href="/returns/?state=ReturnCreated&amp;group=carrier"' in page.text
    answer = as_agent.get(
        "/returns/?state=ReturnCreated&group=carrier",
        headers={"HX-Request": "true", "HX-Request-Type": "partial"},
    )
    assert 'hx-target="#groupings"' in answer.text
    assert 'name="group" value="carrier"' in answer.text
