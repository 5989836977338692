"""Each run of the feed is recorded, with its counts and its rejected records."""

import json
from datetime import UTC, datetime

import pytest

from returns.feed.items import JSON, Item
from returns.feed.records import RecordError
from returns.feed.runs import interrupted_runs, record_run
from returns.models import Fate, FeedRun, Outcome, RejectedRecord, Return, Way

pytestmark = pytest.mark.django_db
DAY = "2026-01-05T09:00:00Z"


def sent(reference="Return-1", **fields) -> Item:
    raw = {"returnReferenceNumber": reference, "state": "ReturnCreated"}
    raw |= {"createdAt": DAY, "updatedAt": DAY} | fields
    return Item(f"item of {reference}", JSON, raw=raw, original=raw)


def bring(*items, origin="a shop", way=Way.PUSH) -> FeedRun:
    with record_run(way, origin) as run:
        run.import_items(items)
    return run.row


def counts(row: FeedRun) -> tuple[int, ...]:
    return (row.read, row.created, row.updated, row.unchanged, row.rejected)


def fates() -> dict[str, str]:
    return dict(RejectedRecord.objects.values_list("reference", "fate"))


BAD = sent("Return-9", state="Completed")


def test_a_run_stores_its_counts():
    later = "2026-01-06T09:00:00Z"
    row = bring(sent(), sent("Return-2", updatedAt=later), sent(notes="other"), BAD)
    row.refresh_from_db()
    assert counts(row) == (4, 2, 0, 1, 1)
    assert row.outcome == Outcome.DONE
    assert row.to_time == datetime(2026, 1, 6, 9, tzinfo=UTC)
    assert row.began_at <= row.ended_at


def test_pages_of_a_run_add_up():
    with record_run(Way.PULL, "http://far") as run:
        run.import_items([sent()])
        assert counts(FeedRun.objects.get()) == (1, 1, 0, 0, 0)
        taken = run.import_items([sent(), sent("Return-2")])
    assert str(taken) == "read 2, created 1, updated 0, unchanged 1, rejected 0"
    assert counts(FeedRun.objects.get()) == (3, 2, 0, 1, 0)


def test_a_rejected_record_is_stored_as_received():
    row = bring(BAD)
    rejected = RejectedRecord.objects.get(run=row)
    assert json.loads(rejected.written) == BAD.raw
    assert (rejected.reference, rejected.field) == ("Return-9", "state")
    assert rejected.reason == "Completed without completedAt"
    assert (rejected.fate, rejected.is_record) == (Fate.WAITING, True)


def test_a_record_of_another_system_is_stored_too():
    bring(sent(), sent(source="Oplog"))
    assert RejectedRecord.objects.get().field == "source"


@pytest.mark.parametrize(
    "item",
    [
        Item("line 3", JSON, error=RecordError("record", "no\x00 JSON"), original='{"\x00\ud800'),
        Item("line 4", JSON, error=RecordError("record", "not an object"), original=["a", 1]),
        sent("Return-\x00\ud800", notes="\x00"),
        sent("R" * 400),
    ],
)
def test_any_wrong_record_can_be_stored(item):
    bring(item)
    kept = RejectedRecord.objects.get()
    assert json.loads(kept.written) == (item.original if item.raw is None else item.raw)


def test_entries_without_content_are_identified_by_their_place():
    lost = [Item(f"line {n}", JSON, error=RecordError("file", "breaks off")) for n in (1, 2)]
    bring(*lost)
    bring(lost[0])
    assert sorted(RejectedRecord.objects.values_list("place", flat=True)) == ["line 1", "line 2"]


def test_a_record_that_comes_again_is_stored_once_with_its_latest_run():
    bring(BAD)
    second = bring(BAD, BAD)
    assert counts(second) == (2, 0, 0, 0, 2)
    assert RejectedRecord.objects.get().run == second


def test_record_that_was_set_aside_stays_so_when_it_comes_again():
    bring(BAD)
    RejectedRecord.objects.update(fate=Fate.ASIDE)
    bring(BAD)
    assert fates() == {"Return-9": Fate.ASIDE}


def test_a_rejected_record_is_superseded_by_a_good_one_of_the_same_return():
    bring(sent("Return-9", trackingId="7" * 200), sent("Return-8", state="Completed"))
    bring(sent("Return-9", trackingId="7"))
    assert fates() == {"Return-9": Fate.SUPERSEDED, "Return-8": Fate.WAITING}


def test_a_record_that_says_nothing_of_what_was_wrong_supersedes_none():
    bring(sent("Return-9", trackingId="7" * 200))
    bring(sent("Return-9", updatedAt="2026-03-02T00:00:00Z"))
    assert fates() == {"Return-9": Fate.WAITING}
    bring(sent("Return-9", updatedAt="2026-03-03T00:00:00Z", trackingId="7"))
    assert fates() == {"Return-9": Fate.SUPERSEDED}


def test_failed_run_says_why_and_keeps_what_it_brought():
    def pull():
        with record_run(Way.PULL, "http://far") as run:
            run.import_items([sent()])
            raise ConnectionError("The other API hung up.")

    with pytest.raises(ConnectionError):
        pull()
    row = FeedRun.objects.get()
    assert (row.outcome, row.message) == (Outcome.FAILED, "The other API hung up.")
    assert row.created == Return.objects.count() == 1


def test_run_whose_process_is_gone_is_known():
    gone = FeedRun.objects.create(way=Way.PULL, origin="http://far")
    with record_run(Way.PULL, "http://far") as run:
        assert interrupted_runs([gone, run.row]) == {gone.pk}
    assert interrupted_runs([run.row]) == set()
