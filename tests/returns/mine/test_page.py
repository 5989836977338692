"""The page of a person has what they have to do first, and nothing of anybody else."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.claims.taking import take_return
from returns.follow_ups.editing import make_follow_up
from returns.models import Export, FollowUp, FollowUpMoment, NoticeKind, State
from returns.notices.telling import tell
from tests.factories import make_return

pytestmark = pytest.mark.django_db


def fill(person, number: int) -> None:
    for _ in range(number):
        record = make_return(state=State.ARRIVED)
        take_return(record.pk, person)
        make_follow_up(record.pk, person, FollowUpMoment.COMPLETED, None, "Call")
        due = make_follow_up(record.pk, person, FollowUpMoment.TAGGED, None, "Look")
        FollowUp.objects.filter(pk=due.pk).update(due_at=timezone.now())
        tell([person.pk], NoticeKind.MENTION, "Look here")
        Export.objects.create(by=person, columns=[], name="returns.xlsx", total=1)


def test_empty_page_says_what_it_is_for(as_agent):
    assert "Nothing is waiting for you." in as_agent.get("/mine/").text


def test_due_reminders_come_first(as_agent, agent, manager):
    fill(agent, 1)
    other = make_return()
    take_return(other.pk, manager)
    text = as_agent.get("/mine/").text
    headings = ["Due reminders", "New mentions", "Claimed by me", "Reminders to come", "Running"]
    places = [text.index(f">{heading}") for heading in headings]
    assert places == sorted(places)
    assert str(other) not in text


def test_number_of_queries_does_not_depend_on_what_is_there(as_agent, agent):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_agent.get("/mine/")
        return len(captured)

    fill(agent, 1)
    few = queries()
    fill(agent, 3)
    assert queries() == few <= 20
