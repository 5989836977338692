"""A reminder comes due once: with what it waits for, or at its time, whatever stops meanwhile."""

import threading
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from returns.follow_ups.editing import finish, make_follow_up, put_off, redact_follow_ups_of
from returns.follow_ups.forms import FollowUpForm
from returns.follow_ups.reading import coming_follow_ups, due_follow_ups, follow_ups_on
from returns.follow_ups.times import local_moment, next_monday_morning, tomorrow_morning
from returns.models import FollowUp, FollowUpMoment, Notice, Return, ReturnTag, State
from returns.record.deletion import delete_return
from tags import tagging
from tests.database import wait_until_another_waits_for_a_lock
from tests.factories import make_return, make_tag, put_tag

pytestmark = pytest.mark.django_db
ISTANBUL, BERLIN = ZoneInfo("Europe/Istanbul"), ZoneInfo("Europe/Berlin")
ARRIVED, COMPLETED, TAGGED, TIME = (
    FollowUpMoment.ARRIVED,
    FollowUpMoment.COMPLETED,
    FollowUpMoment.TAGGED,
    FollowUpMoment.TIME,
)


def remind(record, person, moment=TIME, due_at=None, why="") -> FollowUp:
    if moment == TIME and due_at is None:
        due_at = timezone.now() + timedelta(hours=1)
    return make_follow_up(record.pk, person, moment, due_at, why)


def reach(record: Return, state: State) -> None:
    column = {State.ARRIVED: "arrived_to_warehouse_at", State.COMPLETED: "completed_at"}[state]
    Return.objects.filter(pk=record.pk).update(**{"state": state, column: timezone.now()})


def is_due(follow_up: FollowUp) -> bool:
    return follow_up in due_follow_ups(follow_up.person, timezone.now())


@pytest.mark.parametrize(
    ("now", "zone", "tomorrow", "monday"),
    [
        # A Friday in Istanbul, where clocks never change.
        ("2026-11-27T10:00Z", ISTANBUL, "2026-11-28T06:00Z", "2026-11-30T06:00Z"),
        # Already Monday in Istanbul, and still Sunday in London.
        ("2026-11-29T22:30Z", ISTANBUL, "2026-12-01T06:00Z", "2026-12-07T06:00Z"),
        # The night in which Berlin's clocks go forward: 9:00 is an hour earlier for the world.
        ("2026-03-28T12:00Z", BERLIN, "2026-03-29T07:00Z", "2026-03-30T07:00Z"),
        # And back.
        ("2026-10-24T12:00Z", BERLIN, "2026-10-25T08:00Z", "2026-10-26T08:00Z"),
    ],
)
def test_mornings_are_those_of_the_person(now, zone, tomorrow, monday):
    moment = datetime.fromisoformat(now)
    assert tomorrow_morning(moment, zone) == datetime.fromisoformat(tomorrow)
    assert next_monday_morning(moment, zone) == datetime.fromisoformat(monday)


def test_time_that_clocks_skip_is_later_and_of_two_it_is_the_first():
    skipped = local_moment(date(2026, 3, 29), time(2, 30), BERLIN).astimezone(UTC)
    assert skipped == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 3:30 there
    twice = local_moment(date(2026, 10, 25), time(2, 30), BERLIN).astimezone(UTC)
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_date_and_time_of_the_form_are_of_the_zone():
    data = {"when": "date", "day": "2026-12-24", "at": "08:15", "why": "Call"}
    now = datetime(2026, 11, 30, tzinfo=UTC)
    form = FollowUpForm(data, now=now, zone=BERLIN)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["due_at"].astimezone(UTC) == datetime(2026, 12, 24, 7, 15, tzinfo=UTC)
    over = FollowUpForm(data | {"day": "2026-11-29"}, now=now, zone=BERLIN)
    assert over.errors == {"day": ["This time is over. Choose a later one."]}
    missing = FollowUpForm({"when": "date"}, now=now, zone=BERLIN)
    assert missing.errors == {"day": ["Enter the date."]}


def test_one_at_a_time_is_not_due_before(agent):
    record = make_return()
    follow_up = remind(record, agent, due_at=timezone.now() + timedelta(hours=2))
    assert due_follow_ups(agent, follow_up.due_at - timedelta(seconds=1)) == []
    assert due_follow_ups(agent, follow_up.due_at) == [follow_up]
    assert coming_follow_ups(agent, timezone.now()) == [follow_up]


def test_arrival_makes_it_due_in_the_same_transaction(agent):
    record, other = make_return(), make_return()
    follow_up, of_other = (remind(each, agent, ARRIVED) for each in (record, other))
    with transaction.atomic():
        reach(record, State.ARRIVED)
        assert is_due(follow_up)
        transaction.set_rollback(True)
    assert not is_due(follow_up)
    reach(record, State.ARRIVED)
    assert is_due(follow_up)
    assert not is_due(of_other)


@pytest.mark.django_db(transaction=True)
def test_arrival_that_is_being_written_is_not_missed(agent):
    record, said = make_return(), []

    def set_reminder() -> None:
        try:
            remind(record, agent, ARRIVED)
        except ValidationError as error:
            said.extend(error.messages)
        finally:
            connection.close()

    other = threading.Thread(target=set_reminder)
    with transaction.atomic():
        reach(record, State.ARRIVED)
        other.start()
        wait_until_another_waits_for_a_lock()
    other.join()
    assert said == ["This return has already arrived."]


@pytest.mark.django_db(transaction=True)
def test_reminder_that_is_being_set_is_found_by_the_arrival(agent):
    record = make_return()

    def bring() -> None:
        reach(record, State.ARRIVED)
        connection.close()

    other = threading.Thread(target=bring)
    with transaction.atomic():
        follow_up = remind(record, agent, ARRIVED)
        other.start()
        wait_until_another_waits_for_a_lock()
    other.join()
    assert is_due(follow_up)


def test_completion_makes_both_due_and_each_once(agent):
    record = make_return()
    arrived, completed = (remind(record, agent, each) for each in (ARRIVED, COMPLETED))
    reach(record, State.COMPLETED)
    assert is_due(arrived)  # completed without an arrival: it will not arrive any more
    assert is_due(completed)
    for each in (arrived, completed):
        finish(each.pk, agent)
    # Opened again by the WMS, and completed again.
    Return.objects.filter(pk=record.pk).update(state=State.CREATED, completed_at=None)
    reach(record, State.COMPLETED)
    assert due_follow_ups(agent, timezone.now()) == []


@pytest.mark.parametrize("change", ["add", "remove", "many"])
def test_change_of_tags_makes_it_due(agent, manager, change):
    record, books = make_return(), make_tag("books")
    if change == "remove":
        put_tag(record, "books")
    follow_up = remind(record, agent, TAGGED)
    if change == "add":
        tagging.add_tag(record, books, by=manager)
    elif change == "remove":
        ReturnTag.objects.filter(entity=record).delete()
    else:
        tagging.add_many(ReturnTag, [(record.pk, books.pk)])
    assert is_due(follow_up)


def test_what_has_happened_is_said(agent):
    with pytest.raises(ValidationError, match=r"This return has already arrived\."):
        remind(make_return(state=State.ARRIVED), agent, ARRIVED)
    for moment in (ARRIVED, COMPLETED):
        with pytest.raises(ValidationError, match=r"This return is already completed\."):
            remind(make_return(state=State.COMPLETED), agent, moment)


def test_the_same_twice_is_one_with_the_new_reason(agent):
    record = make_return()
    remind(record, agent, ARRIVED, why="Call")
    remind(record, agent, ARRIVED, why="Write")
    assert FollowUp.objects.get().why == "Write"


@pytest.mark.parametrize("moment", [TIME, ARRIVED, COMPLETED, TAGGED])
def test_put_off_to_the_moment_of_others_it_is_one_with_all_reasons(agent, manager, moment):
    record, other = make_return(), make_return()
    due_at = timezone.now() + timedelta(days=1) if moment == TIME else None
    earlier = [
        remind(record, agent, due_at=timezone.now() + timedelta(hours=hours), why=why)
        for hours, why in enumerate(("Call", "Write", "Call", ""), start=1)
    ]
    of_others = [remind(record, manager, moment, due_at), remind(other, agent, moment, due_at)]
    for each in earlier:
        put_off(each, moment, due_at, each.why)
    (only,) = follow_ups_on(record.pk, agent)
    assert (only.moment, only.due_at, only.why) == (moment, due_at, "Call; Write")
    assert all(FollowUp.objects.get(pk=each.pk).done_at is None for each in of_others)


def test_reasons_that_are_too_long_together_stay_two_reminders(agent):
    record, due_at = make_return(), timezone.now() + timedelta(days=1)
    for number, letter in enumerate("ab", start=1):
        soon = timezone.now() + timedelta(hours=number)
        put_off(remind(record, agent, due_at=soon), TIME, due_at, letter * 150)
    assert {each.why for each in follow_ups_on(record.pk, agent)} == {"a" * 150, "b" * 150}


def test_put_off_to_its_own_moment_it_stays_with_the_new_reason(agent):
    follow_up = remind(make_return(), agent, ARRIVED, why="Call")
    put_off(follow_up, ARRIVED, None, "Write")
    (only,) = follow_ups_on(follow_up.record_id, agent)
    assert (only.pk, only.why) == (follow_up.pk, "Write")


def test_done_in_another_window_it_cannot_be_put_off_and_the_page_says_so(as_agent, agent):
    record = make_return()
    follow_up = remind(record, agent, ARRIVED, why="Call")
    path = reverse("follow-up", args=[follow_up.pk])
    as_agent.post(path, {"done": 1})
    for answer in (
        as_agent.get(path),
        as_agent.post(path, {"when": "tomorrow", "why": "Call"}),
        as_agent.post(path, {"when": "tomorrow", "at": "panel"}, headers={"HX-Request": "true"}),
    ):
        assert "This reminder has been done meanwhile." in answer.text
    assert answer.status_code == 422
    assert follow_ups_on(record.pk, agent) == []


def test_put_off_it_waits_again_and_done_it_is_gone(agent):
    record = make_return()
    follow_up = remind(record, agent, ARRIVED)
    reach(record, State.ARRIVED)
    put_off(follow_up, COMPLETED, None, "Later")
    assert due_follow_ups(agent, timezone.now()) == []
    reach(record, State.COMPLETED)
    assert is_due(follow_up)
    finish(follow_up.pk, agent)
    assert not is_due(follow_up)


def test_deleted_return_takes_it_along_and_says_so_without_the_reason(agent, admin):
    record = make_return()
    remind(record, agent, ARRIVED, why="secret")
    remind(record, agent, COMPLETED)
    delete_return(record, str(record), "Never was.", admin)
    assert not FollowUp.objects.exists()
    notice = Notice.objects.get(person=agent)
    assert notice.text == f"You wanted to be reminded of {record}, but the return was deleted."


def test_redaction_takes_the_reason(agent):
    record = make_return()
    remind(record, agent, ARRIVED, why="Mrs. Kaya, 0532")
    redact_follow_ups_of([record.pk])
    assert FollowUp.objects.get().why == ""


def test_time_without_one_is_refused(agent):
    with pytest.raises(IntegrityError, match="follow_up_at_a_time_has_one"), transaction.atomic():
        FollowUp.objects.create(record=make_return(), person=agent, moment=TIME)


def test_nobody_else_sees_or_ends_it(as_manager, as_agent, agent, manager):
    record = make_return()
    follow_up = remind(record, agent, ARRIVED, why="private words")
    assert (
        as_manager.post(reverse("follow-up", args=[follow_up.pk]), {"done": 1}).status_code == 404
    )
    assert "private words" not in as_manager.get(record.get_absolute_url()).text
    assert "private words" in as_agent.get(record.get_absolute_url()).text
    assert follow_ups_on(record.pk, manager) == []


def test_reminders_wait_for_who_was_deactivated(agent):
    record = make_return()
    follow_up = remind(record, agent, ARRIVED)
    for is_active in (False, True):
        agent.is_active = is_active
        agent.save()
        if not is_active:
            reach(record, State.ARRIVED)
    assert is_due(follow_up)


def test_page_works_without_scripts(as_agent, agent):
    record = make_return()
    address = reverse("new-follow-up")
    assert str(record) in as_agent.get(address, {"record": record.pk}).text
    sent = {"record": record.pk, "when": "tomorrow", "why": "Call back"}
    answer = as_agent.post(address, sent, follow=True)
    assert answer.redirect_chain == [(record.get_absolute_url(), 303)]
    follow_up = FollowUp.objects.get()
    assert (follow_up.person, follow_up.why, follow_up.moment) == (agent, "Call back", TIME)
    later = as_agent.post(reverse("follow-up", args=[follow_up.pk]), {"when": "arrived"})
    assert later.status_code == 303
    reach(record, State.ARRIVED)
    refused = as_agent.post(reverse("follow-up", args=[follow_up.pk]), {"when": "arrived"})
    assert refused.status_code == 422
    assert "This return has already arrived." in refused.text
    as_agent.post(reverse("follow-up", args=[follow_up.pk]), {"done": 1})
    assert FollowUp.objects.get().done_at


def test_due_one_is_counted_at_the_bell_until_it_is_done(as_agent, agent):
    record = make_return()
    follow_up = remind(record, agent, ARRIVED)
    page = as_agent.get("/returns/")
    assert 'data-number="0"' in page.text
    reach(record, State.ARRIVED)
    assert 'data-number="1"' in as_agent.get("/returns/").text
    assert "1 reminder is due." in as_agent.get("/notices/").text
    finish(follow_up.pk, agent)
    assert 'data-number="0"' in as_agent.get("/returns/").text
