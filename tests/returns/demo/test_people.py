"""The demo's people come in on the demo's own server, and nowhere else."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.test import RequestFactory

from returns.demo import people
from returns.people import roles

pytestmark = pytest.mark.django_db


def sign_in(name: str, password: str = people.PASSWORD) -> User | None:
    return authenticate(RequestFactory().post("/"), username=name, password=password)


def test_each_has_a_role_and_admin_is_superuser(settings):
    settings.DEMO = True
    assert [person.name for person in people.set_up_people()] == ["service", "manager", "admin"]
    assert sign_in("service").groups.get().name == roles.CUSTOMER_SERVICE
    assert sign_in("manager").groups.get().name == roles.WAREHOUSE_MANAGER
    assert sign_in("admin").is_superuser


def test_no_other_server_lets_them_in(settings):
    people.set_up_people()
    settings.DEMO = False
    assert [sign_in(person.name) for person in people.PEOPLE] == [None, None, None]


def test_a_second_start_changes_nobody(django_assert_max_num_queries):
    people.set_up_people()
    before = list(User.objects.order_by("pk").values())
    with django_assert_max_num_queries(12):
        assert len(people.set_up_people()) == 3
    assert list(User.objects.order_by("pk").values()) == before


def test_a_real_person_with_that_name_is_not_changed(make_person):
    make_person("admin")
    assert [person.name for person in people.set_up_people()] == ["service", "manager"]
    assert not User.objects.get(username="admin").is_superuser
    assert sign_in("admin", "secret-parcel")
