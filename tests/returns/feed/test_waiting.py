"""Rejected records that wait: what they wait for, what settles them, and at what cost."""

import gc

import pytest
from django.test import override_settings

from returns.feed import batches
from returns.feed.intake import import_items
from returns.models import Fate, RejectedRecord, Return, ReturnTag
from tests.returns.feed.test_runs import bring, fates, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

LATER = "2026-01-06T09:00:00Z"
COMPLETED = {"state": "Completed", "completedAt": "2026-01-05T10:00:00Z"}


def test_a_return_whose_reference_is_a_number_gets_what_waited():
    bring(sent(12345, state="Completed", updatedAt=LATER, notes="x"))
    bring(sent(12345, **COMPLETED))
    assert RejectedRecord.objects.values_list("reference", "fate").get() == ("12345", Fate.IMPORTED)
    assert Return.objects.values_list("state", "notes").get() == ("Completed", "x")


def test_records_that_still_lack_their_time_are_not_merged_again_and_again(monkeypatch):
    merge, calls = batches.merge, []
    monkeypatch.setattr(batches, "merge", lambda *given: calls.append(1) or merge(*given))
    silent = [sent(state="Completed", updatedAt=LATER, notes=str(each)) for each in range(200)]
    bring(*silent, *(sent(shelf=each) for each in range(100)))
    assert len(calls) < 310  # once each, and one that was kept meanwhile


def test_an_error_that_is_kept_refers_to_nothing_that_was_read_with_it():
    errors = []
    wrong = [
        {"state": "Lost"},  # not understood
        {"state": "Completed"},  # lacks a time
        {"tag": "a,b,c", "source": "Oplog"},  # of another system
    ]
    items = [sent(**fields) for fields in ({}, *wrong)]
    gc.collect()
    with override_settings(RETURN_TAGS=2):
        gc.disable()
        try:
            import_items(items, source="feed", on_reject=lambda _, error: errors.append(error))
            assert gc.collect() == 0  # nothing refers to itself
        finally:
            gc.enable()
    assert len(errors) == len(wrong)
    assert not any(error.__traceback__ or error.__context__ for error in errors)


@pytest.mark.parametrize(
    "field", [{"cargoCarrier": "c" * 300}, {"trackingId": "7" * 200}, {"tag": "a," * 2_000}]
)
def test_a_newer_record_without_what_was_wrong_supersedes_none(field):
    bring(sent(**field))
    bring(sent(updatedAt=LATER))
    assert fates() == {"Return-1": Fate.WAITING}


def test_a_record_of_another_system_that_is_rejected_itself_supersedes_none():
    bring(sent())
    bring(sent(updatedAt="yesterday", trackingId="7"))
    bring(sent(updatedAt=LATER, source="Oplog"))
    assert set(RejectedRecord.objects.values_list("field", "fate")) == {
        ("updatedAt", Fate.WAITING),
        ("source", Fate.WAITING),
    }


def test_a_record_that_was_cut_waits_for_a_person(settings):
    settings.REJECTED_LENGTH = 100
    bring(sent(updatedAt=LATER, trackingId="7" * 200))
    bring(sent(trackingId="7"))
    assert fates() == {"Return-1": Fate.WAITING}


@override_settings(RETURN_TAGS=3)
def test_tags_that_people_removed_take_no_room():
    bring(sent(tag="aa,bb,cc"))
    ReturnTag.objects.all().delete()
    bring(sent(tag="dd,ee", updatedAt=LATER))
    assert set(ReturnTag.objects.values_list("tag__name", flat=True)) == {"dd", "ee"}
    bring(sent(tag="ff,gg", updatedAt=LATER))
    assert fates() == {"Return-1": Fate.WAITING}
