"""Events are written in the transaction that writes the fact, if somebody wants them."""

import pytest
from django.db import transaction

from returns.models import EventType, FeedRun, OutgoingEvent, RejectedRecord, Return
from tests.factories import line_item, make_comment, make_return, make_returns, make_tag, put_tag
from tests.returns.outgoing.subscribing import subscribe

pytestmark = pytest.mark.django_db


def happened() -> list[str]:
    return list(OutgoingEvent.objects.order_by("id").values_list("type", flat=True))


def forget() -> None:
    OutgoingEvent.objects.all().delete()


def test_without_a_subscription_no_event_is_written():
    make_returns([{"state": "Completed"}, {}])
    assert happened() == []


def test_a_subscription_that_is_off_wants_nothing():
    subscribe(is_on=False)
    make_return()
    assert happened() == []


def test_only_types_that_somebody_wants_are_written():
    subscribe("https://a.example/", "return.arrived")
    make_return(state="Completed")
    assert happened() == ["return.arrived"]


def test_a_return_that_comes_late_has_reached_several_moments_in_order():
    subscribe()
    first, second = make_returns([{"state": "Completed"}, {"state": "ArrivedToWarehouse"}])
    events = OutgoingEvent.objects.order_by("id").values_list("record_id", "type")
    assert list(events) == [
        (first.pk, "return.created"),
        (first.pk, "return.arrived"),
        (first.pk, "return.completed"),
        (second.pk, "return.created"),
        (second.pk, "return.arrived"),
    ]


def test_a_rolled_back_import_writes_none():
    subscribe()
    with transaction.atomic():
        make_return()
        transaction.set_rollback(True)
    assert happened() == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"cargo_carrier": "UPS"}, ["return.changed"]),
        ({"unknown_fields": {"giftFor": "x"}}, ["return.changed"]),
        ({"line_items": [line_item()]}, ["item.changed"]),
        ({"updated_at": "2030-01-01T00:00:00Z"}, []),
    ],
)
def test_what_changed_is_told(values, expected):
    subscribe()
    record = make_return()
    forget()
    Return.objects.filter(pk=record.pk).update(**values)
    assert happened() == expected


def test_arrival_and_completion_are_told_before_the_change():
    subscribe()
    record = make_return()
    forget()
    at = record.created_at
    Return.objects.filter(pk=record.pk).update(
        state="ArrivedToWarehouse", arrived_to_warehouse_at=at
    )
    Return.objects.filter(pk=record.pk).update(state="Completed", completed_at=at)
    assert happened() == ["return.arrived", "return.changed", "return.completed", "return.changed"]


def test_tags_are_told_by_name_however_they_are_written():
    subscribe()
    record = make_return()
    forget()
    tagging = put_tag(record, "books")
    type(tagging).objects.filter(pk=tagging.pk).update(tag=make_tag("fragile"))
    tagging.refresh_from_db()
    tagging.delete()
    events = OutgoingEvent.objects.order_by("id").values_list("type", "details")
    assert list(events) == [
        ("return.tagged", {"tag": "books"}),
        ("return.untagged", {"tag": "books"}),
        ("return.tagged", {"tag": "fragile"}),
        ("return.untagged", {"tag": "fragile"}),
    ]


def test_a_comment_is_told_without_its_text(agent):
    subscribe()
    record = make_return()
    forget()
    comment = make_comment(record, agent, "Secret words.")
    event = OutgoingEvent.objects.get()
    assert (event.type, event.details) == (EventType.COMMENT, {"comment": comment.pk})


def test_rejected_records_of_a_run_are_one_event():
    subscribe()
    run = FeedRun.objects.create(way="push", origin="Shop")
    RejectedRecord.objects.bulk_create(
        RejectedRecord(run=run, place=str(n), field="x", reason="x", is_record=True, digest=str(n))
        for n in range(3)
    )
    event = OutgoingEvent.objects.get()
    assert (event.record_id, event.details) == (0, {"run": run.pk, "rejected": 3})
