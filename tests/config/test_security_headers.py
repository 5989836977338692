"""Every kind of answer has the security headers: pages, files, and each kind of refusal."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from config.body_limit import MAX_BODY_BYTES
from tests import fuzzing

pytestmark = pytest.mark.django_db
STYLE = "/static/css/app.css"


def refused_form(client: Client):
    return Client(enforce_csrf_checks=True).post(reverse("login"), {"username": "a"})


def known_style(client: Client):
    tag = client.get(STYLE)["ETag"]
    return client.get(STYLE, headers={"If-None-Match": tag})


# What is sent, and the status of its answer.
KINDS: dict[str, tuple[Callable, int]] = {
    "page": (lambda client: client.get(reverse("login")), 200),
    "redirect": (lambda client: client.get("/returns/"), 302),
    "health": (lambda client: client.get("/healthz"), 200),
    "api": (lambda client: client.get("/openapi/v1/Tags"), 401),
    "file": (lambda client: client.get(STYLE), 200),
    "part of a file": (lambda client: client.get(STYLE, headers={"Range": "bytes=0-9"}), 206),
    "no part of a file": (lambda client: client.get(STYLE, headers={"Range": "bytes=9-1"}), 416),
    "known file": (known_style, 304),
    "missing file": (lambda client: client.get("/static/no.css"), 404),
    "posted file": (lambda client: client.post(STYLE), 405),
    "file for another host": (lambda client: client.get(STYLE, headers={"host": "a.example"}), 200),
    "another host": (lambda client: client.get("/", headers={"host": "a.example"}), 400),
    "health of another host": (
        lambda client: client.get("/healthz", headers={"host": "a.example"}),
        400,
    ),
    "NUL in a cookie": (lambda client: client.get("/", headers={"cookie": "a=\0"}), 400),
    "another encoding": (
        lambda client: client.post("/", "a", content_type="text/plain; charset=utf-16"),
        400,
    ),
    "expired form": (refused_form, 403),
    "missing page": (lambda client: client.get("/static"), 404),
    "not allowed": (lambda client: client.get("/accounts/logout/"), 405),
    "too large": (
        lambda client: client.post("/accounts/login/", CONTENT_LENGTH=str(MAX_BODY_BYTES + 1)),
        413,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_has_the_security_headers(as_agent, kind):
    ask, status = KINDS[kind]
    client = as_agent if status in (404, 405) else Client()
    answer = ask(client)
    assert (answer.status_code, fuzzing.missing_headers(answer)) == (status, [])


def test_a_host_that_is_refused_before_the_redirect_to_https_gets_them_too(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/", headers={"host": "a.example"})
    assert (answer.status_code, fuzzing.missing_headers(answer)) == (400, [])


def test_a_failure_has_them_too(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.auth.views.AuthenticationForm.__init__", None)
    answer = client.get(reverse("login"))
    assert (answer.status_code, fuzzing.missing_headers(answer)) == (500, [])


def test_a_refused_method_of_a_file_is_answered_with_a_page(client):
    answer = client.post(STYLE)
    assert answer["Allow"] == "GET, HEAD"
    assert "<h1>This is not possible here</h1>" in answer.text


def test_a_file_keeps_its_own_headers(client):
    answer = client.get(STYLE)
    assert answer["Content-Type"] == 'text/css; charset="utf-8"'
    assert "max-age=" in answer["Cache-Control"]
