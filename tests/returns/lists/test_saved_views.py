"""Saved views: kept filters, as tabs, for a person or a role; a stranger's are not there."""

import re
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.test import Client

from returns.filters import deleted_entries
from returns.filters.query import Query
from returns.lists import saved_views
from returns.lists.page import return_list
from returns.lists.saved_views import list_address, save_view, start_path, visible_views
from returns.lists.tabs import count_tabs, tabs
from returns.models import Return, SavedView, State
from returns.people import roles
from tags import editing
from tags.models import Tag, TagGroup
from tags.vocabulary import load_vocabulary as words_of
from tests.factories import make_return, make_tag, put_tag
from tests.markup import flat

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_shipped_views():
    SavedView.objects.all().delete()


@pytest.fixture
def managers() -> Group:
    return Group.objects.get(name=roles.WAREHOUSE_MANAGER)


def names_of(person) -> list[str]:
    return [view.name for view in visible_views(person)]


def post(client: Client, view: SavedView, **data) -> int:
    return client.post(f"/views/{view.pk}/", data).status_code


# Keeping


def test_a_filter_is_kept_from_the_list_and_leads_back_to_it(as_agent, agent, vocabulary):
    query = "state=Completed&tag=books&q=0011&sort=-arrived"
    answer = as_agent.post("/views/", {"name": " My  books ", "query": query})
    assert sorted(Query.parse(answer["Location"].split("?")[1])) == sorted(Query.parse(query))
    view = SavedView.objects.get(owner=agent)
    assert (view.name, view.parameters["tag"]) == ("My books", [Tag.objects.get(name="books").pk])


def test_a_long_filter_is_kept_and_leads_to_its_list(as_agent, agent):
    query = urlencode({"q": "x" * 7_000 + "ş" * 1_700})
    saved = as_agent.post("/views/", {"name": "Long", "query": query})
    opened = as_agent.get(f"/views/{SavedView.objects.get(owner=agent).pk}/")
    assert saved["Location"] == opened["Location"] == f"/returns/?{query}"


def test_the_page_of_the_list_is_not_kept(agent):
    assert save_view(agent, "x", Query.parse("state=Completed&after=abc")).parameters == {
        "state": ["Completed"]
    }


@pytest.mark.parametrize(
    ("name", "query", "words"),
    [
        ("", "state=Completed", "This field is required"),
        ("x" * 61, "state=Completed", "at most 60 characters"),
        ("x", "stete=Completed", "stete: there is no such filter"),
        ("x", "created_from=soon", "“soon” is not a date"),
    ],
)
def test_what_cannot_be_kept_is_named_and_nothing_is_lost(as_agent, agent, name, query, words):
    answer = as_agent.post("/views/", {"name": name, "query": query})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{query}"' in answer.text
    assert not SavedView.objects.filter(owner=agent).exists()


def test_the_same_name_changes_the_view(agent):
    first = save_view(agent, "Mine", Query.parse("state=Completed"))
    second = save_view(agent, "mine", Query.parse("q=0011"))
    assert (second.pk, second.parameters) == (first.pk, {"q": ["0011"]})


def test_a_tag_with_a_new_name_stays_in_the_view(agent, admin, vocabulary):
    view = save_view(agent, "Books", Query.parse("tag=books&missing_group=return REASON"))
    tag = Tag.objects.get(name="books")
    tag.name = "printed-matter"
    editing.save_tag(tag, None)
    assert list_address(view, words_of()) == (
        "/returns/?tag=printed-matter&missing_group=Return+reason"
    )


def test_a_tag_that_is_gone_is_named_and_shows_nothing(as_agent, agent):
    make_return()
    view = save_view(agent, "Old", Query.parse(f"tag={make_tag('old').name}"))
    Tag.objects.filter(name="old").delete()
    page = as_agent.get(f"/views/{view.pk}/", follow=True)
    assert f"there is no tag “deleted tag {view.parameters['tag'][0]}”" in page.text
    assert "data-return" not in page.text


def test_a_tag_is_kept_however_it_was_typed(agent, vocabulary):
    kept = save_view(agent, "x", Query.parse("tag=Wrong-Sıze&missing_group=PRİORİTY"))
    assert list_address(kept, words_of()) == "/returns/?tag=wrong-size&missing_group=Priority"


def test_a_group_that_lost_its_last_tag_stays_in_the_view(agent):
    group = TagGroup.objects.get(tags=make_tag("last", group="Emptied"))
    view = save_view(agent, "x", Query.parse("missing_group=emptied"))
    Tag.objects.all().delete()
    assert list_address(view, words_of()) == "/returns/?missing_group=Emptied"
    TagGroup.objects.filter(pk=group.pk).delete()
    assert list_address(view, words_of()) == f"/returns/?missing_group=deleted+group+{group.pk}"


# Tabs and counts


def test_the_shown_filter_marks_its_tab_whatever_the_order_of_its_parameters(
    agent, vocabulary, no_shipped_views
):
    save_view(agent, "A", Query.parse("state=Completed&state=ReturnCreated&tag=BOOKS"))
    save_view(agent, "B", Query.parse("q=0011"))
    shown = Query.parse("tag=books&after=x&state=ReturnCreated&state=Completed&sort=-created")
    assert [tab.is_current for tab in tabs(visible_views(agent), shown, words_of())] == [
        True,
        False,
    ]


def required(name: str, stage: str = State.ARRIVED) -> TagGroup:
    group = TagGroup.objects.get(name=name)
    group.required_when = stage
    return group


VIEWS = [
    "",
    "state=ArrivedToWarehouse",
    "q=Return-9",
    "tag=books",
    "tag=books&state=Completed",
    "missing_group=Product category",
    "missing_group=Return reason&missing_group=Priority",
    "waiting_over=1",
    "created_from=-7d&sort=arrived",
    "q=nothing",
]


@pytest.mark.parametrize("query", VIEWS)
def test_the_count_of_a_tab_is_that_of_its_list(agent, vocabulary, no_shipped_views, query):
    for number in range(12):
        record = make_return(f"Return-{number}", state=State.values[number % 3])
        if number % 4 == 0:
            put_tag(record, ("books", "damaged", "urgent-refund")[number % 3])
    save_view(agent, "View", Query.parse(query))
    shown = return_list(Query.parse(query))
    (counted,) = count_tabs(agent)
    assert counted.count == shown.counts.total(shown.query.getlist("state"))
    assert counted.count.number == len(shown.page.rows)


def test_the_counts_come_by_htmx_into_their_tabs(as_agent, agent, no_shipped_views):
    make_return()
    view = save_view(agent, "All of them", Query.parse("state=ReturnCreated"))
    assert (
        f'<hx-partial hx-target="#saved-view-count-{view.pk}">1</hx-partial>'
        in as_agent.get("/views/counts/?poll").text
    )


def test_a_view_that_takes_too_long_has_no_count(agent, no_shipped_views, monkeypatch):
    make_return()
    save_view(agent, "Slow", Query.parse("state=ReturnCreated"))
    monkeypatch.setattr("returns.lists.tabs.TAB_TIME_LIMIT_MS", 1)
    slow = "pg_sleep(1) IS NOT NULL"
    monkeypatch.setattr(
        "returns.querysets.ReturnQuerySet.in_state",
        lambda listing, *states: listing.extra(where=[slow]),
    )
    assert count_tabs(agent)[0].count is None


def test_a_poll_of_the_signed_out_leads_nobody_away(client):
    answer = client.get("/views/counts/?poll", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer
    assert "You were signed out" in answer.text


def test_the_list_costs_no_more_queries_with_many_views(
    as_agent, agent, django_assert_max_num_queries, no_shipped_views
):
    for number in range(10):
        save_view(agent, f"View {number}", Query.parse("state=Completed"))
    with django_assert_max_num_queries(9):
        as_agent.get("/returns/")


# The queues of required groups


def test_a_required_group_makes_a_queue_that_counts(as_agent, agent, vocabulary, no_shipped_views):
    editing.save_group(required("Return reason"), None)
    for number in range(3):
        make_return(f"{number}", state=State.ARRIVED)
    put_tag(make_return("tagged", state=State.ARRIVED), "damaged")
    make_return("on its way")
    page = as_agent.get("/returns/")
    (tab,) = page.context["tabs"]
    assert tab.name == "Arrived without Return reason"
    listed = as_agent.get(tab.address).context
    assert sorted(row.pk for row in listed["list"].page.rows) == sorted(
        Return.objects.filter(return_reference_number__in="012").values_list("pk", flat=True)
    )
    assert [each.is_current for each in listed["tabs"]] == [True]
    (counted,) = count_tabs(agent)
    assert str(counted.count) == "3"
    assert f'hx-target="#saved-view-count-{tab.key}">3<' in as_agent.get("/views/counts/").text


def test_a_queue_that_is_a_saved_view_stands_once(agent, vocabulary):
    editing.save_group(required("Return reason"), None)
    editing.save_group(required("Process", State.COMPLETED), None)
    names = [tab.name for tab in tabs(visible_views(agent), Query.from_lists({}), words_of())]
    assert names[-2:] == ["Damaged, waiting for a decision", "Completed without Process"]
    assert "Arrived without Return reason" not in names


def test_the_page_describes_a_view_like_the_chips_of_the_list(as_agent, agent):
    query = "state=ArrivedToWarehouse&missing_group=Return reason&waiting_over=48&sort=arrived"
    save_view(agent, "Late", Query.parse(query))
    described = (
        "State Arrived, waiting over 48 h, no tag from Return reason; earliest arrival first"
    )
    assert described in flat(as_agent.get("/views/"))


# Shipped


def test_each_role_begins_with_useful_views(agent):
    assert names_of(agent) == [
        "Arrived today",
        "Waiting over 48 h",
        "Urgent refunds",
        "No reason tag",
        "Completed this week",
        "Damaged, waiting for a decision",
    ]


@pytest.mark.slow
def test_every_shipped_view_can_be_understood(as_manager, manager):
    for view in visible_views(manager):
        listing = as_manager.get(f"/views/{view.pk}/", follow=True).context["list"]
        assert listing.problems == []
        assert [
            tab.is_current for tab in tabs(visible_views(manager), listing.query, words_of())
        ].count(True) == 1


def test_arrived_without_a_reason_are_those_without_a_tag_of_that_group(as_agent, vocabulary):
    arrived = {"state": State.ARRIVED}
    put_tag(make_return("with a reason", **arrived), "damaged")
    put_tag(make_return("with another tag", **arrived), "books")
    make_return("with none", **arrived)
    listing = as_agent.get(
        "/returns/?state=ArrivedToWarehouse&missing_group=return reason"
    ).context["list"]
    assert {str(row) for row in listing.page.rows} == {"with another tag", "with none"}


def test_a_group_that_does_not_exist_is_named_and_matches_nothing(as_agent, vocabulary):
    make_return()
    page = as_agent.get("/returns/?missing_group=Colours").text
    assert "there is no tag group “Colours”" in page
    assert "data-return" not in page


# Whose


def test_a_strangers_view_is_nowhere(as_agent, agent, manager):
    theirs = save_view(manager, "Secret plans", Query.parse("q=0011"))
    address = f"/views/{theirs.pk}/"
    assert as_agent.get(address).status_code == 404
    for action in ("rename", "up", "start", "share", "delete"):
        assert as_agent.post(address, {"action": action, "name": "x"}).status_code == 404
    for page in ("/returns/", "/views/", "/views/counts/"):
        text = as_agent.get(page).text
        assert "Secret plans" not in text
        assert f"saved-view-count-{theirs.pk}" not in text
    theirs.refresh_from_db()
    assert (theirs.name, theirs.token) == ("Secret plans", None)


def test_a_managers_own_view_is_not_an_admins_either(as_admin, manager):
    theirs = save_view(manager, "Secret plans", Query.parse("q=0011"))
    assert as_admin.get(f"/views/{theirs.pk}/").status_code == 404
    assert "Secret plans" not in as_admin.get("/views/").text


def test_the_view_of_another_role_is_not_there(as_agent, agent, manager, managers):
    view = save_view(manager, "For managers", Query.parse("q=0011"), managers)
    assert "For managers" in names_of(manager)
    assert "For managers" not in names_of(agent)
    assert as_agent.get(f"/views/{view.pk}/").status_code == 404


def test_customer_service_sees_its_roles_views_and_changes_none(as_agent, agent):
    view = visible_views(agent).first()
    assert as_agent.get(f"/views/{view.pk}/").status_code == 302
    assert post(as_agent, view, action="delete") == 403
    page = as_agent.get("/views/").text
    assert view.name in page
    assert f'action="/views/{view.pk}/"' not in page
    service = Group.objects.get(name=roles.CUSTOMER_SERVICE)
    as_agent.post("/views/", {"name": "Pushed", "query": "q=1", "role": service.pk})
    assert SavedView.objects.get(name="Pushed").owner == agent


def test_a_manager_keeps_a_view_for_a_role(as_manager, agent):
    service = Group.objects.get(name=roles.CUSTOMER_SERVICE)
    as_manager.post("/views/", {"name": "Hot", "query": "state=Completed", "role": service.pk})
    assert names_of(agent)[-1] == "Hot"


# Changing


def test_views_are_renamed_moved_and_deleted(as_agent, agent, no_shipped_views):
    first, second, third = (save_view(agent, name, Query.parse("q=1")) for name in "abc")
    assert post(as_agent, third, action="up") == 302
    assert names_of(agent) == ["a", "c", "b"]
    post(as_agent, first, action="down")
    assert names_of(agent) == ["c", "a", "b"]
    post(as_agent, first, action="rename", name="z")
    post(as_agent, second, action="delete")
    assert names_of(agent) == ["c", "z"]
    post(as_agent, third, action="up")  # it stands first already
    assert names_of(agent) == ["c", "z"]
    assert post(as_agent, third, action="explode") == 400


def test_a_name_that_is_taken_is_refused_in_words(as_agent, agent):
    save_view(agent, "Mine", Query.parse("q=1"))
    other = save_view(agent, "Other", Query.parse("q=2"))
    page = as_agent.post(f"/views/{other.pk}/", {"action": "rename", "name": "MINE"}, follow=True)
    assert "There is already a saved view named “Mine”." in page.text


def test_a_view_that_somebody_deleted_meanwhile_does_no_harm(as_agent, agent):
    view = save_view(agent, "Mine", Query.parse("q=1"))
    deleted_entries.delete(view, agent)
    saved_views.move(view, up=True)
    saved_views.set_start(view, on=True)
    saved_views.rename(view, "Back again")
    assert post(as_agent, view, action="rename", name="x") == 404
    assert not SavedView.objects.filter(owner=agent).exists()


def test_a_name_of_letters_that_cannot_be_seen_is_refused(agent):
    with pytest.raises(ValidationError, match="invisible characters"):
        save_view(agent, "Mi\u200bne", Query.parse("q=1"))
    save_view(agent, "Cafe\u0301", Query.parse("q=1"))
    assert names_of(agent)[0] == "Caf\u00e9"


def test_too_many_views_are_refused(agent):
    for number in range(saved_views.MAX_VIEWS):
        save_view(agent, f"View {number}", Query.parse("q=1"))
    with pytest.raises(ValidationError, match="up to 30 saved views"):
        save_view(agent, "One more", Query.parse("q=1"))


# The start


def test_a_person_starts_at_their_own_view_then_their_roles_then_the_list(as_agent, agent, admin):
    assert as_agent.get("/")["Location"] == "/returns/"
    service = Group.objects.get(name=roles.CUSTOMER_SERVICE)
    saved_views.set_start(visible_views(agent).get(role=service, name="Arrived today"), on=True)
    assert as_agent.get("/")["Location"] == "/returns/?arrived_from=today"
    own = save_view(agent, "Mine", Query.parse("q=1"))
    post(as_agent, own, action="start")
    assert as_agent.get("/")["Location"] == "/returns/?q=1"
    deleted_entries.delete(own, agent)
    assert start_path(agent) == "/returns/?arrived_from=today"


def test_a_manager_without_a_view_starts_at_the_queue(as_manager, manager):
    assert as_manager.get("/")["Location"] == "/queue/"
    own = save_view(manager, "Mine", Query.parse("q=1"))
    saved_views.set_start(own, on=True)
    assert as_manager.get("/")["Location"] == "/returns/?q=1"


def test_a_role_of_any_name_may_start_at_the_queue(agent):
    role = Group.objects.create(name="Night shift")
    role.permissions.add(Permission.objects.get(codename="start_at_queue"))
    assert start_path(agent) == "/returns/"
    agent.groups.add(role)
    assert start_path(agent) == "/queue/"


def test_a_superuser_starts_where_their_roles_do(admin, manager):
    User.objects.update(is_superuser=True)
    assert (start_path(admin), start_path(manager)) == ("/returns/", "/queue/")


def test_only_one_view_is_the_start(agent):
    first, second = (save_view(agent, name, Query.parse("q=1")) for name in "ab")
    saved_views.set_start(first, on=True)
    saved_views.set_start(second, on=True)
    assert list(SavedView.objects.filter(is_start=True)) == [second]
    saved_views.set_start(second, on=False)
    assert not SavedView.objects.filter(is_start=True).exists()


# Shared by a link


def test_a_link_shows_a_view_to_others_who_may_keep_it(as_agent, as_manager, agent, manager):
    view = save_view(manager, "Hot", Query.parse("state=Completed"))
    post(as_manager, view, action="share")
    view.refresh_from_db()
    assert f"/views/shared/{view.token}/" in as_manager.get("/views/").text
    page = flat(as_agent.get(f"/views/shared/{view.token}/"))
    assert re.search("manager shares this saved view with you", page)
    kept = as_agent.post(f"/views/shared/{view.token}/keep/")
    assert kept["Location"] == "/returns/?state=Completed"
    assert names_of(agent)[0] == "Hot"


def test_keeping_a_shared_view_never_writes_over_ones_own(as_agent, agent, manager):
    view = save_view(manager, "Hot", Query.parse("q=1"))
    saved_views.set_shared(view, on=True)
    view.refresh_from_db()
    own = save_view(agent, "Hot", Query.parse("q=2"))
    page = as_agent.post(f"/views/shared/{view.token}/keep/", follow=True)
    assert "You have another view named “Hot”." in page.text
    own.refresh_from_db()
    assert own.parameters == {"q": ["2"]}


def test_a_link_that_was_taken_back_leads_nowhere(as_agent, manager):
    view = save_view(manager, "Hot", Query.parse("state=Completed"))
    saved_views.set_shared(view, on=True)
    view.refresh_from_db()
    saved_views.set_shared(view, on=False)
    assert as_agent.get(f"/views/shared/{view.token}/").status_code == 404
    assert as_agent.post(f"/views/shared/{view.token}/keep/").status_code == 404
    assert len(view.token) >= 22


def test_own_views_come_first_and_have_a_link_to_copy(as_agent, agent):
    save_view(agent, "Mine", Query.parse("state=Completed"))
    assert names_of(agent)[0] == "Mine"
    page = as_agent.get("/views/").text
    assert page.index(">Mine</h2>") < page.index(">Customer service</h2>")
    link = "http://testserver/returns/?state=Completed"
    assert f'data-copy="{link}" aria-label="Copy link: Mine"' in page


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "All returns; newest first"),
        ("q=77", "Search 77"),
        ("queue=to_inspect", "Queue To inspect; urgent first, then earliest arrival"),
        ("tag=books&sort=order", "Tags books; by order reference"),
    ],
)
def test_a_view_is_described_in_words(query, text):
    assert saved_views.describe_view(Query.parse(query)) == text


def test_the_chosen_start_page_comes_before_views_until_a_view_is_chosen(as_agent, agent):
    form = {"density": "comfortable", "start_page": "scan", "theme": "dark"}
    as_agent.post("/preferences/", form)
    assert as_agent.get("/")["Location"] == "/scan/"
    assert '<html lang="en" data-theme="dark">' in as_agent.get("/returns/").text
    own = save_view(agent, "Mine", Query.parse("q=1"))
    post(as_agent, own, action="start")
    assert as_agent.get("/")["Location"] == "/returns/?q=1"
