"""The page of a run lists the returns that it created and changed, and undoes an import."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from returns.feed import run_changes
from returns.feed import undo as undoing
from returns.feed.run_changes import list_changes
from returns.feed.runs import record_run
from returns.feed.undo import undo
from returns.models import FeedRun, Return, Way
from tags import tagging
from tests.factories import make_comment, make_tag
from tests.markup import flat
from tests.returns.feed.test_runs import sent
from tests.returns.feed.test_undo import LATER, LATEST, bring, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
ARRIVED = {"state": "ArrivedToWarehouse", "arrivedToWarehouseAt": LATER}


def path(row: FeedRun, name="feed-run") -> str:
    return reverse(name, args=[row.pk])


@pytest.mark.parametrize("way", Way)
def test_every_run_lists_what_it_changed(way):
    bring(sent(notes="a", extra="1"), way=Way.PUSH)
    row = bring(
        sent(updatedAt=LATER, notes="b", extra=None, more=[1], tag="books", **ARRIVED),
        sent("Return-2", tag="fragile"),
        way=way,
    )
    changed, created = list_changes(row).shown
    assert (changed.reference, changed.is_new) == ("Return-1", False)
    assert changed.facts == [
        ("Notes", "a", "b"),
        ("State", "Created", "Arrived"),
        ("Last update", "5 Jan 2026, 12:00:00", "6 Jan 2026, 12:00:00"),
        ("Arrived", "", "6 Jan 2026, 12:00:00"),
        ("extra", "1", ""),
        ("more", "", "[1]"),
    ]
    assert (changed.added, changed.removed) == (["books"], [])
    assert (created.reference, created.is_new, created.added) == ("Return-2", True, ["fragile"])


def test_as_many_are_listed_as_are_counted():
    bring(sent(notes="a"), sent("Return-3"), way=Way.PULL)
    row = bring(
        sent(updatedAt=LATER), sent("Return-3"), sent("Return-2"), sent("Return-3", tag="books")
    )
    assert len(list_changes(row).shown) == row.created + row.updated


def test_pages_show_each_return_once(as_agent, monkeypatch):
    monkeypatch.setattr(run_changes, "CHANGES_PER_PAGE", 2)
    row = run_of_two_batches()
    seen, beyond = [], None
    while not seen or beyond:
        page = list_changes(row, beyond)
        seen += [each.reference for each in page.shown]
        beyond = page.beyond
    assert sorted(seen) == ["Return-0", "Return-0", "Return-1", "Return-2", "Return-3", "Return-4"]
    first = as_agent.get(path(row))
    assert f"?beyond={first.context['changes'].beyond}" in first.text
    assert as_agent.get(f"{path(row)}?beyond=x").status_code == 200


def run_of_two_batches() -> FeedRun:
    with record_run(Way.FILE, "returns.csv") as run:
        run.import_items([sent(f"Return-{n}") for n in range(5)], source="file")
        run.import_items([sent("Return-0", updatedAt=LATER)], source="file")
    return FeedRun.objects.get(pk=run.row.pk)


def test_page_costs_the_same_whatever_its_number_of_rows(as_agent):
    few = bring(*(sent(f"Return-{n}", tag="books") for n in range(3)))
    many = bring(*(sent(f"Return-{n}", tag="books") for n in range(3, 12)))
    counts = []
    for row in (few, few, many):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert as_agent.get(path(row)).status_code == 200
        counts.append(len(queries))
    assert counts[1] == counts[2]


def test_deleted_return_is_listed_without_a_link(as_agent):
    row = bring(sent())
    Return.objects.all().delete()
    assert "Created</b>, deleted since" in as_agent.get(path(row)).text


def test_states_without_rows(as_agent):
    assert "This run changed nothing." in as_agent.get(path(bring())).text
    row = bring(sent())
    row.changes.all().delete()
    assert "kept for 30 days" in as_agent.get(path(row)).text


def test_manager_previews_and_undoes(as_manager, manager, agent):
    bring(sent(notes="a"), sent("Return-9", notes="a"), way=Way.PULL)
    row = bring(
        sent(updatedAt=LATER, notes="b"),
        sent("Return-9", updatedAt=LATER, notes="b"),
        sent("Return-2"),
        sent("Return-3"),
    )
    bring(sent("Return-9", updatedAt=LATEST, notes="c"), way=Way.PULL)
    make_comment(stored("Return-3"), agent)
    assert path(row, "undo-run") in as_manager.get(path(row)).text
    text = flat(as_manager.get(path(row, "undo-run")))
    assert "Restored to what they were before: 1 return." in text
    assert "Deleted, because the import created them: 1 return." in text
    assert "Left as they are, because they were changed since: 2 returns." in text
    assert "somebody commented on it" in text
    assert Return.objects.count() == 4
    page = as_manager.post(path(row, "undo-run"), follow=True)
    text = flat(page)
    assert "Undone by manager on" in text
    assert "Restored: 1. Deleted: 1. Left as they are, because they were changed since: 2." in text
    assert path(row, "undo-run") not in text
    kept = as_manager.get(f"{path(row)}?kept=1")
    assert [each.reference for each in kept.context["changes"].shown] == ["Return-9", "Return-3"]
    assert "This import has already been undone." in as_manager.get(path(row, "undo-run")).text
    again = as_manager.post(path(row, "undo-run"), follow=True)
    assert again.status_code == 200
    assert Return.objects.count() == 3


def test_looking_writes_nothing(as_manager):
    row = bring(sent(tag="books"))
    with CaptureQueriesContext(connection) as queries:
        as_manager.get(path(row, "undo-run"))
    written = [each["sql"] for each in queries if each["sql"].startswith(("INSERT", "UPDATE"))]
    assert [sql for sql in written if "returns_browsersession" not in sql] == []


def test_page_follows_an_undoing_in_the_background(as_manager, manager, monkeypatch):
    monkeypatch.setattr(undoing, "UNDO_STEP_SIZE", 1)
    monkeypatch.setattr(undoing, "MAX_UNDO_SECONDS", 0)
    row = bring(sent(), sent("Return-2"))
    undo(row, manager)
    text = flat(as_manager.get(path(row)))
    assert "manager is undoing this import: 1 of 2 returns so far." in text
    assert 'hx-trigger="every 2s"' in text


def test_what_cannot_be_undone_says_why(as_manager):
    row = bring(sent(), way=Way.PULL)
    assert path(row, "undo-run") not in as_manager.get(path(row)).text
    assert "Only imports of files can be undone." in as_manager.get(path(row, "undo-run")).text
    page = as_manager.post(path(row, "undo-run"), follow=True)
    assert "Only imports of files can be undone." in page.text
    assert Return.objects.exists()


def test_tags_of_people_are_not_taken_for_those_of_the_run(agent):
    row = bring(sent(tag="books"))
    tagging.add_tag(stored(), make_tag("fragile"), agent)
    assert list_changes(row).shown[0].added == ["books"]


def test_agent_sees_the_run_without_undo(as_agent):
    row = bring(sent())
    assert path(row, "undo-run") not in as_agent.get(path(row)).text
    assert as_agent.post(path(row, "undo-run")).status_code == 403
