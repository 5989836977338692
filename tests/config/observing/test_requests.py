"""Each request has a number, and what it cost is told without anything personal."""

import json
import logging

import pytest
from django.http import StreamingHttpResponse
from django.urls import reverse

from config.observing.lines import JsonLines, WithoutPaths, failed_start
from config.observing.requests import RequestMiddleware
from config.observing.running import busy_and_stuck
from tests.factories import make_return

pytestmark = pytest.mark.django_db


@pytest.fixture
def logged(settings, caplog):
    """Return all lines of the log so far, as JSON mode writes them."""
    settings.OBSERVERS = ["config.observing.lines.log_request"]
    handler = logging.StreamHandler()
    lines: list[str] = []
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    handler.setFormatter(JsonLines())
    handler.addFilter(WithoutPaths())
    loggers = [logging.getLogger(name) for name in ("", "config.access")]
    levels = [each.level for each in loggers]
    loggers[0].addHandler(handler)
    loggers[1].setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in lines]
    loggers[0].removeHandler(handler)
    for each, level in zip(loggers, levels, strict=True):
        each.setLevel(level)


def access(lines) -> list[dict]:
    return [line for line in lines if line["logger"] == "config.access"]


def test_a_request_is_one_line_without_what_was_typed(as_agent, agent, logged):
    make_return("Return-Selin-1")
    answer = as_agent.get(reverse("return-detail", args=["Return-Selin-1"]) + "?q=Selin")
    (line,) = access(logged())
    assert line | {"time": 0, "duration_ms": 0, "database_ms": 0, "message": "", "pid": 0} == {
        "time": 0,
        "level": "INFO",
        "logger": "config.access",
        "message": "",
        "pid": 0,
        "request": answer["X-Request-ID"],
        "person": agent.pk,
        "method": "GET",
        "route": "/returns/<reference>/",
        "view": "return-detail",
        "status": 200,
        "duration_ms": 0,
        "queries": line["queries"],
        "database_ms": 0,
    }
    assert line["queries"] > 3
    assert 0 < line["database_ms"] < line["duration_ms"]
    assert "Selin" not in json.dumps(logged())


def test_lines_of_django_have_the_pattern_of_a_path_and_the_number_of_the_request(
    as_agent, agent, logged
):
    answer = as_agent.get("/returns/Selin-Secret/")
    (line,) = [line for line in logged() if line["logger"] == "django.request"]
    assert line["message"] == "Not Found: /returns/<reference>/"
    # Though Django logs it when the request is no longer followed.
    assert (line["request"], line["person"]) == (answer["X-Request-ID"], agent.pk)
    as_agent.get("/Selin-Secret/")
    assert "Selin" not in json.dumps(logged())
    assert answer["X-Request-ID"] in {line.get("request") for line in logged()}


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [("abc-123:4.5_6", True), ("short", False), ("x" * 65, False), ("a b\tcdefgh", False)],
)
def test_a_number_of_the_proxy_is_taken_if_it_is_harmless(client, given, is_taken):
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert (answer["X-Request-ID"] == given) is is_taken
    assert len(answer["X-Request-ID"]) >= 8


def test_a_failure_is_a_line_with_its_traceback_and_the_page_has_the_number(
    as_agent, logged, monkeypatch
):
    message = "cannot read 'Selin' <selin@example.com> 0532123456"

    def fail(*_args, **_named):
        raise ValueError(message)

    monkeypatch.setattr("returns.views.rules.list_rules", fail)
    as_agent.raise_request_exception = False
    answer = as_agent.get(reverse("rules"))
    assert answer.status_code == 500
    assert f"<code>{answer['X-Request-ID']}</code>" in answer.text
    (line,) = [line for line in logged() if line["level"] == "ERROR"]
    assert line["request"] == answer["X-Request-ID"]
    assert line["exception"].endswith("ValueError: cannot read … <…> …")
    assert "test_requests.py" in line["exception"]
    assert "elin" not in json.dumps(logged())


def test_a_call_of_the_api_has_the_same_number_everywhere(client, logged):
    answer = client.get("/openapi/v1/Returns", headers={"X-Request-ID": "of-the-proxy"})
    assert answer.json()["requestId"] == answer["X-Request-ID"] == "of-the-proxy"
    (line,) = access(logged())
    assert (line["request"], line["view"]) == ("of-the-proxy", "api:returns")
    assert "person" not in line


def test_a_download_counts_until_it_has_been_sent(rf, logged):
    answer = RequestMiddleware(lambda _: StreamingHttpResponse([b"a", b"b"]))(rf.get("/"))
    chunks = iter(answer.streaming_content)
    assert next(chunks) == b"a"
    assert busy_and_stuck()[0] == 1
    assert access(logged()) == []
    assert list(chunks) == [b"b"]
    assert len(access(logged())) == 1
    assert busy_and_stuck() == (0, 0)


def test_a_program_that_does_not_start_says_so_in_a_line_of_its_format():
    sentence = "Set SECRET_KEY."
    assert failed_start(sentence, as_json=False) == sentence
    line = json.loads(failed_start(sentence, as_json=True))
    assert (line["level"], line["message"]) == ("CRITICAL", sentence)
