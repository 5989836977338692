"""A person finds what they did; an admin finds what anybody did."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from returns.claims.taking import take_return
from returns.models import Comment, FeedRun, Outcome, Way
from returns.people.activity import ACTIVITIES_PER_PAGE, activity_of
from returns.record.corrections import correct
from tags.models import TagAction
from tests.factories import make_comment, make_return

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


def texts(client, **query) -> list[str]:
    return [each.text for each in client.get("/activity/", query).context["page"].activities]


def test_it_has_tags_comments_claims_corrections_and_imports(as_admin, admin, agent):
    record = make_return("Return-1")
    as_admin.post(f"/return/{record.pk}/tags/", {"add": "books"})
    make_comment(record, admin, "The shopper called.")
    make_comment(record, agent, "Somebody else.")
    take_return(record.pk, admin)
    correct(record, {"notes": "right"}, admin)
    now = timezone.now() + timedelta(minutes=1)
    FeedRun.objects.create(
        way=Way.FILE, origin="a.csv", by=admin, outcome=Outcome.DONE, began_at=now, ended_at=now
    )
    assert texts(as_admin)[0] == "Imported a.csv."
    assert set(texts(as_admin)[1:]) == {
        "Added books on Return-1.",
        "Commented on Return-1: “The shopper called.”",
        "Claimed Return-1.",
        "Corrected Return-1.",
    }


def test_taking_over_says_from_whom(as_agent, agent, admin):
    record = make_return("Return-1")
    first = take_return(record.pk, admin)
    take_return(record.pk, agent, over=first.pk)
    assert texts(as_agent) == ["Took Return-1 over from admin."]


def test_what_was_taken_back_is_said(as_agent, agent):
    record = make_return("Return-1")
    as_agent.post(f"/return/{record.pk}/tags/", {"add": "books"})
    as_agent.post("/tags/history/", {"undo": TagAction.objects.get().pk})
    comment = make_comment(record, agent, "A slip.")
    as_agent.post(f"/comment/{comment.pk}/", {"delete": "1"})
    assert texts(as_agent) == [
        "Commented on Return-1, deleted.",
        "Added books on Return-1. It was undone.",
    ]


def test_only_admins_see_that_of_others(as_agent, as_admin, agent, admin):
    make_comment(make_return("Return-1"), agent, "Mine.")
    assert texts(as_admin, person=agent.pk) == ["Commented on Return-1: “Mine.”"]
    assert as_agent.get("/activity/", {"person": admin.pk}).status_code == 403
    assert as_agent.get("/activity/", {"person": "x"}).status_code == 404
    assert as_agent.get("/activity/", {"before": "soon"}).status_code == 400
    assert "Nothing yet." in as_admin.get("/activity/").text


def test_it_goes_on_page_by_page(as_agent, agent):
    record, now = make_return("Return-1"), timezone.now()
    for number in range(ACTIVITIES_PER_PAGE + 5):
        comment = make_comment(record, agent, f"{number}")
        Comment.objects.filter(pk=comment.pk).update(created_at=now - timedelta(minutes=number))
    first = as_agent.get("/activity/")
    page = first.context["page"]
    assert len(page.activities) == ACTIVITIES_PER_PAGE
    rest = activity_of(agent, page.earlier)
    assert len(rest.activities) == 5
    assert rest.earlier is None
    assert "Earlier activity" in first.text


def test_each_kind_is_read_from_an_index(agent):
    statements = {
        "tag_action_by_person": "SELECT 1 FROM tags_tagaction WHERE done_by_id = 1 "
        "ORDER BY done_at DESC, id DESC LIMIT 50",
        "comment_by_author": "SELECT 1 FROM returns_comment WHERE author_id = 1 "
        "ORDER BY created_at DESC LIMIT 50",
        "claims_ever_by_person": "SELECT 1 FROM returns_claim WHERE person_id = 1 "
        "ORDER BY since DESC LIMIT 50",
        "corrections_by_person": "SELECT 1 FROM returns_returnevent "
        "WHERE (pgh_context -> 'source') = '\"correction\"'::jsonb "
        "AND (pgh_context ->> 'user') = '1' ORDER BY pgh_created_at DESC LIMIT 50",
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for index, statement in statements.items():
            cursor.execute(f"EXPLAIN {statement}")
            assert index in "\n".join(line for (line,) in cursor.fetchall()), index
