"""However records come, and however they are cut into batches, they end in the same database."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from returns.feed import runs
from returns.feed.files import read_items
from returns.feed.items import item_from_json
from returns.feed.parsing import parse_record
from returns.feed.push import push
from returns.feed.records import RecordError
from returns.feed.retries import retry
from returns.feed.runs import record_run
from returns.feed.statements import INGEST_COLUMNS, JSON_COLUMNS
from returns.models import Fate, RejectedRecord, Return, ReturnItem, ReturnTag, State, Way
from tags.groups import UNSORTED
from tags.models import Tag
from tests.returns.feed.test_runs import DAY, bring, fates, sent
from tests.trials import tried_on

START = datetime(2026, 1, 5, tzinfo=UTC)
ABSENT = object()
Records = list[dict[str, Any]]


def at(minute: int) -> str:
    return (START + timedelta(minutes=minute)).isoformat()


TIMES = st.sampled_from([ABSENT, None, at(1), at(2)])
NAMES = ("urgent-refund", "standard", "wrong-size", "Wrong Size", "books", "#BOOKS")
MUG = {"lineItemReferenceNumber": "L-1", "sku": "MUG", "state": "WaitingToBeProcessed"}
CUP = {"lineItemReferenceNumber": "L-2", "sku": "CUP", "state": "Damaged", "shelf": 1.5}
# Of one list, the order makes no difference.
LINE_ITEMS = ([MUG], [CUP, MUG], [MUG, CUP], [MUG | {"state": "Missing", "processedAt": at(1)}])
NEW_NAMES = ("new a", "New-A", "#new_a", "new b", "NEW B", "new c", "new d", "new e", "new f")


def is_record(raw: dict[str, Any]) -> bool:
    try:
        parse_record(raw)
    except RecordError:
        return False
    return True


def records(sources=("WMS",), wrong=()) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda **fields: {name: value for name, value in fields.items() if value is not ABSENT},
        returnReferenceNumber=st.sampled_from(["R-1", "R-2", "R-3"]),
        source=st.sampled_from(sources),
        state=st.sampled_from([*State.values, State.COMPLETED.value, *wrong]),
        createdAt=st.sampled_from([at(0), at(0), at(0), *wrong]),
        updatedAt=st.sampled_from([*map(at, range(5)), *wrong]),
        arrivedToWarehouseAt=TIMES,
        completedAt=TIMES,
        notes=st.sampled_from([ABSENT, "", "a", "b"]),
        trackingId=st.sampled_from([ABSENT, None, "7", *(number * 200 for number in wrong)]),
        lineItems=st.sampled_from([ABSENT, None, [], *LINE_ITEMS, *([[{}]] if wrong else [])]),
        shelf=st.sampled_from([ABSENT, None, 1, "x"]),
        tag=st.lists(st.sampled_from([*NAMES, *NEW_NAMES]), max_size=4, unique=True).map(",".join),
    )


def with_repeats(some: st.SearchStrategy[dict[str, Any]], most: int) -> st.SearchStrategy[Records]:
    """Return lists of records, of which several are the same."""
    different = st.lists(some, min_size=2, max_size=8)
    return different.flatmap(
        lambda each: st.lists(st.sampled_from(each), min_size=2, max_size=most)
    )


# Records of one return, about states and their times alone.
STATES_ALONE = st.builds(
    lambda **fields: {name: value for name, value in fields.items() if value is not ABSENT},
    returnReferenceNumber=st.just("R-1"),
    state=st.sampled_from(State.values),
    createdAt=st.just(at(0)),
    updatedAt=st.sampled_from([*map(at, range(6))]),
    arrivedToWarehouseAt=TIMES,
    completedAt=TIMES,
).filter(is_record)
# Valid records of two returns, about tags alone.
TAGS_ALONE = st.builds(
    lambda reference, names: {
        "returnReferenceNumber": reference,
        "state": State.CREATED.value,
        "createdAt": at(0),
        "updatedAt": at(0),
        "tag": ",".join(names),
    },
    st.sampled_from(["R-1", "R-2"]),
    st.lists(st.sampled_from(NEW_NAMES), min_size=1, max_size=3, unique=True),
)


# The ways in


def import_file(parts: list[Records]) -> None:
    lines = "\n".join(json.dumps(record) for part in parts for record in part)
    with record_run(Way.FILE, "records.jsonl") as run:
        run.import_items(read_items(io.BytesIO(lines.encode())), source="file")


def push_parts(parts: list[Records]) -> None:
    for part in parts:
        push(json.dumps({"items": part}).encode(), "a shop")


def pull_parts(parts: list[Records]) -> None:
    with record_run(Way.PULL, "http://far") as run:
        for part in parts:
            run.import_items([item_from_json("record", record) for record in part])


WAYS: tuple[Callable[[list[Records]], None], ...] = (import_file, push_parts, pull_parts)


def end_of(bring: Callable[[list[Records]], None], parts: list[Records]) -> dict[str, Any]:
    """Return what is stored after the parts were brought to an empty database."""
    with transaction.atomic():
        bring(parts)
        end = {
            "returns": sorted(
                Return.objects.values_list(
                    "return_reference_number", *INGEST_COLUMNS, *JSON_COLUMNS, "feed_tags"
                ),
                key=repr,
            ),
            "items": sorted(
                ReturnItem.objects.values_list(
                    "record__return_reference_number", "line_reference", "sku", "state"
                )
            ),
            "taggings": sorted(
                ReturnTag.objects.values_list("entity__return_reference_number", "tag__name")
            ),
            "names": sorted(
                Tag.objects.filter(group__name=UNSORTED).values_list("name", flat=True)
            ),
            # A record that had to wait for another one is known to have been rejected.
            "rejected": sorted(
                RejectedRecord.objects.exclude(fate=Fate.IMPORTED).values_list(
                    "reference", "written", "field", "reason", "fate"
                )
            ),
        }
        transaction.set_rollback(True)
    return end


def cut(everything: Records, places: set[int]) -> list[Records]:
    ends = [*sorted(places), len(everything)]
    parts = [everything[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return [part for part in parts if part]


class Cuts(TestCase):
    @pytest.mark.slow
    @tried_on(60)
    @given(
        with_repeats(records(["WMS", "WMS", "Oplog", ABSENT], ["wrong"]), most=14),
        st.data(),
    )
    def test_batches_of_any_size_and_every_way_end_the_same(self, everything, data):
        with override_settings(FEED_NEW_TAGS=4, RETURN_TAGS=5):
            whole = end_of(import_file, [everything])
            for bring in WAYS:
                places = data.draw(st.sets(st.integers(1, len(everything) - 1)))
                assert end_of(bring, cut(everything, places)) == whole

    @pytest.mark.slow
    @tried_on(40)
    @given(st.lists(TAGS_ALONE, min_size=2, max_size=8), st.data())
    def test_the_limits_of_tags_are_met_by_the_same_records(self, everything, data):
        with override_settings(FEED_NEW_TAGS=4, RETURN_TAGS=4):
            whole = end_of(import_file, [everything])
            places = data.draw(st.sets(st.integers(1, len(everything) - 1), min_size=1))
            assert end_of(push_parts, cut(everything, places)) == whole

    @pytest.mark.slow
    @tried_on(60)
    @given(
        st.one_of(
            with_repeats(records(), most=10),
            st.lists(STATES_ALONE, min_size=3, max_size=6),
        ),
        st.data(),
    )
    def test_any_order_ends_the_same(self, everything, data):
        whole = in_any_order(end_of(import_file, [everything]))
        shuffled = data.draw(st.permutations(everything))
        places = data.draw(st.sets(st.integers(1, len(everything) - 1)))
        bring = data.draw(st.sampled_from(WAYS))
        assert in_any_order(end_of(bring, cut(shuffled, places))) == whole


def in_any_order(end: dict[str, Any]) -> dict[str, Any]:
    """Return an end without the spelling of new tags, which is that of the first to come."""
    return {
        "returns": [
            (*row[:-1], sorted({name_key(name) for name in row[-1].split(",")}))
            for row in end["returns"]
        ],
        "taggings": sorted((reference, name_key(name)) for reference, name in end["taggings"]),
        "names": sorted(map(name_key, end["names"])),
        "rejected": end["rejected"],
    }


def name_key(name: str) -> str:
    return name.strip("#").casefold().translate(str.maketrans(" _", "--"))


# Each difference by itself

LATER = "2026-01-06T09:00:00Z"
LATEST = "2026-01-07T09:00:00Z"
COMPLETED = {"state": "Completed", "completedAt": "2026-01-05T10:00:00Z"}


@pytest.mark.django_db
class TestOneByOne:
    def test_a_record_is_imported_when_another_one_brings_its_time(self, vocabulary):
        bring(sent(state="Completed", updatedAt=LATER, notes="x", tag="books"))
        assert fates() == {"Return-1": Fate.WAITING}
        bring(sent(**COMPLETED))
        assert fates() == {"Return-1": Fate.IMPORTED}
        assert Return.objects.values_list("state", "notes").get() == ("Completed", "x")
        assert ReturnTag.objects.get().tag.name == "books"

    def test_a_record_without_its_time_waits_although_another_one_is_as_new(self):
        bring(sent(state="Completed", notes="x"))
        bring(sent())
        assert fates() == {"Return-1": Fate.WAITING}
        bring(sent(updatedAt=LATER))
        assert fates() == {"Return-1": Fate.IMPORTED}
        assert Return.objects.values_list("state", "notes").get() == ("ReturnCreated", "x")

    def test_a_time_that_was_cleared_since_is_enough(self):
        for first, second in [(COMPLETED, {}), ({}, COMPLETED)]:
            with transaction.atomic():
                for each, updated_at in [(first, DAY), (second, LATER)]:
                    bring(sent(**each | {"updatedAt": updated_at}))
                bring(sent(state="Completed", updatedAt=LATEST, notes="x"))
                stored = Return.objects.get()
                assert (stored.state, stored.notes) == ("Completed", "x")
                assert stored.completed_at == datetime(2026, 1, 5, 10, tzinfo=UTC)
                transaction.set_rollback(True)

    def test_a_record_of_another_system_does_not_slip_in_with_the_time(self):
        silent = sent(state="Completed", updatedAt=LATER, notes="x", source="Oplog")
        for parts in ([[silent, sent(**COMPLETED)]], [[silent], [sent(**COMPLETED)]]):
            with transaction.atomic():
                for part in parts:
                    bring(*part)
                assert Return.objects.get().notes == ""
                assert RejectedRecord.objects.values_list("field", "fate").get() == (
                    "source",
                    Fate.WAITING,
                )
                transaction.set_rollback(True)

    def test_a_record_that_is_kept_while_its_time_comes_is_imported(self, monkeypatch):
        keep = runs.keep_rejects

        def keep_later(*arguments):
            monkeypatch.undo()
            bring(sent(**COMPLETED))
            return keep(*arguments)

        monkeypatch.setattr(runs, "keep_rejects", keep_later)
        bring(sent(state="Completed", updatedAt=LATER, notes="x"))
        assert fates() == {"Return-1": Fate.IMPORTED}
        assert Return.objects.get().notes == "x"

    @override_settings(FEED_NEW_TAGS=1)
    def test_tags_without_room_are_not_forgotten_when_the_return_changes(self, manager):
        bring(sent(tag="one"), sent(tag="two", updatedAt=LATER))
        bring(sent(tag="one", updatedAt=LATEST))
        assert fates() == {"Return-1": Fate.WAITING}
        with override_settings(FEED_NEW_TAGS=2):
            assert retry(RejectedRecord.objects.all(), manager).rejected == 0
        assert ReturnTag.objects.count() == 2

    @override_settings(FEED_NEW_TAGS=2)
    def test_the_first_records_get_the_room_and_the_first_spelling_stays(self):
        bring(
            sent(tag="z b"), sent("R-2", tag="Z-B"), sent("R-3", tag="z c,a"), sent("R-4", tag="b")
        )
        names = Tag.objects.filter(group__name=UNSORTED).values_list("name", flat=True)
        assert set(names) == {"z b", "b"}
        assert fates() == {"R-3": Fate.WAITING}

    @pytest.mark.parametrize("ends", [(1, 3), (2, 3), (3,)])
    def test_a_record_that_is_received_again_came_when_it_came_first(self, ends):
        wrong = sent(updatedAt="soon")
        items = [wrong, sent(), wrong]
        for start, end in zip((0, *ends), ends, strict=False):
            bring(*items[start:end])
        assert fates() == {"Return-1": Fate.SUPERSEDED}

    @pytest.mark.parametrize("together", [True, False])
    def test_an_older_record_supersedes_none(self, together):
        items = [sent(updatedAt=LATER, trackingId="7" * 200), sent(trackingId="7")]
        for part in [items] if together else [[item] for item in items]:
            bring(*part)
        assert fates() == {"Return-1": Fate.WAITING}

    @pytest.mark.parametrize("together", [True, False])
    def test_a_newer_record_supersedes_also_one_that_comes_later(self, together):
        items = [sent(updatedAt=LATER, trackingId="7"), sent(trackingId="7" * 200)]
        for part in [items] if together else [[item] for item in items]:
            bring(*part)
        assert fates() == {"Return-1": Fate.SUPERSEDED}
