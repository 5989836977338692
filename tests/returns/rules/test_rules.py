"""Rules tag by themselves: at their moment, never against a person, never in a loop."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.urls import reverse
from django.utils import timezone

from returns.feed.ingest import ingest
from returns.feed.records import ReturnRecord
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.models import (
    Moment,
    Return,
    ReturnTag,
    ReturnTagEvent,
    RuleEvent,
    State,
    TagRule,
)
from returns.record.events import origins_of
from returns.record.timeline import timeline_of
from returns.rules import editing as rules
from returns.rules import running
from returns.rules.dry_runs import dry_run
from returns.rules.running import run_hourly, run_queued
from returns.rules.wording import describe
from tags import bulk, editing, tagging
from tags.merging import merge
from tags.models import Tag, TagAction
from tags.tagging import add_tag, remove_tag
from tags.undo import undo
from tags.vocabulary import load_vocabulary as words_of
from tests import shipped
from tests.database import wait_until_another_waits_for_a_lock
from tests.factories import make_return, make_returns, make_tag, put_tag

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary", "no_shipped_rules")]


@pytest.fixture
def no_shipped_rules(db):
    TagRule.objects.all().delete()


def make_rule(query: str, moment: str, add: str = "", remove: str = "", on: bool = True) -> TagRule:
    adds, removes = ([make_tag(name) for name in names.split()] for names in (add, remove))
    rule = TagRule(name=f"{query} {moment} {add} {remove}"[:60], moment=moment)
    rule.parameters = rules.to_parameters(Query.parse(query))
    rules.save_rule(rule, adds, removes)
    if on:
        rules.switch(rule, on=True)
    rule.refresh_from_db()
    return rule


def run_all() -> None:
    while run_queued():
        pass


def tags_of(record: Return) -> set[str]:
    return set(record.taggings.values_list("tag__name", flat=True))


def arrive(record: Return) -> None:
    Return.objects.filter(pk=record.pk).update(
        state=State.ARRIVED, arrived_to_warehouse_at=timezone.now()
    )


def complete(record: Return) -> None:
    Return.objects.filter(pk=record.pk).update(state=State.COMPLETED, completed_at=timezone.now())


# Their moments


@pytest.mark.parametrize("moment", [Moment.CREATED, Moment.ARRIVED, Moment.COMPLETED])
def test_a_rule_looks_at_a_return_at_its_moment_alone(moment):
    make_rule("order=RSO77", moment, add="books")
    tagged = []
    record, other = make_return(sales_order_reference_number="RSO77"), make_return()
    for step in (lambda _: None, arrive, complete):
        for each in (record, other):
            step(each)
        run_all()
        tagged.append(bool(tags_of(record)))
    assert tagged == [list(Moment).index(moment) <= at for at in range(3)]
    assert tags_of(other) == set()
    assert not RuleEvent.objects.exists()


def test_a_return_that_comes_in_late_has_reached_all_of_its_moments():
    make_rule("order=RSO77", Moment.ARRIVED, add="books")
    make_rule("order=RSO77", Moment.COMPLETED, add="fragile")
    record = make_return(state=State.COMPLETED, sales_order_reference_number="RSO77")
    run_all()
    assert tags_of(record) == {"books", "fragile"}


def test_the_feed_waits_for_no_rule_and_its_returns_reach_them():
    make_rule("tag=apparel", Moment.CREATED, add="investigate")
    now = timezone.now()
    sent = ReturnRecord(
        return_reference_number="R-1",
        state="ReturnCreated",
        created_at=now,
        updated_at=now,
        tag="apparel",
    )
    ingest([sent], source="feed")
    record = Return.objects.get()
    assert tags_of(record) == {"apparel"}
    run_all()
    assert tags_of(record) == {"apparel", "investigate"}
    remove_tag(record, make_tag("investigate"), None)
    ingest([sent], source="feed")
    assert not RuleEvent.objects.exists()


def test_nothing_is_queued_while_no_rule_is_on():
    make_rule("order=RSO77", Moment.CREATED, add="books", on=False)
    make_rule("order=RSO77", Moment.HOURLY, add="books")
    record = make_return()
    arrive(record)
    assert not RuleEvent.objects.exists()


def test_an_hourly_rule_runs_once_an_hour():
    rule = make_rule("state=ArrivedToWarehouse&waiting_over=48", Moment.HOURLY, add="books")
    early, late = (
        make_return(state=State.ARRIVED),
        make_return(state=State.ARRIVED, created_at=timezone.now() - timedelta(days=4)),
    )
    assert run_hourly()
    assert (tags_of(early), tags_of(late)) == (set(), {"books"})
    remove_tag(late, make_tag("books"), None)
    assert not run_hourly()
    TagRule.objects.filter(pk=rule.pk).update(ran_at=timezone.now() - timedelta(minutes=61))
    assert run_hourly()
    assert tags_of(late) == {"books"}


# Never against a person


def test_a_rule_never_replaces_a_tag_of_an_exclusive_group(agent):
    make_rule("order=RSO77", Moment.CREATED, add="priority-return")
    free, taken, fed = (make_return(sales_order_reference_number="RSO77") for _ in range(3))
    add_tag(taken, make_tag("standard"), agent)
    put_tag(fed, "vip-customer")
    run_all()
    assert [tags_of(each) for each in (free, taken, fed)] == [
        {"priority-return"},
        {"standard"},
        {"vip-customer"},
    ]


def test_of_two_rules_for_one_exclusive_group_the_first_wins():
    first = make_rule("order=RSO77", Moment.CREATED, add="high-value")
    second = make_rule("order=RSO77", Moment.CREATED, add="vip-customer")
    one = make_return(sales_order_reference_number="RSO77")
    run_all()
    rules.move(second, up=True)
    other = make_return(sales_order_reference_number="RSO77")
    run_all()
    assert (tags_of(one), tags_of(other)) == ({"high-value"}, {"vip-customer"})
    assert list(TagRule.objects.all()) == [second, first]


def test_what_a_person_took_off_is_not_put_back(agent):
    rule = make_rule("order=RSO77", Moment.HOURLY, add="books")
    record = make_return(sales_order_reference_number="RSO77")
    run_hourly()
    assert tags_of(record) == {"books"}
    remove_tag(record, make_tag("books"), agent)
    TagRule.objects.filter(pk=rule.pk).update(ran_at=None)
    run_hourly()
    assert tags_of(record) == set()
    assert dry_run(rule).count == 0


def test_a_rule_removes_what_no_person_put_there(agent):
    make_rule("order=RSO77", Moment.ARRIVED, remove="books")
    by_feed, by_person = (make_return(sales_order_reference_number="RSO77") for _ in range(2))
    put_tag(by_feed, "books")
    put_tag(by_person, "books", by=agent)
    for record in (by_feed, by_person):
        arrive(record)
    run_all()
    assert (tags_of(by_feed), tags_of(by_person)) == (set(), {"books"})


def test_rules_that_undo_each_other_do_not_loop():
    make_rule("order=RSO77", Moment.CREATED, add="books")
    make_rule("tag=books", Moment.CREATED, remove="books")
    record = make_return(sales_order_reference_number="RSO77")
    run_all()
    assert tags_of(record) == set()
    assert not RuleEvent.objects.exists()


def test_the_timeline_and_the_chip_say_which_rule_did_it():
    rule = make_rule("order=RSO77", Moment.CREATED, add="books")
    record = make_return(sales_order_reference_number="RSO77")
    run_all()
    newest = timeline_of(record, words_of(), whole=False).newest[0].entries[0]
    assert newest.who == f"the rule “{rule}”"


# The dry run


def test_a_dry_run_is_what_the_rule_then_does(agent):
    rule = make_rule(
        "order=RSO77", Moment.CREATED, add="books high-value", remove="fragile", on=False
    )
    records = [make_return(sales_order_reference_number="RSO77") for _ in range(6)]
    make_return()
    for name in ("books", "standard"):
        put_tag(records[0], name)
    put_tag(records[1], "books")
    for name in ("books", "high-value", "fragile"):
        put_tag(records[2], name)
    add_tag(records[3], make_tag("books"), agent)
    remove_tag(records[3], make_tag("books"), agent)
    put_tag(records[3], "standard")
    put_tag(records[4], "fragile", by=agent)
    old = make_return(
        sales_order_reference_number="RSO77", created_at=timezone.now() - timedelta(days=31)
    )
    expected = dry_run(rule)
    before = {record.pk: tags_of(record) for record in Return.objects.all()}
    rules.switch(rule, on=True)
    late = Return.objects.exclude(pk=old.pk)
    RuleEvent.objects.bulk_create(RuleEvent(record_id=r.pk, moment="created") for r in late)
    run_all()
    changed = {pk for pk, had in before.items() if tags_of(Return.objects.get(pk=pk)) != had}
    assert {record.pk for record in expected.newest} == changed
    assert expected.count == len(changed) == 4


def test_a_dry_run_of_an_hourly_rule_tries_all_that_it_matches_now():
    rule = make_rule("order=RSO77", Moment.HOURLY, add="books", on=False)
    old = make_return(
        sales_order_reference_number="RSO77", created_at=timezone.now() - timedelta(days=300)
    )
    assert dry_run(rule).newest == [old]


# What goes wrong


def test_three_failures_in_a_row_switch_a_rule_off_and_the_others_go_on():
    broken = make_rule("tag=fragile", Moment.CREATED, add="apparel")
    good = make_rule("order=RSO77", Moment.CREATED, add="books")
    editing.remove(make_tag("fragile"), None)
    record = make_return(sales_order_reference_number="RSO77")
    for failures in (1, 2):
        assert not run_queued()
        broken.refresh_from_db()
        assert (broken.failures, broken.is_on) == (failures, True)
        assert tags_of(record) == {"books"}
    run_queued()
    broken.refresh_from_db()
    assert (broken.is_on, broken.off_because) == (
        False,
        f"Tags: there is no tag “deleted tag {broken.parameters['tag'][0]}”.",
    )
    assert run_queued()
    assert not RuleEvent.objects.exists()
    good.refresh_from_db()
    assert (good.is_on, good.failures) == (True, 0)


def test_a_rule_follows_a_merge():
    make_rule("tag=defective", Moment.ARRIVED, add="fragile")
    merge([make_tag("defective"), make_tag("fragile")], make_tag("damaged"), None)
    record = make_return()
    put_tag(record, "damaged")
    arrive(record)
    run_all()
    assert tags_of(record) == {"damaged"}
    assert TagRule.objects.get().failures == 0


def test_a_rule_that_is_switched_on_again_begins_anew():
    rule = make_rule("order=RSO77", Moment.HOURLY, add="books")
    for _ in range(3):
        rules.note_failure(rule, "No.")
    rule.refresh_from_db()
    assert (rule.is_on, rule.off_because) == (False, "No.")
    rules.switch(rule, on=True)
    rule.refresh_from_db()
    assert (rule.is_on, rule.failures, rule.off_because) == (True, 0, "")


def test_a_tag_says_who_put_it_there_and_when(as_agent, agent, manager):
    rule = make_rule("order=RSO77", Moment.CREATED, add="books")
    record = make_return(sales_order_reference_number="RSO77")
    put_tag(record, "apparel")
    run_all()
    add_tag(record, make_tag("fragile"), agent)
    now = timezone.localtime()
    day = f"{now.day} {now:%b %Y}"
    for path in (
        record.get_absolute_url(),
        reverse("return-card", args=[record.pk]),
        reverse("return-tags", args=[record.pk]),
    ):
        page = as_agent.get(path, headers=HTMX).text
        assert f"books. Added by the rule “{rule}”, {day}" in page
        assert f"fragile. Added by agent, {day}" in page
        assert "apparel. Added by a direct change in the database" in page
    # Whoever put it there last is told.
    remove_tag(record, make_tag("books"), manager)
    add_tag(record, make_tag("books"), manager)
    assert f"books. Added by manager, {day}" in as_agent.get(record.get_absolute_url()).text


@pytest.mark.parametrize(
    ("query", "words"),
    [("", "needs a filter"), ("sort=order", "needs a filter"), ("stete=x", "no such filter")],
)
def test_a_rule_without_a_filter_that_is_understood_is_refused(query, words):
    with pytest.raises(ValidationError, match=words):
        make_rule(query, Moment.CREATED, add="books")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_several_workers_look_at_each_return_once():
    make_rule("order=RSO77", Moment.CREATED, add="books")
    records = [make_return(sales_order_reference_number="RSO77") for _ in range(30)]

    def work() -> None:
        try:
            call_command("work", "--until-done")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        for future in [pool.submit(work) for _ in range(3)]:
            future.result()
    run_all()
    assert ReturnTag.objects.count() == len(records)
    assert not RuleEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_another_worker_looks_at_is_left_to_it():
    make_rule("order=RSO77", Moment.CREATED, add="books")
    make_return(sales_order_reference_number="RSO77")
    locked, looked = Event(), Event()

    def another() -> None:
        try:
            with transaction.atomic():
                list(RuleEvent.objects.select_for_update())
                locked.set()
                looked.wait(10)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(another)
        locked.wait(10)
        try:
            assert not run_queued()
        finally:
            looked.set()
        working.result()
    assert not ReturnTag.objects.exists()
    run_all()
    assert ReturnTag.objects.count() == 1


# What a review found


@pytest.mark.parametrize("query", ["tracking=7340", "order=RSO", "reference=R-", "order=001"])
def test_a_rule_by_a_number_reaches_every_return_that_has_it(query):
    rule = make_rule(query, Moment.CREATED, add="books", on=False)
    make_returns(
        {
            "reference": f"R-{number}",
            "tracking_id": f"7340{number:06}",
            "sales_order_reference_number": f"RSO{number:04}01",
        }
        for number in range(130)
    )
    make_return("elsewhere-7", tracking_id="99", sales_order_reference_number="X-7")
    assert dry_run(rule).count == 130
    rules.switch(rule, on=True)
    RuleEvent.objects.bulk_create(
        RuleEvent(record_id=pk, moment=Moment.CREATED)
        for pk in Return.objects.values_list("pk", flat=True)
    )
    run_all()
    assert ReturnTag.objects.count() == 130


def test_a_rule_finds_by_a_number_what_the_list_finds():
    for reference, order, tracking in (
        ("Return-14844", "RSO100490909", "1201450"),
        ("İade-17", "SİPARİŞ-12", "1Z 999 AA1"),
        ("***", "", ""),
    ):
        make_return(reference, sales_order_reference_number=order, tracking_id=tracking)
    for query in (
        "order=rso1004",
        "order=0909",
        "tracking=1z999",
        "reference=iade17",
        "tracking=0001201450",
        "order=9049",
        "order=***",
        "tracking=450",
    ):
        listed = ReturnFilterSet(Query.parse(query), words_of()).qs
        by_rule = ReturnFilterSet(Query.parse(query), words_of(), one_by_one=True).qs
        assert set(by_rule) == set(listed), query


def test_a_rule_cannot_follow_the_one_box():
    with pytest.raises(ValidationError, match="the search box"):
        make_rule("q=RSO77", Moment.CREATED, add="books")
    rule = make_rule("order=RSO77", Moment.CREATED, add="books")
    TagRule.objects.update(parameters={"q": ["RSO77"]})
    rule.refresh_from_db()
    assert dry_run(rule).problem == str(rules.SEARCH_NOT_ALLOWED)


def test_a_rule_adds_in_an_exclusive_group_what_it_makes_room_for():
    rule = make_rule("order=RSO77", Moment.ARRIVED, add="urgent-refund", remove="standard")
    record = make_return(sales_order_reference_number="RSO77")
    put_tag(record, "standard")
    arrive(record)
    assert dry_run(rule).count == 1
    run_all()
    assert tags_of(record) == {"urgent-refund"}


def test_undoing_is_nobody_s_wish_for_a_return(manager):
    rule = make_rule("state=ReturnCreated", Moment.HOURLY, add="books")
    record = make_return()
    job = bulk.create_draft(ReturnTag, [record.pk], [make_tag("books")], [], manager)
    bulk.start(job)
    bulk.run_steps(job, 60)
    job.refresh_from_db()
    undo(job.action.pk, manager)
    assert dry_run(rule).count == 1
    run_hourly()
    assert tags_of(record) == {"books"}


def test_what_a_person_took_off_stays_off_under_the_name_it_was_merged_into(agent, manager):
    make_rule("order=RSO77", Moment.ARRIVED, add="damaged")
    record = make_return(sales_order_reference_number="RSO77")
    add_tag(record, make_tag("defective"), agent)
    remove_tag(record, make_tag("defective"), agent)
    merge([make_tag("defective")], make_tag("damaged"), manager)
    arrive(record)
    run_all()
    assert tags_of(record) == set()


def test_a_merged_tag_still_says_who_put_it_there(agent, manager):
    record = make_return()
    add_tag(record, make_tag("defective"), agent)
    merge([make_tag("defective")], make_tag("damaged"), manager)
    assert origins_of(record)[make_tag("damaged").pk].who == "agent"
    undo(TagAction.objects.get().pk, manager)
    assert origins_of(record)[Tag.objects.get(name="defective").pk].who == "agent"


def test_a_rule_that_would_add_and_remove_the_same_since_a_merge_fails():
    rule = make_rule("state=ReturnCreated", Moment.HOURLY, add="defective", remove="damaged")
    make_return()
    merge([make_tag("damaged")], make_tag("defective"), None)
    words = "It would both add and remove “defective”, because tags have been merged."
    assert dry_run(rule).problem == words
    run_hourly()
    rule.refresh_from_db()
    assert rule.failures == 1
    assert not ReturnTag.objects.exists()


def test_a_rule_without_tags_and_one_with_a_retired_tag_say_so(manager):
    gone = make_rule("order=RSO77", Moment.CREATED, add="books")
    retired = make_rule("order=RSO78", Moment.CREATED, add="fragile")
    editing.remove(make_tag("books"), manager)
    editing.retire(make_tag("fragile"), manager, on=True)
    assert dry_run(gone).problem == "Its tags have been deleted."
    assert dry_run(retired).problem == "The tag “fragile” is retired."


def test_two_rules_against_each_other_come_to_rest():
    make_rule("state=ReturnCreated&tag_none=books", Moment.HOURLY, add="books")
    make_rule("state=ReturnCreated&tag=books", Moment.HOURLY, remove="books")
    make_return()
    for _ in range(3):
        TagRule.objects.update(ran_at=None)
        run_hourly()
    events = ReturnTagEvent.objects.count()
    TagRule.objects.update(ran_at=None)
    run_hourly()
    assert ReturnTagEvent.objects.count() == events == 2


def test_a_failure_after_the_first_batch_counts(monkeypatch):
    monkeypatch.setattr(running, "RULE_BATCH_SIZE", 1)
    rule = make_rule("state=ReturnCreated", Moment.HOURLY, add="books")
    for _ in range(3):
        make_return()
    real, calls = tagging.add_where_allowed, []

    def fails_at_the_second(*args):
        calls.append(1)
        if len(calls) % 2 == 0:
            raise IntegrityError("No.")
        return real(*args)

    monkeypatch.setattr(tagging, "add_where_allowed", fails_at_the_second)
    run_hourly()
    rule.refresh_from_db()
    assert rule.failures == 1
    ReturnTag.objects.all().delete()
    for _ in range(2):
        TagRule.objects.update(ran_at=None)
        calls.clear()
        ReturnTag.objects.all().delete()
        run_hourly()
    rule.refresh_from_db()
    assert (rule.is_on, rule.off_because) == (False, "No.")


FAULTS = {
    "the disk is full": OperationalError("could not extend file"),
    "the connection ended": InterfaceError("the connection is closed"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_of_the_database_is_no_failure_of_a_rule(monkeypatch, fault):
    rules_of = {
        moment: make_rule("state=ReturnCreated", moment, add=tag)
        for moment, tag in ((Moment.CREATED, "books"), (Moment.HOURLY, "fragile"))
    }
    record = make_return()
    real = tagging.add_where_allowed

    def fails(*args):
        raise fault

    monkeypatch.setattr(tagging, "add_where_allowed", fails)
    for _ in range(4):
        for run in (run_queued, run_hourly):
            with pytest.raises(type(fault)), transaction.atomic():
                run()
    assert {rule.failures for rule in TagRule.objects.all()} == {0}
    assert tags_of(record) == set()
    monkeypatch.setattr(tagging, "add_where_allowed", real)
    run_all()
    assert run_hourly()
    assert tags_of(record) == {"books", "fragile"}
    assert {rule.is_on for rule in TagRule.objects.all()} == {True}, rules_of


def test_a_fault_in_one_hourly_rule_stops_no_other(monkeypatch):
    rules_in_order = [
        make_rule("state=ReturnCreated", Moment.HOURLY, add=tag) for tag in ("books", "fragile")
    ]
    record, real = make_return(), tagging.add_where_allowed

    def fails_for_the_first(model, ids, tag_id):
        if tag_id in rules_in_order[0].adds:
            raise OperationalError("could not extend file")
        return real(model, ids, tag_id)

    monkeypatch.setattr(tagging, "add_where_allowed", fails_for_the_first)
    with pytest.raises(OperationalError):
        run_hourly()
    assert tags_of(record) == {"fragile"}


def test_a_killed_hourly_rule_makes_no_other_wait(monkeypatch):
    for tag in ("books", "fragile"):
        make_rule("state=ReturnCreated", Moment.HOURLY, add=tag)
    record = make_return()
    with monkeypatch.context() as patched:
        patched.setattr(tagging, "add_where_allowed", lambda *_: sys.exit())
        with pytest.raises(SystemExit):
            run_hourly()
    assert run_hourly()
    assert tags_of(record) == {"books", "fragile"}
    assert not run_hourly()


def test_a_rule_that_runs_into_its_time_limit_fails(monkeypatch):
    rule = make_rule("state=ReturnCreated", Moment.HOURLY, add="books")

    def is_slow(*args):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 10; SELECT pg_sleep(1)")

    make_return()
    monkeypatch.setattr(tagging, "add_where_allowed", is_slow)
    run_hourly()
    rule.refresh_from_db()
    assert rule.failures == 1


@pytest.mark.django_db(transaction=True)
def test_a_rule_looks_at_a_return_after_whoever_holds_it_is_done(agent):
    make_rule("missing_group=Return reason", Moment.CREATED, add="investigate")
    record = make_return()
    held, tagged = Event(), Event()

    def person() -> None:
        try:
            with transaction.atomic():
                add_tag(record, make_tag("damaged"), agent)
                held.set()
                tagged.wait(10)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        tagging_it = pool.submit(person)
        held.wait(10)
        looking = pool.submit(run_and_close)
        wait_until_another_waits_for_a_lock()
        assert not looking.done()
        tagged.set()
        tagging_it.result()
        looking.result()
    assert tags_of(record) == {"damaged"}


def run_and_close() -> None:
    try:
        run_all()
    finally:
        connections.close_all()


class TestShippedRules:
    """The three that a desk begins with; they are read as the migration left them."""

    pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

    @pytest.fixture
    def no_shipped_rules(self, db):
        TagRule.objects.all().delete()
        shipped.load_rules()

    def test_they_are_off_and_can_be_understood(self, as_manager):
        brought = list(TagRule.objects.all())
        assert [rule.name for rule in brought] == shipped.NAMES_OF_RULES
        assert not any(rule.is_on for rule in brought)
        for rule in brought:
            assert dry_run(rule).problem == ""
            assert as_manager.get(f"/rules/{rule.pk}/").status_code == 200
            # A person who made the same from the list would keep the same.
            listed = describe(rule)
            assert rules.to_parameters(Query.parse(listed.query)) == rule.parameters

    def test_they_do_what_they_say(self):
        for rule in TagRule.objects.all():
            rules.switch(rule, on=True)
        now = timezone.now()
        made = {
            "torn": make_return("torn", notes="Kutu HASARLI geldi"),
            "late": make_return(
                "late", state=State.ARRIVED, arrived_to_warehouse_at=now - timedelta(hours=49)
            ),
            "early": make_return(
                "early", state=State.ARRIVED, arrived_to_warehouse_at=now - timedelta(hours=47)
            ),
        }
        for number in range(3):
            made[f"{number}"] = make_return(
                f"{number}",
                sales_order_reference_number="RSO77",
                created_at=now + timedelta(seconds=number),
            )
        run_all()
        run_hourly()
        tagged = {name: tags_of(record) for name, record in made.items() if tags_of(record)}
        assert tagged == {
            "torn": {"damaged-shipping"},
            "late": {"priority-return"},
            "2": {"investigate"},
        }
