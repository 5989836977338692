"""The editor of a return's tags: as a fragment, as a page without JavaScript, by role."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from returns.models import ReturnTagEvent
from tags import editing
from tags.models import Tag
from tests.factories import make_return, make_tag, put_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def record():
    return make_return("Return-1")


def path(record) -> str:
    return reverse("return-tags", args=[record.pk])


def chips_in(response) -> list[str]:
    return re.findall(r'data-tag="([^"]*)"', response.content.decode())


def tags_of(record) -> set[str]:
    return set(
        Tag.objects.filter(pk__in=record.taggings.values("tag")).values_list("name", flat=True)
    )


def test_htmx_gets_the_editor_alone(as_agent, record):
    put_tag(record, "books")
    response = as_agent.get(path(record), {"at": "row"}, headers=HTMX)
    text = response.content.decode()
    assert "<html" not in text
    assert f'<hx-partial hx-target="#tags-{record.pk}"' in text
    assert 'aria-label="Remove books"' in text
    assert "HX-Request" in response["Vary"]


def test_a_browser_without_javascript_gets_a_page(as_agent, record):
    response = as_agent.get(path(record), {"next": "/returns/?q=x"})
    text = response.content.decode()
    assert "<html" in text
    assert "hx-partial" not in text
    assert 'href="/returns/?q=x"' in text


def test_a_row_shows_two_chips_and_how_many_more(as_agent, record):
    for name in ("books", "damaged", "standard", "investigate"):
        put_tag(record, name)
    row = as_agent.get(path(record), {"at": "row", "view": "chips"}, headers=HTMX)
    assert chips_in(row) == ["standard", "damaged"]
    assert "+2" in row.content.decode()
    panel = as_agent.get(path(record), {"at": "panel", "view": "chips"}, headers=HTMX)
    assert len(chips_in(panel)) == 4


def test_adding_answers_with_the_editor_and_says_it(as_agent, record, agent):
    response = as_agent.post(path(record), {"add": "BOOKS", "at": "row"}, headers=HTMX)
    assert (response.status_code, chips_in(response)) == (200, ["books"])
    assert "Added books." in response.content.decode()
    assert ReturnTagEvent.objects.get().pgh_context == {"user": agent.pk, "source": "page"}


def test_priority_is_replaced(as_agent, record):
    put_tag(record, "standard")
    response = as_agent.post(path(record), {"add": "urgent-refund"}, headers=HTMX)
    assert chips_in(response) == ["urgent-refund"]


def test_the_menu_says_which_tag_would_be_replaced(as_agent, record):
    put_tag(record, "standard")
    text = as_agent.get(path(record), {"at": "row"}, headers=HTMX).text
    options = dict(re.findall(r'data-name="([^"]*)"(.*?)</div>', text, re.DOTALL))
    assert "replaces standard" in options["urgent-refund"]
    assert "this return" in options["standard"]
    assert "replaces" not in options["standard"] + options["books"]


def test_removing_ignores_what_stands_in_the_box(as_agent, record):
    tagging = put_tag(record, "books")
    data = {"remove": tagging.tag_id, "add": "damaged"}
    assert chips_in(as_agent.post(path(record), data, headers=HTMX)) == []


@pytest.mark.parametrize("remove", ["0", "x", "-1", "99999999999999999999", "9" * 5000, ""])
def test_removing_what_is_no_tag_changes_nothing(as_agent, record, remove):
    put_tag(record, "books")
    response = as_agent.post(path(record), {"remove": remove}, headers=HTMX)
    assert (response.status_code, tags_of(record)) == (200, {"books"})


def test_without_javascript_an_edit_leads_back(as_agent, record):
    data = {"add": "books", "next": "/returns/?state=Completed"}
    response = as_agent.post(path(record), data)
    assert (response.status_code, response["Location"]) == (303, "/returns/?state=Completed")
    assert tags_of(record) == {"books"}


@pytest.mark.parametrize(
    "elsewhere", ["", "https://example.org/", "//example.org", "javascript:alert(1)"]
)
def test_an_edit_never_leads_to_another_site(as_agent, record, elsewhere):
    response = as_agent.post(path(record), {"add": "books", "next": elsewhere})
    assert response["Location"] == record.get_absolute_url()


def test_an_agent_may_not_create_a_tag(as_agent, record):
    unsorted = make_tag("books").group
    data = {"add": "foo <b>", "group": unsorted.pk}
    response = as_agent.post(path(record), data, headers=HTMX)
    assert response.status_code == 422
    assert (
        "There is no tag “foo &lt;b&gt;”. A warehouse manager can create it."
        in response.content.decode()
    )
    assert 'value="foo &lt;b&gt;"' in response.content.decode()
    assert not Tag.objects.filter(name__startswith="foo").exists()


def test_a_manager_creates_a_tag_in_the_chosen_group(as_manager, record):
    group = make_tag("standard").group
    response = as_manager.post(path(record), {"add": "boss-asked", "group": group.pk}, headers=HTMX)
    assert chips_in(response) == ["boss-asked"]
    assert Tag.objects.get(name="boss-asked").group == group


def test_a_manager_without_javascript_is_asked_for_the_group(as_manager, record):
    response = as_manager.post(path(record), {"add": "boss-asked", "group": ""})
    assert response.status_code == 422
    assert "Create “boss-asked” in Unsorted" in response.content.decode()


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("damagd", ["damaged"]),
        ("BOKS", ["books"]),
        ("elctronics", ["electronics"]),
        ("kitapvi", ["books"]),
        ("zzz", []),
    ],
)
def test_near_names_are_offered_for_an_unknown_one(as_agent, record, typed, near):
    for name in ("books", "damaged", "damaged-shipping", "electronics"):
        make_tag(name)
    editing.add_synonym(make_tag("books"), "kitapevi", None)
    editing.retire(make_tag("damage"), None, on=True)
    response = as_agent.post(path(record), {"add": typed}, headers=HTMX)
    assert response.context["form"].near == near
    text = response.content.decode()
    assert ("Did you mean" in text) == bool(near)
    for name in near:
        assert f'name="add" value="{name}">{name}<' in text


@pytest.mark.parametrize("name", ["Wrong Size", "#wrong_size", "wrongsize"])
def test_a_similar_tag_is_offered_before_another_is_created(as_manager, record, name):
    make_tag("wrong-size")
    group = make_tag("standard").group
    response = as_manager.post(path(record), {"add": name, "group": group.pk}, headers=HTMX)
    assert response.status_code == 422
    text = response.content.decode()
    assert f"There is no tag “{name}”, but there is “wrong-size”." in text
    assert 'name="add" value="wrong-size">Add wrong-size<' in text
    assert re.findall(r'name="anyway" value="(\d+)"', text) == [str(group.pk)]
    assert not Tag.objects.filter(name=name).exists()
    data = {"add": name, "group": "", "anyway": group.pk}
    assert chips_in(as_manager.post(path(record), data, headers=HTMX)) == [name]


def test_an_agent_is_offered_a_similar_tag_too(as_agent, record):
    make_tag("wrong-size")
    text = as_agent.post(path(record), {"add": "wrong size"}, headers=HTMX).content.decode()
    assert "but there is “wrong-size”. A warehouse manager can create it." in text
    assert "Add wrong-size" in text
    assert "anyway" not in text
    # The button comes after the box, whose text it replaces.
    response = as_agent.post(path(record), {"add": ["wrong size", "wrong-size"]}, headers=HTMX)
    assert chips_in(response) == ["wrong-size"]


def test_a_retired_similar_tag_is_named_but_not_offered(as_manager, record):
    editing.retire(make_tag("wrong-size"), None, on=True)
    text = as_manager.post(path(record), {"add": "wrong size"}, headers=HTMX).content.decode()
    assert "but there is “wrong-size”, which is retired." in text
    assert "Add wrong-size" not in text
    assert "Create “wrong size” in Unsorted anyway" in text


@pytest.mark.parametrize("name", ["", "a,b", "x" * 51, "a\x00b", "a\tb"])
def test_an_impossible_name_is_said_beside_the_box(as_manager, record, name):
    group = make_tag("standard").group
    response = as_manager.post(path(record), {"add": name, "group": group.pk}, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 422
    assert 'role="alert"' in text
    assert f'aria-describedby="tags-{record.pk}-error"' in text


def test_a_group_that_is_gone_is_said_in_words(as_manager, record):
    response = as_manager.post(path(record), {"add": "new-one", "group": "999999"}, headers=HTMX)
    assert response.status_code == 422
    assert "no longer exists" in response.content.decode()


def test_a_person_without_a_role_may_not_tag(client, stranger, record):
    client.force_login(stranger, backend="returns.people.RoleBackend")
    assert client.get(path(record)).status_code == 403
    assert client.post(path(record), {"add": "books"}).status_code == 403
    assert client.post(reverse("return-tags", args=[0]), {"add": "books"}).status_code == 403
    assert tags_of(record) == set()


def test_a_signed_out_edit_leads_to_the_login_page(client, record):
    assert client.post(path(record), {"add": "books"}).status_code == 302
    answer = client.post(path(record), {"add": "books"}, headers=HTMX)
    assert answer["HX-Redirect"].startswith("/accounts/login/")
    assert tags_of(record) == set()


def test_an_edit_needs_the_csrf_token(agent, record):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent, backend="returns.people.RoleBackend")
    assert client.post(path(record), {"add": "books"}).status_code == 403
    assert tags_of(record) == set()


def test_get_writes_nothing(as_agent, record):
    as_agent.get(path(record), {"add": "books", "remove": "1"})
    assert tags_of(record) == set()
    assert as_agent.put(path(record)).status_code == 405


def test_a_return_that_does_not_exist_is_not_found(as_agent):
    assert as_agent.get(reverse("return-tags", args=[0])).status_code == 404
    assert as_agent.post(reverse("return-tags", args=[0]), {"add": "books"}).status_code == 404


@pytest.mark.slow
def test_the_editor_costs_the_same_whatever_the_vocabulary(
    as_manager, record, django_assert_max_num_queries
):
    for number in range(60):
        put_tag(record, f"extra-{number}")
    with django_assert_max_num_queries(7):
        as_manager.get(path(record), headers=HTMX)
