"""What is in the parcel: on the page, in the preview, the card, sentences, timeline and rules."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from returns.display.items import items_summary
from returns.models import Language, Return, State, TagRule
from returns.record.parcel import MAX_UNFOLDED_LINES, parcel_of
from returns.record.sentences import fill
from returns.record.timeline import timeline_of
from returns.rules.running import run_queued
from tags.models import Tag
from tags.vocabulary import load_vocabulary
from tests.factories import line_item, make_return
from tests.returns.feed.test_runs import bring, sent

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def stored(**fields) -> Return:
    return Return.objects.get(pk=make_return(**fields).pk)


def at(minutes: float) -> str:
    return (AT + timedelta(minutes=minutes)).isoformat(timespec="microseconds")


# In words


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (None, ""),
        ([], "no items"),
        ([line_item()], "1 item: 1 undamaged"),
        (
            [line_item(), line_item("b", state="Missing"), line_item("c", state="Damaged")],
            "3 items: 1 undamaged, 1 damaged, 1 missing",
        ),
        ([line_item(state="WaitingToBeProcessed")], "1 item: 1 waiting"),
    ],
)
def test_the_contents_are_said_in_words(lines, text):
    assert items_summary(stored(line_items=lines)) == text


def test_what_needs_somebody_stands_first_and_many_lines_are_folded():
    lines = [line_item(f"{n:03}") for n in range(30)] + [line_item("x", state="Damaged")]
    parcel = parcel_of(stored(line_items=lines))
    assert parcel.lines[0].item.line_reference == "x"
    assert (len(parcel.lines), len(parcel.folded)) == (MAX_UNFOLDED_LINES, 11)


def test_a_shopper_reads_it_in_their_language():
    record = stored(line_items=[line_item(), line_item("b", state="Missing")])
    for language in Language:
        with translation.override(language.value):
            expected = items_summary(record)
        assert fill("Hello.[ It held {items}.]", record, language) == f"Hello. It held {expected}."
    assert fill("Hello.[ It held {items}.]", stored(), Language.ENGLISH) == "Hello."


# On pages


def test_the_page_and_the_preview_show_each_line(as_agent):
    lines = [
        line_item("b", "TS-RED-M", "Damaged", damaged_state="WaitingInWarehouse"),
        line_item("a", "MUG", "Missing", serial_number="SN-9"),
    ]
    record = stored(line_items=lines, state=State.COMPLETED)
    for path in (record.get_absolute_url(), f"/return/{record.pk}/card/"):
        page = as_agent.get(path, headers={"HX-Request": "true"}).text
        assert page.index("TS-RED-M") < page.index("MUG")
        assert "damaged, waiting for a decision" in page
        assert "SN-9" in page
        assert "In the parcel: 2 items: 1 damaged, 1 missing." in page


@pytest.mark.parametrize(
    ("lines", "text"),
    [(None, "The WMS has not said what is in it."), ([], "The WMS says that nothing was in it.")],
)
def test_nothing_known_and_nothing_there_are_told_apart(as_agent, lines, text):
    assert text in as_agent.get(stored(line_items=lines).get_absolute_url()).text


@pytest.mark.django_db(transaction=True)
def test_an_open_page_follows_the_inspection(as_agent):
    record = stored(line_items=[line_item(state="WaitingToBeProcessed")])
    page = as_agent.get(record.get_absolute_url())
    poll = page.context["live"].poll_address
    assert as_agent.get(poll, headers={"HX-Request": "true"}).status_code == 304
    Return.objects.update(line_items=[line_item(state="Damaged")])
    answer = as_agent.get(poll, headers={"HX-Request": "true"})
    assert 'hx-target="#return-parcel"' in answer.text
    assert ">damaged<" in answer.text


def test_the_page_has_as_many_queries_with_many_lines(as_agent, django_assert_max_num_queries):
    few, many = (
        stored(line_items=[line_item()]),
        stored(line_items=[line_item(str(n)) for n in range(60)]),
    )
    with django_assert_max_num_queries(60) as one:
        as_agent.get(few.get_absolute_url())
    with django_assert_max_num_queries(len(one)):
        as_agent.get(many.get_absolute_url())


# On the timeline


def entries(record: Return) -> list[str]:
    record.refresh_from_db()
    newest = timeline_of(record, load_vocabulary(), whole=True).newest
    return [
        entry.inspection or entry.state or "; ".join(_said(change) for change in entry.changes)
        for stretch in newest
        for entry in stretch.entries
    ]


def _said(change) -> str:
    return f"{change.text}: {change.before} > {change.after}" if change.has_values else change.text


def test_inspections_stand_at_the_times_of_the_wms():
    record = stored(
        created_at=AT,
        state=State.COMPLETED,
        line_items=[
            line_item("a", "MUG", "Damaged", processed_at=at(90)),
            line_item("b", "CUP", "Missing", processed_at=at(90.5)),
            line_item("c", "PEN", processed_at=at(70)),
        ],
    )
    assert entries(record) == [
        "Completed",
        "Inspected: CUP missing; MUG damaged",
        "Inspected: PEN undamaged",
        "ArrivedToWarehouse",
        "ReturnCreated",
    ]


def test_an_inspection_is_told_once_and_a_change_of_its_result_as_a_change():
    waiting, result = "WaitingToBeProcessed", {"processedAt": at(30)}
    mug = {"lineItemReferenceNumber": "a", "sku": "MUG"}
    base = {"createdAt": at(0), "state": "ArrivedToWarehouse", "arrivedToWarehouseAt": at(1)}
    bring(sent(lineItems=[mug | {"state": waiting}], updatedAt=at(2), **base))
    damaged = [mug | result | {"state": "Damaged"}]
    done = {"state": "Completed", "completedAt": at(40)}
    bring(sent(lineItems=damaged, updatedAt=at(40), **(base | done)))
    record = Return.objects.get()
    reached = ["Completed", "Inspected: MUG damaged", "ArrivedToWarehouse", "ReturnCreated"]
    assert entries(record) == reached
    fine = [mug | result | {"state": "Undamaged"}, mug | result | {"lineItemReferenceNumber": "b"}]
    fine[1]["state"] = "Missing"
    bring(sent(lineItems=fine, updatedAt=at(50), **(base | done)))
    assert entries(record)[0] == (
        "MUG changed: damaged > undamaged; MUG is now among the line items"
    )
    bring(sent(lineItems=[], updatedAt=at(60), **(base | done)))
    assert entries(record)[0].count("is no longer among the line items") == 2


def test_that_items_are_known_now_is_no_change():
    bring(sent())
    bring(sent(lineItems=[], updatedAt="2026-01-07T09:00:00Z"))
    assert entries(Return.objects.get()) == ["ReturnCreated"]


# Rules


def test_the_shipped_rule_tags_a_return_when_an_item_is_damaged(vocabulary):
    rule = TagRule.objects.get(name="Damaged item")
    assert (rule.is_on, rule.moment) == (False, "items")
    TagRule.objects.filter(pk=rule.pk).update(
        is_on=True, adds=[Tag.objects.get(name="investigate").pk]
    )
    record = stored(line_items=[line_item(state="WaitingToBeProcessed")])
    while run_queued():
        pass
    assert record.taggings.count() == 0
    Return.objects.update(line_items=[line_item(state="Damaged")], updated_at=timezone.now())
    while run_queued():
        pass
    assert [tagging.tag.name for tagging in record.taggings.all()] == ["investigate"]


# The queue


def test_damaged_goods_are_a_queue_that_shows_what_they_are(as_manager):
    undecided = line_item(state="Damaged", damaged_state="WaitingInWarehouse")
    make_return("waits", line_items=[undecided], state=State.COMPLETED)
    make_return("decided", line_items=[line_item(state="Damaged")], state=State.COMPLETED)
    page = as_manager.get("/queue/", follow=True)
    card = next(c for c in page.context["cards"] if c.title == "Damaged, waiting for a decision")
    assert card.count.number == 1
    listing = as_manager.get(card.address)
    assert [r.record.return_reference_number for r in listing.context["list"].rows] == ["waits"]
    assert "1 item: 1 damaged" in listing.text
    sheet = as_manager.get(f"/queue/handover/{card.address.partition('/queue/')[2]}")
    assert "1 item: 1 damaged" in sheet.text
