"""The queues: what is in them, how old it is, and that every number is that of its list."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from returns.filters.filterset import ReturnFilterSet
from returns.filters.paging import Cursor, Page, paginate
from returns.filters.query import Query
from returns.filters.sorting import Sort
from returns.models import Return, State
from returns.queues.cards import queue_cards
from tags import editing
from tags.history import actions
from tags.models import Tag
from tags.undo import undo
from tags.vocabulary import load_vocabulary as words
from tests.factories import make_return, put_tag
from tests.trials import tried_on

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 25, 12, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch):
    """Let it be a moment."""

    def let(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    let(NOW)
    return let


def arrived(reference: str, moment: datetime, **fields) -> Return:
    created = moment - timedelta(days=1)
    return make_return(
        reference,
        state=State.ARRIVED,
        created_at=created,
        arrived_to_warehouse_at=moment,
        **fields,
    )


def listed(query: str) -> list[str]:
    filterset = ReturnFilterSet(Query.parse(query), words())
    assert filterset.problems() == []
    return list(filterset.qs.values_list("return_reference_number", flat=True))


def rows(answer) -> list[str]:
    return [record.return_reference_number for record in answer.context["list"].page.rows]


def buckets(queue: str = "to_inspect") -> dict[str, int]:
    (card,) = (card for card in queue_cards(Query.parse("")) if card.name == queue)
    return {bucket.label: bucket.count.number for bucket in card.buckets}


@pytest.mark.slow
def test_each_return_is_in_the_queue_of_its_next_step_the_oldest_first(as_manager, at):
    for days in (2, 1, 3):
        make_return(f"way {days}", created_at=NOW - timedelta(days=days))
        arrived(f"here {days}", NOW - timedelta(days=days))
    for hours in (1, 2, 20):
        done = NOW - timedelta(hours=hours)
        make_return(f"done {hours}", state=State.COMPLETED, completed_at=done)
    assert rows(as_manager.get("/queue/?queue=on_the_way")) == ["way 3", "way 2", "way 1"]
    assert rows(as_manager.get("/queue/?queue=to_inspect")) == ["here 3", "here 2", "here 1"]
    # Today begins at midnight of the warehouse, and of what is done the latest comes first.
    assert rows(as_manager.get("/queue/?queue=completed_today")) == ["done 1", "done 2"]
    counts = {card.name: str(card.count) for card in queue_cards(Query.parse(""))}
    assert counts == {"on_the_way": "3", "to_inspect": "3", "completed_today": "2"}
    oldest = [card.oldest for card in queue_cards(Query.parse(""))]
    assert oldest == [NOW - timedelta(days=3), NOW - timedelta(days=3), None]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Istanbul", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize(
    "now", [NOW, datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)]
)
def test_buckets_end_at_the_exact_hour_whatever_the_clocks_do(at, now, zone):
    at(now)
    second = timedelta(seconds=1)
    with timezone.override(ZoneInfo(zone)):
        for hours in (24, 48, 72):
            moment = now - timedelta(hours=hours)
            arrived(f"{hours} and a second", moment - second)
            arrived(f"{hours}", moment)
        arrived("new", now)
        # Exactly 24 hours are not yet more than 24.
        assert buckets() == {"under 24 h": 2, "24–48 h": 2, "48–72 h": 2, "over 72 h": 1}
        over = listed("queue=to_inspect&waiting_over=24&waiting_under=48")
        assert sorted(over) == ["24 and a second", "48"]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize(
    "now", [NOW, datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)]
)
def test_what_is_on_the_way_ages_from_its_creation_until_it_arrives(at, now, zone):
    at(now)
    with timezone.override(ZoneInfo(zone)):
        for hours in (0, 24, 48, 72):
            moment = now - timedelta(hours=hours)
            make_return(f"{hours}", created_at=moment)
            make_return(f"{hours} and a second", created_at=moment - timedelta(seconds=1))
            arrived(f"here {hours}", moment)
            make_return(f"done {hours}", state=State.COMPLETED, created_at=moment)
        assert buckets("on_the_way") == {
            "under 24 h": 3,
            "24–48 h": 2,
            "48–72 h": 2,
            "over 72 h": 1,
        }
        between = "on_the_way_over=24&on_the_way_under=48"
        assert sorted(listed(between)) == ["24 and a second", "48"]
        assert sorted(listed(f"queue=on_the_way&{between}")) == ["24 and a second", "48"]
        assert listed(f"queue=to_inspect&{between}") == []


def test_a_bucket_of_what_is_on_the_way_is_chosen_and_comes_off(as_manager, at):
    make_return("old", created_at=NOW - timedelta(hours=80))
    make_return("new", created_at=NOW)
    page = as_manager.get("/queue/?queue=on_the_way&on_the_way_over=72")
    assert rows(page) == ["old"]
    chosen = {
        (card.name, bucket.label): bucket.query
        for card in page.context["cards"]
        for bucket in card.buckets
        if bucket.is_chosen
    }
    assert chosen == {("on_the_way", "over 72 h"): "queue=on_the_way&on_the_way_over=72"}
    (chip,) = page.context["list"].chips
    assert (chip.label, chip.name) == ("on the way over", "72 h")
    assert chip.address_without == "/queue/?queue=on_the_way"
    unnamed = [each.name for each in page.context["list"].more_fields if each.value == "72"]
    assert unnamed == ["on_the_way_over"]


filters = st.lists(
    st.one_of(
        st.tuples(st.just("tag"), st.sampled_from(["books", "damaged"])),
        st.tuples(st.just("tag_none"), st.sampled_from(["books", "damaged"])),
        st.tuples(st.just("q"), st.sampled_from(["Return-1", "Return-2"])),
        st.tuples(st.just("created_from"), st.sampled_from(["-3d", "-6d"])),
    ),
    max_size=2,
)


@pytest.mark.slow
@tried_on(25)
@given(
    ages=st.lists(st.integers(min_value=0, max_value=200), max_size=12),
    states=st.lists(st.sampled_from(State.values), min_size=12, max_size=12),
)
def test_every_number_is_that_of_the_list_behind_it(as_manager, vocabulary, ages, states):
    Return.objects.all().delete()
    now = timezone.now()
    for hours, state in zip(ages, states, strict=False):
        moment = now - timedelta(hours=hours, minutes=1)
        make_return(state=state, created_at=moment - timedelta(hours=1))
    for card in queue_cards(Query.parse("")):
        page = as_manager.get(card.address)
        assert rows(page) == listed_in_order(card.address)
        assert len(rows(page)) == card.count.number
        for bucket in card.buckets:
            assert len(listed(bucket.query)) == bucket.count.number
        if card.buckets:
            assert sum(bucket.count.number for bucket in card.buckets) == card.count.number


def listed_in_order(address: str) -> list[str]:
    query = Query.parse(address.partition("?")[2])
    sort = {"on_the_way": "created_at", "to_inspect": "arrived_to_warehouse_at"}
    queryset = ReturnFilterSet(query, words()).qs
    name = sort.get(query["queue"], "completed_at")
    queryset = queryset.in_order_of(name, descending=name == "completed_at")
    return list(queryset.values_list("return_reference_number", flat=True))


@pytest.mark.slow
def test_the_filters_of_the_list_narrow_a_queue_and_stay_in_its_address(as_manager, vocabulary, at):
    put_tag(arrived("tagged", NOW - timedelta(hours=30)), "books")
    arrived("plain", NOW - timedelta(hours=30))
    arrived("new", NOW)
    page = as_manager.get("/queue/?queue=to_inspect&tag=books")
    assert rows(page) == ["tagged"]
    assert page.context["list"].is_filtered
    assert page.context["list"].path_without_filters == "/queue/?queue=to_inspect"
    assert not as_manager.get("/queue/?queue=to_inspect").context["list"].is_filtered
    chip = page.context["list"].tag_chips[0]
    assert chip.address_without == "/queue/?queue=to_inspect"
    # What is tagged at once, made a rule or saved says the same to everybody.
    assert "/bulk/?queue=to_inspect&amp;tag=books" in page.text
    assert rows(as_manager.get("/returns/?queue=to_inspect&tag=books")) == ["tagged"]
    fragment = as_manager.get(
        "/queue/?queue=to_inspect&waiting_over=24",
        headers={"HX-Request": "true", "HX-Request-Type": "partial"},
    )
    assert fragment["HX-Push-Url"] == "/queue/?queue=to_inspect&waiting_over=24"
    assert 'hx-target="#queues"' in fragment.text
    chosen = re.search(r'aria-current="true"[^>]*>.*?</span>([^<]*)<b>', fragment.text)
    assert chosen is None  # over 24 h is no bucket
    bucket = "/queue/?queue=to_inspect&waiting_over=24&waiting_under=48"
    chosen = re.search(
        r'aria-current="true"[^>]*><span[^>]*></span>([^<]*)<b>', as_manager.get(bucket).text
    )
    assert chosen[1] == "24–48 h "


def test_without_a_queue_it_is_what_waits_in_the_warehouse(as_agent):
    assert as_agent.get("/queue/")["Location"] == "/queue/?queue=to_inspect"
    assert as_agent.get("/queue/?group=tag")["Location"] == "/queue/?queue=to_inspect&group=tag"


@pytest.mark.parametrize("query", ["queue=", "queue=+", "queue=&queue=+", "queue=&tag="])
def test_a_blank_queue_is_none(as_agent, query):
    assert as_agent.get(f"/queue/?{query}")["Location"] == "/queue/?queue=to_inspect"


@pytest.mark.parametrize("queue", ["to_inspect&queue=", "a%26b", "%00", "%ED%A0%80", "x" * 500])
def test_a_nasty_queue_is_answered(as_agent, queue):
    page = as_agent.get(f"/queue/?queue={queue}")
    assert page.status_code == 200
    clear = page.context["list"].path_without_filters
    assert as_agent.get(clear).context["list"].path == clear


@pytest.mark.parametrize("path", ["/queue/", "/returns/"])
def test_a_queue_that_does_not_exist_is_named_and_empty(as_agent, path):
    make_return()
    page = as_agent.get(f"{path}?queue=lost")
    assert rows(page) == []
    assert "Queue: Select a valid choice. lost" in page.text


def test_an_empty_queue_says_so(as_agent):
    page = as_agent.get("/queue/?queue=to_inspect")
    assert "This queue is empty" in page.text
    assert "nothing waiting" in page.text


def test_what_took_less_than_nothing_or_lacks_its_arrival_is_not_measured(as_manager, at):
    def median():
        return queue_cards(Query.parse(""))[-1].median_processing_time

    assert median() is None
    done = NOW - timedelta(hours=1)
    for hours in (1, 5, 6, -3):
        make_return(
            state=State.COMPLETED,
            completed_at=done,
            arrived_to_warehouse_at=done - timedelta(hours=hours),
        )
    make_return(state=State.COMPLETED, completed_at=done, arrived_to_warehouse_at=None)
    assert median() == timedelta(hours=5)


# What is urgent


URGENT = ["urgent-refund", "priority-return", "vip-customer", "high-value"]


def urgent_ids() -> list[int]:
    return [tag.id for tag in words().values() if tag.raises]


def pages(query: str, size: int) -> tuple[list[list[str]], list[list[str]]]:
    """Walk all pages forward, then back from the last one."""

    def page(after: str = "", before: str = "") -> Page:
        sort = Sort.parse("urgent")
        after_, before_ = (Cursor.parse(text, sort) if text else None for text in (after, before))
        queryset = ReturnFilterSet(Query.parse(query), words()).qs.with_tag_ids()
        return paginate(queryset, sort, after_, before_, size=size, urgent=urgent_ids())

    forward, here = [], page()
    forward.append(here)
    while here.next:
        here = page(after=here.next)
        forward.append(here)
    back = [here]
    while here.previous:
        here = page(before=here.previous)
        back.insert(0, here)
    return tuple(
        [[record.return_reference_number for record in each.rows] for each in walk]
        for walk in (forward, back)
    )


def test_urgent_tags_come_first_by_their_rank_then_what_waits_longest(as_manager, vocabulary, at):
    for number, names in enumerate(
        ([], ["high-value"], ["standard"], ["urgent-refund"], ["urgent-refund", "books"], [])
    ):
        record = arrived(f"{number}", NOW - timedelta(hours=number))
        for name in names:
            put_tag(record, name)
    page = as_manager.get("/queue/?queue=to_inspect")
    assert rows(page) == ["4", "3", "1", "5", "2", "0"]
    assert page.context["list"].summary == "6 returns, urgent first, then earliest arrival"
    assert rows(as_manager.get("/queue/?queue=to_inspect&sort=arrived")) == list("543210")


@pytest.mark.slow
@tried_on(30)
@given(
    carried=st.lists(
        st.tuples(
            st.integers(min_value=0, max_value=4),
            st.sampled_from([*URGENT, "standard", ""]),
            st.sampled_from(["books", ""]),
            st.sampled_from(State.values),
        ),
        max_size=12,
    ),
    size=st.integers(min_value=1, max_value=5),
)
def test_pages_hold_each_return_once_in_the_order_of_the_queue(vocabulary, carried, size):
    Return.objects.all().delete()
    editing.save_tag(also_urgent("books"), None)
    order = []
    for number, (hours, priority, category, state) in enumerate(carried):
        moment = NOW - timedelta(hours=hours)
        fields = {} if state == State.CREATED else {"arrived_to_warehouse_at": moment}
        record = make_return(f"{number}", state=state, created_at=NOW, **fields)
        for name in filter(None, (priority, category)):
            put_tag(record, name)
        rank = min(
            [[*URGENT, "books"].index(name) for name in (priority, category) if name in RAISED],
            default=9,
        )
        order.append(
            (rank, state == State.CREATED, moment if fields else NOW, record.pk, f"{number}")
        )
    expected = [row[-1] for row in sorted(order)]
    forward, back = pages("", size)
    assert [reference for page in forward for reference in page] == expected
    assert back == forward


RAISED = {*URGENT, "books"}


def also_urgent(name: str) -> Tag:
    tag = Tag.objects.get(name=name)
    tag.raises = True
    return tag


def test_a_page_goes_on_where_it_ended_though_the_tag_is_gone(vocabulary):
    records = [arrived(f"{number}", NOW - timedelta(hours=number)) for number in range(4)]
    for record in records[2:]:
        put_tag(record, "urgent-refund")
    sort = Sort.parse("urgent")
    queryset = Return.objects.with_tag_ids()
    first = paginate(queryset, sort, size=1, urgent=urgent_ids())
    assert [record.return_reference_number for record in first.rows] == ["3"]
    records[3].taggings.all().delete()
    after = Cursor.parse(first.next, sort)
    rest = paginate(queryset, sort, after, size=9, urgent=urgent_ids())
    assert [record.return_reference_number for record in rest.rows] == ["2", "3", "1", "0"]


def test_what_is_urgent_cannot_be_turned_around(as_agent):
    assert "“urgent” is not a sort order" in as_agent.get("/returns/?sort=-urgent").text


def test_managers_say_which_tags_are_urgent_and_it_is_undone(as_manager, vocabulary):
    tag = Tag.objects.get(name="books")
    assert urgent_ids() == list(
        Tag.objects.filter(name__in=URGENT).order_by("position").values_list("pk", flat=True)
    )
    fields = {"name": "books", "group": tag.group_id, "position": tag.position, "raises": "on"}
    as_manager.post(f"/tags/{tag.pk}/", fields)
    assert tag.pk in urgent_ids()
    action = actions()[0]
    assert action.words == "“books”: urgent."
    undo(action.pk, None)
    assert tag.pk not in urgent_ids()


def test_completed_today_has_columns_that_fit_it(as_manager):
    make_return("done", state=State.COMPLETED, completed_at=timezone.now())
    table = as_manager.get("/queue/", {"queue": "completed_today"}).context["list"].table
    assert table.shown[:3] == ["reference", "completed", "waiting"]
    assert "deadline" not in table.shown
    assert "created" not in table.shown
