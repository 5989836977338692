"""A pull of line items asks for those of returns that were written, and loses none of them."""

import logging
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from returns.feed import client as network
from returns.feed import item_answers, item_pulling
from returns.feed.client import Client
from returns.feed.intake import import_items
from returns.feed.item_pulling import ITEM_PROBES, ItemPull, sync_items
from returns.feed.items import item_from_json
from returns.feed.remote_errors import RemoteApiError
from returns.feed.requests import MAX_REQUEST_TRIES, RequestQueue
from returns.feed.runs import Run
from returns.feed.sync import sync, watermark
from returns.models import ApiToken, FeedRun, ItemRequest, RemoteAbility, Return, Way
from returns.models.line_items import to_line_items
from returns.models.requests import ITEMS_PATH, MANY_ITEMS_PATH
from returns.people.tokens import issue
from tests.factories import make_return
from tests.returns.feed import fake_api as faults
from tests.returns.feed.fake_api import TOKEN, FakeApi, client_of
from tests.returns.feed.orders.samples import an_order
from tests.returns.feed.test_sync import START, a_record, written

pytestmark = pytest.mark.django_db

MANY = "/Returns/returnsWithLineItems"


def a_line(number: int = 1, **fields) -> dict:
    line = {"lineItemReferenceNumber": f"L{number}", "sku": f"SKU-{number}", "serialNumber": ""}
    return line | {"state": "WaitingToBeProcessed", "damagedState": None} | fields


def filled(far: FakeApi, count: int) -> FakeApi:
    far.records = {f"Return-{number:05}": a_record(number) for number in range(count)}
    far.items = {each: [a_line(number)] for number, each in enumerate(far.records)}
    return far


@pytest.fixture
def side(settings):
    with FakeApi([]) as far:
        settings.RETURNS_API_URL, settings.RETURNS_API_TOKEN = far.url, TOKEN
        yield filled(far, 7)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(side, slept) -> Client:
    return client_of(side, slept)


@pytest.fixture
def returns(side, client):
    sync(client)
    side.calls.clear()


def pull(client, **more):
    rejects = []
    pulled = sync_items(client, on_reject=lambda *each: rejects.append(each), **more)
    assert len(rejects) == pulled.rejected
    return pulled


def known() -> dict[str, list[str]]:
    return {
        each.return_reference_number: [line.sku for line in to_line_items(each.line_items)]
        for each in Return.objects.filter(line_items__isnull=False)
    }


def there(side: FakeApi) -> dict[str, list[str]]:
    return {each: [line["sku"] for line in lines] for each, lines in side.items.items()}


def requested() -> list[str]:
    return sorted(ItemRequest.objects.values_list("reference", flat=True))


def change(side: FakeApi, number: int, *lines: dict, after: timedelta = timedelta(days=1)) -> str:
    """Let a return change at the other API, after what it was."""
    reference = f"Return-{number:05}"
    side.records[reference] |= {"updatedAt": written(START + after), "notes": f"{after}"}
    side.items[reference] = list(lines)
    return reference


def let_time_pass(**time: int) -> None:
    ItemRequest.objects.update(due_at=timezone.now())
    RemoteAbility.objects.update(checked_at=timezone.now() - timedelta(**time))


def asked(side: FakeApi, path: str) -> list[str]:
    """Return the calls about many returns, or about one each."""
    calls = [each for each in side.calls if "GetReturnsWithTag" not in each]
    return [each for each in calls if (MANY in each) == (path == MANY)]


def test_the_line_items_of_all_returns_come_in(side, client, returns):
    pulled = pull(client)
    assert str(pulled) == (
        "read 7, created 0, updated 7, unchanged 0, rejected 0, "
        "without line items 0, still to ask for 0"
    )
    assert known() == there(side)
    assert len(side.calls) == 2
    assert "o=In&p=returnReferenceNumber&v=Return-00006" in unquote(side.calls[1])
    assert requested() == []


def test_what_came_is_shown_as_a_run_that_moves_no_pull(side, client, returns):
    before = watermark(client.origin)
    pull(client)
    run = FeedRun.objects.first()
    assert (run.way, run.origin, run.read, run.updated) == (Way.PULL, side.url, 7, 7)
    assert watermark(client.origin) == before


def test_nothing_is_asked_while_there_is_nothing_to_ask_for(side, client):
    pull(client)
    assert side.calls == []
    assert not FeedRun.objects.exists()


def test_a_second_pull_asks_for_nothing(side, client, returns):
    pull(client)
    calls, runs = len(side.calls), FeedRun.objects.count()
    assert pull(client).read == 0
    assert (len(side.calls), FeedRun.objects.count()) == (calls, runs)


def test_returns_that_change_or_are_new_are_asked_for(side, client, returns):
    pull(client)
    Return.objects.update(notes="x")
    assert requested() == []
    change(side, 3, a_line(8), a_line(9, state="Damaged"))
    side.records["Return-00900"] = a_record(900)
    side.items["Return-00900"] = []
    sync(client)
    assert requested() == ["Return-00003", "Return-00900"]
    assert pull(client).updated == 2
    assert known() == there(side)
    assert known()["Return-00003"] == ["SKU-8", "SKU-9"]


def test_a_return_that_changes_but_not_its_line_items_is_asked_for_once(side, client, returns):
    pull(client)
    change(side, 3, a_line(3))
    sync(client)
    assert requested() == ["Return-00003"]
    pulled = pull(client)
    assert (pulled.read, requested()) == (1, [])
    assert "line_items" not in Return.objects.get(return_reference_number="Return-00003").stamps


def test_a_record_that_brings_its_line_items_requests_nothing(side, client, returns):
    pull(client)
    reference = change(side, 3, a_line(8))
    side.records[reference]["lineItems"] = [a_line(8)]
    side.records["Return-00900"] = a_record(900, lineItems=[a_line(1)])
    sync(client)
    assert requested() == []


def test_nothing_is_requested_where_no_line_items_are_pulled(side, returns):
    Return.objects.update(updated_at=timezone.now())
    assert requested() == []


@pytest.mark.parametrize("way", ["filters", "missing"])
def test_whichever_comes_first_the_result_is_the_same(side, client, way):
    """A list that was read before the return changed, and line items from after; and the reverse"""
    side.many = way
    sync(client)
    pull(client)
    change(side, 3, a_line(8))
    sync(client)
    change(side, 3, a_line(9), after=timedelta(days=2))
    pull(client)
    other = known()
    sync(client)
    pull(client)
    assert known() == other == there(side)
    stored = Return.objects.get(return_reference_number="Return-00003")
    assert stored.updated_at == START + timedelta(days=2)


def test_many_returns_are_asked_for_together(side, client):
    filled(side, 250)
    sync(client)
    side.calls.clear()
    assert pull(client).updated == 250
    assert len(side.calls) == 1 + 3
    assert all(len(each) < 8_000 for each in side.calls)
    assert known() == there(side)


def test_a_page_that_is_shorter_than_asked_for_is_no_end(side, client, returns):
    def two(far, handler, answer):
        if MANY in handler.path:
            answer.content["items"] = answer.content["items"][:2]

    side.always = two
    assert pull(client).updated == 7
    assert (known(), asked(side, "one")) == (there(side), [])


def test_references_are_asked_for_whatever_is_in_them(side, client):
    odd = ["a,b", "NULL", "a&b=c#d", "a%2Cb", "ş/ 1", "x" * 100, "..", "заказ+1", "?o=In"]
    side.records = {each: a_record(1, returnReferenceNumber=each) for each in odd}
    side.items = {each: [a_line()] for each in odd}
    sync(client)
    assert pull(client).without_items == 0
    assert known() == there(side)
    assert len(asked(side, "one")) == 2


# What the other API does not have


def test_without_a_path_for_many_they_are_asked_for_one_by_one(side, client, returns):
    side.many = "missing"
    assert pull(client).updated == 7
    assert known() == there(side)
    assert len(asked(side, MANY)) == 1
    change(side, 3, a_line(9))
    sync(client)
    pull(client)
    assert (len(asked(side, MANY)), known()) == (1, there(side))


@pytest.mark.parametrize("code", [400, 403, 405, 501])
def test_a_path_for_many_that_is_refused_is_as_if_there_were_none(side, client, returns, code):
    def refuses(far, handler, answer):
        if MANY in handler.path:
            answer.status, answer.content = code, {}

    side.always = refuses
    assert pull(client).updated == 7
    assert len(asked(side, MANY)) == 1


@pytest.mark.parametrize("size", [7, 150])
def test_a_path_that_ignores_what_is_asked_is_not_asked_again(
    side, client, size, monkeypatch, caplog
):
    caplog.set_level(logging.INFO, "returns")
    monkeypatch.setattr(item_pulling, "ITEM_CALLS_PER_PULL", 1_000)
    side.many = "ignores"
    filled(side, size)
    sync(client)
    pull(client)
    assert known() == there(side)
    # A page of all seven answers what was asked, and more.
    assert len(asked(side, MANY)) == (2 if size == 7 else 1)
    assert len(asked(side, "one")) == (0 if size == 7 else 150)


def test_an_answer_with_everything_is_imported_once(side, client):
    side.many = "everything"
    filled(side, 250)
    sync(client)
    pulled = pull(client)
    assert (pulled.updated, pulled.waiting) == (250, 0)
    assert known() == there(side)
    assert (len(asked(side, MANY)), asked(side, "one")) == (2, [])
    change(side, 3, a_line(9))
    sync(client)
    pull(client)
    assert (len(asked(side, MANY)), len(asked(side, "one"))) == (2, 1)
    assert known() == there(side)


def test_a_list_without_a_frame_is_understood(side, client, returns):
    def bare(far, handler, answer):
        if MANY in handler.path:
            answer.content = answer.content["items"]

    side.always = bare
    assert (pull(client).updated, asked(side, "one")) == (7, [])


def test_a_query_that_finds_nothing_is_compared_with_what_is_there(side, client, returns):
    def finds_nothing(far, handler, answer):
        if MANY in handler.path:
            answer.content = {"items": []}

    side.always = finds_nothing
    assert pull(client).updated == 7
    assert len(asked(side, MANY)) == 1


@pytest.mark.parametrize("far", ["no paths", "no line items", "no such returns"])
def test_an_api_without_line_items_is_remembered(side, client, returns, caplog, far):
    if far == "no paths":
        side.items = None
    elif far == "no line items":
        side.items = {}
    else:
        side.records = {}
    assert pull(client).waiting is None
    assert "has no line items of returns. They are not pulled." in caplog.text
    assert RemoteAbility.objects.get(path=ITEMS_PATH).is_missing
    assert len(side.calls) == 1 + ITEM_PROBES
    pull(client)
    Return.objects.update(updated_at=timezone.now())
    assert (len(side.calls), requested()) == (1 + ITEM_PROBES, [])


@pytest.mark.parametrize("way", ["some days", "a person"])
def test_an_api_without_line_items_is_asked_again(side, client, returns, way):
    side.items, items = None, side.items
    pull(client)
    side.items = items
    if way == "some days":
        let_time_pass(days=8)
        pull(client)
    else:
        let_time_pass(days=6)
        pull(client)
        assert known() == {}
        pull(client, ask_again=True)
    assert known() == there(side)


def test_a_path_that_did_not_filter_is_asked_again_after_some_days(side, client, returns):
    side.many = "missing"
    pull(client)
    side.many = "filters"
    let_time_pass(days=8)
    change(side, 3, a_line(9))
    sync(client)
    pull(client)
    assert len(asked(side, MANY)) == 2
    assert len(asked(side, "one")) == 12
    assert not RemoteAbility.objects.filter(path=MANY_ITEMS_PATH, is_missing=True)


@pytest.mark.parametrize("way", ["filters", "missing"])
def test_line_items_that_end_are_remembered_and_nothing_stays_queued(side, client, returns, way):
    side.many = way
    pull(client)
    for number in range(7):
        change(side, number)
    sync(client)
    assert len(requested()) == 7
    side.items = None
    assert pull(client).waiting is None
    assert (requested(), RemoteAbility.objects.get(path=ITEMS_PATH).is_missing) == ([], True)


def test_new_returns_without_line_items_do_not_end_it(side, client, returns):
    pull(client)
    for number in range(900, 910):
        side.records[f"Return-{number:05}"] = a_record(number)
    for number in range(5):
        side.records[f"Return-{number:05}"] |= {
            "state": "Completed",
            "completedAt": written(START + timedelta(hours=9)),
        }
    sync(client)
    pulled = pull(client)
    assert (pulled.without_items, pulled.waiting) == (10, 10)


def test_a_return_without_line_items_is_asked_for_a_few_times(side, client, returns):
    pull(client)
    make_return("Return-9")
    for _ in range(MAX_REQUEST_TRIES):
        assert requested() == ["Return-9"]
        assert pull(client).without_items == 1
        calls = len(side.calls)
        assert pull(client).without_items == 0
        assert len(side.calls) == calls
        let_time_pass(days=0)
    assert requested() == []


def test_a_return_that_was_deleted_is_not_brought_back(side, client, returns):
    pull(client)
    change(side, 3, a_line(9))
    change(side, 4, a_line(9))
    sync(client)
    Return.objects.get(return_reference_number="Return-00003").delete()
    assert pull(client).read == 1
    assert not Return.objects.filter(return_reference_number="Return-00003")
    assert requested() == []


def test_an_answer_with_everything_brings_no_deleted_return_back(side, client):
    side.many = "everything"
    filled(side, 250)
    sync(client)
    Return.objects.get(return_reference_number="Return-00003").delete()
    assert (pull(client).updated, Return.objects.count()) == (249, 249)


# The limit of calls


def test_no_more_calls_are_made_than_a_pull_may_make(side, client, returns, monkeypatch):
    monkeypatch.setattr(item_pulling, "ITEM_CALLS_PER_PULL", 3)
    monkeypatch.setattr(item_pulling, "ITEM_CALLS_PER_STEP", 2)
    side.many = "missing"
    assert pull(client).waiting == 4
    # The newest returns come first.
    assert sorted(known()) == ["Return-00004", "Return-00005", "Return-00006"]
    assert len(side.calls) == 1 + ITEM_PROBES + 3
    assert [pull(client).waiting for _ in range(2)] == [1, 0]
    assert known() == there(side)


def test_a_long_queue_is_worked_off_by_several_pulls(side, client, returns, monkeypatch):
    for module in (item_pulling, item_answers):
        monkeypatch.setattr(module, "MAX_ITEMS_PER_CALL", 5)
    monkeypatch.setattr(item_pulling, "MAX_ITEM_STEPS", 1)
    assert [pull(client).waiting for _ in range(2)] == [2, 0]
    assert known() == there(side)


def test_it_waits_as_long_as_the_api_asks(side, client, slept, returns):
    side.faults = {0: faults.status(429, x_retry_after="9"), 1: faults.no_calls_left}
    pull(client)
    assert 9 <= slept[0] <= 10
    assert slept[1:] == [7]


# Failures


FAULTS = {
    "silence": faults.silent,
    "hanging up": faults.hangs_up,
    "an answer that breaks off": faults.breaks_off,
    "no JSON": faults.says(b"Sorry, {}"),
    "500": faults.status(500),
}


@pytest.mark.parametrize("way", ["filters", "missing"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_passes_loses_nothing(side, client, returns, monkeypatch, name, way):
    monkeypatch.setattr(network, "RESPONSE_TIMEOUT", 0.5)
    side.many = way
    side.faults = dict.fromkeys((0, 1, 3, 9), FAULTS[name])
    pull(client)
    assert known() == there(side)


@pytest.mark.parametrize("way", ["filters", "missing"])
@pytest.mark.parametrize("moment", ["fetch_one", "import_items", "settle"])
def test_a_killed_pull_loses_nothing(side, client, returns, monkeypatch, moment, way):
    class Killed(BaseException):
        pass

    def killed(*_args, **_more):
        raise Killed

    side.many = way
    for module in (item_pulling, item_answers):
        monkeypatch.setattr(module, "MAX_ITEMS_PER_CALL", 2)
    monkeypatch.setattr(item_pulling, "ITEM_CALLS_PER_STEP", 2)
    pull(client, should_continue=iter([True, False]).__next__)
    assert len(known()) == 2
    with monkeypatch.context() as patch:
        where = {"fetch_one": Client, "import_items": Run, "settle": RequestQueue}[moment]
        patch.setattr(where, moment, killed)
        with pytest.raises(Killed):
            pull(client)
    pulled = pull(client)
    assert pulled.read - pulled.updated == (2 if moment == "settle" else 0)
    assert (known(), requested()) == (there(side), [])


def test_a_pull_that_is_killed_as_it_begins_requests_all_again(side, client, returns, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(item_pulling, "_request_all", killed)
        with pytest.raises(KeyboardInterrupt):
            pull(client)
    pull(client)
    assert known() == there(side)


def test_a_failure_in_the_middle_is_told_and_resumed(side, client, returns, monkeypatch):
    monkeypatch.setattr(item_pulling, "ITEM_CALLS_PER_STEP", 2)
    side.many = "missing"
    side.faults = {1 + ITEM_PROBES + 4: faults.status(401)}
    with pytest.raises(RemoteApiError, match="rejected the token"):
        pull(client)
    assert len(known()) == 4
    assert FeedRun.objects.first().outcome == "failed"
    pull(client)
    assert known() == there(side)


def test_wrong_line_items_are_rejected_and_kept_with_the_run(side, client, returns):
    side.items["Return-00002"] = [a_line(state="Lost")]
    pulled = pull(client)
    assert (pulled.updated, pulled.rejected) == (6, 1)
    reject = FeedRun.objects.first().rejects.get()
    assert (reject.reference, reject.field) == ("Return-00002", "lineItems[0].state")


def test_odd_answers_are_no_harm(side, client, returns):
    def odd(far, handler, answer):
        if MANY in handler.path:
            answer.content["items"] += ["x", None, {"lineItems": []}]

    side.always = odd
    pull(client)
    assert set(known()) >= set(there(side))


# The command


def test_sync_returns_pulls_line_items_after_returns(side, capsys):
    call_command("sync_returns")
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "read 7, created 7, updated 0, unchanged 0, rejected 0",
        f"line items: {ItemPull(read=7, updated=7, waiting=0)}",
    ]
    call_command("sync_returns")
    assert "line items" not in capsys.readouterr().out
    Return.objects.filter(return_reference_number="Return-00003").update(line_items=None)
    call_command("sync_returns", "--ask-again")
    assert "line items: read 1" in capsys.readouterr().out
    assert known() == there(side)


def test_errors_of_line_items_undo_nothing_and_stop_no_orders(side, capsys):
    side.records["Return-00001"] |= {"salesOrderReferenceNumber": "RSO1"}
    side.orders = {"RSO1": an_order("RSO1")}

    def fails(far, handler, answer):
        if "Returns/Return-" in handler.path or MANY in handler.path:
            answer.status = 401

    side.always = fails
    with pytest.raises(CommandError, match="rejected the token") as ended:
        call_command("sync_returns")
    assert ended.value.returncode == 1
    assert Return.objects.count() == 7
    assert "orders: read 1, created 1" in capsys.readouterr().out


def test_stopping_ends_a_pull_of_line_items(side, client, returns):
    assert pull(client, should_continue=lambda: False).waiting == 7
    assert pull(client, should_continue=iter([True, False]).__next__).waiting == 0


def test_the_queue_is_logged(side, client, returns, caplog):
    caplog.set_level(logging.INFO, "returns")
    pull(client)
    assert "Requested the line items of all returns: 7." in caplog.text


# Another desk


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_desk_gives_its_line_items_to_another(live_server, settings):
    settings.API_CALLS_PER_MINUTE = 100_000
    odd = ["R-1", "a,b", "ş/ 1", "r 2", "null"]
    lines = [["L1", "SKU", "", "Damaged", "SendToCustomer", None, {"x": 1.5}]]
    for each in odd:
        make_return(each, line_items=lines)
    make_return("R-3", line_items=[])
    make_return("R-4", line_items=None)
    before = dict(Return.objects.values_list("return_reference_number", "line_items"))
    secret = issue(ApiToken(name="Other desk", scopes=["read"]))
    client = Client(f"{live_server.url}/openapi/v1", secret, sleep=lambda _: None)
    together = item_answers.ask_for_batch(client, ["R-1", "ş/ 1", "r 2", "R-3", "R-4"])
    assert together[1] == []
    sent = [*together[0], *(item_answers.ask_one(client, each) for each in ("a,b", "null"))]
    came = {each["returnReferenceNumber"]: each.get("lineItems") for each in sent}
    assert came.keys() == before.keys()
    assert (came["R-3"], came["R-4"]) == ([], None)
    assert came["a,b"] == came["R-1"] == came["ş/ 1"]
    Return.objects.update(line_items=None)
    items = [item_from_json("", each) for each in sent if each.get("lineItems") is not None]
    import_items(items, source="feed", on_reject=lambda *_: None)
    assert dict(Return.objects.values_list("return_reference_number", "line_items")) == before
