"""People in the admin: roles decide, and nobody raises themselves or others above an admin."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from returns.people import roles
from returns.people.person import get_time_zone

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/auth/user/"


def form_of(client: Client, person: User) -> dict[str, object]:
    """Return what a browser would send back of the person's page untouched."""
    context = client.get(f"{PEOPLE}{person.pk}/change/").context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    sent = {form.add_prefix(n): form[n].value() for form in forms for n in form.fields}
    groups = [group.pk for group in person.groups.all()]
    return {n: v for n, v in sent.items() if v is not None and v is not False} | {"groups": groups}


def change(client: Client, person: User, **fields: object) -> int:
    sent = form_of(client, person) | fields
    status = client.post(f"{PEOPLE}{person.pk}/change/", sent).status_code
    person.refresh_from_db()
    return status


@pytest.fixture
def superuser(make_person) -> User:
    return make_person("owner", is_staff=True, is_superuser=True)


@pytest.mark.slow
def test_admin_gives_a_role(as_admin, stranger):
    role = Group.objects.get(name=roles.CUSTOMER_SERVICE)
    assert change(as_admin, stranger, groups=[role.pk]) == 302
    assert stranger.groups.get() == role


def test_admin_makes_a_person(as_admin):
    sent = {"username": "new", "password1": "blue-77-kitten", "password2": "blue-77-kitten"}
    answer = as_admin.post(f"{PEOPLE}add/", sent | {"usable_password": "true"})
    assert answer.status_code == 302
    assert User.objects.get(username="new").check_password("blue-77-kitten")


def test_admin_sets_a_persons_zone(as_admin, agent):
    zone = {"preferences-0-time_zone": "Asia/Tokyo", "preferences-0-density": "compact"}
    assert change(as_admin, agent, **zone) == 302
    assert get_time_zone(User.objects.get(pk=agent.pk)).key == "Asia/Tokyo"


@pytest.mark.slow
def test_zone_that_does_not_exist_is_refused(as_admin, agent):
    zone = {"preferences-0-time_zone": "Moon/Sea", "preferences-0-density": "compact"}
    assert change(as_admin, agent, **zone) == 200


@pytest.mark.slow
def test_admin_raises_nobody_to_superuser(as_admin, admin, stranger):
    for person in (admin, stranger):
        change(as_admin, person, is_superuser="on")
        assert not person.is_superuser


def test_admin_does_not_touch_a_superuser(as_admin, superuser):
    old = superuser.password
    page = f"{PEOPLE}{superuser.pk}/"
    new = {"password1": "blue-77-kitten", "password2": "blue-77-kitten", "usable_password": "true"}
    assert as_admin.post(f"{page}change/", {"username": "mine"}).status_code == 403
    assert as_admin.post(f"{page}password/", new).status_code == 403
    superuser.refresh_from_db()
    assert (superuser.username, superuser.password) == ("owner", old)


def test_superuser_makes_a_superuser(superuser, stranger):
    client = Client()
    client.force_login(superuser, backend="returns.people.RoleBackend")
    change(client, stranger, is_superuser="on")
    assert stranger.is_superuser


def test_permissions_come_from_roles_alone(as_admin, stranger):
    form = as_admin.get(f"{PEOPLE}{stranger.pk}/change/").context["adminform"].form
    assert "user_permissions" not in form.fields


def test_people_are_not_deleted(as_admin, stranger):
    page = f"{PEOPLE}{stranger.pk}/delete/"
    assert as_admin.post(page, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("path", ["add/", "1/delete/"])
def test_roles_are_read_only(as_admin, path):
    assert as_admin.post(f"/admin/auth/group/{path}", {"name": "x"}).status_code == 403


def test_role_page_says_what_the_role_may_do(as_admin):
    role = Group.objects.get(name=roles.CUSTOMER_SERVICE)
    page = as_admin.get(f"/admin/auth/group/{role.pk}/change/")
    assert "Can add and remove tags of returns" in page.text


def test_admin_is_entered_through_the_login_page(client, stranger, as_admin):
    answer = client.get("/admin/login/?next=/admin/auth/user/")
    assert answer["Location"].endswith("?next=/admin/auth/user/")
    client.force_login(stranger, backend="returns.people.RoleBackend")
    assert client.get("/admin/login/").status_code == 403
    assert as_admin.get("/admin/login/")["Location"] == "/admin/"


def test_list_of_people_costs_the_same_queries_for_three_times_the_rows(as_admin, make_person):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            as_admin.get(PEOPLE)
        return len(caught)

    for number in range(3):
        make_person(f"first{number}", roles.CUSTOMER_SERVICE)
    few = queries()
    for number in range(9):
        make_person(f"more{number}", roles.CUSTOMER_SERVICE)
    assert queries() == few


def test_a_new_person_gets_a_role_and_staff_status_on_the_same_page(as_admin):
    role = Group.objects.get(name=roles.ADMIN)
    sent = {"username": "new", "password1": "blue-77-kitten", "password2": "blue-77-kitten"}
    sent |= {"usable_password": "true", "first_name": "Ada", "groups": [role.pk], "is_staff": "on"}
    assert as_admin.post(f"{PEOPLE}add/", sent).status_code == 302
    person = User.objects.get(username="new")
    assert (person.first_name, person.is_staff, person.groups.get()) == ("Ada", True, role)
    assert not person.is_superuser


@pytest.mark.parametrize("field", ["is_superuser", "is_active"])
def test_the_last_superuser_cannot_demote_themselves(superuser, make_person, field):
    client = Client()
    client.force_login(superuser, backend="returns.people.RoleBackend")
    make_person("gone", is_superuser=True, is_active=False)
    assert change(client, superuser, **{field: ""}) == 200
    answer = client.post(
        f"{PEOPLE}{superuser.pk}/change/", form_of(client, superuser) | {field: ""}
    )
    assert "This is the last active superuser. Make another one first." in answer.text
    assert superuser.is_superuser
    make_person("second", is_superuser=True)
    assert change(client, superuser, **{field: ""}) == 302
