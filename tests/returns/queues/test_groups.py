"""Groups of a queue: by carrier, channel or tag, each the list that it counts."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.models import Return, State
from returns.queues.groups import Group, group_queue
from tags.vocabulary import load_vocabulary as words
from tests.factories import make_return, put_tag
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
