"""Cookies of a deployment with https: no other host, and nobody on the way, can set them."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def deployed(settings):
    """Give cookies the names and limits that settings give them where DATABASE_URL is set."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME = "__Host-sessionid"
    settings.CSRF_COOKIE_NAME = "__Host-csrftoken"
    settings.LANGUAGE_COOKIE_NAME = "__Host-language"
    settings.MESSAGE_STORAGE = "config.cookies.HostMessageStorage"


def test_every_cookie_has_the_prefix_and_what_it_demands(deployed):
    make_person("ada")
    client = Client()
    client.get(reverse("login"), secure=True)
    form = {"username": "ada", "password": "secret-parcel"}
    assert client.post(reverse("login"), form, secure=True).status_code == 302
    client.post(reverse("preferences"), {"density": "compact", "language": "de"}, secure=True)
    cookies = client.cookies
    assert {"__Host-sessionid", "__Host-csrftoken", "__Host-language"} <= cookies.keys()
    for name, cookie in cookies.items():
        assert name.startswith("__Host-")
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert cookie["httponly"]


def test_messages_are_shown_once(deployed, as_agent):
    data = {"name": "Mine", "query": "q=1"}
    saved = as_agent.post(reverse("saved-views"), data, secure=True)
    assert "__Host-messages" in saved.cookies
    assert "messages" in as_agent.get("/returns/", secure=True).content.decode()
    assert as_agent.cookies["__Host-messages"].value == ""


def test_pages_and_files_of_people_are_kept_out_of_caches(as_agent):
    for path in ("/returns/", "/returns/export.csv", "/nowhere/", "/queue/"):
        answer = as_agent.get(path)
        assert answer["Cache-Control"] == "private, no-store", path
    assert "no-store" in as_agent.get("/returns/live/")["Cache-Control"]
    assert "no-store" not in Client().get("/static/css/app.css")["Cache-Control"]


def test_signing_out_clears_what_the_browser_holds(as_agent):
    assert "Clear-Site-Data" not in as_agent.get(reverse("logout"))
    assert as_agent.post(reverse("logout"))["Clear-Site-Data"] == '"cache"'
