"""What the WMS had sent of line items before they had a place of their own is moved to it."""

from importlib import import_module

import pytest
from django.apps import apps

from returns.models import Return
from tests.factories import make_return
from tests.returns.feed.test_runs import bring, sent

pytestmark = pytest.mark.django_db
_migration = import_module("returns.migrations.0054_line_items")

LINE = {
    "lineItemReferenceNumber": "L-1",
    "sku": "MUG",
    "serialNumber": None,
    "state": "Damaged",
    "damagedState": "SendToCustomer",
    "processedAt": "2026-01-05T12:00:00+03:00",
}
STORED = ["L-1", "MUG", "", "Damaged", "SendToCustomer", "2026-01-05T09:00:00.000000+00:00", None]


def moved(**fields) -> Return:
    record = make_return(**fields)
    _migration.move_unknown_fields(apps, None)
    record.refresh_from_db()
    return record


def test_both_fields_are_moved_and_others_stay():
    record = moved(unknown_fields={"lineItems": [LINE], "courierRequest": " Requested ", "a": 1})
    assert (record.line_items, record.courier_request) == ([STORED], "Requested")
    assert record.unknown_fields == {"a": 1}
    assert record.items.get().sku == "MUG"


@pytest.mark.parametrize(
    "items",
    [
        *(None, "x", [1], [LINE, LINE], [LINE | {"state": "Lost"}], [LINE | {"shelf": "A"}]),
        [LINE | {"processedAt": "2026-01-05T12:00:00"}],
        [LINE | {"lineItemReferenceNumber": ""}],
    ],
)
def test_what_is_not_valid_stays_as_it_was(items):
    record = moved(unknown_fields={"lineItems": items})
    assert (record.line_items, record.unknown_fields) == (None, {"lineItems": items})


def test_how_new_they_were_is_kept():
    stamp = ["2026-01-04T09:00:00.000000+00:00", 0, None, None]
    record = moved(unknown_fields={"lineItems": [LINE]}, stamps={"unknown_fields.lineItems": stamp})
    assert record.stamps == {"line_items": stamp}


def test_afterwards_records_go_on_as_if_they_had_always_been_there():
    """An empty list holds against an older record, as it does when the feed brings it."""
    bring(sent(lineItems=[]))
    expected = Return.objects.values("line_items", "stamps", "unknown_fields").get()
    stamps = {name: value for name, value in expected["stamps"].items() if name != "line_items"}
    Return.objects.update(line_items=None, stamps=stamps, unknown_fields={"lineItems": []})
    _migration.move_unknown_fields(apps, None)
    assert Return.objects.values("line_items", "stamps", "unknown_fields").get() == expected
