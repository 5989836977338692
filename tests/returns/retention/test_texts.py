"""What is removed of returns and orders stays removed; all numbers stay as they were."""

import json
import threading
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from returns.feed.items import JSON, Item
from returns.feed.orders.cleanup import forget_names
from returns.filters.query import Query
from returns.models import (
    Comment,
    Return,
    ReturnTag,
    ReturnTagEvent,
    RuleEvent,
    SalesOrder,
    State,
    Way,
)
from returns.querysets import rule_tag_events
from returns.record import comments
from returns.record.events import origins_of
from returns.record.timeline import timeline_of
from returns.reports.report import SUBJECTS, build_report
from returns.retention import steps
from returns.retention.declarations import ALL_KINDS
from returns.rules.running import run_hourly
from tags import tagging
from tags.vocabulary import load_vocabulary
from tests.factories import line_item, make_comment, make_return, make_tag, put_tag
from tests.returns.feed.orders import samples as orders
from tests.returns.feed.samples import arrived, completed
from tests.returns.feed.test_runs import bring as bring_run
from tests.returns.reports.invented import scatter
from tests.returns.retention.samples import CHOSEN, MAKERS, add_order
from tests.returns.rules.test_rules import make_rule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
# Kinds whose rows need returns of their own, which have no notes.
MAKE_RETURNS = {
    *("notes", "shoppers", "comments", "timeline", "timeline of tags", "claims", "follow-ups"),
}
NAME = "Return-70002"
ITEM = {"lineItemReferenceNumber": "L-1", "sku": "MUG", "state": "Missing", "giftFor": "Ayşe"}
NEWER = {"updatedAt": "2024-04-05T08:00:00Z", "notes": "Ayşe called", "recipient": "Ayşe"}


@pytest.fixture(autouse=True)
def _chosen(settings):
    for name, days in CHOSEN.items():
        setattr(settings, name, days)


def bring(*records, way: Way = Way.PUSH):
    return bring_run(*(Item("1", JSON, raw=each, original=each) for each in records), way=way)


def remove(*names: str, now: datetime | None = None) -> dict[str, int]:
    kinds = [kind for kind in ALL_KINDS if not names or kind.name in names]
    return {kind.name: number for kind, number in steps.remove_old(now or timezone.now(), kinds)}


def stored(reference: str = NAME) -> Return:
    return Return.objects.get(return_reference_number=reference)


def texts(record: Return) -> list:
    others = [line[6] for line in record.line_items or () if len(line) > 6 and line[6]]
    return [record.notes, record.unknown_fields, record.corrections.get("notes"), others]


NO_TEXTS = ["", {}, None, []]


# Notes


@pytest.mark.parametrize("way", [Way.PUSH, Way.PULL, Way.FILE])
def test_the_feed_does_not_bring_notes_back(way):
    record = arrived(recipient="Ayşe", lineItems=[ITEM])
    bring(record)
    assert remove("notes") == {"notes": 1}
    assert texts(stored()) == NO_TEXTS
    assert bring(record, way=way).updated == 0
    assert bring(arrived(**NEWER, cargoCarrier="UPS"), way=way).updated == 1
    assert texts(stored()) == NO_TEXTS
    assert stored().cargo_carrier == "UPS"
    assert stored().items_missing == 1
    assert remove("notes") == {"notes": 0}


def test_each_place_of_texts_counts(admin):
    long_ago = timezone.now() - timedelta(days=300)
    make_return("notes", updated_at=long_ago, notes="x")
    make_return("unknown", updated_at=long_ago, unknown_fields={"a": 1})
    make_return("corrected", updated_at=long_ago, corrections={"notes": "x"})
    make_return("items", updated_at=long_ago, line_items=[line_item(others={"gift": "Ayşe"})])
    make_return("nothing", updated_at=long_ago, line_items=[line_item()])
    assert remove("notes") == {"notes": 4}
    assert [texts(record) for record in Return.objects.all()] == [NO_TEXTS] * 5
    assert Return.objects.exclude(redacted_at=None).count() == 4


def test_a_return_is_as_old_as_its_completion_or_else_its_last_update():
    now = timezone.now()
    old, young = now - timedelta(days=201), now - timedelta(days=199)
    values = {"state": State.COMPLETED, "notes": "x", "created_at": now - timedelta(days=300)}
    make_return("old", **values, completed_at=old, updated_at=now)
    make_return("young", **values, completed_at=young, updated_at=old)
    make_return("open and old", notes="x", updated_at=old)
    make_return("open and young", notes="x", updated_at=young)
    assert remove("notes", now=now) == {"notes": 2}
    kept = Return.objects.exclude(notes="").values_list("return_reference_number", flat=True)
    assert set(kept) == {"young", "open and young"}


def test_removing_notes_is_no_event_and_no_moment_of_rules():
    make_rule("item=Missing", "items", add="books")
    bring(arrived(lineItems=[ITEM]))
    RuleEvent.objects.all().delete()
    events = stored().events.count()
    remove("notes")
    assert stored().events.count() == events
    assert not RuleEvent.objects.exists()


def test_a_return_with_removed_notes_says_since_when(as_agent):
    bring(arrived())
    remove("notes")
    page = as_agent.get(f"/returns/{NAME}/").text
    assert "notes are kept only for so long" in page
    assert "No notes from the WMS." not in page


@pytest.mark.django_db(transaction=True)
def test_a_record_that_is_being_written_is_looked_at_again():
    """The feed makes a return young while its notes are about to be removed."""
    bring(arrived())
    now, done = timezone.now(), {}

    def remove_meanwhile() -> None:
        try:
            done.update(remove("notes", now=now))
        finally:
            connection.close()

    worker = threading.Thread(target=remove_meanwhile)
    with transaction.atomic():
        Return.objects.update(updated_at=now)
        worker.start()
        worker.join(timeout=0.5)
    worker.join()
    assert done == {"notes": 0}
    assert stored().notes


# Shoppers


def test_the_feed_does_not_bring_shoppers_back():
    long_ago = timezone.now() - timedelta(days=150)
    make_return(
        sales_order_reference_number=orders.REFERENCE, created_at=long_ago, updated_at=long_ago
    )
    orders.bring(orders.an_order())
    assert orders.stored().email_hash
    assert remove("shoppers") == {"shoppers": 1}
    orders.bring(orders.an_order())
    orders.bring(orders.an_order(updatedAt="2026-02-09T08:00:00Z", state="Cancelled"))
    row = orders.stored()
    assert (row.state, row.hash_key, row.email_hash, row.phone_hash, row.customer_hash) == (
        *("Cancelled", "", None, None),
        None,
    )
    assert (row.shopper_name, row.tracking_address) == ("", "")
    assert row.items.exists()
    assert remove("shoppers") == {"shoppers": 0}


def test_an_order_is_as_young_as_its_youngest_return():
    now = timezone.now()
    long_ago, recently = now - timedelta(days=300), now - timedelta(days=2)
    order = add_order(long_ago)
    make_return(sales_order_reference_number=order.reference, updated_at=recently)
    assert remove("shoppers", now=now) == {"shoppers": 0}
    Return.objects.update(updated_at=long_ago)
    assert remove("shoppers", now=now) == {"shoppers": 1}


def test_names_that_are_switched_off_count_once(settings):
    now = timezone.now()
    add_order(now - timedelta(days=300), shopper_name="Selin")
    counted = {kind.name: number for kind, number in steps.count_old(now)}
    assert (counted["names of shoppers"], counted["shoppers"]) == (1, 1)
    assert forget_names(now, 10) == 1
    assert remove("shoppers", now=now) == {"shoppers": 1}
    assert not SalesOrder.objects.exclude(shopper_name="", email_hash=None).exists()


# Comments


def age(comment: Comment, days: float) -> None:
    at = timezone.now() - timedelta(days=days)
    Comment.objects.filter(pk=comment.pk).update(created_at=at)


def edit(comment: Comment, text: str, days: float) -> None:
    comment.refresh_from_db()
    comments.edit_comment(comment.pk, text, comments.version_of(comment.text))
    comment.events.order_by("-pgh_id")[:1].get()
    newest = comment.events.latest("pgh_id").pk
    comment.events.filter(pk=newest).update(pgh_created_at=timezone.now() - timedelta(days=days))


def test_the_texts_of_a_comment_go_and_the_comment_stays(agent, as_agent):
    record = make_return()
    comment = make_comment(record, agent, "Ayşe 0532 765 43 21")
    edit(comment, "Ayşe called", 120)
    comments.delete_comment(make_comment(record, agent, "Mehmet").pk, agent)
    for each in Comment.objects.all():
        age(each, 150)
    assert remove("comments") == {"comments": 2}
    assert set(Comment.objects.values_list("text", flat=True)) == {""}
    assert not comment.events.exists()
    page = as_agent.get(record.get_absolute_url()).text
    assert "Ayşe" not in page
    assert "agent" in page


def test_a_comment_is_as_young_as_its_last_edit(agent):
    comment = make_comment(make_return(), agent, "Ayşe")
    edit(comment, "She called", 99)
    age(comment, 150)
    assert remove("comments") == {"comments": 0}
    assert comments.earlier_texts(comments.find_comment(comment.pk))[0].text == "Ayşe"


# Timeline


def test_states_stay_on_the_timeline_of_a_completed_return():
    bring(arrived())
    bring(arrived(cargoCarrier="UPS", updatedAt="2024-03-03T00:00:00Z"))
    bring(completed(returnReferenceNumber=NAME, updatedAt="2024-03-09T00:00:00Z"))
    events = stored().events
    events.update(pgh_created_at=timezone.now() - timedelta(days=151))
    assert remove("timeline")["timeline"] == events.model.objects.count() + 2
    (stretch,) = timeline_of(stored(), load_vocabulary(), whole=True).newest
    assert [entry.state for entry in stretch.entries] == list(State.values)[::-1]


def test_events_of_open_returns_stay():
    bring(arrived(), arrived(cargoCarrier="UPS", updatedAt="2024-03-03T00:00:00Z"))
    stored().events.update(pgh_created_at=timezone.now() - timedelta(days=900))
    assert remove("timeline") == {"timeline": 0}


def test_tags_are_still_shown_without_the_event_that_added_them(as_agent):
    bring(completed(returnReferenceNumber=NAME, tag="books"))
    ReturnTagEvent.objects.update(pgh_created_at=timezone.now() - timedelta(days=151))
    assert remove("timeline of tags") == {"timeline of tags": 1}
    (origin,) = origins_of(stored()).values()
    assert origin.who == ""
    page = as_agent.get(f"/returns/{NAME}/").text
    assert "books" in page
    assert "a direct change in the database" not in page


def test_no_rule_adds_a_tag_again_that_somebody_removed(agent):
    rule = make_rule("state=Completed", "hourly", add="books")
    record = make_return(state=State.COMPLETED)
    run_hourly()
    tagging.remove_tag(record, make_tag("books"), agent)
    put_tag(record, "fragile")
    now = timezone.now() + timedelta(days=1)
    before = list(rule_tag_events(undone=True)), list(rule_tag_events(rule.name))
    ReturnTagEvent.objects.update(pgh_created_at=timezone.now() - timedelta(days=400))
    assert remove("timeline of tags", now=now) == {"timeline of tags": 1}
    type(rule).objects.update(ran_at=None)
    run_hourly()
    assert not ReturnTag.objects.filter(tag__name="books").exists()
    assert (list(rule_tag_events(undone=True)), list(rule_tag_events(rule.name))) == before


# Numbers


def numbers(now: datetime) -> str:
    """Return every number of every report, over all of the time that it may cover."""
    found = []
    for subject in SUBJECTS:
        for query in ("period=90", "from=2026-08-01&to=2026-11-30&carrier=DHL"):
            report = build_report(subject, Query.parse(query), now)
            assert report.problems == []
            for section in report.sections:
                found += [(subject, stat.label, str(stat.now)) for stat in section.stats]
                for table in section.tables:
                    found += [(subject, table.name, *map(str, row)) for row in table.rows]
    return json.dumps([[str(each) for each in row] for row in found], indent=0)


@pytest.mark.slow
def test_reports_and_summaries_are_the_same_afterwards(agent, capsys):
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    scatter(Random(3), now - timedelta(days=60), 150)
    make_rule("state=Completed", "hourly", add="vip-customer")
    cache.clear()
    run_hourly()
    Return.objects.update(notes="Ayşe", unknown_fields={"recipient": "Ayşe"})
    for record in Return.objects.all()[:40]:
        make_comment(record, agent, "Ayşe called")
    tagged = ReturnTag.objects.filter(tag__name="vip-customer")[:10]
    for each in tagged:
        tagging.remove_tag(each.entity, each.tag, agent)
    for name, (add, _) in MAKERS.items():
        if name not in MAKE_RETURNS:
            add(now - timedelta(days=300))
    call_command("rebuild_summaries")
    before = numbers(now)
    much_later = timezone.now() + timedelta(days=500)
    gone = remove(now=much_later)
    assert gone["notes"] == Return.objects.count()
    capsys.readouterr()
    assert numbers(now) == before
    call_command("rebuild_summaries", "--check")
    assert "match a recount" in capsys.readouterr().out
