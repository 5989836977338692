"""A program that follows changes learns of each, whoever made it, and misses none."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from returns.feed.ingest import ingest
from returns.feed.parsing import parse_record
from returns.models import LastChange, Return, ReturnTag
from tags import merging, undo
from tags.models import Tag, TagAction
from tags.replacing import replace_tags
from tags.tagging import add_tag, remove_tag
from tests.factories import make_return, make_returns, make_tag, put_tag, put_tags

pytestmark = pytest.mark.django_db
DAY = "2026-01-05T09:00:00Z"


def changed_at(reference: str = "R-1"):
    return LastChange.objects.get(record__return_reference_number=reference).changed_at


def moved(change: Callable[[], object], reference: str = "R-1") -> bool:
    before = changed_at(reference)
    change()
    after = changed_at(reference)
    assert after >= before
    return after > before


@pytest.fixture
def record(vocabulary) -> Return:
    return put_tag(make_return("R-1"), "fragile").entity


def fed(**fields):
    sent = {"returnReferenceNumber": "R-2", "state": "ReturnCreated", "createdAt": DAY}
    ingest([parse_record(sent | {"updatedAt": DAY} | fields)], source="feed")


class TestWhatMovesIt:
    def test_a_person_adds_and_removes_a_tag(self, record, agent):
        books = make_tag("books")
        assert moved(lambda: add_tag(record, books, agent))
        assert not moved(lambda: add_tag(record, books, agent))
        assert moved(lambda: remove_tag(record, books, agent))
        assert not moved(lambda: remove_tag(record, books, agent))

    def test_a_program_replaces_tags_and_undoing_brings_them_back(self, record):
        assert moved(lambda: replace_tags(ReturnTag, record.pk, ["books"], program="Shop"))
        action = TagAction.objects.latest("pk")
        assert moved(lambda: undo.undo(action.pk, None))

    def test_tags_are_merged(self, record, manager):
        fragile, item = (Tag.objects.get(name=name) for name in ("fragile", "fragile-item"))
        assert moved(lambda: merging.merge([fragile], item, manager))
        assert ReturnTag.objects.get().tag == item

    def test_the_wms_changes_a_fact(self, vocabulary):
        fed()
        assert moved(lambda: fed(updatedAt="2026-01-06T09:00:00Z"), "R-2")
        assert not moved(lambda: fed(updatedAt="2026-01-06T09:00:00Z"), "R-2")
        assert moved(lambda: fed(updatedAt="2026-01-06T09:00:00Z", tag="books"), "R-2")

    def test_nothing_that_no_answer_shows(self, record, manager):
        group = Tag.objects.get(name="fragile").group
        assert not moved(lambda: Return.objects.filter(pk=record.pk).update(feed_tags="x"))
        assert not moved(lambda: ReturnTag.objects.update(slot=0))
        assert group

    def test_the_time_of_a_return_grows_even_if_the_clock_does_not(self, record):
        ahead = timezone.now() + timedelta(hours=1)
        LastChange.objects.update(changed_at=ahead)
        Return.objects.filter(pk=record.pk).update(notes="x")
        assert changed_at() == ahead + timedelta(microseconds=1)

    def test_a_deleted_return_has_none(self, record):
        ReturnTag.objects.all().delete()
        Return.objects.all().delete()
        assert not LastChange.objects.exists()

    def test_updated_at_stays_that_of_the_wms(self, program, record, agent):
        before = program.get("/Returns/R-1").json()
        add_tag(record, make_tag("books"), agent)
        after = program.get("/Returns/R-1").json()
        assert after["updatedAt"] == before["updatedAt"]
        assert after["changedAt"] > before["changedAt"]


class TestAsking:
    def references(self, program, query: str) -> list[str]:
        answer = program.get(f"/Returns?{query}")
        assert answer.status_code == 200, answer.json()
        return [each["returnReferenceNumber"] for each in answer.json()["items"]]

    @pytest.fixture
    def three(self, vocabulary) -> str:
        """Three returns, of which the first changed last; the time after the second one."""
        make_returns({"reference": f"R-{number}"} for number in (1, 2, 3))
        put_tags([(Return.objects.get(return_reference_number="R-1"), "books")])
        return changed_at("R-2").isoformat().replace("+00:00", "Z")

    def test_by_parameter_by_sort_and_in_dqb(self, program, three):
        assert self.references(program, "sort=changed") == ["R-2", "R-3", "R-1"]
        assert self.references(program, "sort=-changed") == ["R-1", "R-3", "R-2"]
        assert self.references(program, f"changedAt=gt:{three}&sort=changed") == ["R-3", "R-1"]
        dqb = f"o%3Dgt%26p%3DchangedAt%26v%3D{three}%26s%3DchangedAt,desc"
        assert self.references(program, f"dqb={dqb}") == ["R-1", "R-3"]
        assert self.references(program, "sort=changed&tag=books") == ["R-1"]

    def test_a_cursor_follows_for_ever(self, program, three, agent):
        first = program.get("/Returns?sort=changed&cursor=&count=2").json()
        assert [each["returnReferenceNumber"] for each in first["items"]] == ["R-2", "R-3"]
        cursor, seen = first["nextCursor"], []
        for _ in range(3):
            page = program.get(f"/Returns?sort=changed&cursor={cursor}&count=2").json()
            cursor = page["nextCursor"]
            seen.append([each["returnReferenceNumber"] for each in page["items"]])
        assert seen == [["R-1"], [], []]
        add_tag(Return.objects.get(return_reference_number="R-3"), make_tag("books"), agent)
        page = program.get(f"/Returns?sort=changed&cursor={cursor}").json()
        assert [each["returnReferenceNumber"] for each in page["items"]] == ["R-3"]

    @pytest.mark.parametrize(
        "query",
        [
            "sort=-changed&cursor=",
            "sort=created&cursor=",
            "sort=changed&offset=1&cursor=",
            "sort=changed&cursor=x",
            "sort=changed&cursor=WzEsMl0",
        ],
    )
    def test_what_does_not_go_together_is_named(self, program, query):
        assert program.get(f"/Returns?{query}").status_code == 400

    def test_the_cursor_of_a_walk_follows_nothing(self, program, three):
        walk = program.get("/Returns?cursor=&count=1").json()["nextCursor"]
        assert program.get(f"/Returns?sort=changed&cursor={walk}").status_code == 400
        follow = program.get("/Returns?sort=changed&cursor=").json()["nextCursor"]
        assert program.get(f"/Returns?cursor={follow}").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_committed_late_is_not_missed(make_program):
    """The first writer commits after the second one, whose time is later."""
    program = make_program("read")
    first, second = make_return("R-1"), make_return("R-2")
    cursor = program.get("/Returns?sort=changed&cursor=").json()["nextCursor"]
    has_written, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                Return.objects.filter(pk=first.pk).update(notes="slow")
                has_written.set()
                may_commit.wait(20)
        finally:
            connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert has_written.wait(20)
    try:
        Return.objects.filter(pk=second.pk).update(notes="quick")
        page = program.get(f"/Returns?sort=changed&cursor={cursor}").json()
        # Nothing above the time at which the slow one began.
        assert page["items"] == []
        assert program.get("/Returns?sort=-changed&count=1").json()["items"][0]["notes"] == "quick"
    finally:
        may_commit.set()
        writer.join()
    page = program.get(f"/Returns?sort=changed&cursor={page['nextCursor']}").json()
    assert [each["notes"] for each in page["items"]] == ["slow", "quick"]
    assert changed_at("R-1") < changed_at("R-2")
