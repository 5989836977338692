"""A second factor is asked for after the password, and nobody gets around it."""

from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from returns.models import AccessEvent, AccessKind
from returns.people import roles, second_factor
from tests.factories import make_person
from tests.returns.people.second_factors import (
    PASSWORD,
    enter_code,
    enter_password,
    is_signed_in,
    set_up_app,
    shown_code,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/returns/"}


@pytest.fixture
def secret(agent) -> str:
    return set_up_app(agent)


def test_the_password_alone_signs_nobody_in_who_has_a_second_factor(secret):
    client, answer = enter_password()
    assert answer["Location"] == "/accounts/login/code/"
    assert not is_signed_in(client)
    assert enter_code(client, shown_code(secret))["Location"] == "/"
    assert is_signed_in(client)
    assert Authenticator.objects.get(type="totp").last_used_at


def test_the_code_leads_to_the_page_that_was_wanted(secret):
    client, _ = enter_password(next="/queue/?queue=to_inspect")
    assert enter_code(client, shown_code(secret))["Location"] == "/queue/?queue=to_inspect"


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_neither_step_leads_to_another_site(secret, page, manager):
    client, _ = enter_password(next=page)
    assert enter_code(client, shown_code(secret))["Location"] == "/"
    assert enter_password("manager", next=page)[1]["Location"] == "/"


def test_a_wrong_code_is_told_and_a_code_is_valid_once(secret):
    client, _ = enter_password()
    assert enter_code(client, "000000").status_code == 422
    assert not is_signed_in(client)
    code = shown_code(secret)
    assert enter_code(client, code).status_code == 302
    other, _ = enter_password()
    refused = enter_code(other, code)
    assert refused.status_code == 422
    assert "was used before" in refused.text
    assert not is_signed_in(other)


def test_clocks_of_phones_may_be_half_a_minute_wrong(secret):
    client, _ = enter_password()
    assert enter_code(client, shown_code(secret, later=-2)).status_code == 422
    assert enter_code(client, shown_code(secret, later=1)).status_code == 302


def test_wrong_codes_lock_like_wrong_passwords(secret):
    client, _ = enter_password()
    statuses = [enter_code(client, f"00000{number}").status_code for number in range(5)]
    assert statuses == [422] * 4 + [429]
    locked = enter_code(client, shown_code(secret))
    assert locked.status_code == 429
    assert "None is checked for now" in locked.text
    assert not is_signed_in(client)
    assert AccessEvent.objects.filter(kind=AccessKind.LOCKED, name="agent").count() == 1
    # Nor does the right password begin anew.
    assert enter_password(client=Client(REMOTE_ADDR="10.0.0.1"))[1].status_code == 429


def test_codes_are_not_kept_with_the_attempts(secret):
    client, _ = enter_password()
    enter_code(client, "87654321")
    assert "87654321" not in str(list(Authenticator.objects.values()))
    attempts = list(AccessAttempt.objects.values())
    assert attempts
    assert "87654321" not in str(attempts)


def test_the_right_password_forgives_no_wrong_codes(secret):
    for number in range(4):
        client, _ = enter_password(client=Client(REMOTE_ADDR="10.0.0.1"))
        assert enter_code(client, f"00000{number}").status_code == 422
    client, _ = enter_password(client=Client(REMOTE_ADDR="10.0.0.1"))
    assert enter_code(client, "000009").status_code == 429


def test_each_recovery_code_signs_in_once(agent, secret):
    codes = second_factor.make_recovery_codes(agent)
    assert len(set(codes)) == 10
    client, _ = enter_password()
    assert enter_code(client, codes[3]).status_code == 302
    assert is_signed_in(client)
    other, _ = enter_password()
    assert enter_code(other, codes[3]).status_code == 422
    assert enter_code(other, codes[4]).status_code == 302
    row = Authenticator.objects.get(user=agent, type="recovery_codes")
    assert second_factor.unused_codes(row) == codes[:3] + codes[5:]


def test_recovery_codes_alone_are_no_second_factor(agent):
    second_factor.make_recovery_codes(agent)
    client, answer = enter_password()
    assert answer["Location"] == "/"
    assert is_signed_in(client)


def test_the_page_for_codes_needs_a_password_before(secret):
    assert Client().get("/accounts/login/code/")["Location"] == "/accounts/login/"
    assert enter_code(Client(), shown_code(secret))["Location"] == "/accounts/login/"


def test_the_time_for_the_code_is_limited(secret):
    client, _ = enter_password()
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert client.get("/accounts/login/code/")["Location"] == "/accounts/login/"


@pytest.mark.parametrize("change", ["password", "inactive"])
def test_what_happens_before_the_code_counts(agent, secret, change):
    client, _ = enter_password()
    if change == "password":
        agent.set_password("another-parcel")
        agent.save()
    else:
        User.objects.filter(pk=agent.pk).update(is_active=False)
    assert enter_code(client, shown_code(secret))["Location"] == "/accounts/login/"
    assert not is_signed_in(client)


def test_secrets_are_encrypted_and_another_key_opens_nothing(agent, secret, settings, caplog):
    codes = second_factor.make_recovery_codes(agent)
    kept = str(list(Authenticator.objects.values()))
    assert secret not in kept
    client, _ = enter_password()
    settings.SECRET_KEY = "another key " * 5
    client, _ = enter_password(client=Client())
    assert enter_code(client, shown_code(secret)).status_code == 422
    assert enter_code(client, codes[0]).status_code == 422
    assert "cannot be read with this SECRET_KEY" in caplog.text
    assert second_factor.unused_codes(second_factor.factors_of(agent)[-1]) == []


# Required for roles


@pytest.fixture
def required(settings) -> None:
    settings.MFA_REQUIRED_ROLES = [roles.ADMIN]


def test_who_needs_one_sets_it_up_before_anything_else(admin, required):
    client, _ = enter_password("admin")
    for path in ("/returns/", "/admin/", "/admin/auth/user/", "/preferences/", "/exports/"):
        assert client.get(path)["Location"] == "/accounts/security/", path
    assert "Your role needs a second factor" in client.get("/accounts/security/").text
    fragment = client.get("/returns/", headers=HTMX)
    assert (fragment.status_code, fragment["HX-Redirect"]) == (200, "/accounts/security/")
    poll = client.get("/returns/live/?poll", headers=HTMX)
    assert poll.status_code == 401
    assert "Your role needs a second factor" in poll.text
    assert client.post("/returns/return/1/tags/").status_code != 200
    secret = client.get("/accounts/security/app/").context["qr"].key.replace(" ", "")
    done = client.post("/accounts/security/app/", {"code": shown_code(secret)})
    assert done["Location"] == "/accounts/security/codes/"
    assert client.get("/accounts/security/codes/").status_code == 200
    assert client.get("/returns/").status_code == 200
    assert client.get("/admin/").status_code == 200


def test_superusers_belong_to_admin_and_others_need_none(agent, required):
    boss = make_person("boss")
    User.objects.filter(pk=boss.pk).update(is_superuser=True, is_staff=True)
    assert enter_password("boss")[0].get("/admin/")["Location"] == "/accounts/security/"
    assert is_signed_in(enter_password("agent")[0])


def test_it_is_required_at_once_and_again_after_it_was_removed(as_admin, admin, settings):
    assert as_admin.get("/returns/").status_code == 200
    settings.MFA_REQUIRED_ROLES = [roles.ADMIN]
    assert as_admin.get("/returns/").status_code == 302
    set_up_app(admin)
    assert as_admin.get("/returns/").status_code == 200
    second_factor.remove_factor(Authenticator.objects.get(type="totp"))
    assert not Authenticator.objects.exists()
    assert as_admin.get("/returns/").status_code == 302


def test_it_costs_no_query(as_admin, admin, settings, django_assert_num_queries):
    set_up_app(admin)
    as_admin.get("/accounts/password/")
    with django_assert_num_queries(1):  # the session with the person
        as_admin.get("/accounts/password/")
    settings.MFA_REQUIRED_ROLES = [roles.ADMIN]
    with django_assert_num_queries(1):
        as_admin.get("/accounts/password/")


# Changing them


def test_changing_a_factor_needs_a_fresh_sign_in(agent, as_agent):
    """The client of the fixture has not signed in by a page."""
    app = "/accounts/security/app/"
    assert (
        as_agent.get(app)["Location"] == f"/accounts/security/confirm/?next={quote(app, safe='')}"
    )
    wrong = as_agent.post("/accounts/security/confirm/", {"password": "wrong"})
    assert wrong.status_code == 422
    right = as_agent.post("/accounts/security/confirm/", {"password": PASSWORD, "next": app})
    assert right["Location"] == app
    assert as_agent.get(app).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert as_agent.get(app).status_code == 302


def test_who_has_a_second_factor_confirms_with_it_not_with_the_password(agent, as_agent, secret):
    page = as_agent.get("/accounts/security/confirm/")
    assert page.context["password_form"] is None
    assert as_agent.post("/accounts/security/confirm/", {"password": PASSWORD}).status_code == 422
    assert as_agent.get("/accounts/security/app/").status_code == 302
    code = {"code": shown_code(secret), "next": "https://evil.example/"}
    assert as_agent.post("/accounts/security/confirm/", code)["Location"] == "/accounts/security/"
    assert as_agent.get("/accounts/security/app/").status_code == 200


def test_wrong_passwords_to_confirm_are_throttled(as_agent, agent):
    sent = {"password": "wrong"}
    statuses = [
        as_agent.post("/accounts/security/confirm/", sent, REMOTE_ADDR="10.0.0.1").status_code
        for _ in range(5)
    ]
    assert statuses == [422] * 4 + [429]


def test_an_app_is_set_up_only_with_its_code_and_can_be_removed(agent):
    client, _ = enter_password()
    app = "/accounts/security/app/"
    page = client.get(app)
    assert "<path d=" in page.text
    key = page.context["qr"].key.replace(" ", "")
    assert client.get(app).context["qr"].key.replace(" ", "") == key
    assert client.post(app, {"code": "123"}).status_code == 422
    assert not second_factor.has_second_factor(agent)
    code = shown_code(key)
    assert client.post(app, {"code": code}).status_code == 302
    # The code that set it up is used up.
    other, _ = enter_password(client=Client())
    assert enter_code(other, code).status_code == 422
    assert client.post(app, {"action": "remove"})["Location"] == "/accounts/security/"
    assert second_factor.factors_of(agent) == []


def test_new_recovery_codes_replace_the_old_ones(agent, secret):
    client, _ = enter_password()
    enter_code(client, shown_code(secret))
    path = "/accounts/security/codes/"
    old = client.get(path).context["codes"]
    assert client.post(path)["Location"] == path
    new = client.get(path).context["codes"]
    assert len(new) == 10
    assert not set(old) & set(new)


def test_without_a_factor_there_are_no_recovery_codes(agent):
    client, _ = enter_password()
    assert client.get("/accounts/security/codes/")["Location"] == "/accounts/security/"


def test_a_command_removes_what_somebody_has_lost(agent, secret, capsys):
    call_command("remove_second_factors", "agent")
    assert "removed: 2" in capsys.readouterr().out
    assert is_signed_in(enter_password()[0])
    with pytest.raises(CommandError, match="Nobody is called"):
        call_command("remove_second_factors", "nobody")


def test_admins_remove_what_somebody_has_lost_but_not_of_superusers(as_admin, secret, agent):
    boss = make_person("boss")
    User.objects.filter(pk=boss.pk).update(is_superuser=True)
    set_up_app(boss)
    of_agent, of_boss = (
        Authenticator.objects.get(user=person, type="totp") for person in (agent, boss)
    )
    path = "/admin/mfa/authenticator/"
    listed = as_admin.get(path)
    assert "Authenticator app" in listed.text
    page = as_admin.get(f"{path}{of_agent.pk}/change/")
    assert of_agent.data["secret"] not in page.text
    assert as_admin.post(f"{path}{of_boss.pk}/delete/", {"post": "yes"}).status_code == 403
    assert as_admin.post(f"{path}{of_agent.pk}/delete/", {"post": "yes"}).status_code == 302
    assert second_factor.factors_of(agent) == []
    assert second_factor.has_second_factor(boss)
