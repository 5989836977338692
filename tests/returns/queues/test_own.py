"""Managers' own queues: saved views that stand among the queues, with count, oldest and ages."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from returns.deadlines import editing
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.lists import saved_views
from returns.models import DeadlinePolicy, Return, SavedView, State, Unit
from returns.people import roles
from returns.queues.own import own_queue_cards
from tags.models import Tag
from tags.vocabulary import load_vocabulary as words
from tests.factories import make_return, put_tag
from tests.trials import tried_on

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_shipped_queue(db):
    """Delete the queue that every role begins with."""
    SavedView.objects.filter(is_queue=True).delete()


def save(person, name: str, query: str, role: Group | None = None) -> SavedView:
    return saved_views.save_view(person, name, Query.parse(query), role, is_queue=True)


def cards(person, shown: str = ""):
    return own_queue_cards(person, Query.parse(shown))


def listed(address: str) -> list[str]:
    filterset = ReturnFilterSet(Query.parse(address.partition("?")[2]), words())
    assert filterset.problems() == []
    return list(filterset.qs.values_list("return_reference_number", flat=True))


def waiting(reference: str, hours: float, *tags: str) -> Return:
    arrived = timezone.now() - timedelta(hours=hours)
    created = arrived - timedelta(days=1)
    record = make_return(
        reference, state=State.ARRIVED, created_at=created, arrived_to_warehouse_at=arrived
    )
    for name in tags:
        put_tag(record, name)
    return record


def test_a_view_is_kept_from_the_queue_page_and_stands_among_the_queues(
    as_manager, manager, vocabulary
):
    waiting("old", 50, "books")
    waiting("new", 2, "books")
    waiting("urgent", 1, "books", "urgent-refund")
    waiting("other", 90)
    made = {"name": "Books", "query": "queue=to_inspect&tag=books", "is_queue": "on"}
    answer = as_manager.post("/views/", made)
    assert answer["Location"] == "/queue/?queue=to_inspect&tag=books"
    (card,) = as_manager.get(answer["Location"]).context["cards"][3:]
    assert (card.title, str(card.count), card.is_chosen) == ("Books", "3", True)
    numbers = {bucket.label: bucket.count.number for bucket in card.buckets}
    assert numbers == {"under 24 h": 2, "24–48 h": 0, "48–72 h": 1, "over 72 h": 0}


def test_a_queue_of_any_filter_keeps_to_it_and_shows_what_is_urgent_first(
    as_manager, manager, vocabulary
):
    waiting("plain", 5, "books")
    waiting("urgent", 1, "books", "urgent-refund")
    waiting("other", 90)
    make_return("done", state=State.COMPLETED)
    save(manager, "Books", "state=ArrivedToWarehouse&tag=books")
    (card,) = cards(manager)
    page = as_manager.get(card.address)
    shown = [record.return_reference_number for record in page.context["list"].page.rows]
    assert shown == ["urgent", "plain"]
    # What is filtered stands in the form, so that typing into another field keeps it.
    assert 'id="state-ArrivedToWarehouse" checked' in page.text
    assert page.context["list"].path_without_filters == "/queue/"


def test_it_is_shown_to_its_people_alone(manager, agent, vocabulary):
    save(manager, "Mine", "tag=books")
    save(manager, "Ours", "tag=books", Group.objects.get(name=roles.WAREHOUSE_MANAGER))
    assert [card.title for card in cards(manager)] == ["Mine", "Ours"]
    assert cards(agent) == []


def test_it_is_taken_from_the_queues_and_put_back(as_manager, manager):
    view = save(manager, "Mine", "state=ReturnCreated")
    page = as_manager.get("/views/").text
    assert "Remove from queues: Mine" in page
    as_manager.post(f"/views/{view.pk}/", {"action": "no-queue"})
    assert cards(manager) == []
    as_manager.post(f"/views/{view.pk}/", {"action": "queue"})
    assert len(cards(manager)) == 1
    # Keeping it anew from the list leaves it where it stands.
    saved_views.save_view(manager, "Mine", Query.parse("state=Completed"))
    assert len(cards(manager)) == 1


def test_a_view_of_another_person_is_not_made_a_queue(as_agent, manager):
    view = saved_views.save_view(manager, "Mine", Query.parse("state=Completed"))
    assert as_agent.post(f"/views/{view.pk}/", {"action": "queue"}).status_code == 404
    assert not SavedView.objects.get(pk=view.pk).is_queue


def test_a_queue_whose_tag_is_gone_has_no_number(manager, vocabulary):
    save(manager, "Books", "tag=books")
    Tag.objects.get(name="books").delete()
    (card,) = cards(manager)
    assert (card.count, card.buckets) == (None, [])


def test_a_view_of_a_waiting_time_has_no_buckets(manager):
    waiting("old", 90)
    save(manager, "Late", "waiting_over=48")
    (card,) = cards(manager)
    assert (str(card.count), card.buckets) == ("1", [])
    assert card.oldest is not None


@pytest.mark.parametrize(
    ("completed", "words"),
    [
        (0, "longest wait 3 days"),
        (3, "2 of them are waiting in the warehouse, longest wait 3 days"),
    ],
)
def test_a_card_says_how_many_of_its_returns_the_waiting_times_are_of(
    manager, as_manager, vocabulary, completed, words
):
    for number in range(completed):
        make_return(f"done-{number}", state=State.COMPLETED)
    waiting("old", 90)
    waiting("new", 5)
    save(manager, "All of them", "state=ArrivedToWarehouse&state=Completed")
    page = as_manager.get("/queue/?queue=to_inspect").content.decode()
    card = page.partition("All of them</a>")[2].partition("</p>")[0]
    assert " ".join(card.partition("<p>")[2].split()) == words


VIEWS = [
    "queue=to_inspect",
    "state=ArrivedToWarehouse&tag=books",
    "tag_any=books&tag_any=damaged",
    "missing_group=Return reason",
    "state=Completed",
    "waiting_under=60",
    "deadline=late",
    "sort=-arrived&tag_none=books",
]


@pytest.mark.slow
@tried_on(25)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(State.values),
            st.integers(min_value=0, max_value=120),
            st.sets(st.sampled_from(["books", "damaged", "urgent-refund"])),
        ),
        max_size=10,
    ),
    view=st.sampled_from(VIEWS),
)
def test_every_number_is_that_of_the_list_behind_it(manager, vocabulary, rows, view):
    Return.objects.all().delete()
    SavedView.objects.all().delete()
    for state, hours, tags in rows:
        created = timezone.now() - timedelta(hours=hours, minutes=90)
        record = make_return(state=state, created_at=created)
        for name in tags:
            put_tag(record, name)
    save(manager, "Queue", view)
    DeadlinePolicy.objects.all().delete()
    editing.save_policy(DeadlinePolicy(name="All", amount=30, unit=Unit.HOURS))
    (card,) = cards(manager)
    assert len(listed(card.address)) == card.count.number
    for bucket in card.buckets:
        assert len(listed(f"?{bucket.query}")) == bucket.count.number
    for each in card.deadlines:
        assert len(listed(f"?{each.query}")) == each.count.number
    here = Return.objects.filter(state=State.ARRIVED).values_list(
        "return_reference_number", flat=True
    )
    if card.buckets:
        total = sum(bucket.count.number for bucket in card.buckets)
        assert total == len(set(listed(card.address)) & set(here))
