"""A pull of orders asks for those of returns that were written, and loses none of them."""

import logging
import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from returns.feed import client as network
from returns.feed import requests
from returns.feed.client import Client
from returns.feed.orders import pulling
from returns.feed.orders.intake import OrderResult
from returns.feed.orders.pulling import OrderPull, sync_orders
from returns.feed.remote_errors import RemoteApiError
from returns.feed.requests import MAX_REQUEST_TRIES, RequestQueue
from returns.models import ApiToken, OrderRequest, RemoteAbility, Return, SalesOrder
from returns.orders.finding import orders_of_shopper
from returns.orders.shoppers import shopper_hashes
from returns.people.tokens import issue
from tests.factories import make_return, make_returns
from tests.returns.feed import fake_api as faults
from tests.returns.feed.fake_api import TOKEN, FakeApi, client_of
from tests.returns.feed.orders.samples import CUSTOMER, ITEM, an_order, bring
from tests.returns.feed.test_sync import a_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def side(settings):
    with FakeApi([]) as far:
        far.orders = {f"RSO{number}": an_order(f"RSO{number}") for number in range(1, 8)}
        settings.RETURNS_API_URL, settings.RETURNS_API_TOKEN = far.url, TOKEN
        yield far


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(side, slept) -> Client:
    return client_of(side, slept)


@pytest.fixture
def returns():
    return make_returns({"sales_order_reference_number": f"RSO{n}"} for n in range(1, 6))


def pull(client, **more):
    rejects = []
    pulled = sync_orders(client, on_reject=lambda *each: rejects.append(each), **more)
    assert len(rejects) == pulled.result.rejected
    return pulled


def known() -> list[str]:
    return sorted(SalesOrder.objects.values_list("reference", flat=True))


def requested() -> list[str]:
    return sorted(OrderRequest.objects.values_list("reference", flat=True))


def let_time_pass(**time: int) -> None:
    OrderRequest.objects.update(due_at=timezone.now())
    RemoteAbility.objects.update(checked_at=timezone.now() - timedelta(**time))


def test_the_orders_of_all_returns_come_in(side, client, returns):
    pulled = pull(client)
    assert str(pulled) == (
        "read 5, created 5, updated 0, unchanged 0, without a return 0, rejected 0, "
        "not found 0, still to ask for 0"
    )
    assert known() == ["RSO1", "RSO2", "RSO3", "RSO4", "RSO5"]
    assert len(side.calls) == 2
    assert requested() == []
    assert SalesOrder.objects.first().items.get().price == Decimal("18.4")


def test_nothing_is_asked_while_there_is_nothing_to_ask_for(side, client):
    pull(client)
    assert side.calls == []
    make_return(sales_order_reference_number="")
    pull(client)
    assert side.calls == []


def test_an_order_is_asked_for_again_when_a_return_of_it_changes(side, client, returns):
    pull(client)
    Return.objects.update(notes="x")
    assert requested() == []
    changed = Return.objects.filter(sales_order_reference_number__in=["RSO1", "RSO2"])
    changed.update(updated_at=timezone.now())
    make_return(sales_order_reference_number="RSO6")
    assert requested() == ["RSO1", "RSO2", "RSO6"]
    side.orders["RSO1"] = an_order("RSO1", updatedAt="2026-01-20T00:00:00Z", state="Cancelled")
    pulled = pull(client)
    assert (pulled.result.created, pulled.result.updated, pulled.result.unchanged) == (1, 1, 1)
    assert SalesOrder.objects.get(reference="RSO1").state == "Cancelled"


def test_nothing_is_requested_where_no_orders_are_pulled(returns):
    Return.objects.update(updated_at=timezone.now())
    assert requested() == []


def test_many_orders_are_asked_for_together(side, client):
    side.orders = {f"RSO{n}": an_order(f"RSO{n}") for n in range(250)}
    make_returns({"sales_order_reference_number": f"RSO{n}"} for n in range(250))
    assert pull(client).result.created == 250
    assert len(side.calls) == 1 + 3
    assert all(len(each) < 8_000 for each in side.calls)


def test_references_are_asked_for_whatever_is_in_them(side, client):
    odd = ["a,b", "NULL", "a&b=c#d", "a%2Cb", "ş/ 1", "x" * 30, "..", "заказ+1", "?o=In"]
    side.orders = {each: an_order(each) for each in odd}
    make_returns({"sales_order_reference_number": each} for each in odd)
    pulled = pull(client)
    assert (known(), pulled.not_found) == (sorted(odd), 0)
    assert sum("dqb" not in each for each in side.calls) == 2


def test_long_references_are_asked_for_in_several_calls(side, client):
    long = [f"{'ş' * 27}{number:03}" for number in range(60)]
    side.orders = {each: an_order(each) for each in long}
    make_returns({"sales_order_reference_number": each} for each in long)
    assert pull(client).result.created == 60
    assert all(len(each) < 8_000 for each in side.calls)


# What the other API does not have


def test_an_api_without_orders_is_remembered(side, client, returns, caplog):
    side.orders = None
    assert pull(client).waiting is None
    assert "The API does not answer SalesOrders (404). Orders are not pulled." in caplog.text
    assert RemoteAbility.objects.get().is_missing
    pull(client)
    assert len(side.calls) == 1
    assert requested() == []


@pytest.mark.parametrize("way", ["some days", "a person"])
def test_an_api_without_orders_is_asked_again(side, client, returns, way):
    side.orders, orders = None, side.orders
    pull(client)
    side.orders = orders
    if way == "some days":
        let_time_pass(days=8)
        pull(client)
    else:
        let_time_pass(days=6)
        pull(client)
        assert known() == []
        pull(client, ask_again=True)
    assert len(known()) == 5


def test_a_token_that_may_not_read_orders_is_as_if_there_were_none(side, client, returns):
    side.always = faults.status(403)
    pull(client)
    pull(client)
    assert len(side.calls) == 1


def test_orders_that_end_are_remembered_too(side, client, returns):
    pull(client)
    side.orders = None
    Return.objects.update(updated_at=timezone.now())
    assert pull(client).waiting is None
    Return.objects.update(updated_at=timezone.now() + timedelta(1))
    assert RemoteAbility.objects.get().is_missing
    assert OrderRequest.objects.count() == 5


def test_an_order_that_is_not_there_is_asked_for_a_few_times(side, client, returns):
    pull(client)
    make_return(sales_order_reference_number="RSO99")
    for number in range(MAX_REQUEST_TRIES):
        assert requested() == ["RSO99"]
        pulled = pull(client)
        assert (pulled.not_found, pulled.result.read) == (1, 0)
        calls = len(side.calls)
        assert pull(client).not_found == 0
        assert len(side.calls) == calls == 3 + number
        let_time_pass(days=0)
    assert requested() == []


def test_the_orders_of_old_returns_are_asked_for_once(side, client, returns):
    make_return(sales_order_reference_number="RSO99")
    pulled = pull(client)
    assert (pulled.not_found, requested()) == (1, [])


def test_an_order_that_comes_late_is_found(side, client, returns):
    pull(client)
    make_returns({"sales_order_reference_number": "RSO99"} for _ in range(3))
    pull(client)
    assert requested() == ["RSO99"]
    side.orders["RSO99"] = an_order("RSO99")
    let_time_pass(days=0)
    assert pull(client).result.created == 1
    assert requested() == []


def test_a_wrong_order_is_rejected_and_asked_for_again(side, client, returns):
    side.orders["RSO2"] |= {"state": "Lost"}
    rejects = []
    pulled = sync_orders(client, on_reject=lambda *each: rejects.append(each))
    assert (pulled.result.created, pulled.result.rejected, pulled.not_found) == (4, 1, 0)
    ((entry, error),) = rejects
    assert (entry.reference, error.field) == ("RSO2", "state")
    make_return(sales_order_reference_number="RSO2")
    pull(client)
    assert requested() == ["RSO2"]
    side.orders["RSO2"] |= {"state": "Shipped"}
    let_time_pass(days=0)
    pull(client)
    assert "RSO2" in known()


def test_what_was_not_asked_for_is_no_harm(side, client, returns):
    def sends_others(far, handler, answer):
        answer.content = {"items": [an_order("RSO7"), "x", an_order("RSO1")]}

    side.always = sends_others
    rejects = []
    pulled = sync_orders(client, on_reject=lambda *each: rejects.append(each))
    assert (known(), pulled.result.without_return, len(rejects)) == (["RSO1"], 1, 1)


# Failures


FAULTS = {
    "silence": faults.silent,
    "hanging up": faults.hangs_up,
    "an answer that breaks off": faults.breaks_off,
    "no JSON": faults.says(b"Sorry, {}"),
    "a list": faults.says(b"[]"),
    "500": faults.status(500),
    "429": faults.status(429, x_retry_after="9"),
    "no calls left": faults.no_calls_left,
}


@pytest.mark.parametrize("call", [0, 1])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_passes_loses_nothing(side, client, returns, monkeypatch, name, call):
    monkeypatch.setattr(network, "RESPONSE_TIMEOUT", 0.5)
    side.faults[call] = FAULTS[name]
    assert pull(client).result.created == 5


def test_it_waits_as_long_as_the_api_asks(side, client, slept, returns):
    side.faults = {0: faults.status(429, x_retry_after="9"), 1: faults.no_calls_left}
    pull(client)
    assert 9 <= slept[0] <= 10
    assert slept[1:] == [7]


@pytest.mark.parametrize("moment", ["fetch_page", "import_orders", "settle"])
def test_a_killed_pull_loses_nothing(side, client, returns, monkeypatch, moment):
    make_return(sales_order_reference_number="a,b")
    side.orders["a,b"] = an_order("a,b")

    class Killed(BaseException):
        pass

    def killed(*_args, **_more):
        raise Killed

    monkeypatch.setattr(pulling, "MAX_ORDERS_PER_CALL", 2)
    pull(client, should_continue=iter([True, False]).__next__)
    assert len(known()) == 2
    with monkeypatch.context() as patch:
        where = {"fetch_page": Client, "settle": RequestQueue}.get(moment, pulling)
        patch.setattr(where, moment, killed)
        with pytest.raises(Killed):
            pull(client)
    assert len(known()) == 2
    pull(client)
    assert len(known()) == 6
    assert requested() == []


def test_a_pull_that_is_killed_as_it_begins_requests_all_orders_again(
    side, client, returns, monkeypatch
):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pulling, "request_all", killed)
        with pytest.raises(KeyboardInterrupt):
            pull(client)
    assert RemoteAbility.objects.get().queued_at is None
    assert pull(client).result.created == 5


def test_a_long_queue_is_worked_off_by_several_pulls(side, client, returns, monkeypatch):
    monkeypatch.setattr(pulling, "MAX_ORDERS_PER_CALL", 1)
    monkeypatch.setattr(pulling, "MAX_ORDER_STEPS", 2)
    assert [pull(client).waiting for _ in range(3)] == [3, 1, 0]
    assert len(known()) == 5


def test_the_newest_returns_come_first(side, client, returns):
    assert pull(client, should_continue=iter([True, False]).__next__).result.read == 5
    make_returns({"sales_order_reference_number": f"RSO{n}"} for n in (6, 7))
    pull(client)
    asked = side.calls[-1]
    assert asked.index("RSO7") < asked.index("RSO6")


# Keys


def test_the_key_can_be_changed_and_every_shopper_is_found_all_the_time(
    side, client, returns, settings
):
    """As the guide says: both keys, then all orders again, then the new key alone."""
    old, new = "an older key, which is as long, too", "a new key of 32 characters or more"

    def count_orders() -> int:
        return orders_of_shopper(shopper_hashes(CUSTOMER["email"])).count()

    settings.SHOPPER_KEYS = [old]
    pull(client)
    assert count_orders() == 5
    settings.SHOPPER_KEYS = [new, old]
    assert count_orders() == 5
    assert pull(client).result.read == 0
    make_return(sales_order_reference_number="RSO1", updated_at=timezone.now())
    assert pull(client).result.updated == 1
    assert (count_orders(), SalesOrder.objects.values("hash_key").distinct().count()) == (5, 2)
    assert pull(client, ask_again=True).result.updated == 4
    settings.SHOPPER_KEYS = [new]
    assert count_orders() == 5
    assert pull(client, ask_again=True).result.read == 0


# The command


def test_sync_returns_pulls_orders_after_returns(side, capsys):
    side.records = {
        f"Return-{number}": a_record(number, salesOrderReferenceNumber=f"RSO{number}")
        for number in range(3)
    }
    call_command("sync_returns")
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "read 3, created 3, updated 0, unchanged 0, rejected 0",
        f"orders: {OrderPull(OrderResult(read=2, created=2), not_found=1, waiting=0)}",
    ]
    call_command("sync_returns")
    assert "orders" not in capsys.readouterr().out
    SalesOrder.objects.all().delete()
    call_command("sync_returns", "--ask-again")
    assert "orders: read 2, created 2" in capsys.readouterr().out


def test_errors_of_orders_do_not_undo_returns(side, capsys):
    side.records = {"Return-1": a_record(1, salesOrderReferenceNumber="RSO1")}

    def fails(far, handler, answer):
        if "SalesOrders" in handler.path:
            answer.status = 400

    side.always = fails
    with pytest.raises(CommandError, match="did not understand") as ended:
        call_command("sync_returns")
    assert ended.value.returncode == 1
    assert Return.objects.count() == 1
    assert "created 1" in capsys.readouterr().out


def test_the_command_says_which_orders_were_rejected(side, capsys):
    side.records = {"Return-1": a_record(1, salesOrderReferenceNumber="RSO1")}
    side.orders["RSO1"] |= {"lineItems": [ITEM | {"salePrice": "x"}]}
    with pytest.raises(SystemExit) as ended:
        call_command("sync_returns")
    assert ended.value.code == 1
    assert "order 1 (RSO1): lineItems[0].salePrice: not a number" in capsys.readouterr().err


def test_stopping_ends_a_pull_of_orders(side, client, returns):
    assert pull(client, should_continue=lambda: False).waiting == 5

    def stop(_seconds: float) -> None:
        raise RemoteApiError("Stopped while waiting for the API.")

    client.sleep = stop
    side.always = faults.status(500)
    with pytest.raises(RemoteApiError, match="Stopped"):
        pull(client)
    assert len(requested()) == 5


# Another desk


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_desk_gives_its_orders_to_another(live_server, settings):
    settings.API_CALLS_PER_MINUTE = 100_000
    odd = ["RSO1", "a,b", "ş/ 1", "rso 2"]
    make_returns({"sales_order_reference_number": each} for each in odd)
    long = ITEM | {"salePrice": Decimal("1234567890123456.7891")}
    bring(*(an_order(each, lineItems=[ITEM, long, {}]) for each in odd))
    bring(an_order("RSO1", updatedAt="2026-01-20T00:00:00Z", shippingInfo=None, payment=None))
    hidden = ("customer_hash", "email_hash", "phone_hash", "hash_key", "shopper_updated_at")

    def all_orders():
        return [
            {name: value for name, value in order.items() if name not in (*hidden, "id")}
            | {"items": list(SalesOrder.objects.get(pk=order["id"]).items.values("sku", "price"))}
            for order in SalesOrder.objects.order_by("reference").values()
        ]

    before = all_orders()
    secret = issue(ApiToken(name="Other desk", scopes=["read"]))
    client = Client(f"{live_server.url}/openapi/v1", secret, sleep=lambda _: None)
    answers = pulling._answers(client, odd)
    entries = [each for some in answers for each in some]
    SalesOrder.objects.all().delete()
    bring(*entries)
    # The time of the update that said the items is not sent.
    assert len(before) == 4
    for one, other in zip(before, all_orders(), strict=True):
        assert one | {"items_updated_at": None} == other | {"items_updated_at": None}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_return_that_is_written_as_the_first_pull_begins_requests_its_order(side, client):
    make_return(sales_order_reference_number="RSO1")

    def write_meanwhile(far: FakeApi, number: int) -> None:
        if number == 0:
            make_return(sales_order_reference_number="RSO2")
            connection.close()

    side.meanwhile = write_meanwhile
    pull(client)
    assert known() == ["RSO1", "RSO2"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_first_pull_does_not_make_others_wait_behind_a_long_import(
    side, client, returns, monkeypatch
):
    monkeypatch.setattr(requests, "MAX_WAIT_FOR_WRITERS", "50ms")
    is_begun, may_end = threading.Event(), threading.Event()

    def import_slowly() -> None:
        with transaction.atomic():
            make_return(sales_order_reference_number="RSO6")
            is_begun.set()
            may_end.wait(30)
        connection.close()

    importing = threading.Thread(target=import_slowly)
    importing.start()
    is_begun.wait(30)
    assert pull(client).waiting is None
    assert not RemoteAbility.objects.exists()
    may_end.set()
    importing.join()
    assert pull(client).result.created == 6


def test_the_queue_is_logged(side, client, returns, caplog):
    caplog.set_level(logging.INFO, "returns")
    pull(client)
    assert "Requested the orders of all returns: 5." in caplog.text
