"""Guessing passwords is throttled, seen, and never stops the others."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from config.concurrency import SLOTS
from returns.models import AccessEvent, AccessKind
from returns.people import person as people
from tests.factories import make_person

pytestmark = pytest.mark.django_db

PASSWORD = "secret-parcel"


def sign_in(name: str, password: str, address: str = "10.0.0.1", client: Client | None = None):
    form = {"username": name, "password": password}
    return (client or Client()).post("/accounts/login/", form, REMOTE_ADDR=address)


def fail(number: int, name: str = "agent", address: str = "10.0.0.1") -> list[int]:
    return [sign_in(name, "wrong", address).status_code for _ in range(number)]


def test_five_wrong_passwords_lock_a_name_at_an_address_alone(agent, manager):
    assert fail(5) == [422] * 4 + [429]
    assert sign_in("agent", PASSWORD).status_code == 429
    assert sign_in("manager", PASSWORD).status_code == 302
    assert sign_in("agent", PASSWORD, "10.0.0.2").status_code == 302


def test_many_names_from_an_address_lock_the_address(agent, settings):
    settings.FAILURES_PER_ADDRESS = 8
    for number in range(8):
        fail(1, f"nobody-{number}")
    locked = sign_in("agent", PASSWORD)
    assert locked.status_code == 429
    assert "None is checked for now" in locked.text
    assert sign_in("agent", PASSWORD, "10.0.0.2").status_code == 302


def test_an_office_behind_an_address_is_not_locked_by_a_few(agent):
    for number in range(20):
        fail(1, f"nobody-{number}")
    assert sign_in("agent", PASSWORD).status_code == 302


def test_a_name_that_is_tried_from_many_addresses_is_locked(agent):
    for number in range(20):
        fail(1, address=f"10.0.1.{number}")
    assert sign_in("agent", PASSWORD, "10.0.2.1").status_code == 429


def test_somebody_who_signs_in_does_not_free_the_address_for_a_guesser(agent, settings):
    settings.FAILURES_PER_ADDRESS = 8
    for number in range(4):
        fail(1, f"nobody-{number}")
    sign_in("agent", PASSWORD)
    for number in range(4):
        fail(1, f"nobody-{number}")
    assert sign_in("agent", PASSWORD).status_code == 429


def test_a_computer_with_many_ipv6_addresses_is_one_address(agent):
    statuses = [fail(1, address=f"2001:db8::{number}")[0] for number in range(5)]
    assert statuses == [422] * 4 + [429]


def test_a_lock_ends_and_attempts_meanwhile_do_not_make_it_longer(agent):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        fail(5)
    with time_machine.travel(now + timedelta(minutes=14), tick=False):
        assert fail(1) == [429]
    with time_machine.travel(now + timedelta(minutes=16), tick=False):
        assert sign_in("agent", PASSWORD).status_code == 302


def test_no_password_is_checked_while_it_is_locked(agent, monkeypatch):
    fail(5)
    checked = []
    monkeypatch.setattr(User, "check_password", lambda *given: checked.append(given))
    assert sign_in("agent", PASSWORD).status_code == 429
    assert checked == []


def test_only_so_many_passwords_are_checked_at_once(agent, as_manager):
    with SLOTS.held("password, or waiting", 2, "", 0), SLOTS.held("password, or waiting", 2, "", 0):
        busy = sign_in("agent", PASSWORD)
        assert as_manager.get("/returns/").status_code == 200
    assert (busy.status_code, busy["Retry-After"]) == (429, "2")
    assert str(people.SIGN_INS_BUSY) in busy.text
    assert sign_in("agent", PASSWORD).status_code == 302


def change(client: Client, old: str, new: str = "a-longer-parcel-9"):
    form = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/accounts/password/", form)


def test_wrong_old_passwords_are_throttled_like_sign_ins(as_agent, agent):
    assert [change(as_agent, "wrong").status_code for _ in range(5)] == [422] * 4 + [429]
    assert change(as_agent, PASSWORD).status_code == 429
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)


def test_a_password_is_changed_and_the_old_one_is_not_a_new_one(as_agent, agent):
    assert "This is your old password" in change(as_agent, PASSWORD, PASSWORD).text
    assert change(as_agent, PASSWORD)["Location"] == "/accounts/password/done/"
    assert as_agent.get("/returns/").status_code == 200
    agent.refresh_from_db()
    assert agent.check_password("a-longer-parcel-9")


def test_failed_sign_ins_are_recorded_with_name_and_address_and_logged_without(
    agent, as_admin, caplog
):
    caplog.set_level(logging.INFO)
    fail(5)
    failed = AccessEvent.objects.exclude(kind=AccessKind.PERMISSIONS).order_by("pk")
    kinds = list(failed.values_list("kind", "name", "address"))
    assert kinds == [(AccessKind.SIGN_IN_FAILED, "agent", "10.0.0.1")] * 5 + [
        (AccessKind.LOCKED, "agent", "10.0.0.1")
    ]
    lines = [record.getMessage() for record in caplog.records if "sign-in" in record.getMessage()]
    numbers = failed.filter(kind=AccessKind.SIGN_IN_FAILED).values_list("pk", flat=True)
    assert lines == [f"Access event {number}: a failed sign-in." for number in numbers]
    assert "10.0.0.1" not in caplog.text
    assert "********" not in caplog.text
    page = as_admin.get("/admin/returns/accessevent/?q=10.0.0.1")
    assert page.text.count("10.0.0.1</td>") == 6


def test_what_is_typed_is_not_kept_unless_it_is_a_name(agent, caplog):
    for typed in ("my-pass-word\n", "\0", "x" * 3000):
        sign_in(typed, PASSWORD)
    assert set(AccessEvent.objects.values_list("name", flat=True)) == {""}
    assert "a failed sign-in" in caplog.text
    assert "my-pass-word" not in caplog.text
    assert PASSWORD not in caplog.text


# Sessions


@pytest.mark.parametrize("way", ["admin", "shell"])
def test_an_old_session_stays_dead_when_its_person_comes_back(agent, as_admin, way):
    client = Client()
    sign_in("agent", PASSWORD, client=client)
    assert client.get("/returns/").status_code == 200
    if way == "admin":
        form = {"username": "agent", "is_active": "", "groups": [agent.groups.get().pk]}
        form |= {"preferences-TOTAL_FORMS": 0, "preferences-INITIAL_FORMS": 0}
        assert as_admin.post(f"/admin/auth/user/{agent.pk}/change/", form).status_code == 302
    else:
        User.objects.filter(pk=agent.pk).update(is_active=False)
    User.objects.filter(pk=agent.pk).update(is_active=True)
    assert client.get("/returns/")["Location"].startswith("/accounts/login/")
    sign_in("agent", PASSWORD, client=client)
    assert client.get("/returns/").status_code == 200


def test_somebody_who_was_never_inactive_keeps_the_session(agent):
    client = Client()
    sign_in("agent", PASSWORD, client=client)
    User.objects.filter(pk=agent.pk).update(first_name="A", is_active=True)
    other = make_person("other")
    User.objects.filter(pk=other.pk).update(is_active=False)
    assert client.get("/returns/").status_code == 200
