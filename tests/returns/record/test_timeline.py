"""The timeline tells what happened, who did it and when; no bulk or raw write escapes it."""

from datetime import UTC, datetime, timedelta

import pghistory
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.feed.ingest import ingest
from returns.feed.records import ReturnRecord
from returns.models import Return, ReturnTag, State
from returns.record.corrections import correct
from returns.record.events import events_of
from returns.record.timeline import MAX_ENTRIES, Change, Entry, timeline_of
from tags import editing
from tags.tagging import add_many, add_tag, remove_tag
from tags.vocabulary import find_tag, load_vocabulary
from tests.factories import make_comment, make_return, make_tag, put_tag

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 3, 1, 9, 0, 0, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATES = [state.value for state in State]


def timeline(record: Return, *, whole: bool = False):
    record.refresh_from_db()
    return timeline_of(record, load_vocabulary(), whole=whole)


def entries(record: Return) -> list[Entry]:
    return [entry for stretch in timeline(record).newest for entry in stretch.entries]


def changed(record: Return) -> list[tuple[str, list[str]]]:
    """Return who changed which facts, with the texts of the page, newest first."""
    found = [entry for entry in entries(record) if entry.changes]
    return [(entry.who, [_text(change) for change in entry.changes]) for entry in found]


def _text(change: Change) -> str:
    return f"{change.text}: {change.before} > {change.after}" if change.has_values else change.text


def tagged(record: Return) -> list[tuple[str, list[str], list[str]]]:
    """Return who added and removed which tags, the newest first."""
    found = [entry for entry in entries(record) if entry.is_tag_change]
    return [
        (entry.who, [tag.name for tag in entry.added], [tag.name for tag in entry.removed])
        for entry in found
    ]


def feed(state: State = State.CREATED, hours: int = 0, **facts) -> Return:
    """Let the feed send a record of Return-1, so many hours after the first."""
    times = {
        State.CREATED: {},
        State.ARRIVED: {"arrived_to_warehouse_at": DAY + HOUR},
        State.COMPLETED: {"arrived_to_warehouse_at": DAY + HOUR, "completed_at": DAY + 2 * HOUR},
    }[state]
    sent = {"updated_at": DAY + hours * HOUR, "tracking_id": "111"} | times | facts
    ingest([ReturnRecord("Return-1", state.value, DAY, **sent)], source="feed")
    return Return.objects.get(return_reference_number="Return-1")


class TestStates:
    def test_each_state_stands_at_the_time_of_the_wms_the_newest_first(self):
        record = make_return(state=State.COMPLETED, created_at=DAY)
        shown = [(entry.state, entry.at, entry.who) for entry in entries(record)]
        assert shown == [
            ("Completed", DAY + 2 * HOUR, "WMS"),
            ("ArrivedToWarehouse", DAY + HOUR, "WMS"),
            ("ReturnCreated", DAY, "WMS"),
        ]

    def test_of_equal_times_the_later_state_stands_first(self):
        record = make_return(
            state=State.COMPLETED, created_at=DAY, arrived_to_warehouse_at=DAY, completed_at=DAY
        )
        assert [entry.state for entry in entries(record)] == STATES[::-1]

    def test_a_step_forward_by_the_feed_is_told_once(self):
        feed()
        feed(State.ARRIVED, 1)
        record = feed(State.COMPLETED, 2)
        assert changed(record) == []
        assert len(events_of(record, 9)) == 2

    def test_a_move_back_by_the_wms_is_told(self):
        feed(State.COMPLETED)
        record = feed(State.ARRIVED, 3)
        assert changed(record) == [("the feed", ["Moved back by the WMS: Completed > Arrived"])]

    def test_after_a_move_back_the_first_completion_is_still_told(self):
        feed(State.ARRIVED)
        feed(State.COMPLETED, 1)
        feed(State.ARRIVED, 2)
        record = feed(State.COMPLETED, 3, completed_at=DAY + 9 * HOUR)
        assert [said for _, said in changed(record)] == [
            ["Moved back by the WMS: Completed > Arrived"],
            ["State changed: Arrived > Completed"],
        ]

    def test_an_arrival_time_that_changed_is_told_with_both(self):
        feed(State.ARRIVED)
        record = feed(State.ARRIVED, 1, arrived_to_warehouse_at=DAY + 5 * HOUR)
        said = f"Arrival time changed: {DAY + HOUR} > {DAY + 5 * HOUR}"
        assert changed(record) == [("the feed", [said])]


class TestFacts:
    def test_a_number_that_the_wms_changed_is_told_with_both(self):
        feed()
        record = feed(hours=1, tracking_id="222")
        assert changed(record) == [("the feed", ["Tracking ID changed: 111 > 222"])]

    def test_of_notes_only_the_fact_is_told(self):
        feed(notes="secret words")
        record = feed(hours=1, notes="others")
        assert changed(record) == [("the feed", ["Notes changed"])]
        assert "words" not in str(record.events.get().changes)

    def test_a_correction_names_the_admin_and_both_values(self, admin):
        record = feed()
        correct(record, {"tracking_id": "222"}, by=admin)
        assert changed(record) == [("admin", ["Tracking ID corrected: 111 > 222"])]

    def test_corrections_of_the_last_update_are_told_though_records_that_change_it_are_not(
        self, admin
    ):
        record = feed()
        feed(hours=5)
        assert changed(record) == []
        for hours in (3, 2):
            correct(record, {"updated_at": DAY + hours * HOUR}, by=admin)
        feed(hours=4)
        ended = "Correction ended, the WMS sent another value: last update"
        at = [str((DAY + hours * HOUR).time()) for hours in range(6)]
        assert [
            (who, [text.replace(f"{DAY.date()} ", "").replace("+00:00", "") for text in texts])
            for who, texts in changed(record)
        ] == [
            ("the feed", [f"Last update changed: {at[2]} > {at[4]}", ended]),
            ("admin", [f"Last update corrected: {at[3]} > {at[2]}"]),
            ("admin", [f"Last update corrected: {at[5]} > {at[3]}"]),
        ]

    def test_a_corrected_state_brings_its_time_along(self, admin):
        record = feed()
        correct(record, {"state": "ArrivedToWarehouse", "arrived_to_warehouse_at": DAY}, by=admin)
        assert changed(record) == [("admin", ["State corrected: Created > Arrived"])]
        assert [entry.corrected for entry in entries(record) if entry.state] == [True, False]

    def test_a_correction_that_fell_is_told_with_what_the_wms_says(self, admin):
        correct(feed(), {"tracking_id": "222"}, by=admin)
        record = feed(hours=1, tracking_id="333")
        assert changed(record)[0] == (
            "the feed",
            [
                "Tracking ID changed: 222 > 333",
                "Correction ended, the WMS sent another value: tracking ID",
            ],
        )

    def test_a_correction_taken_back_is_told(self, admin):
        record = feed()
        correct(record, {"tracking_id": "222"}, by=admin)
        correct(record, {"tracking_id": "111"}, by=admin)
        assert changed(record)[0][1][1].startswith(
            "Correction ended, back to the value sent by the WMS:"
        )


class TestTags:
    def test_who_added_and_removed_a_tag_is_told(self, vocabulary, agent, manager):
        record, tag = make_return(), make_tag("books")
        add_tag(record, tag, agent)
        remove_tag(record, tag, manager)
        assert tagged(record) == [("manager", [], ["books"]), ("agent", ["books"], [])]

    def test_what_one_action_did_is_told_as_one(self, vocabulary, agent):
        record = make_return()
        add_tag(record, find_tag("standard"), agent)
        add_tag(record, find_tag("urgent-refund"), agent)
        assert tagged(record)[0] == ("agent", ["urgent-refund"], ["standard"])

    def test_a_renamed_tag_has_its_name_of_today(self, agent):
        record, tag = make_return(), make_tag("torn")
        add_tag(record, tag, agent)
        tag.name = "ripped"
        editing.save_tag(tag, None)
        assert tagged(record) == [("agent", ["ripped"], [])]

    @pytest.mark.parametrize("how", ["vocabulary", "by hand"])
    def test_a_deleted_tag_keeps_its_last_name(self, agent, how):
        record, tag = make_return(), make_tag("torn")
        add_tag(record, tag, agent)
        remove_tag(record, tag, agent)
        if how == "vocabulary":
            editing.remove(tag, None)
        else:
            sql("DELETE FROM tags_tag WHERE name = 'torn'")
        assert tagged(record) == [("agent", [], ["torn"]), ("agent", ["torn"], [])]

    def test_many_changes_in_a_row_are_folded(self, agent):
        record, tag = make_return(), make_tag("torn")
        for _ in range(5):
            add_tag(record, tag, agent)
            remove_tag(record, tag, agent)
        stretches = timeline(record).newest
        assert [(len(s.entries), s.folded) for s in stretches] == [
            (4, False),
            (6, True),
            (1, False),
        ]


def sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


class TestNothingEscapes:
    """Every way to write leaves an event for each row."""

    WRITES = {
        "update": lambda: Return.objects.update(tracking_id="9"),
        "bulk_update": lambda: Return.objects.bulk_update(
            [Return(pk=pk, tracking_id="9") for pk in Return.objects.values_list("pk", flat=True)],
            ["tracking_id"],
        ),
        "by hand": lambda: sql("UPDATE returns_return SET tracking_id = '9'"),
    }

    @pytest.mark.parametrize("how", WRITES)
    def test_of_facts(self, how):
        records = [make_return(tracking_id="1") for _ in range(3)]
        self.WRITES[how]()
        told = ["Tracking ID changed: 1 > 9"]
        assert [changed(each) for each in records] == [
            [("a direct change in the database", told)]
        ] * 3

    @pytest.mark.slow
    def test_of_the_feed(self):
        def send(carrier: str, hour: int) -> None:
            sent = {"updated_at": DAY + hour * HOUR, "cargo_carrier": carrier}
            records = (ReturnRecord(f"R-{n}", "ReturnCreated", DAY, **sent) for n in range(30))
            ingest(records, source="file", batch_size=10)

        send("Aras", 0)
        send("MNG", 1)
        told = [("a file", ["Carrier changed: Aras > MNG"])]
        assert [changed(each) for each in Return.objects.all()] == [told] * 30

    def test_of_taggings(self):
        records, tag = [make_return() for _ in range(3)], make_tag("torn")
        rows = [
            ReturnTag(entity=each, entity_created_at=each.created_at, tag=tag, slot=0)
            for each in records
        ]
        ReturnTag.objects.bulk_create(rows)
        other = make_tag("other")
        ReturnTag.objects.update(tag=other)
        sql("DELETE FROM returns_returntag")
        who = "a direct change in the database"
        # One transaction is one moment here, and one action.
        told = [(who, {"torn", "other"}, {"torn", "other"})]
        for each in records:
            assert [(who, set(a), set(r)) for who, a, r in tagged(each)] == told

    def test_a_changed_group_makes_no_events(self):
        record, tag = make_return(), make_tag("torn", group="Wear")
        add_many(ReturnTag, [(record.pk, tag.pk)])
        before = len(events_of(record, 99))
        tag.group.exclusive = True
        editing.save_group(tag.group, None)
        assert record.taggings.get().slot != 0
        assert len(events_of(record, 99)) == before


class TestWho:
    @pytest.mark.parametrize(
        ("context", "who"),
        [
            ({"source": "feed"}, "the feed"),
            ({"source": "simulated feed"}, "the feed"),
            ({"source": "file"}, "a file"),
            ({"source": "demo"}, "the demo"),
            ({"rule": 5}, "the rule “5”"),
            ({"user": 0, "source": "page"}, "a former user"),
            ({"user": "x'", "source": "page"}, "a former user"),
            ({"source": "import of May"}, "import of May"),
        ],
    )
    def test_the_context_says_who(self, context, who):
        record = make_return()
        with pghistory.context(**context):
            put_tag(record, "torn")
        assert tagged(record) == [(who, ["torn"], [])]

    def test_without_a_context_it_was_somebody_at_the_database(self):
        record = make_return()
        put_tag(record, "torn")
        assert tagged(record)[0][0] == "a direct change in the database"

    def test_people_have_their_full_names(self, make_person):
        selin = make_person("selin", first_name="Selin", last_name="Aydın")
        record = make_return()
        add_tag(record, make_tag("torn"), selin)
        assert tagged(record)[0][0] == "Selin Aydın"


class TestLength:
    def test_only_the_newest_are_shown_and_older_states_stand_apart(self, agent):
        record = make_return(created_at=timezone.now() - timedelta(days=9))
        for number in range(MAX_ENTRIES + 10):
            make_comment(record, agent, f"{number}")
        shown = timeline(record)
        assert [entry.comment.text for entry in shown.newest[0].entries][::49] == ["59", "10"]
        assert (shown.more, [entry.state for entry in shown.oldest]) == (True, [STATES[0]])
        whole = timeline(record, whole=True)
        assert (whole.more, whole.oldest, len(whole.newest[0].entries)) == (
            False,
            [],
            MAX_ENTRIES + 11,
        )

    @pytest.mark.slow
    def test_queries_do_not_grow_with_the_events(self, as_agent, agent, manager):
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert as_agent.get(record.get_absolute_url()).status_code == 200
            return len(captured)

        record, tag = make_return(), make_tag("torn")
        make_comment(record, manager)
        add_tag(record, tag, agent)
        queries()
        few = queries()
        for number in range(20):
            make_comment(record, (agent, manager)[number % 2])
            remove_tag(record, tag, agent)
            add_tag(record, tag, manager)
        assert queries() == few

    def test_a_timeline_is_read_from_its_indexes(self):
        record = make_return()
        with CaptureQueriesContext(connection) as captured, connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            timeline(record)
        statement = next(q["sql"] for q in captured if "returns_returnevent" in q["sql"])
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {statement.replace('%', '%%')}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "return_timeline" in plan
        assert "return_tag_timeline" in plan
