"""Signing in and out, one's own preferences, errors in words, and the headers of every page."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from returns.models import Preferences
from returns.views import errors

pytestmark = pytest.mark.django_db

PASSWORD = "secret-parcel"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def sign_in(client: Client, name: str, password: str = PASSWORD, **extra):
    return client.post(reverse("login"), {"username": name, "password": password} | extra)


# Signing in


def test_signing_in_leads_to_where_the_person_wanted_to_go(client, agent):
    assert client.get("/preferences/")["Location"] == "/accounts/login/?next=/preferences/"
    assert (
        'name="next" value="/preferences/"'
        in client.get("/accounts/login/?next=/preferences/").text
    )
    assert sign_in(client, "agent", next="/preferences/")["Location"] == "/preferences/"


def test_signing_in_never_leads_to_another_site(client, agent):
    assert sign_in(client, "agent", next="https://elsewhere.example/")["Location"] == "/"


def test_a_wrong_password_is_said_in_words_and_the_name_stays(client, agent):
    response = sign_in(client, "agent", "wrong", next="/preferences/")
    assert response.status_code == 422
    assert "Wrong username or password" in response.text
    assert 'value="agent"' in response.text
    assert 'name="next" value="/preferences/"' in response.text


def test_a_person_who_is_signed_in_is_not_asked_again(as_agent):
    assert as_agent.get(reverse("login")).status_code == 302


def test_the_sixth_wrong_try_is_refused_even_with_the_right_password(client, agent):
    for _ in range(5):
        response = sign_in(client, "agent", "wrong")
    assert response.status_code == 429
    response = sign_in(client, "agent")
    assert response.status_code == 429
    assert "Try again in 15 min" in response.text


def test_a_lock_out_does_not_stop_a_colleague_at_the_same_address(client, agent, manager):
    for _ in range(6):
        sign_in(client, "agent", "wrong")
    assert sign_in(Client(), "manager").status_code == 302


def test_signing_out_needs_a_post(as_agent):
    assert as_agent.get(reverse("logout")).status_code == 405
    assert as_agent.post(reverse("logout"))["Location"] == reverse("login")
    assert as_agent.get(reverse("preferences")).status_code == 302


def test_a_signed_out_htmx_request_leads_the_whole_page_to_login_and_back(client):
    here = {"HX-Current-URL": "http://testserver/preferences/?a=1"}
    response = client.get("/preferences/", headers=HTMX | here)
    assert response["HX-Redirect"] == "/accounts/login/?next=%2Fpreferences%2F%3Fa%3D1"
    assert response.content == b""


def test_signing_in_again_opens_what_was_scanned(client):
    headers = {"HX-Request": "true", "HX-Request-Type": "full"}
    here = {"HX-Current-URL": "http://testserver/returns/Return-1/"}
    response = client.get("/find/?q=0011", headers=headers | here)
    assert response["HX-Redirect"] == "/accounts/login/?next=%2Ffind%2F%3Fq%3D0011"


def test_signing_in_again_after_sending_a_form_leads_to_the_page_of_the_form(client):
    there = "/sentences/ReturnCreated/tr/"
    for page, leads_to in (
        ("http://testserver/sentences/?a=1", "%2Fsentences%2F%3Fa%3D1"),
        ("http://elsewhere.example/sentences/", there),
        ("", there),
    ):
        response = client.post(there, headers={"Referer": page})
        assert response["Location"] == f"/accounts/login/?next={leads_to}"


# Password and preferences


def test_a_person_changes_their_own_password_and_stays_signed_in(as_agent, agent):
    new = {"new_password1": "a-better-parcel", "new_password2": "a-better-parcel"}
    wrong = as_agent.post(reverse("password_change"), {"old_password": "no"} | new)
    assert wrong.status_code == 422
    response = as_agent.post(reverse("password_change"), {"old_password": PASSWORD} | new)
    assert response["Location"] == reverse("password_change_done")
    assert as_agent.get(reverse("password_change_done")).status_code == 200
    agent.refresh_from_db()
    assert agent.check_password("a-better-parcel")


@pytest.mark.slow
def test_preferences_are_kept_and_change_the_pages_of_their_person_alone(
    as_agent, as_manager, agent
):
    chosen = {"time_zone": "Europe/Berlin", "density": "compact"}
    page = as_agent.post(reverse("preferences"), chosen, follow=True).text
    assert "Preferences saved." in page
    assert 'data-density="compact"' in page
    assert "Times in Europe/Berlin" in page
    assert 'data-density="comfortable"' in as_manager.get(reverse("preferences")).text


def test_saving_preferences_twice_keeps_what_a_person_may_not_choose(as_agent, agent, settings):
    settings.DEMO = True
    Preferences.objects.create(user=agent, demo_only=True)
    for _ in range(2):
        as_agent.post(
            reverse("preferences"), {"time_zone": "", "density": "compact", "demo_only": ""}
        )
    assert Preferences.objects.get(user=agent).demo_only


def test_a_zone_that_does_not_exist_is_refused(as_agent):
    response = as_agent.post(
        reverse("preferences"), {"time_zone": "Mars/Base", "density": "compact"}
    )
    assert response.status_code == 422
    assert "Mars/Base" in response.text
    assert not Preferences.objects.exists()


@pytest.mark.parametrize("name", ["preferences", "password_change"])
def test_a_form_of_a_page_does_not_get_into_the_one_box(as_agent, name):
    page = as_agent.get(reverse(name)).text
    assert 'id="id_q" value=""' in page


# What went wrong, in words


def test_a_person_without_a_role_reads_whom_to_ask(client, stranger):
    client.force_login(stranger, backend="returns.people.RoleBackend")
    response = client.get("/returns/")
    assert response.status_code == 403
    assert "You have no role yet" in response.text
    assert "ask your administrator" in response.text


def test_a_person_with_another_role_reads_which_one_they_have(client, stranger):
    stranger.groups.create(name="Visitors")
    client.force_login(stranger, backend="returns.people.RoleBackend")
    assert "Your role: Visitors" in client.get("/returns/").text
    stranger.groups.create(name="Waiters")
    assert "Your roles: Visitors, Waiters" in client.get("/returns/").text


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_page_that_does_not_exist_says_so(client, agent, signed_in):
    if signed_in:
        client.force_login(agent, backend="returns.people.RoleBackend")
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "Page not found" in response.text
    assert ("id_q" in response.text) == signed_in


def test_a_missing_page_says_the_view_s_own_sentence(rf, agent):
    request = rf.get("/")
    request.user, request.htmx, request._messages = agent, None, []
    response = errors.not_found(request, Http404("There is no return “X-1”."))
    assert "<h1>There is no return “X-1”.</h1>" in response.text


def _given_up_by_postgres() -> OperationalError:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20ms'")
        with pytest.raises(OperationalError) as refusal, transaction.atomic():
            cursor.execute("SELECT pg_sleep(20)")
        cursor.execute("SET LOCAL statement_timeout = 0")
    return refusal.value


@pytest.mark.parametrize(
    ("headers", "words"),
    [({}, "<h1>This took too long</h1>"), ({"HX-Request": "true"}, str(errors.TIMED_OUT))],
)
def test_what_takes_too_long_is_given_up_in_words(rf, agent, headers, words):
    request = rf.get("/returns/", headers=headers)
    request.user, request.htmx, request._messages = agent, HtmxDetails(request), []
    middleware = errors.QueryTimeoutMiddleware(lambda _: HttpResponse())
    answer = middleware.process_exception(request, _given_up_by_postgres())
    assert answer.status_code == 503
    assert words in answer.text
    assert middleware.process_exception(request, OperationalError("away")) is None


def test_htmx_gets_the_sentence_of_an_error_and_never_a_page(as_agent):
    response = as_agent.get("/nowhere/", headers=HTMX)
    assert (response.status_code, response.text) == (404, errors.GONE)
    assert response["Content-Type"].startswith("text/plain")


def test_a_form_without_its_token_is_refused_in_words(agent):
    client = Client(enforce_csrf_checks=True)
    response = sign_in(client, "agent")
    assert response.status_code == 403
    assert "open for too long" in response.text


def test_a_failure_shows_the_page_for_it(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.auth.views.AuthenticationForm.__init__", None)
    response = client.get(reverse("login"))
    assert response.status_code == 500
    assert "Something went wrong" in response.text


def test_a_request_that_cannot_be_read_shows_the_page_for_it(client):
    response = client.get("/", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert "This request is not valid" in response.text


# Headers


def test_the_policy_of_every_page_allows_nothing_unsafe(client):
    policy = client.get(reverse("login"))["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_pages_are_not_framed_sniffed_or_told_to_other_sites(client):
    response = client.get(reverse("login"))
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response.cookies["csrftoken"]["httponly"]


@pytest.mark.slow
def test_a_deployment_speaks_https_alone_and_keeps_cookies_to_it():
    code = """
import django
django.setup()
from django.conf import settings
from django.test import Client
plain, safe = (Client().get("/preferences/", secure=secure) for secure in (False, True))
print(plain["Location"], safe.get("Strict-Transport-Security"))
print(settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.DEBUG)
"""
    environment = {name: value for name, value in os.environ.items() if name != "DEBUG"} | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "postgres://nobody@localhost/nothing",
        "SECRET_KEY": "a-long-secret-key-of-this-test-alone-1234567890-abcdef",
        "ALLOWED_HOSTS": "testserver",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "https://testserver/preferences/ max-age=31536000; includeSubDomains; preload",
        "True True False",
    ]
