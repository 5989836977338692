"""What is kept of rejected records is bounded, and runs that overlap do not wait for each other."""

import json
import threading

import pytest
from django.db import connections
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from returns.feed import rejected, superseding, waiting
from returns.feed.items import JSON, Item
from returns.feed.records import RecordError
from returns.models import Fate, RejectedRecord, Way
from tests.database import wait_until_another_waits_for_a_lock
from tests.returns.feed.test_runs import DAY, bring, counts, sent

pytestmark = pytest.mark.django_db


def wrong(number: int) -> Item:
    return sent(f"Return-{number}", state="Completed")


def references() -> set[str]:
    return set(RejectedRecord.objects.values_list("reference", flat=True))


@override_settings(REJECTED_LENGTH=500)
def test_a_long_record_is_cut_and_says_so():
    bring(sent(notes="n" * 600, state="Completed"), wrong(2))
    long, short = RejectedRecord.objects.order_by("place")
    text = json.loads(long.written)
    assert text.startswith('Cut to 500 of 746 characters: {"returnReferenceNumber": "Return-1"')
    assert (long.is_record, short.is_record) == (False, True)
    assert len(long.written) < 700


@override_settings(REJECTED_LENGTH=500)
def test_a_long_record_is_kept_once_however_often_it_comes():
    for end in "abb":
        bring(sent(notes="n" * 600 + end, state="Completed"))
    assert RejectedRecord.objects.count() == 2


def test_a_reason_is_bounded():
    bring(Item("line 1", JSON, error=RecordError("record", "r" * 100_000), original="x"))
    assert len(RejectedRecord.objects.get().reason) == 1_000


@override_settings(REJECTED_PER_RUN=3)
def test_a_run_keeps_so_many_and_counts_the_others(as_manager):
    row = bring(*map(wrong, range(5)))
    row.refresh_from_db()
    assert (counts(row)[-1], row.unkept, len(references())) == (5, 2, 3)
    page = as_manager.get(reverse("feed-run", args=[row.pk]))
    assert "of which 2 were" in page.text


@override_settings(REJECTED_PER_SOURCE=4)
def test_the_oldest_settled_records_of_a_source_make_room():
    bring(*map(wrong, range(4)))
    settled = RejectedRecord.objects.filter(reference__in=["Return-1", "Return-2"])
    rejected.settle(settled, fate=Fate.SUPERSEDED)
    assert bring(wrong(5)).unkept == 0
    assert references() == {"Return-0", "Return-2", "Return-3", "Return-5"}


@override_settings(REJECTED_PER_SOURCE=4)
def test_records_that_wait_are_not_deleted_for_others_and_come_again():
    bring(*map(wrong, range(4)))
    row = bring(wrong(1), wrong(5))
    assert (row.unkept, references()) == (1, {f"Return-{n}" for n in range(4)})
    assert RejectedRecord.objects.get(reference="Return-1").run == row


@override_settings(REJECTED_PER_SOURCE=2)
def test_one_source_does_not_use_the_room_of_another():
    bring(*map(wrong, range(3)))
    assert bring(wrong(7), wrong(8), origin="another shop").unkept == 0
    assert bring(wrong(9), origin="a.csv", way=Way.FILE).unkept == 0
    assert bring(wrong(10), wrong(11), origin="b.csv", way=Way.FILE).unkept == 1


# Pushes at the same time


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_overlapping_pushes_of_the_same_wrong_records_do_not_wait_in_a_ring(monkeypatch):
    for module in (rejected, superseding):
        monkeypatch.setattr(module, "retry_deadlocks", lambda work: work())
    failures: list[BaseException] = []

    def push(numbers: list[int]) -> None:
        try:
            for _ in range(8):
                bring(*map(wrong, numbers))
                bring(*(sent(f"Return-{n}") for n in numbers[:40]))
                rejected.settle(RejectedRecord.objects.all(), fate=Fate.WAITING)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    forwards = list(range(400))
    pushes = [
        threading.Thread(target=push, args=[numbers])
        for numbers in (forwards, forwards[::-1], forwards[200:] + forwards[:200])
    ]
    for each in pushes:
        each.start()
    for each in pushes:
        each.join()
    assert failures == []
    assert len(references()) == 400


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_import_of_records_that_waited_and_settling_do_not_wait_in_a_ring(monkeypatch):
    late = {"state": "Completed", "updatedAt": "2026-01-06T09:00:00Z"}
    bring(sent("R-1", **late), sent("R-2", **late, source="Oplog"))
    # The import settles that of R-1 first, but others lock that of R-2 first.
    for reference, digest in (("R-1", "f" * 64), ("R-2", "0" * 64)):
        RejectedRecord.objects.filter(reference=reference).update(digest=digest)
    update_reasons = waiting.update_reasons
    failures: list[BaseException] = []

    def settle() -> None:
        try:
            rejected.settle(RejectedRecord.objects.all(), seen_at=timezone.now())
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    apart = threading.Thread(target=settle)

    def update_late(refused) -> None:
        apart.start()
        wait_until_another_waits_for_a_lock()
        update_reasons(refused)

    monkeypatch.setattr(waiting, "update_reasons", update_late)
    bring(*(sent(f"R-{n}", state="Completed", completedAt=DAY) for n in (1, 2)))
    apart.join()
    assert failures == []
    kept = RejectedRecord.objects.order_by("reference").values_list("field", "fate")
    assert list(kept) == [("state", Fate.IMPORTED), ("source", Fate.WAITING)]
