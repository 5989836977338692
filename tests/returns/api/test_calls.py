"""Who may call, what for, and how often."""

import json
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config import concurrency
from config.concurrency import SLOTS
from returns.api import payloads, query
from returns.api.call_limit import count_call
from returns.models import ApiCalls, ApiToken, Return
from returns.people import tokens
from tests.factories import make_return

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 1, 12, 0, 20, tzinfo=UTC)


def code(response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_a_token_is_taken_raw_and_after_bearer(program):
    for header in (program.secret, f"Bearer {program.secret}", f"bearer  {program.secret} "):
        assert program.get("/Tags", Authorization=header).status_code == 200


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("", "missing_token"),
        ("Bearer", "missing_token"),
        ("Basic dXNlcjpwYXNz", "unknown_token"),
        ("Bearer rd_" + "a" * 43, "unknown_token"),
        ("Bearer é\0", "unknown_token"),
    ],
)
def test_without_a_good_token_nothing_is_told(program, header, why):
    answer = program.get("/Returns", Authorization=header)
    assert code(answer) == (401, why)
    assert answer["WWW-Authenticate"] == "Bearer"
    assert "items" not in answer.text


def test_a_token_ends_when_it_expires_or_is_revoked(make_program):
    passing, lasting = make_program(name="A", days=1), make_program(name="B")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1, seconds=1)):
        assert code(passing.get("/Tags")) == (401, "expired_token")
        assert lasting.get("/Tags").status_code == 200
    tokens.revoke(lasting.token, by=None)
    assert code(lasting.get("/Tags")) == (401, "revoked_token")


def test_a_session_opens_nothing(as_admin):
    assert as_admin.get("/openapi/v1/Returns").status_code == 401


def test_a_token_reads_no_session(program, as_admin):
    make_return()
    program.client = as_admin
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert program.get("/Returns").status_code == 200
    assert not any("session" in query["sql"] for query in queries)


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("read", "GET", "/Returns"),
        ("read", "GET", "/Returns/GetReturnsWithTag"),
        ("read", "GET", "/Returns/Return-1"),
        ("read", "GET", "/Tags"),
        ("tags", "PATCH", "/Returns/UpdateReturnTag"),
    ],
)
def test_each_call_needs_its_scope(make_program, scope, method, path):
    others = [each for each in ("read", "tags", "feed") if each != scope]
    assert code(make_program(*others, name="A").send(method, path)) == (403, "missing_scope")
    assert make_program(scope, name="B").send(method, path).status_code != 403


def test_the_tenant_must_match_where_one_is_set(program, settings):
    assert program.get("/Tags", X_Tenant_Id="any").status_code == 200
    settings.RETURNS_TENANT = "ours"
    assert program.get("/Tags", X_Tenant_Id="ours").status_code == 200
    for wrong in ({}, {"X_Tenant_Id": "theirs"}, {"X_Tenant_Id": "öurs"}):
        assert code(program.get("/Tags", **wrong)) == (403, "wrong_tenant")


@pytest.mark.parametrize("name", ["token", "access_token", "API_KEY", "Authorization"])
def test_a_token_in_the_address_is_refused_by_name(program, name):
    for headers in ({}, {"Authorization": ""}):
        answer = program.get(f"/Returns?{name}={program.secret}", **headers)
        (detail,) = answer.json()["error"]["errors"]
        assert (answer.status_code, detail["property"]) == (400, name)
        assert detail["errorCode"] == "token_in_address"
    assert program.get(f"/Returns?q={program.secret}").status_code == 400


def test_use_is_noted_once_a_minute(program):
    with time_machine.travel(NOW, tick=False) as clock:
        noted = []
        for _ in range(4):
            program.get("/Tags")
            noted.append(ApiToken.objects.get().last_used_at - NOW)
            clock.shift(30)
    assert [each.total_seconds() for each in noted] == [0, 0, 60, 60]


# How often


def test_every_answer_tells_how_many_calls_remain(program, settings):
    settings.API_CALLS_PER_MINUTE = 4
    with time_machine.travel(NOW, tick=False):
        asked = ["/Tags", "/nowhere", "/Returns?stete=x", "/Returns/none", "/Tags", "/Returns"]
        answers = [program.get(path) for path in asked]
    told = [(a.status_code, a["x-remaining-calls"], a["x-retry-after"]) for a in answers]
    assert told == [
        (200, "3", "0"),
        (404, "2", "0"),
        (400, "1", "0"),
        (404, "0", "40"),
        (429, "0", "40"),
        (429, "0", "40"),
    ]
    assert answers[-1].json()["statusCode"] == 429
    assert "40 s" in answers[-1].json()["message"]
    assert answers[-1]["Retry-After"] == "40"


def test_a_new_minute_begins_anew_and_tokens_do_not_share(make_program, settings):
    settings.API_CALLS_PER_MINUTE = 1
    one, other = make_program(name="A"), make_program(name="B")
    with time_machine.travel(NOW, tick=False) as clock:
        assert [p.get("/Tags").status_code for p in (one, one, other)] == [200, 429, 200]
        clock.shift(40)
        assert one.get("/Tags").status_code == 200
    assert ApiCalls.objects.count() == 2


def test_a_clock_that_is_late_opens_no_second_window(program):
    minute = timedelta(minutes=1)

    def number(now):
        return count_call(program.token, limit=9, now=now).number

    assert [number(NOW), number(NOW + minute), number(NOW), number(NOW + minute)] == [1, 1, 2, 3]
    # A clock that was an hour ahead does not lock anybody out.
    assert [number(NOW + 60 * minute), number(NOW)] == [1, 1]


def test_304_has_its_headers_too(program):
    known = program.get("/Tags")["ETag"]
    answer = program.get("/Tags", If_None_Match=known)
    assert (answer.status_code, answer["x-remaining-calls"]) == (304, "248")


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_let_no_more_through(program, settings):
    settings.API_CALLS_PER_MINUTE = 10
    together, statuses = threading.Barrier(4), []

    def work():
        client = Client(headers={"Authorization": program.secret})
        together.wait()
        statuses.extend(client.get("/openapi/v1/Returns/none").status_code for _ in range(5))
        connection.close()

    with time_machine.travel(NOW, tick=False):
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert sorted(statuses) == [404] * 10 + [429] * 10


def test_a_token_with_half_of_the_threads_waits_for_its_answers(program, make_program):
    other = make_program(name="Other")
    with SLOTS.held(("token", program.token.pk), 2, "", 0):
        assert program.get("/Tags").status_code == 200
        with SLOTS.held(("token", program.token.pk), 2, "", 0):
            refused = program.get("/Tags")
            assert other.get("/Tags").status_code == 200
    assert (refused.status_code, refused["Retry-After"]) == (429, "1")
    error = refused.json()["error"]
    assert error["code"] == "too_many_at_once"
    assert "has 2 calls in progress (REQUESTS_AT_ONCE). Wait" in error["message"]


def test_few_large_pushes_are_read_at_once_whoever_sends_them(make_program, monkeypatch):
    monkeypatch.setattr(concurrency, "LONGEST_WAIT", 0.1)
    monkeypatch.setattr(concurrency, "LARGE_INPUT", 1_000)
    other = make_program("feed", name="Other")
    small, large = json.dumps({"items": []}), json.dumps({"items": [], "x": "y" * 1_000})
    with concurrency.large_input(1_000):
        assert push(other, large).status_code == 200
        with concurrency.large_input(1_000):
            assert push(other, small).status_code == 200
            refused = push(other, large)
    assert code(refused) == (429, "too_many_at_once")
    assert "Nothing was changed. Try again in a few seconds." in refused.text
    assert push(other, large).status_code == 200


def push(program, body: str):
    return program.send("POST", "/feed", data=body, content_type="application/json")


@pytest.mark.slow
def test_reading_is_stopped_at_the_limit_of_the_api(program, settings, monkeypatch):
    settings.API_STATEMENT_LIMIT = 1
    slow = Return.objects.extra(where=["pg_sleep(3) IS NOT NULL"])
    make_return()
    monkeypatch.setattr(payloads, "run_query", lambda *_, **__: slow.first())
    answer = program.get("/Returns?state=Completed")
    assert answer.status_code == 503
    assert "longer than 1 seconds (API_STATEMENT_LIMIT)" in answer.json()["error"]["message"]


@pytest.mark.slow
def test_a_filter_that_no_index_finds_is_named_when_reading_is_stopped(
    program, settings, monkeypatch
):
    settings.API_STATEMENT_LIMIT = 1
    slow = Return.objects.extra(where=["pg_sleep(3) IS NOT NULL"])
    make_return()
    monkeypatch.setattr(query, "find_few", lambda *_: slow.first())
    found = {"dqb": "o=cts&p=notes&v=gift&o=cts&p=trackingId&v=-7"}
    answer = program.get(f"/Returns?{urlencode(found)}")
    message = answer.json()["error"]["message"]
    assert answer.status_code == 503
    assert "longer than 1 seconds (API_STATEMENT_LIMIT)" in message
    assert "filter 2: trackingId: Contains has no index for so short a text" in message
    assert "filter 1" not in message
