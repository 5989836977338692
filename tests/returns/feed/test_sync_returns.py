"""The command that pulls: what it needs, what it says, how it ends; two desks over real HTTP."""

import os
import signal
import threading
import time

import pytest
from django.core.management import CommandError, call_command

from returns.feed.client import Client
from returns.feed.walk import walk
from returns.models import ApiToken, FeedRun, Return
from returns.people.tokens import issue
from tests.factories import make_return, put_tag
from tests.returns.feed import fake_api as faults
from tests.returns.feed.fake_api import TOKEN, FakeApi
from tests.returns.feed.test_sync import a_record, here, there

pytestmark = pytest.mark.django_db


@pytest.fixture
def side(settings):
    with FakeApi([a_record(number) for number in range(150)]) as far:
        settings.RETURNS_API_URL, settings.RETURNS_API_TOKEN = far.url, TOKEN
        yield far


def test_it_says_what_came_in(side, capsys):
    call_command("sync_returns")
    summary = "read 150, created 150, updated 0, unchanged 0, rejected 0\n"
    assert capsys.readouterr().out == summary
    assert here() == there(side)


def test_it_ends_with_1_when_something_was_left_out(side, capsys):
    side.records["Return-00007"]["state"] = "Lost"
    with pytest.raises(SystemExit) as ended:
        call_command("sync_returns")
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert "record 8: state: unknown: 'Lost'" in told.err
    assert "created 149, updated 0, unchanged 0, rejected 1" in told.out


def test_since_goes_before_what_was_reached(side, capsys):
    call_command("sync_returns")
    call_command("sync_returns", "--since", "2026-01-05T09:00:00Z")
    assert capsys.readouterr().out.endswith(
        "read 150, created 0, updated 0, unchanged 150, rejected 0\n"
    )


@pytest.mark.parametrize(
    "url", ["", "wms.example.com", "ftp://wms", "http://a:b@wms/", "http://wms:x/", "http://w ms/"]
)
def test_an_invalid_address_is_reported(side, settings, url):
    settings.RETURNS_API_URL = url
    with pytest.raises(CommandError, match="Set RETURNS_API_URL") as ended:
        call_command("sync_returns")
    assert ended.value.returncode == 2


def test_a_missing_token_is_reported(side, settings):
    settings.RETURNS_API_TOKEN = ""
    with pytest.raises(CommandError, match="Set RETURNS_API_TOKEN") as ended:
        call_command("sync_returns")
    assert ended.value.returncode == 2


@pytest.mark.parametrize("name", ["RETURNS_API_TOKEN", "RETURNS_API_TENANT"])
@pytest.mark.parametrize("value", ["secret\nvalue", "secret-\u011f"])
def test_a_character_not_allowed_in_headers_is_reported_but_not_shown(side, settings, name, value):
    setattr(settings, name, value)
    with pytest.raises(CommandError, match=f"{name} contains a character") as ended:
        call_command("sync_returns")
    assert "secret" not in str(ended.value)


def test_a_refusal_of_the_other_api_is_reported(side):
    side.always = faults.status(401)
    with pytest.raises(CommandError, match=f"{side.url}: The API rejected the token") as ended:
        call_command("sync_returns")
    assert ended.value.returncode == 1


@pytest.fixture
def signals():
    kept = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM)}
    yield
    for sign, handler in kept.items():
        signal.signal(sign, handler)


@pytest.mark.slow
def test_every_continues_after_a_failure_until_it_is_stopped(side, signals, capsys):
    side.faults = {0: faults.status(401)}

    def stop() -> None:
        while len(side.calls) < 4:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    stopper = threading.Thread(target=stop)
    stopper.start()
    call_command("sync_returns", "--every", "1")
    stopper.join()
    told = capsys.readouterr()
    assert "rejected the token" in told.err
    assert "created 150" in told.out
    assert here() == there(side)


# Another desk


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_desk_is_read_by_another_over_http(live_server, vocabulary, settings):
    settings.API_CALLS_PER_MINUTE = 100_000
    for number in range(230):
        make_return(f"Return/{number} ü", state="Completed" if number % 3 else "ReturnCreated")
    put_tag(Return.objects.earliest("pk"), "books")
    token = ApiToken(name="Other desk", scopes=["read"])
    client = Client(f"{live_server.url}/openapi/v1", issue(token), sleep=lambda _: None)
    items = [item for step in walk(client) for item in step.items]
    assert len(items) == 230
    assert {item["returnReferenceNumber"]: item["tag"] for item in items if item["tag"]} == {
        "Return/0 ü": "books"
    }


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_desk_gives_another_the_same_as_it_has(live_server, vocabulary, settings, capsys):
    settings.API_CALLS_PER_MINUTE = 100_000
    for number in range(120):
        make_return(f"R-{number}", state="ArrivedToWarehouse", notes=f"né {number}\n", source="WMS")
    settings.RETURNS_API_URL = f"{live_server.url}/openapi/v1"
    settings.RETURNS_API_TOKEN = issue(ApiToken(name="Itself", scopes=["read"]))
    before = here()
    call_command("sync_returns")
    assert "read 120, created 0, updated 0, unchanged 120, rejected 0" in capsys.readouterr().out
    assert here() == before
    assert FeedRun.objects.get().read == 120
