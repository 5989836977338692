"""A session is read with its person in one statement, which says what the models say."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from returns.models import (
    BrowserSession,
    Deactivation,
    FollowUp,
    FollowUpMoment,
    Notice,
    NoticeKind,
    Preferences,
)
from returns.people import roles
from returns.people.person import save_preferences
from returns.people.signed_in import read_person, read_session
from tests.factories import make_return

pytestmark = pytest.mark.django_db


def values_of(instance: Model) -> dict[str, object]:
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.fields}


def test_every_column_is_what_the_model_says(as_agent, agent):
    save_preferences(agent, {"time_zone": "Asia/Tokyo", "columns": ["state"], "recent": [3, 1]})
    as_agent.get("/returns/")
    Deactivation.objects.create(user=agent, at=timezone.now())
    BrowserSession.objects.update(address="192.0.2.7", browser="A browser")
    stored = BrowserSession.objects.get()
    session = read_session(stored.pk)
    assert values_of(session) == values_of(stored)
    person = User.objects.get(pk=agent.pk)
    for found in (session.person, read_person(agent.pk)):
        assert values_of(found) == values_of(person)
        assert values_of(found.preferences) == values_of(person.preferences)
        assert values_of(found.deactivation) == values_of(person.deactivation)


def test_who_chose_nothing_has_no_preferences(agent, django_assert_num_queries):
    person = read_person(agent.pk)
    with django_assert_num_queries(0):
        with pytest.raises(Preferences.DoesNotExist):
            _ = person.preferences
        with pytest.raises(Deactivation.DoesNotExist):
            _ = person.deactivation
    assert read_person(0) is None


def test_permissions_are_those_of_all_roles_and_of_no_other(agent):
    agent.groups.add(Group.objects.get(name=roles.WAREHOUSE_MANAGER))
    agent.user_permissions.add(Permission.objects.get(codename="change_all_subscriptions"))
    expected = Permission.objects.filter(group__user=agent).distinct()
    person = read_person(agent.pk)
    names = expected.values_list("content_type__app_label", "codename")
    assert sorted(person.role_permissions) == sorted(f"{app}.{name}" for app, name in names)
    assert person.get_all_permissions() == set(person.role_permissions)
    assert not person.has_perm("returns.change_all_subscriptions")


def test_news_are_those_of_the_person(agent, manager):
    record, now = make_return(), timezone.now()
    for person in (agent, manager):
        for moment in (now - timedelta(hours=1), now + timedelta(hours=1)):
            FollowUp.objects.create(
                record=record, person=person, moment=FollowUpMoment.TIME, due_at=moment
            )
        for seen in (None, now):
            Notice.objects.create(person=person, kind=NoticeKind.DESK, text="News", seen_at=seen)
    person = read_person(agent.pk)
    assert person.notices_unseen == [Notice.objects.get(person=agent, seen_at=None).pk]
    assert person.follow_ups_due == [FollowUp.objects.get(person=agent, due_at__lt=now).pk]


@pytest.mark.parametrize("role", [roles.ADMIN, roles.CUSTOMER_SERVICE])
def test_who_lacks_a_second_factor_is_known(role, make_person, settings):
    person = make_person("somebody", role)
    chief = make_person("chief", is_superuser=True)
    assert not read_person(person.pk).lacks_second_factor
    settings.MFA_REQUIRED_ROLES = [roles.ADMIN]
    assert read_person(person.pk).lacks_second_factor == (role == roles.ADMIN)
    assert read_person(chief.pk).lacks_second_factor
    Authenticator.objects.create(user=person, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert read_person(person.pk).lacks_second_factor == (role == roles.ADMIN)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    assert not read_person(person.pk).lacks_second_factor


def test_a_session_is_of_the_person_that_it_names(as_agent, agent, manager):
    BrowserSession.objects.update(person=manager)
    assert as_agent.get("/returns/").wsgi_request.user == agent


def test_a_session_of_another_password_lets_nobody_in(as_agent):
    session = as_agent.session
    session[HASH_SESSION_KEY] = "0" * 64
    session.save()
    assert as_agent.get("/returns/").status_code == 302


def test_a_session_outlives_a_new_secret_key_while_the_old_one_is_still_known(as_agent, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of many different characters, of 50 and more"
    assert as_agent.get("/returns/").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    settings.SECRET_KEY = "a third key of many different characters, of 50 and more"
    assert as_agent.get("/returns/").status_code == 302


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(as_manager, manager):
    assert as_manager.get(reverse("event-types")).status_code == 200
    manager.groups.set([Group.objects.get(name=roles.CUSTOMER_SERVICE)])
    assert as_manager.get(reverse("event-types")).status_code == 403


def test_a_page_of_a_person_takes_one_query_before_its_view(as_agent, django_assert_num_queries):
    as_agent.get("/accounts/password/")
    with django_assert_num_queries(1):
        as_agent.get("/accounts/password/")
