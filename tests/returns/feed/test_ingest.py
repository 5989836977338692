"""Records enter the database once, in any order, and a correction stands until the WMS differs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from returns.feed.ingest import ingest
from returns.feed.parsing import parse_record
from returns.feed.records import ReturnRecord
from returns.feed.statements import INGEST_COLUMNS
from returns.models import Return, ReturnTag, State
from tags.merging import merge
from tags.models import Tag
from tests.database import wait_until_another_waits_for_a_lock
from tests.factories import make_return, put_tag
from tests.trials import tried_on

DAY = datetime(2024, 3, 1, 9, 0, 0, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FUTURE = DAY + timedelta(days=300)


def record(reference: str = "Return-1", **facts) -> ReturnRecord:
    return ReturnRecord(
        reference, facts.pop("state", State.CREATED), DAY, **({"updated_at": DAY} | facts)
    )


def arrived(**facts) -> ReturnRecord:
    return record(state=State.ARRIVED, **({"arrived_to_warehouse_at": DAY + HOUR} | facts))


def feed(*records: ReturnRecord, **options):
    return ingest(records, source="feed", **options)


def counts(summary) -> tuple[int, ...]:
    return summary.created, summary.updated, summary.unchanged, len(summary.rejected)


def stored(reference: str = "Return-1") -> Return:
    return Return.objects.get(return_reference_number=reference)


def all_of(row: Return | ReturnRecord) -> dict:
    return {name: getattr(row, name) for name in (*INGEST_COLUMNS, "unknown_fields")}


def versions() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text, ctid::text FROM returns_return ORDER BY id")
        return cursor.fetchall()


@pytest.mark.django_db
class TestWhichRecordWins:
    def test_every_fact_is_stored(self):
        full = arrived(
            source="Oplog",
            sales_order_reference_number="RSO1",
            tracking_id="9" * 34,
            cargo_carrier="Aras",
            sales_order_channel="web",
            notes='back\\slash, "quote"\n\ttab',
            unknown_fields={"lines": [{"sku": "İ"}], "n": None},
        )
        assert counts(feed(full)) == (1, 0, 0, 0)
        assert all_of(stored()) == all_of(full)

    def test_replay_changes_no_row(self):
        records = [record("Return-1", tag="books"), arrived(notes="x"), record("Return-2")]
        feed(*records)
        before = versions()
        summary = feed(*records)
        assert (counts(summary), summary.tags_added) == ((0, 0, 3, 0), 0)
        assert versions() == before

    def test_older_record_does_not_move_a_return_back(self):
        feed(arrived(updated_at=DAY + HOUR))
        assert counts(feed(record(updated_at=DAY))) == (0, 0, 1, 0)
        assert stored().state == State.ARRIVED

    def test_newer_record_that_moves_a_return_back_is_believed(self):
        feed(arrived(updated_at=DAY))
        assert counts(feed(record(updated_at=DAY + HOUR))) == (0, 1, 0, 0)
        assert (stored().state, stored().arrived_to_warehouse_at) == (State.CREATED, None)
        assert stored().events.get().pgh_context == {"source": "feed"}

    def test_at_the_same_moment_the_fuller_record_wins(self):
        feed(record(notes="Box was crushed"), record(notes=""))
        feed(record(notes=""))
        assert stored().notes == "Box was crushed"

    def test_at_the_same_moment_each_fact_is_decided_by_itself(self):
        feed(record(notes="z"), record(notes="a", tracking_id="7"))
        assert (stored().notes, stored().tracking_id) == ("z", "7")

    def test_new_creation_time_reaches_the_taggings(self, vocabulary):
        feed(record(tag="books"))
        feed(replace(record(updated_at=DAY + HOUR), created_at=DAY - HOUR))
        assert ReturnTag.objects.get().entity_created_at == DAY - HOUR

    def test_return_of_another_system_is_rejected(self):
        feed(record())
        summary = feed(record(source="Oplog", updated_at=DAY + HOUR), record("Return-2"))
        assert counts(summary) == (1, 0, 0, 1)
        assert "already recorded by 'WMS'" in summary.rejected[0].error.reason
        assert stored().source == "WMS"

    def test_within_a_batch_a_return_belongs_to_the_first_system(self):
        summary = feed(record(source="Oplog"), record(updated_at=DAY + HOUR))
        assert [rejection.position for rejection in summary.rejected] == [1]
        assert stored().source == "Oplog"

    def test_record_that_the_database_refuses_leaves_the_others_in(self):
        bad = record("Return-7", unknown_fields={"a": "\x00"})
        told = []
        good = [record(f"Return-{number}") for number in range(5)]
        summary = feed(*good, bad, record("Return-8"), on_batch=told.append)
        assert counts(summary) == (6, 0, 0, 1)
        [rejected] = told[0].rejected
        assert (rejected.record, rejected.position) == (bad, 5)
        assert rejected.error.reason.startswith("refused by the database")

    def test_dry_run_counts_like_the_real_one_and_writes_nothing(self, vocabulary):
        records = [record(), arrived(updated_at=DAY + HOUR, tag="brand-new"), record("Return-2")]
        rehearsal = feed(*records, batch_size=1, dry_run=True)
        assert not Return.objects.exists()
        assert not Tag.objects.filter(name="brand-new").exists()
        assert feed(*records, batch_size=1) == rehearsal
        assert counts(rehearsal) == (2, 1, 0, 0)

    def test_progress_is_reported_after_each_batch(self):
        told = []
        feed(*(record(f"Return-{n}") for n in range(5)), batch_size=2, on_progress=told.append)
        assert told == [2, 4, 5]


TIMES = st.sampled_from([None, DAY, DAY + HOUR])
SOMETIMES_ABSENT = ["notes", "tracking_id", "cargo_carrier", "arrived_to_warehouse_at"]


def possible(state: State, arrived_at, completed_at, absent, **facts) -> ReturnRecord:
    times = {
        "arrived_to_warehouse_at": None if state == State.CREATED else arrived_at or DAY,
        "completed_at": completed_at or DAY if state == State.COMPLETED else None,
    }
    if state != State.COMPLETED or arrived_at:
        absent -= {"arrived_to_warehouse_at"}
    else:
        times["arrived_to_warehouse_at"] = None
    said = {name: value for name, value in (times | facts).items() if name not in absent}
    return record(state=state, absent=frozenset(absent), **said)


FACT_SETS = st.builds(
    possible,
    absent=st.sets(st.sampled_from(SOMETIMES_ABSENT)),
    cargo_carrier=st.sampled_from(["", "DHL"]),
    state=st.sampled_from(State.values),
    arrived_at=TIMES,
    completed_at=TIMES,
    updated_at=st.sampled_from([DAY, DAY + HOUR, DAY + 2 * HOUR]),
    notes=st.sampled_from(["", "a", "B", "ı"]),
    tracking_id=st.sampled_from(["", "7"]),
    unknown_fields=st.sampled_from([{}, {"a": 1}, {"a": 1.0}, {"b": None}, {"a": None, "b": []}]),
    tag=st.sampled_from([None, "books", "apparel,books", "fragile"]),
)


class TestAnyOrder(TestCase):
    @pytest.mark.slow
    @tried_on(60)
    @given(st.lists(FACT_SETS, min_size=2, max_size=6), st.data())
    def test_any_order_and_any_batches_end_in_the_same_row(self, records, data):
        ends = []
        for number in range(2):
            order = data.draw(st.permutations(records))
            reference = f"Return-{number}"
            feed(
                *(replace(one, return_reference_number=reference) for one in order),
                batch_size=data.draw(st.integers(1, 6)),
            )
            ends.append(all_of(stored(reference)))
            ends[-1]["unknown_fields"] = repr(sorted(stored(reference).unknown_fields.items()))
            ends[-1]["tags"] = tags(reference)
        assert ends[0] == ends[1]


class TestCorrectedUpdate(TestCase):
    @pytest.mark.slow
    @tried_on(60)
    @given(
        st.lists(FACT_SETS, max_size=2),
        FACT_SETS,
        st.lists(st.tuples(FACT_SETS, st.sampled_from([0, 2, 4])), min_size=1, max_size=4),
    )
    def test_it_is_as_if_the_record_had_been_sent_with_that_time(self, older, wrong, others):
        corrected = DAY + 3 * HOUR
        later = [replace(one, updated_at=one.updated_at + n * HOUR) for one, n in others]
        ends = []
        for number, sent_at in enumerate([FUTURE, corrected]):
            reference = f"Return-{number}"
            first = [*older, replace(wrong, updated_at=sent_at)]
            feed(*(replace(one, return_reference_number=reference) for one in first))
            if sent_at == FUTURE:
                correct(reference, updated_at=corrected)
            feed(*(replace(one, return_reference_number=reference) for one in later))
            ends.append(all_of(stored(reference)))
        assert ends[0] == ends[1]


@pytest.mark.django_db
class TestWhatARecordDoesNotSay:
    def test_it_stays(self):
        feed(arrived(notes="x", tracking_id="7", unknown_fields={"lines": [1], "zone": "A"}))
        newer = arrived(updated_at=DAY + HOUR, unknown_fields={"zone": "B"})
        assert counts(feed(replace(newer, absent=frozenset({"notes"})))) == (0, 1, 0, 0)
        assert (stored().notes, stored().tracking_id) == ("x", "")
        assert stored().unknown_fields == {"lines": [1], "zone": "B"}

    def test_an_older_record_that_says_it_still_counts(self):
        newer = record(updated_at=DAY + HOUR, tracking_id="7")
        feed(replace(newer, absent=frozenset({"notes"})))
        assert counts(feed(record(notes="x", tracking_id="6"))) == (0, 1, 0, 0)
        assert (stored().notes, stored().tracking_id) == ("x", "7")
        assert stored().updated_at == DAY + HOUR

    def test_null_clears_an_unknown_field_for_good(self):
        feed(record(unknown_fields={"zone": None}, updated_at=DAY + HOUR))
        feed(record(unknown_fields={"zone": "A"}))
        assert stored().unknown_fields == {"zone": None}

    def test_a_missing_source_is_no_second_source(self):
        feed(record(source="Oplog"))
        silent = replace(record(updated_at=DAY + HOUR, notes="x"), absent=frozenset({"source"}))
        assert counts(feed(silent)) == (0, 1, 0, 0)
        assert (stored().source, stored().notes) == ("Oplog", "x")

    def test_a_time_that_the_state_needs_may_be_known_already(self):
        silent = replace(
            record(state=State.ARRIVED, updated_at=DAY + 2 * HOUR, notes="x"),
            absent=frozenset({"arrived_to_warehouse_at"}),
        )
        assert counts(feed(silent)) == (0, 0, 0, 1)
        feed(arrived())
        assert counts(feed(silent)) == (0, 1, 0, 0)
        assert (stored().arrived_to_warehouse_at, stored().notes) == (DAY + HOUR, "x")

    def test_a_time_that_another_record_of_the_batch_brings_is_enough(self):
        silent = replace(
            record(state=State.ARRIVED, updated_at=DAY + 2 * HOUR, notes="x"),
            absent=frozenset({"arrived_to_warehouse_at"}),
        )
        assert counts(feed(silent, arrived())) == (1, 0, 1, 0)
        assert (stored().arrived_to_warehouse_at, stored().notes) == (DAY + HOUR, "x")

    def test_an_older_record_with_times_that_contradict_still_says_the_rest(self, vocabulary):
        done = {"state": State.COMPLETED, "completed_at": DAY + HOUR}
        feed(record(**done))
        newest = replace(
            record(state=State.COMPLETED, updated_at=DAY + 3 * HOUR),
            absent=frozenset({"completed_at", "tracking_id"}),
        )
        feed(newest)
        feed(arrived(updated_at=DAY + 2 * HOUR, tracking_id="7", tag="books"))
        assert (stored().state, stored().completed_at) == (State.COMPLETED, DAY + HOUR)
        assert stored().tracking_id == "7"
        assert tags() == {"books"}

    def test_how_new_a_fact_is_alone_is_no_change(self):
        feed(replace(record(updated_at=DAY + HOUR), absent=frozenset({"notes"})))
        feed(record(notes="x"))
        assert counts(feed(record(notes="x", updated_at=DAY + HOUR))) == (0, 0, 1, 0)

    def test_large_numbers_of_unknown_fields_are_no_news(self):
        one = parse_record(
            {
                "returnReferenceNumber": "Return-1",
                "state": "ReturnCreated",
                "createdAt": DAY.isoformat(),
                "updatedAt": DAY.isoformat(),
                "weight": 1e16,
                "price": 1.0,
            }
        )
        feed(one)
        assert counts(feed(one)) == (0, 0, 1, 0)

    def test_times_of_a_file_are_cut_and_are_no_news(self):
        exact = DAY + timedelta(hours=1, seconds=7, microseconds=8)
        feed(record(state=State.ARRIVED, arrived_to_warehouse_at=exact, updated_at=exact))
        before = versions()
        for shown in (exact.replace(microsecond=0), exact.replace(microsecond=0, second=0)):
            cut = record(
                state=State.ARRIVED,
                arrived_to_warehouse_at=shown,
                updated_at=shown,
                is_rounded=True,
            )
            assert counts(feed(cut)) == (0, 0, 1, 0)
            derived = replace(cut, updated_at=DAY + 9 * HOUR, is_update_derived=True)
            assert counts(feed(derived)) == (0, 0, 1, 0)
        assert versions() == before
        assert counts(feed(replace(derived, notes="x"))) == (0, 1, 0, 0)
        assert (stored().notes, stored().arrived_to_warehouse_at) == ("x", exact)


def correct(reference: str = "Return-1", **facts) -> None:
    """Do as an admin's correction does: keep what the WMS had sent, by field."""
    row = stored(reference)
    for name, value in facts.items():
        sent = getattr(row, name)
        row.corrections[name] = sent.isoformat() if isinstance(sent, datetime) else sent
        setattr(row, name, value)
    row.save()


@pytest.mark.django_db
class TestCorrections:
    def test_correction_stands_while_the_wms_repeats_itself(self):
        feed(record(notes="wrong", tracking_id="1"))
        correct(notes="right")
        feed(record(notes="wrong", tracking_id="2", updated_at=DAY + HOUR))
        assert (stored().notes, stored().tracking_id) == ("right", "2")
        assert stored().corrections == {"notes": "wrong"}

    def test_correction_falls_when_the_wms_says_something_else(self):
        feed(record(notes="wrong", tracking_id=""))
        correct(notes="right", tracking_id="7")
        feed(record(notes="news", tracking_id="", updated_at=DAY + HOUR))
        assert (stored().notes, stored().tracking_id) == ("news", "7")
        assert stored().corrections == {"tracking_id": ""}

    def test_a_file_that_repeats_corrections_does_not_end_them(self):
        feed(arrived(notes="wrong", cargo_carrier=""))
        later = DAY + timedelta(hours=5, seconds=1, microseconds=9)
        correct(cargo_carrier="Yurtiçi", arrived_to_warehouse_at=later)
        shown = {"cargo_carrier": "Yurtiçi", "notes": "wrong", "is_rounded": True}
        at = later.replace(microsecond=0)
        assert counts(feed(arrived(arrived_to_warehouse_at=at, **shown))) == (0, 0, 1, 0)
        assert stored().corrections.keys() == {"cargo_carrier", "arrived_to_warehouse_at"}

    def test_replay_after_a_correction_changes_no_row(self):
        feed(arrived(notes="zebra"))
        correct(notes="aardvark", updated_at=DAY - HOUR)
        before = versions()
        assert counts(feed(arrived(notes="zebra"))) == (0, 0, 1, 0)
        assert versions() == before

    def test_a_return_frozen_by_the_future_takes_newer_records_once_its_update_is_corrected(self):
        wrong = record(updated_at=FUTURE, notes="wrong", tracking_id="1")
        right = record(updated_at=DAY + 2 * HOUR, notes="right", tracking_id="1")
        feed(wrong)
        assert counts(feed(right)) == (0, 0, 1, 0)
        correct(updated_at=DAY + HOUR)
        assert counts(feed(wrong)) == (0, 0, 1, 0)
        assert counts(feed(replace(right, updated_at=DAY))) == (0, 0, 1, 0)
        assert counts(feed(right)) == (0, 1, 0, 0)
        assert (stored().notes, stored().updated_at) == ("right", right.updated_at)
        assert stored().corrections == {}

    def test_a_corrected_update_is_as_new_as_the_admin_says_also_with_news(self):
        feed(record(updated_at=FUTURE, notes="a"))
        correct(updated_at=DAY + HOUR)
        assert counts(feed(record(updated_at=FUTURE, notes="b"))) == (0, 1, 0, 0)
        assert (stored().notes, stored().updated_at) == ("b", DAY + HOUR)
        assert stored().corrections == {"updated_at": FUTURE.isoformat(timespec="microseconds")}

    def test_what_the_frozen_record_lacked_is_not_frozen_either(self):
        feed(record(updated_at=FUTURE, notes="a"))
        later = record(updated_at=FUTURE + HOUR)
        feed(replace(later, absent=frozenset({"notes"})))
        correct(updated_at=DAY)
        before = versions()
        assert counts(feed(replace(later, absent=frozenset({"notes"})))) == (0, 0, 1, 0)
        assert versions() == before
        feed(record(updated_at=DAY + HOUR, notes="b"))
        assert stored().notes == "b"
        assert "notes" not in stored().stamps

    def test_state_and_its_times_stand_together(self):
        feed(record())
        correct(state=State.ARRIVED, arrived_to_warehouse_at=DAY, completed_at=None)
        feed(record(notes="more", updated_at=DAY + HOUR))
        assert (stored().state, stored().arrived_to_warehouse_at) == (State.ARRIVED, DAY)

    def test_state_and_its_times_fall_together(self):
        feed(record())
        correct(state=State.ARRIVED, arrived_to_warehouse_at=DAY, completed_at=None)
        done = {"state": State.COMPLETED, "completed_at": DAY + HOUR}
        assert counts(feed(record(updated_at=DAY + HOUR, **done))) == (0, 1, 0, 0)
        assert (stored().state, stored().arrived_to_warehouse_at) == (State.COMPLETED, None)
        assert stored().corrections == {}

    def test_return_stays_with_the_system_that_recorded_it(self):
        feed(record())
        correct(source="Oplog")
        assert counts(feed(record(notes="x"))) == (0, 1, 0, 0)
        assert counts(feed(record(source="Oplog", notes="y"))) == (0, 0, 0, 1)


def tags(reference: str = "Return-1") -> set[str]:
    return set(stored(reference).taggings.values_list("tag__name", flat=True))


@pytest.mark.django_db
class TestTags:
    def test_names_meet_whatever_their_case(self, vocabulary):
        assert feed(record(tag="BOOKS,Frag\u0131le,books")).tags_added == 2
        assert tags() == {"books", "fragile"}

    def test_unknown_name_becomes_an_unsorted_tag(self, vocabulary):
        feed(record(tag="gift-wrapped"), record("Return-2", tag="Gift-Wrapped"))
        assert Tag.objects.get(name_key="GIFT-WRAPPED").group.name == "Unsorted"
        assert len(tags() | tags("Return-2")) == 1

    def test_tag_that_a_person_removed_does_not_come_back(self, vocabulary):
        feed(record(tag="books,fragile"))
        ReturnTag.objects.filter(tag__name="books").delete()
        feed(record(tag="books,fragile", updated_at=DAY + HOUR))
        assert tags() == {"fragile"}

    def test_changed_string_adds_and_removes_nothing(self, vocabulary):
        feed(record(tag="books"))
        assert counts(feed(record(tag="apparel"))) == (0, 1, 0, 0)
        assert tags() == {"books", "apparel"}

    def test_record_without_tags_forgets_none(self, vocabulary):
        feed(record(tag="books"))
        feed(record(updated_at=DAY + HOUR))
        assert stored().feed_tags == "books"

    def test_record_without_tags_does_not_hide_those_of_its_batch(self, vocabulary):
        feed(record(tag="books"), record(), record(updated_at=DAY + HOUR))
        assert tags() == {"books"}

    @pytest.mark.parametrize("batch_size", [1, 2])
    def test_tags_are_those_of_all_records_in_any_order(self, vocabulary, batch_size):
        feed(
            record(tag="books", updated_at=DAY + HOUR), record(tag="apparel"), batch_size=batch_size
        )
        assert tags() == {"books", "apparel"}
        ReturnTag.objects.filter(tag__name="books").delete()
        feed(record(tag="apparel,books,fragile", updated_at=DAY + HOUR))
        assert tags() == {"apparel", "fragile"}

    def test_a_tag_that_was_removed_before_it_was_merged_does_not_come_back(self, vocabulary):
        feed(record())
        put_tag(stored(), "books").delete()
        merge([Tag.objects.get(name="books")], Tag.objects.get(name="fragile"), None)
        feed(record(tag="fragile,apparel", updated_at=DAY + HOUR))
        assert tags() == {"apparel"}

    @pytest.mark.parametrize("string", ["standard,urgent-refund", "urgent-refund,standard"])
    def test_of_two_priorities_the_higher_stays(self, vocabulary, string):
        summary = feed(record(tag=string))
        assert tags() == {"urgent-refund"}
        assert summary.tag_conflicts == [("Return-1", "urgent-refund", "standard")]

    @pytest.mark.parametrize("persons", ["vip-customer", "standard"])
    def test_priority_of_a_person_stays_unless_the_feeds_is_higher(
        self, vocabulary, persons, agent
    ):
        feed(record())
        put_tag(stored(), persons, by=agent)
        feed(record(tag="high-value"))
        assert tags() == {"vip-customer" if persons == "vip-customer" else "high-value"}

    def test_tagging_is_on_the_timeline_with_its_source(self, vocabulary):
        ingest([record(tag="books")], source="file")
        event = ReturnTag.pgh_event_models["tag.added"].objects.get()
        assert (event.entity_id, event.pgh_context) == (stored().pk, {"source": "file"})


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_end_as_one():
    records = [record(f"Return-{n}", tag=f"new-{n % 7}", notes=str(n)) for n in range(300)]
    summaries = []

    def run(order: list[ReturnRecord]) -> None:
        summaries.append(ingest(order, source="file", batch_size=40))
        connection.close()

    threads = [Thread(target=run, args=[order]) for order in (records, records[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(summary.created for summary in summaries) == Return.objects.count() == 300
    assert sum(summary.unchanged for summary in summaries) == 300
    assert ReturnTag.objects.count() == 300


@pytest.mark.django_db(transaction=True)
def test_return_that_another_system_records_at_this_moment_is_rejected():
    summaries = []

    def run() -> None:
        summaries.append(feed(record(source="Oplog", updated_at=DAY + HOUR), record("Return-2")))
        connection.close()

    other = Thread(target=run)
    with transaction.atomic():
        feed(record())
        other.start()
        wait_until_another_waits_for_a_lock()
    other.join()
    assert counts(summaries[0]) == (1, 0, 0, 1)
    assert stored().source == "WMS"


@pytest.mark.django_db
def test_facts_of_a_return_made_elsewhere_are_compared_too():
    row = make_return("Return-1", updated_at=DAY + HOUR)
    feed(record())
    assert stored().tracking_id == row.tracking_id
