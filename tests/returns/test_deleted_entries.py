"""Deleting a saved view, a rule or a deadline can be undone."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from returns.deadlines import editing as deadlines
from returns.filters.query import Query
from returns.lists import saved_views
from returns.macros import editing as macros
from returns.models import DeadlinePolicy, DeletedEntry, Macro, Moment, SavedView, TagRule, Unit
from returns.people import roles
from returns.rules import editing as rules
from tests.factories import make_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


def make_view(manager):
    return saved_views.save_view(manager, "Mine", Query.parse("q=1&tag=books"))


def make_rule(_manager):
    rule = TagRule(name="Mine", moment=Moment.HOURLY, parameters={"notes": ["wet"]})
    rules.save_rule(rule, [make_tag("books")], [make_tag("fragile")])
    rules.switch(rule, on=True)
    return rule


def make_policy(_manager):
    policy = DeadlinePolicy(name="Mine", parameters={"notes": ["wet"]}, amount=3, unit=Unit.HOURS)
    return deadlines.save_policy(policy)


def make_macro(_manager):
    macro = Macro(name="Mine", comment="Called", claims=True, remind="tomorrow", language="de")
    return macros.save_macro(macro, [make_tag("books")], [make_tag("fragile")])


KINDS = {
    "saved-view": (SavedView, make_view, "delete", "/views/"),
    "rule": (TagRule, make_rule, "remove", "/rules/"),
    "deadline": (DeadlinePolicy, make_policy, "remove", "/deadlines/"),
    "macro": (Macro, make_macro, "remove", "/macros/"),
}


def delete(client, kind, entry):
    address = reverse(kind, args=[entry.pk])
    return client.post(address, {"action": KINDS[kind][2]}, follow=True)


def restore(client, **more):
    return client.post(reverse("restore-entry", args=[DeletedEntry.objects.get().pk]), **more)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_deleted_comes_back_as_it_was(as_manager, manager, kind):
    model, make, _, page = KINDS[kind]
    entry = make(manager)
    before = model.objects.filter(pk=entry.pk).values().get()
    answer = delete(as_manager, kind, entry)
    assert not model.objects.filter(pk=entry.pk).exists()
    assert f'action="/deleted/{DeletedEntry.objects.get().pk}/restore/"' in answer.text
    answer = restore(as_manager, follow=True)
    assert answer.redirect_chain == [(page, 302)]
    assert "Restored “Mine”." in answer.text
    assert model.objects.filter(pk=entry.pk).values().get() == before
    assert not DeletedEntry.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_is_in_use_again_is_said_and_nothing_is_lost(as_manager, manager, kind):
    model, make, _, _ = KINDS[kind]
    delete(as_manager, kind, make(manager))
    make(manager)
    answer = restore(as_manager, follow=True)
    assert "“Mine” cannot be restored: its name is in use again" in answer.text
    assert model.objects.filter(name="Mine").count() == 1
    assert DeletedEntry.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_who_may_not_delete_may_not_restore(as_manager, as_agent, manager, kind):
    model, make, _, _ = KINDS[kind]
    delete(as_manager, kind, make(manager))
    assert restore(as_agent).status_code == 403
    assert not model.objects.filter(name="Mine").exists()


def test_what_was_restored_once_is_not_restored_again(as_manager, manager):
    delete(as_manager, "saved-view", make_view(manager))
    address = reverse("restore-entry", args=[DeletedEntry.objects.get().pk])
    assert as_manager.post(address).status_code == 302
    assert as_manager.post(address).status_code == 404


def test_the_view_of_a_role_asks_before_it_is_deleted_and_comes_back(as_manager, manager):
    role = Group.objects.get(name=roles.CUSTOMER_SERVICE)
    view = saved_views.save_view(manager, "Theirs", Query.parse("q=1"), role)
    page = as_manager.get("/views/").text
    assert f"Everybody with the role {role} loses this view." in page
    delete(as_manager, "saved-view", view)
    restore(as_manager)
    assert SavedView.objects.get(name="Theirs").role == role


def test_a_start_page_comes_back_as_one_unless_there_is_another(as_manager, manager):
    view = make_view(manager)
    saved_views.set_start(view, on=True)
    delete(as_manager, "saved-view", view)
    other = saved_views.save_view(manager, "Other", Query.parse("q=2"))
    saved_views.set_start(other, on=True)
    restore(as_manager)
    assert SavedView.objects.filter(owner=manager, is_start=True).get() == other


def test_a_view_whose_role_is_gone_stays_deleted_with_a_reason(as_manager, manager):
    role = Group.objects.create(name="Night shift")
    delete(as_manager, "saved-view", saved_views.save_view(manager, "X", Query.parse("q=1"), role))
    role.delete()
    answer = restore(as_manager, follow=True)
    assert "what it belonged to has been deleted" in answer.text


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_of_the_notice_is_accepted(manager, kind):
    """The test client does not check what protects forms of the site unless it is told to."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager, backend="returns.people.RoleBackend")
    model, make, action, _ = KINDS[kind]
    entry = make(manager)
    token = csrf_token_in(client.get("/preferences/"))
    sent = {"action": action, "csrfmiddlewaretoken": token}
    page = client.post(reverse(kind, args=[entry.pk]), sent, follow=True)
    form = re.search(r'<div id="toast".*?</form>', page.text, re.DOTALL)[0]
    address = re.search(r'action="([^"]+)"', form)[1]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
    assert client.post(address, {"csrfmiddlewaretoken": token}).status_code == 302
    assert model.objects.filter(pk=entry.pk).exists()


def csrf_token_in(page) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]


def test_a_field_that_has_gone_since_is_left_out(as_manager, manager):
    view = make_view(manager)
    delete(as_manager, "saved-view", view)
    deleted = DeletedEntry.objects.get()
    deleted.held["fields"]["gone"] = 1
    deleted.save()
    assert restore(as_manager).status_code == 302
    assert SavedView.objects.filter(pk=view.pk).exists()
