"""A record that was accepted before is recognised, and only while it would change nothing."""

import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from returns.feed.digests import current_key, digest_of_entry
from returns.feed.files import read_items
from returns.feed.intake import import_items
from returns.feed.push import push
from returns.feed.undo import undo
from returns.models import AcceptedRecord, Fate, RejectedRecord, Return, ReturnTag, Way
from returns.record.corrections import correct
from tests.factories import make_return
from tests.returns.feed.test_runs import DAY, bring, counts, sent

pytestmark = pytest.mark.django_db
LATER, LATEST = "2026-01-06T09:00:00Z", "2026-01-07T09:00:00Z"
READS_RETURNS = "r.feed_tags"  # what only merging reads


def is_merged(*items) -> bool:
    """Bring the items; tell whether they were merged, not just recognised."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        row = bring(*items)
    assert row.created == 0
    return any(READS_RETURNS in each["sql"] for each in queries)


def stored(reference: str = "Return-1") -> Return:
    return Return.objects.get(return_reference_number=reference)


def test_a_repeat_is_counted_and_not_merged():
    items = [sent("Return-1", notes="a"), sent("Return-2", tag="books", updatedAt=LATER)]
    assert bring(*items).created == 2
    with CaptureQueriesContext(connection) as queries:
        again = bring(*items)
    assert (again.read, again.created, again.updated, again.rejected) == (2, 0, 0, 0)
    assert again.to_time.isoformat() == "2026-01-06T09:00:00+00:00"
    assert not any(READS_RETURNS in each["sql"] for each in queries)


def test_what_was_no_news_is_recognised_the_next_time():
    bring(sent(notes="a"))
    AcceptedRecord.objects.all().delete()
    assert is_merged(sent(notes="a"))
    assert not is_merged(sent(notes="a"))


def test_whatever_is_written_of_a_return_makes_its_record_unknown(admin):
    bring(sent(notes="a"))
    correct(stored(), {"notes": "corrected"}, admin)
    assert is_merged(sent(notes="a"))
    assert not is_merged(sent(notes="a"))
    assert stored().notes == "corrected"
    Return.objects.update(cargo_carrier="DHL")
    assert is_merged(sent(notes="a"))


def test_a_value_that_somebody_wrote_over_comes_back():
    bring(sent(notes="a"))
    Return.objects.update(notes="")
    assert bring(sent(notes="a")).updated == 1
    assert stored().notes == "a"


def test_an_undone_import_can_be_imported_again(manager):
    bring(sent(notes="a"))
    newer = sent(notes="b", updatedAt=LATER)
    undo(bring(newer, way=Way.FILE), manager)
    assert not AcceptedRecord.objects.exists()
    assert bring(newer).updated == 1
    assert stored().notes == "b"


def test_a_deleted_return_is_forgotten_and_comes_again():
    bring(sent())
    Return.objects.all().delete()
    assert not AcceptedRecord.objects.exists()
    assert bring(sent()).created == 1


def test_an_older_record_is_said_to_be_older_each_time():
    for each in (LATER, DAY, DAY, LATER, DAY):
        raw = sent(updatedAt=each).raw
        answer = push(json.dumps({"items": [raw]}).encode(), "a shop")
    assert answer["older"] == 1
    assert not is_merged(sent(updatedAt=LATER))


def test_of_several_records_in_a_batch_none_is_kept():
    first, newer = sent(notes="a"), sent(notes="b", updatedAt=LATER)
    bring(first)
    answer = push(json.dumps({"items": [newer.raw, first.raw]}).encode(), "a shop")
    assert (answer["updated"], answer["items"][1]["result"]) == (1, "updated")
    assert is_merged(newer)
    assert not is_merged(newer)


def test_a_return_for_which_a_record_waits_is_merged():
    bring(sent(notes="a"))
    bring(sent(state="Completed", updatedAt=LATER))
    assert RejectedRecord.objects.get().fate == Fate.WAITING
    assert is_merged(sent(notes="a"))


def test_nothing_is_kept_of_a_redacted_return():
    bring(sent(notes="a"))
    Return.objects.update(notes="", redacted_at=timezone.now())
    AcceptedRecord.objects.all().delete()
    assert bring(sent(notes="a")).updated == 0
    assert not AcceptedRecord.objects.exists()


def test_a_tag_that_the_return_does_not_have_from_the_record_is_judged_each_time():
    bring(sent(tag="books"))
    ReturnTag.objects.all().delete()
    assert not is_merged(sent(tag="books"))  # a tag that somebody removed does not come back
    AcceptedRecord.objects.all().delete()
    Return.objects.update(feed_tags="")
    assert is_merged(sent(tag="books"))
    assert is_merged(sent(tag="books"))


def test_a_dry_run_keeps_nothing():
    bring(sent())
    AcceptedRecord.objects.all().delete()
    result = import_items([sent()], source="file", on_reject=lambda *_: None, dry_run=True)
    assert (result.read, result.unchanged) == (1, 1)
    assert not AcceptedRecord.objects.exists()


def test_repeats_of_files_are_recognised_too(tmp_path):
    lines = tmp_path / "in.jsonl"
    lines.write_text("".join(f"{json.dumps(sent(f'R-{n}').raw)}\n" for n in range(3)))

    def bring_file() -> tuple[int, ...]:
        with lines.open("rb") as stream:
            return counts(bring(*read_items(stream), way=Way.FILE))

    assert bring_file()[:2] == (3, 3)
    assert not is_merged(*[sent(f"R-{n}") for n in range(3)])
    assert bring_file()[:2] == (3, 0)


def test_a_table_is_always_merged(tmp_path):
    table = tmp_path / "in.csv"
    table.write_text(
        f"returnReferenceNumber,state,createdAt,updatedAt\nR-1,ReturnCreated,{DAY},{DAY}\n"
    )
    for _ in range(2):
        with table.open("rb") as stream:
            bring(*read_items(stream), way=Way.FILE)
    assert not AcceptedRecord.objects.exists()


def test_a_digest_is_one_of_all_that_decides():
    raw, key = sent(notes="a").raw, current_key()
    digest = digest_of_entry(raw, key)
    assert digest == digest_of_entry(json.loads(json.dumps(raw)), key) != b""
    assert digest != digest_of_entry(raw | {"notes": "b"}, key)
    assert digest_of_entry(raw | {"x": 1}, key) != digest_of_entry(raw | {"x": 1.0}, key)
    assert digest_of_entry(raw | {"x": 1}, key) != digest_of_entry(raw | {"x": True}, key)
    for name, value in (
        ("RECORD_TEXT_LENGTH", 3),
        ("RECORD_LINE_ITEMS", 3),
        ("SECRET_KEY", "x" * 50),
        ("TIME_ZONE", "Asia/Tokyo"),
    ):
        with override_settings(**{name: value}):
            assert digest != digest_of_entry(raw, current_key())


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {},
        [],
        {"returnReferenceNumber": 7},
        {"returnReferenceNumber": " R-1"},
        {"returnReferenceNumber": "R\x1f1"},
        {"returnReferenceNumber": "R-1", "weight": Decimal("1.5")},
    ],
)
def test_what_has_no_digest_is_always_parsed(raw):
    assert digest_of_entry(raw, current_key()) == b""


def test_the_version_is_that_of_the_row():
    make_return()
    bring(sent())
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT FROM returns_return r JOIN returns_acceptedrecord a ON a.record_id = r.id
            WHERE a.version = r.xmin"""
        )
        assert cursor.rowcount == 1
