"""Programs push records, and are told what became of each."""

import json

import pytest

from returns.api import feed
from returns.models import FeedRun, RejectedRecord, Return, Way
from tests.factories import make_return

pytestmark = pytest.mark.django_db
DAY, LATER = "2026-01-05T09:00:00Z", "2026-01-06T09:00:00Z"


def sent(reference="Return-1", **fields):
    record = {"returnReferenceNumber": reference, "state": "ReturnCreated"}
    return record | {"createdAt": DAY, "updatedAt": DAY} | fields


def push(program, *records):
    body = json.dumps({"items": records})
    return program.send("POST", "/feed", data=body, content_type="application/json")


def results(answer) -> list[str]:
    return [item["result"] for item in answer.json()["items"]]


def numbers(answer) -> tuple[int, ...]:
    names = ("read", "created", "updated", "unchanged", "rejected")
    return tuple(answer.json()[name] for name in names)


def test_each_record_is_answered_for(program):
    push(program, sent(), sent("Return-2"))
    bad = sent("Return-3", state="Completed")
    answer = push(program, sent(), sent("Return-2", updatedAt=LATER, notes="a"), bad, "x", sent(4))
    assert answer.status_code == 200
    assert results(answer) == ["unchanged", "updated", "rejected", "rejected", "created"]
    assert numbers(answer) == (5, 1, 1, 1, 2)
    assert answer.json()["items"][2] == {
        "returnReferenceNumber": "Return-3",
        "result": "rejected",
        "errors": [{"property": "state", "message": "Completed without completedAt"}],
    }
    assert Return.objects.get(return_reference_number="Return-2").notes == "a"


def test_the_same_may_be_sent_again(program):
    assert results(push(program, sent(tag="books"))) == ["created"]
    assert results(push(program, sent(tag="books"))) == ["unchanged"]


def test_what_the_api_answers_can_be_pushed_elsewhere(program):
    make_return("Return-1", state="Completed", source="Oplog", notes="é\n")
    page = program.get("/Returns/GetReturnsWithTag").json()
    Return.objects.all().delete()
    assert results(push(program, *page["items"])) == ["created"]
    again = program.get("/Returns/GetReturnsWithTag").json()
    # Each desk has its own time of the last change; the record says nothing of it.
    changed = [each["items"][0].pop("changedAt") for each in (page, again)]
    assert (again, changed[0] < changed[1]) == (page, True)
    assert Return.objects.get().unknown_fields == {}


def test_a_push_is_a_run_of_the_token(program):
    answer = push(program, sent(), sent("Return-2", state="unheard of"))
    run = FeedRun.objects.get()
    assert (run.pk, run.way) == (answer.json()["run"], Way.PUSH)
    assert run.origin == f"Shop ({program.token.start}…)"
    assert RejectedRecord.objects.get(run=run).place == "items[1]"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON at line 1, character 1"),
        (b'{"items": [\n{]}', "not JSON at line 2, character 2"),
        (b'"\xff"', "not JSON in UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 5000, "a number that is too large"),
        (b"[]", 'it is not {"items": [...]}'),
        (b'{"items": {}}', 'it is not {"items": [...]}'),
    ],
)
def test_what_is_no_feed_is_refused_whole(program, body, words):
    answer = program.send("POST", "/feed", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    assert not FeedRun.objects.exists()


def test_a_body_that_is_too_large_is_refused(program, monkeypatch):
    monkeypatch.setattr(feed, "MAX_PUSH_BYTES", 300)
    assert push(program, sent()).status_code == 200
    answer = push(program, sent("Return-2"), sent("Return-3"), sent("Return-4"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert Return.objects.count() == 1


@pytest.mark.parametrize("length", ["99999999999", "9" * 4_500])
@pytest.mark.parametrize("path", ["/feed", "/feed/orders", "/Returns/UpdateReturnTag"])
def test_a_body_that_says_it_is_too_large_is_not_read(program, path, length):
    method = "PATCH" if path.startswith("/Returns") else "POST"
    answer = program.send(method, path, {"Content-Length": length}, data=b"{}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.slow
def test_a_body_of_nearly_5_mb_is_taken(program):
    answer = push(program, *(sent(f"Return-{n}", notes="n" * 4_000) for n in range(1_200)))
    assert numbers(answer) == (1_200, 1_200, 0, 0, 0)


def test_a_token_without_the_scope_brings_nothing(make_program):
    answer = push(make_program("read", "tags"), sent())
    assert answer.json()["error"]["code"] == "missing_scope"
    assert not Return.objects.exists()


@pytest.mark.parametrize("value", ["\x00", "\ud800", "x" * 400, None, 1.5, [], {}])
def test_nonsense_as_a_reference_is_rejected_not_failed(program, value):
    assert results(push(program, sent(value), sent("Return-2"))) == ["rejected", "created"]


def test_an_answer_to_a_push_is_bounded(program):
    wrong = [{"returnReferenceNumber": "x" * 3_000, "state": n} for n in range(1_200)]
    answer = push(program, *wrong, *[1] * 10).json()
    assert answer["errorsLeftOut"] == 210
    assert [bool(item["errors"]) for item in answer["items"]] == [True] * 1_000 + [False] * 210
    assert {item["result"] for item in answer["items"]} == {"rejected"}
    assert len(answer["items"][0]["returnReferenceNumber"]) == 200


def test_a_push_of_too_many_records_is_refused_whole(program, settings):
    settings.FEED_CALL_RECORDS = 3
    for count, status in ((3, 200), (4, 413)):
        answer = push(program, *(sent(f"R{count}-{n}") for n in range(count)))
        assert answer.status_code == status
    message = answer.json()["error"]["message"]
    assert message.startswith("The body has 4 records; at most 3 are taken in one call. Send")
    assert Return.objects.count() == 3


class TestOlder:
    def test_an_older_record_is_not_called_unchanged(self, program):
        push(program, sent(updatedAt=LATER, notes="new"), sent("Return-2", updatedAt=LATER))
        answer = push(program, sent(notes="old"), sent("Return-2", updatedAt=LATER), sent(3))
        assert results(answer) == ["older", "unchanged", "created"]
        assert (numbers(answer), answer.json()["older"]) == ((3, 1, 0, 1, 0), 1)
        assert Return.objects.get(return_reference_number="Return-1").notes == "new"

    def test_an_older_state_of_the_same_update_is_older_too(self, program):
        done = sent(state="Completed", completedAt=DAY)
        push(program, done)
        assert results(push(program, sent(), done)) == ["older", "unchanged"]

    def test_an_older_record_that_adds_something_updates(self, program):
        push(program, sent(updatedAt=LATER))
        assert results(push(program, sent(cargoCarrier="UPS"))) == ["updated"]

    def test_an_order_is_older_too(self, program):
        make_return(sales_order_reference_number="RSO1")
        order = {"referenceNumber": "RSO1", "state": "Shipped", "createdAt": DAY}
        for updated_at, result in ((LATER, "created"), (DAY, "older"), (LATER, "unchanged")):
            body = json.dumps({"items": [order | {"updatedAt": updated_at}]})
            answer = program.send(
                "POST", "/feed/orders", data=body, content_type="application/json"
            )
            assert results(answer) == [result]
            assert answer.json()["older"] == (result == "older")


def test_every_problem_of_a_record_is_named(program, settings):
    push(program, sent())
    bad = sent(
        source="Elsewhere",
        updatedAt=LATER,
        arrivedToWarehouseAt=DAY,
        completedAt=DAY,
        tag="x" * 51 + "," + "y" * 52,
        isGift="\0",
        colour="\0",
        lineItems=[{"lineItemReferenceNumber": "L", "state": "Lost"}, {"sku": "\0"}],
    )
    (item,) = push(program, bad).json()["items"]
    assert [each["property"] for each in item["errors"]] == [
        *("tag", "tag"),
        *("lineItems[0].state", "lineItems[1].lineItemReferenceNumber", "lineItems[1].sku"),
        *("lineItems[1].state", "isGift", "colour", "state", "state"),
    ]
    # What shows only beside what is known of the return.
    settings.RETURN_TAGS = 1
    (item,) = push(program, sent(source="Elsewhere", tag="books,apparel")).json()["items"]
    assert [each["property"] for each in item["errors"]] == ["source", "tag"]
