"""What the open page of a return is told: nothing while nothing changed, then all that it shows."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.versions import version_of
from returns.live.open_return import ROWS_SQL
from returns.live.presence import left_pages, names_of_others, presence_sentence
from returns.models import (
    Carrier,
    Comment,
    DeadlinePolicy,
    Presence,
    Return,
    State,
    Unit,
    WorkingCalendar,
)
from returns.record.comments import add_comment, delete_comment, edit_comment
from returns.record.corrections import correct
from tags.models import Tag, TagGroup
from tags.tagging import add_tag, remove_tag
from tests.factories import make_carrier, make_comment, make_return, make_tag, put_tag

pytestmark = pytest.mark.django_db(transaction=True)

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
PATH = "/returns/Return-1/"


@pytest.fixture
def record(vocabulary) -> Return:
    return make_return("Return-1", state=State.ARRIVED, sales_order_reference_number="RSO-1")


def polls_of(answer) -> str:
    return unescape(re.search(r'id="live-poll" hx-get="([^"]+)"', answer.text)[1])


def by() -> User:
    return User.objects.get(username="agent")


def comment() -> Comment:
    return Comment.objects.get()


def tag_and_untag(record: Return) -> None:
    add_tag(record, make_tag("books"), by())
    remove_tag(record, make_tag("books"), by())


def change_other(record: Return) -> None:
    other = Return.objects.exclude(pk=record.pk).get()
    correct(other, {"notes": "x"}, by())


WRITES: dict[str, Callable[[Return], object]] = {
    "a correction": lambda record: correct(record, {"notes": "x"}, by()),
    "raw": lambda _: Return.objects.update(cargo_carrier="DHL"),
    "a tag": lambda record: put_tag(record, "books"),
    "a tag that was removed again": tag_and_untag,
    "a comment": lambda record: add_comment(record, "New", uuid4(), by()),
    "an edited comment": lambda _: edit_comment(comment().pk, "Edited", version_of("Old")),
    "a deleted comment": lambda _: delete_comment(comment().pk, by()),
    "another return of the order": lambda _: make_return(sales_order_reference_number="RSO-1"),
    "a change of another return": change_other,
    "a deadline": lambda _: DeadlinePolicy.objects.create(name="New", amount=1, unit=Unit.HOURS),
    "the calendar": lambda _: WorkingCalendar.objects.create(),
    "a carrier": lambda _: make_carrier("Aras Kargo"),
    "a spelling": lambda _: Carrier.objects.get(name="DHL").spellings.create(text="Deutsche Post"),
    "a carrier deleted": lambda _: Carrier.objects.all().delete(),
    "the name of its tag": lambda _: Tag.objects.filter(name="damaged").update(name="wet"),
    "the colour of a group": lambda _: TagGroup.objects.update(color="red"),
}


@pytest.mark.parametrize("write", WRITES)
def test_each_change_has_one_answer(as_agent, record, write):
    make_return("Return-2", sales_order_reference_number="RSO-1")
    make_comment(record, by(), "Old")
    put_tag(record, "damaged")
    make_carrier("DHL")
    address = polls_of(as_agent.get(PATH))
    answer = as_agent.get(address, headers=HTMX)
    assert (answer.status_code, answer["Cache-Control"]) == (304, "no-store")
    WRITES[write](record)
    answer = as_agent.get(address, headers=HTMX)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert 'hx-target="#return-facts"' in answer.text
    assert as_agent.get(polls_of(answer), headers=HTMX).status_code == 304


def test_what_has_nothing_to_do_with_the_return_has_no_answer(as_agent, record):
    address = polls_of(as_agent.get(PATH))
    put_tag(make_return("Other"), "books")
    assert as_agent.get(address, headers=HTMX).status_code == 304


def test_time_alone_has_an_answer_each_minute(as_agent, record, monkeypatch):
    address = polls_of(as_agent.get(PATH))
    monkeypatch.setattr("returns.live.page.RECOUNT_SECONDS", 0)
    assert 'hx-target="#return-status"' in as_agent.get(address, headers=HTMX).text


def test_a_deleted_return_is_said_to_be_and_not_asked_for_again(as_agent, record):
    address = polls_of(as_agent.get(PATH))
    Return.objects.all().delete()
    answer = as_agent.get(address, headers=HTMX)
    assert answer.status_code == 200
    assert "data-deleted" in answer.text
    assert "hx-get" not in answer.text


def test_no_return_has_such_an_id(as_agent):
    assert as_agent.get(f"/return/{2**63}/live/?poll=", headers=HTMX).status_code == 404
    assert as_agent.post(f"/return/{2**63}/presence/").status_code == 404


def test_a_poll_reads_and_writes_nothing(as_agent, record):
    address = polls_of(as_agent.get(PATH))
    with CaptureQueriesContext(connection) as captured:
        as_agent.get(address, headers=HTMX)
    assert len(captured) <= 5
    assert all(query["sql"].lstrip().startswith(("SELECT", "WITH")) for query in captured)


def test_a_poll_reads_indexes_alone(record):
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {ROWS_SQL}", {"record": record.pk})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan


def present_at(record: Return, person: User, seconds: float = 0) -> None:
    seen_at = timezone.now() - timedelta(seconds=seconds)
    Presence.objects.create(record=record, person=person, seen_at=seen_at)


def test_who_else_has_it_open_is_told_once(as_agent, manager, record):
    address = polls_of(as_agent.get(PATH))
    as_agent.post(f"/return/{record.pk}/presence/")
    assert as_agent.get(address, headers=HTMX).status_code == 304
    present_at(record, manager)
    answer = as_agent.get(address, headers=HTMX)
    assert "manager is looking at this return." in answer.text
    # Without the rest of the page.
    assert "return-facts" not in answer.text
    assert as_agent.get(polls_of(answer), headers=HTMX).status_code == 304


def test_being_here_is_one_row_until_it_is_old_or_ended(as_manager, agent, manager, record):
    path = f"/return/{record.pk}/presence/"
    for _ in range(2):
        assert as_manager.post(path).status_code == 204
    assert Presence.objects.count() == 1
    assert names_of_others(record.pk, agent) == ["manager"]
    assert names_of_others(record.pk, manager) == []
    as_manager.post(path, {"leave": "1"})
    assert not Presence.objects.exists()
    present_at(record, manager, seconds=31)
    assert names_of_others(record.pk, agent) == []


def test_of_two_pages_of_a_person_one_may_be_closed(as_manager, agent, manager, record):
    path = f"/return/{record.pk}/presence/"
    first, second = uuid4(), uuid4()
    for page in (first, second):
        as_manager.post(path, {"page": str(page)})
    assert names_of_others(record.pk, agent) == ["manager"]
    assert names_of_others(record.pk, manager) == []
    as_manager.post(path, {"page": str(first), "leave": "1"})
    assert names_of_others(record.pk, agent) == ["manager"]
    as_manager.post(path, {"page": str(second), "leave": "1"})
    assert names_of_others(record.pk, agent) == []
    assert as_manager.post(path, {"page": "x"}).status_code == 400


def test_pages_that_were_closed_are_forgotten(agent, manager, record):
    present_at(record, agent)
    present_at(record, manager, seconds=3700)
    assert left_pages(timezone.now()).get().person == manager


def test_a_person_who_looks_can_be_deleted(manager, record):
    present_at(record, manager)
    manager.delete()
    assert not Presence.objects.exists()


def test_a_read_page_is_open_to_those_alone_who_may_read_it(client: Client, record):
    assert client.get(f"/return/{record.pk}/live/?poll=", headers=HTMX).status_code == 401


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], ""),
        (["Ada Yılmaz"], "Ada Yılmaz is looking at this return."),
        (["Ada", "Bob"], "Ada and Bob are looking at this return."),
        (["Ada", "Bob", "Cem"], "Ada, Bob and Cem are looking at this return."),
        (["Ada", "Bob", "Cem", "Eda"], "Ada, Bob and 2 others are looking at this return."),
    ],
)
def test_who_looks_is_said_in_a_sentence(names, sentence):
    assert presence_sentence(names) == sentence
