"""While requests are stuck, such as with a silent database, the others are told so in words."""

import logging

import pytest
from django.http import StreamingHttpResponse
from django.urls import reverse

from config import concurrency
from config.concurrency import BUSY, one_thread_left
from returns.models import ApiToken
from returns.people.tokens import issue
from returns.views.callers import OneThreadLeftMiddleware

pytestmark = pytest.mark.django_db


@pytest.fixture
def stuck(settings, monkeypatch):
    """Let all threads but one be stuck."""
    settings.REQUEST_THREADS = 3
    monkeypatch.setattr(concurrency, "STUCK_AFTER", 0.01)
    with one_thread_left(), one_thread_left():
        yield


@pytest.mark.usefixtures("stuck")
def test_people_are_told_in_words_and_one_line_is_logged(as_agent, caplog):
    caplog.set_level(logging.WARNING)
    as_agent.raise_request_exception = False
    answer = as_agent.get(reverse("return-list"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "<h1>The returns desk is too busy</h1>" in answer.text
    assert str(BUSY) in answer.text
    (line,) = [each for each in caplog.records if each.name.startswith("django")]
    assert line.getMessage() == f"All threads are busy: {BUSY}, at GET /returns/"
    assert line.exc_info is None
    fragment = as_agent.get(reverse("return-list"), headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment.text) == (503, BUSY)


@pytest.mark.usefixtures("stuck")
def test_programs_are_told_as_json(client, caplog):
    token = ApiToken(name="Shop", scopes=["read"])
    headers = {"Authorization": f"Bearer {issue(token)}"}
    answer = client.get("/openapi/v1/Tags", headers=headers)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["error"]["message"] == BUSY
    (line,) = [each for each in caplog.records if each.name.startswith("django")]
    assert line.exc_info is None


@pytest.mark.usefixtures("stuck")
def test_health_checks_are_answered(client):
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, BUSY)


def test_a_thread_that_is_free_again_is_used(as_agent, settings):
    settings.REQUEST_THREADS = 2
    for _ in range(3):
        assert as_agent.get(reverse("return-list")).status_code == 200
    assert as_agent.get("/readyz").status_code == 200


@pytest.mark.parametrize("ends_early", [False, True])
def test_a_download_holds_its_thread_until_it_has_been_sent(
    as_agent, rf, settings, monkeypatch, ends_early
):
    settings.REQUEST_THREADS = 2
    monkeypatch.setattr(concurrency, "STUCK_AFTER", 0.01)
    as_agent.raise_request_exception = False
    answer = OneThreadLeftMiddleware(lambda _: StreamingHttpResponse([b"a", b"b"]))(rf.get("/"))
    chunks = iter(answer.streaming_content)
    assert next(chunks) == b"a"
    assert as_agent.get(reverse("return-list")).status_code == 503
    assert as_agent.get("/healthz").status_code == 200
    if ends_early:
        answer.close()
    else:
        assert list(chunks) == [b"b"]
    with one_thread_left():
        pass
