"""One record cannot spoil pages for all: what is too much is rejected, with the limit."""

import pytest
from django.test import override_settings

from returns.feed.parsing import parse_record
from returns.feed.records import RecordError
from returns.models import RejectedRecord, Return, ReturnTag
from tags.models import Tag
from tests.returns.feed.test_runs import bring, counts, sent

pytestmark = pytest.mark.django_db


def names(count: int, start: int = 0) -> str:
    return ",".join(f"name {number}" for number in range(start, start + count))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"tag": names(51)}, "tag: 51 names; at most 50 tags are allowed"),
        ({"tag": "x, " * 900_000}, "tag: 2,700,000 characters; at most 50 tags are allowed"),
        ({"notes": "n" * 50_001}, "notes: 50,001 characters; at most 50,000 are allowed"),
        ({f"key{n}": 1 for n in range(1_001)}, "record: 1,001 unknown fields; at most 1,000"),
        ({"key": [1] * 40_000}, "record: 120,009 characters in unknown fields; at most 100,000"),
        ({"k" * 201: 1}, "a name of 201 characters; at most 200 are allowed"),
        ({"key": "x" * 100_000}, "characters in unknown fields"),
    ],
)
def test_what_is_too_much_is_rejected_with_the_limit(fields, words):
    with pytest.raises(RecordError) as raised:
        parse_record(sent(**fields).raw)
    assert words in str(raised.value)
    assert counts(bring(sent(**fields), sent("Return-2"))) == (2, 1, 0, 0, 1)
    assert len(RejectedRecord.objects.get().written) < 21_000


def test_what_is_just_within_the_limits_is_taken():
    fields = {f"key{n}": 1 for n in range(1_000)}
    bring(sent(tag=names(50), notes="n" * 50_000, **fields))
    stored = Return.objects.get()
    assert (len(stored.notes), len(stored.unknown_fields)) == (50_000, 1_000)
    assert ReturnTag.objects.count() == 50


def test_records_cannot_give_a_return_any_number_of_tags():
    rows = [
        bring(sent(tag=names(40, start=40 * number), updatedAt=f"2026-01-0{number + 5}T09:00:00Z"))
        for number in range(3)
    ]
    assert [counts(row)[-1] for row in rows] == [0, 0, 1]
    assert ReturnTag.objects.count() == 80
    assert "120 tags; at most 100 are allowed" in RejectedRecord.objects.get().reason


@override_settings(FEED_NEW_TAGS=5)
def test_the_feed_creates_so_many_tags_and_rejects_records_with_others():
    before = Tag.objects.count()
    row = bring(
        sent(tag=names(3)), sent("R-2", tag=names(5)), sent("R-3", tag=names(7)), sent("R-4")
    )
    assert counts(row) == (4, 3, 0, 0, 1)
    assert Tag.objects.count() == before + 5
    assert "the group “Unsorted” may have only 5 tags" in RejectedRecord.objects.get().reason
    assert counts(bring(sent("R-5", tag=f"{names(5)},wrong-size"))) == (1, 1, 0, 0, 0)


def test_a_page_of_a_return_is_small_whatever_was_sent(as_agent):
    bring(sent(tag=names(50), notes="n" * 50_000, key="x" * 90_000))
    page = as_agent.get("/returns/Return-1/")
    assert page.status_code == 200
    assert len(page.content) < 500_000
    assert len(as_agent.get("/returns/").content) < 500_000
