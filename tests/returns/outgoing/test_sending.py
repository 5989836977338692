"""One message to one receiver: signed, once resolved, and within its time."""

import json
import socket
import ssl
import subprocess
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from returns.models import OutgoingEvent
from returns.outgoing import sending
from returns.outgoing.messages import examples, headers_of
from returns.outgoing.signing import make_secret
from tests.receiver import running

HEADERS = {"Webhook-Id": "1"}


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]


def problem_of(kind: str, **options) -> str:
    with running(kind, **options) as receiver:
        return str(sending.send(receiver.address, b"{}", HEADERS, seconds=0.3).problem)


def test_a_message_arrives_as_it_is():
    with running() as receiver:
        answer = sending.send(receiver.address, b'{"a": 1}', HEADERS)
        headers, body = receiver.ledger[0]
    assert (answer.status, answer.is_accepted, answer.problem) == (204, True, None)
    assert (headers["webhook-id"], body) == ("1", b'{"a": 1}')


def test_a_receiver_that_drips_its_answer_is_given_up_in_time():
    assert "longer than" in problem_of("slow")


@pytest.mark.parametrize("kind", ["lying", "dying"])
def test_a_receiver_that_gives_no_valid_answer_is_understood(kind):
    text = problem_of(kind)
    assert "without a valid answer" in text or "could not be reached" in text


def test_a_receiver_that_is_not_there_cannot_be_reached():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        answer = sending.send(f"http://127.0.0.1:{port}/", b"{}", HEADERS)
    assert answer.status == 0
    assert "could not be reached" in str(answer.problem)


def test_a_redirect_is_not_followed():
    with (
        running() as other,
        running("failing", statuses=[302], headers={"Location": other.address}) as receiver,
    ):
        answer = sending.send(receiver.address, b"{}", HEADERS)
        assert (answer.status, answer.is_accepted) == (302, False)
        assert other.ledger == []


def test_no_proxy_of_the_environment_is_used(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    with running() as receiver:
        assert sending.send(receiver.address, b"{}", HEADERS).is_accepted


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("999999999", 86_400), ("soon", None), ("Fri, 31 Dec 1999 23:59:59 GMT", 0)],
)
def test_how_long_a_receiver_asks_to_wait_is_read(text, seconds):
    with running("failing", statuses=[429], headers={"Retry-After": text}) as receiver:
        assert sending.send(receiver.address, b"{}", HEADERS).retry_after == seconds


def test_a_name_that_changes_its_meaning_is_not_asked_twice(monkeypatch, settings):
    settings.OUTGOING_ALLOWED_HOSTS = ["shop.example"]
    asked, really_ask = [], socket.getaddrinfo

    def answer(host, *given, **more):
        asked.append(host)
        return really_ask(host if host != "shop.example" else "127.0.0.1", *given, **more)

    with running() as receiver:
        port = receiver.server_address[1]
        monkeypatch.setattr(socket, "getaddrinfo", answer)
        assert sending.send(f"http://shop.example:{port}/", b"{}", HEADERS).is_accepted
    assert asked.count("shop.example") == 1
    assert receiver.ledger[0][0]["host"] == f"shop.example:{port}"


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout k -out c"
    subprocess.run(make.split(), cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c", tmp_path / "k")
    with running() as receiver:
        receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
        address = receiver.address.replace("http:", "https:")
        answer = sending.send(address, b"{}", HEADERS)
        assert receiver.ledger == []
    assert "certificate" in str(answer.problem)


def test_the_reference_library_verifies_messages_by_each_of_two_secrets():
    event = OutgoingEvent(type="return.created")
    body, secrets = (
        '{"type":"return.created","name":"Kutu ezilmiş"}',
        [make_secret(), make_secret()],
    )
    headers = headers_of(event, secrets, datetime.now(UTC), body.encode())
    sent = {name.lower(): value for name, value in headers.items()}
    for secret in secrets:
        assert Webhook(secret).verify(body, sent) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(make_secret()).verify(body, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(secrets[0]).verify(body + " ", sent)


@pytest.mark.django_db
def test_each_type_has_an_example_that_says_its_name():
    for each in examples():
        body = json.loads(each.body)
        assert body["type"] == each.type.value
        assert ("returnReferenceNumber" in body["data"]) is each.has_return
