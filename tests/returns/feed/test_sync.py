"""A pull ends with what the other API has, whatever happens on the way."""

import logging
from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest
from django.db import connection
from django.utils import timezone

from returns.feed import client as network
from returns.feed.client import Client, RemoteApiError
from returns.feed.parsing import parse_record
from returns.feed.statements import INGEST_COLUMNS
from returns.feed.sync import AlreadyRunningError, sync, watermark
from returns.models import FeedRun, Outcome, RejectedRecord, Return
from tests.returns.feed import fake_api as faults
from tests.returns.feed.fake_api import TOKEN, FakeApi, client_of

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def written(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def a_record(number: int, **fields) -> dict:
    time = written(START + timedelta(minutes=number, microseconds=number))
    record = {"returnReferenceNumber": f"Return-{number:05}", "state": "ReturnCreated"}
    return record | {"createdAt": time, "updatedAt": time, "notes": "", "tag": ""} | fields


@pytest.fixture
def side():
    with FakeApi([a_record(number) for number in range(250)]) as far:
        yield far


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(side, slept) -> Client:
    return client_of(side, slept)


def here() -> dict[str, list]:
    return {
        each.return_reference_number: [getattr(each, name) for name in INGEST_COLUMNS]
        for each in Return.objects.all()
    }


def there(side: FakeApi) -> dict[str, list]:
    return {
        reference: [getattr(parse_record(record), name) for name in INGEST_COLUMNS]
        for reference, record in side.records.items()
    }


def test_everything_comes_in(side, client):
    pulled = sync(client)
    assert str(pulled) == "read 250, created 250, updated 0, unchanged 0, rejected 0"
    assert here() == there(side)
    assert len(side.calls) == 3


def test_the_next_pull_asks_from_a_little_before(side, client):
    sync(client)
    side.records["Return-00003"] |= {"updatedAt": written(START + timedelta(days=1)), "notes": "a"}
    side.records["Return-00900"] = a_record(900)
    pulled = sync(client)
    assert (pulled.created, pulled.updated, pulled.read) == (1, 1, 7)
    assert here() == there(side)


ONCE = {
    "silence": faults.silent,
    "hanging up": faults.hangs_up,
    "an answer that breaks off": faults.breaks_off,
    "an answer that breaks off unsaid": faults.breaks_off_unnoticed,
    "a compressed answer that breaks off": faults.breaks_off_compressed,
    "a compressed answer": faults.compressed,
    "no JSON": faults.says(b"Sorry, {}"),
    "no text": faults.says(b"\xff\xfe\x00"),
    "a page for people": faults.says(b"<html>Maintenance</html>"),
    "deep nesting": faults.says(b"[" * 100_000),
    "a list": faults.says(b"[]"),
    "items that are none": faults.says(b'{"items": {"0": 1}}'),
    "a bare number": faults.says(b"7"),
    "500": faults.status(500),
    "503": faults.status(503, Retry_After="1"),
    "408": faults.status(408),
    "429": faults.status(429, x_retry_after="9"),
    "drops": faults.drips,
    "headers in drops": faults.drips_headers,
    "the last page again": faults.last_page_again,
    "an empty page": faults.empty_page,
    "half a page": faults.half_a_page,
    "a page that leaves one out": faults.leaves_one_out,
    "one return twice": faults.one_twice,
    "another order": faults.backwards,
    "another filter": faults.ignores_the_filter,
    "no calls left": faults.no_calls_left,
}


# What comes after them depends on which page it is. All others are no page at all, and the same
# call is made again: each of them comes in place of one of the pages.
PAGES = [
    *("the last page again", "an empty page", "half a page", "a page that leaves one out"),
    *("one return twice", "another order", "another filter", "no calls left"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "call"),
    [
        *((name, call) for name in PAGES for call in (0, 1, 2)),
        *zip([name for name in ONCE if name not in PAGES], cycle((0, 1, 2))),
    ],
)
def test_a_fault_that_passes_leaves_nothing_out(side, client, monkeypatch, name, call):
    monkeypatch.setattr(network, "RESPONSE_TIMEOUT", 0.5)
    side.faults[call] = ONCE[name]
    sync(client)
    assert here() == there(side)
    assert FeedRun.objects.get().outcome == Outcome.DONE


ALWAYS = {
    "another order": faults.backwards,
    "another filter": faults.ignores_the_filter,
    "no totals": faults.tells_no_total,
    "fifty a page": faults.gives_fifty,
    "no tags": faults.has_no_tags,
    "compressed answers": faults.compressed,
    "no calls left": faults.no_calls_left,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ALWAYS)
def test_another_api_that_is_always_so_is_read_whole(side, client, name):
    side.always = ALWAYS[name]
    sync(client)
    assert here() == there(side)
    side.records["Return-00900"] = a_record(900)
    sync(client)
    assert here() == there(side)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["another order", "no totals", "fifty a page"])
def test_faults_come_together_too(side, client, name):
    side.always = ALWAYS[name]
    side.faults = {0: faults.hangs_up, 2: faults.status(503), 3: faults.says(b"")}
    sync(client)
    assert here() == there(side)


# Rows that the other side has twice


@pytest.mark.parametrize(
    "copies",
    [
        {"Return-00050": 2},
        {"Return-00098": 2},  # the last two of a page
        {"Return-00099": 2},  # on two pages
        {"Return-00249": 2},
        {"Return-00010": 5, "Return-00099": 3, "Return-00198": 2},
        {"Return-00120": 60},
        {"Return-00050": 130},  # more than a page
        {"Return-00000": 130},
        {"Return-00099": 100, "Return-00100": 101},
        {"Return-00120": 330, "Return-00121": 2, "Return-00122": 130},
        {"Return-00249": 130},
    ],
)
def test_a_row_that_is_there_twice_does_not_make_every_pull_read_everything(side, client, copies):
    side.copies = copies
    sync(client)
    assert here() == there(side)
    assert FeedRun.objects.get().outcome == Outcome.DONE
    assert watermark(client.origin) == START + timedelta(minutes=244, microseconds=249)
    side.records["Return-00900"] = a_record(900)
    calls = len(side.calls)
    assert calls < 20 + sum(copies.values()) // 10
    assert sync(client).created == 1
    if side.copies.get("Return-00249", 1) < 100:  # those after the watermark come again
        assert len(side.calls) - calls <= 3


@pytest.mark.slow
def test_copies_beyond_a_page_are_read_by_offset_too(side, client):
    side.always = faults.backwards
    side.copies = {"Return-00050": 130}
    sync(client)
    assert here() == there(side)
    assert FeedRun.objects.get().outcome == Outcome.DONE
    assert watermark(client.origin) == START + timedelta(minutes=244, microseconds=249)


@pytest.mark.slow
@pytest.mark.parametrize("many", [3, 130])
def test_copies_do_not_hide_a_return_that_is_kept_back(side, client, many):
    def keep_back(far, handler, answer):
        items = answer.content["items"]
        answer.content["items"] = [
            each for each in items if each["returnReferenceNumber"] != "Return-00060"
        ]

    side.copies = {"Return-00050": many}
    side.always = keep_back
    with pytest.raises(RemoteApiError):
        sync(client)
    assert watermark(client.origin) is None or watermark(client.origin) < START + timedelta(hours=1)


@pytest.mark.slow
@pytest.mark.parametrize("call", [1])
@pytest.mark.parametrize("name", ONCE)
def test_a_fault_that_passes_leaves_nothing_out_beside_copies(
    side, client, monkeypatch, name, call
):
    monkeypatch.setattr(network, "RESPONSE_TIMEOUT", 0.5)
    side.copies = {"Return-00050": 2, "Return-00099": 3}
    side.faults[call] = ONCE[name]
    try:
        sync(client)
    except RemoteApiError:  # the next pull begins again
        sync(client)
    assert here() == there(side)


# What moves meanwhile


def moving(side: FakeApi, number: int) -> None:
    """Before each call some returns change, some come, and one goes."""
    at = START + timedelta(days=1, minutes=number)
    for each in range(number * 7, number * 7 + 5):
        reference = f"Return-{each:05}"
        if reference in side.records and number < 6:
            moved = {"updatedAt": written(at), "notes": f"moved at {number}"}
            side.records[reference] = side.records[reference] | moved
    if number < 6:
        side.records[f"Late-{number}"] = a_record(
            2000 + number, returnReferenceNumber=f"Late-{number}", updatedAt=written(at)
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["as it should", "no totals", "another order"])
def test_what_moves_while_it_is_read_is_not_missed(side, client, name):
    side.always = ALWAYS.get(name)
    side.meanwhile = moving
    sync(client)
    assert here() == there(side)


def test_what_goes_while_it_is_read_hides_nothing(side, client):
    def go(side: FakeApi, number: int) -> None:
        if number < 3:
            del side.records[f"Return-{number * 100 + 20:05}"]

    side.meanwhile = go
    sync(client)
    assert there(side).items() <= here().items()


@pytest.mark.slow
def test_many_of_the_same_time_are_read_by_place(side, client):
    same = {"updatedAt": written(START + timedelta(minutes=30))}
    for number in range(1000, 1350):
        side.records[f"Return-{number:05}"] = a_record(number, **same)
    side.meanwhile = lambda side, number: (
        side.records[f"Return-{1000 + number:05}"].update(updatedAt=written(START + timedelta(9)))
        if number < 8
        else None
    )
    sync(client)
    assert here() == there(side)


# Nonsense in records


def test_wrong_records_are_rejected_and_the_others_come_in(side, client):
    good = there(side)
    bad = [
        a_record(300, state="Lost"),
        a_record(301, createdAt="yesterday"),
        a_record(302, trackingId=[1]),
        a_record(303, updatedAt="2026-01-05 later"),
        a_record(304, state="Completed"),
    ]
    side.records |= {record["returnReferenceNumber"]: record for record in bad}

    def add_no_objects(far, handler, answer):
        answer.content["items"] += [7, None, "x"]

    side.always = add_no_objects
    pulled = sync(client)
    assert here() == good
    assert pulled.rejected == 8
    assert RejectedRecord.objects.count() == 8
    assert sync(client).created == 0
    assert RejectedRecord.objects.count() == 8


def test_record_from_the_future_is_rejected_and_does_not_stop_the_feed(side, client):
    side.records["Return-00009"]["updatedAt"] = "2999-01-01T00:00:00Z"
    assert sync(client).rejected == 1
    assert "more than a day in the future" in RejectedRecord.objects.get().reason
    assert watermark(client.origin) < timezone.now()
    for number in (9, 900):
        # The clock of the other side may be some minutes ahead.
        at = written(timezone.now() + timedelta(minutes=number / 100))
        side.records[f"Return-{number:05}"] = a_record(number, updatedAt=at)
    sync(client)
    assert here() == there(side)


# What does not pass


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.status(401), "rejected the token"),
        (faults.status(403), "denied access"),
        (faults.status(404), "no Returns API at this address"),
        (faults.status(302, Location="http://127.0.0.1:9/"), "redirects to another address"),
        (faults.status(400), "did not understand"),
        (faults.status(418), "unexpected status 418"),
    ],
)
def test_what_will_not_pass_by_itself_says_what_to_do(side, client, slept, fault, words):
    side.always = fault
    with pytest.raises(RemoteApiError, match=words):
        sync(client)
    assert slept == []
    row = FeedRun.objects.get()
    assert (row.outcome, words in row.message) == (Outcome.FAILED, True)


def test_another_api_that_never_answers_is_given_up(side, client, slept):
    side.always = faults.status(500)
    with pytest.raises(RemoteApiError, match=r"status 500\. Gave up after 8 attempts"):
        sync(client)
    assert len(side.calls) == len(slept) == 8
    assert all(0 <= pause <= 2**attempt for attempt, pause in enumerate(slept))


def test_nobody_listening_is_reported(client, side):
    side.server.server_close()
    with pytest.raises(RemoteApiError, match="does not answer"):
        sync(client)


def test_another_api_that_keeps_returns_back_is_not_called_done(side, client):
    side.always = faults.leaves_one_out
    with pytest.raises(RemoteApiError, match="leaves out returns"):
        sync(client)
    assert FeedRun.objects.get().outcome == Outcome.FAILED


@pytest.mark.slow
def test_another_api_that_says_more_than_it_gives_is_not_called_done(side, client):
    def boast(far, handler, answer):
        answer.content["dataSetCount"] += 3

    side.always = boast
    with pytest.raises(RemoteApiError, match="says that it has 154 returns, but sent 151"):
        sync(client)


@pytest.mark.parametrize("always", [None, faults.compressed])
def test_a_page_that_is_too_large_is_not_read(side, client, slept, monkeypatch, always):
    monkeypatch.setattr(network, "MAX_RESPONSE_BYTES", 5000)
    side.always = always
    with pytest.raises(RemoteApiError, match="larger than"):
        sync(client)
    assert slept == []


def test_it_waits_as_long_as_the_api_asks(side, client, slept):
    side.faults = {0: faults.status(429, x_retry_after="9"), 2: faults.no_calls_left}
    sync(client)
    assert 9 <= slept[0] <= 10
    assert slept[1:] == [7]


@pytest.mark.slow
def test_the_token_is_in_no_message(side, caplog):
    caplog.set_level(logging.DEBUG)
    for fault in (*ONCE.values(), faults.status(401), faults.status(302, Location="http://x/")):
        client = Client(side.url, f"{TOKEN}x", sleep=lambda _: None, read_timeout=0.1)
        side.always = fault
        with pytest.raises(RemoteApiError) as raised:
            client.fetch_page("o=eq")
        assert TOKEN not in str(raised.value) + caplog.text + repr(FeedRun.objects.all())


def test_the_origin_holds_no_secret():
    client = Client("https://me:secret@wms.example.com:8443/openapi/v1/?token=x", TOKEN)
    assert client.origin == "https://wms.example.com:8443/openapi/v1"


# Again, and one at a time


@pytest.mark.slow
def test_a_pull_that_broke_off_goes_on_from_there(side, client):
    side.faults = dict.fromkeys(range(2, 20), faults.status(500))
    with pytest.raises(RemoteApiError):
        sync(client)
    assert 100 <= len(here()) < 250
    side.faults, side.calls = {}, []
    sync(client)
    assert here() == there(side)
    assert len(side.calls) == 2


@pytest.mark.slow
def test_nothing_is_reached_where_there_is_no_order(side, client):
    side.always = faults.backwards
    side.faults = dict.fromkeys(range(6, 20), faults.status(500))
    with pytest.raises(RemoteApiError):
        sync(client)
    assert watermark(client.origin) is None
    side.faults = {}
    sync(client)
    assert here() == there(side)


def test_it_stops_after_a_page_on_request(side, client):
    with pytest.raises(RemoteApiError, match="Stopped manually"):
        sync(client, should_continue=lambda: False)
    assert Return.objects.count() == 100
    sync(client)
    assert here() == there(side)


def test_since_asks_from_a_time(side, client):
    sync(client, since=START + timedelta(minutes=240))
    assert len(here()) == 10
    assert FeedRun.objects.get().from_time == START + timedelta(minutes=240)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_one_pull_at_a_time(side, client):
    refused = []

    def pull_too(far: FakeApi, number: int) -> None:
        """As another process does, on a connection of its own."""
        try:
            sync(Client(far.url, TOKEN))
        except AlreadyRunningError as error:
            refused.append(str(error))
        finally:
            connection.close()

    side.meanwhile = pull_too
    sync(client)
    # At each page, and at one that is asked for again.
    assert set(refused) == {f"Another process is already pulling from {client.origin}."}
    assert FeedRun.objects.count() == 1
    side.meanwhile = lambda far, number: None
    sync(client)
