"""What comes for a redacted return or order changes it as usual, but brings no text back."""

import json
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from returns.feed.items import JSON, Item
from returns.feed.statements import fingerprint
from returns.feed.undo import undo
from returns.models import RejectedRecord, Return, RunChange, SalesOrder, Way
from returns.privacy.redaction import redact_return
from returns.record.corrections import correct
from tests.database import wait_until_another_waits_for_a_lock
from tests.factories import line_item, make_return
from tests.returns.feed.orders.samples import REFERENCE, an_order
from tests.returns.feed.orders.samples import bring as bring_orders
from tests.returns.feed.samples import arrived, completed
from tests.returns.feed.test_runs import bring as bring_run
from tests.test_constraints import refused_by

pytestmark = pytest.mark.django_db
NAME = "Return-70002"
ITEM = {"lineItemReferenceNumber": "L-1", "sku": "MUG", "state": "Missing", "giftFor": "Ayşe"}


def bring(*records, way: Way = Way.PUSH):
    return bring_run(*(Item("1", JSON, raw=each, original=each) for each in records), way=way)


def redact(reference: str = NAME) -> None:
    """Take the texts away, as a person or retention does."""
    Return.objects.filter(return_reference_number=reference).update(
        notes="", unknown_fields={}, redacted_at=timezone.now()
    )


def stored(reference: str = NAME) -> Return:
    return Return.objects.get(return_reference_number=reference)


def texts() -> list:
    record = stored()
    others = [line[6] for line in record.line_items or () if len(line) > 6]
    return [record.notes, record.unknown_fields, [each for each in others if each]]


@pytest.mark.parametrize("way", [Way.PUSH, Way.PULL, Way.FILE])
def test_a_newer_record_brings_all_but_texts(way):
    bring(arrived(recipient="Ayşe"))
    redact()
    newer = arrived(
        returnReferenceNumber=NAME,
        state="Completed",
        completedAt="2024-03-05T08:00:00Z",
        updatedAt="2024-03-05T08:00:00Z",
        notes="Ayşe called",
        recipient="Ayşe",
        lineItems=[ITEM],
    )
    run = bring(newer, way=way)
    assert run.updated == 1
    record = stored()
    assert (record.state, record.items_missing) == ("Completed", 1)
    assert texts() == ["", {}, []]
    assert bring(newer, way=way).updated == 0
    assert "Ayşe" not in json.dumps(list(RunChange.objects.filter(run=run).values("changes")[0]))


def test_a_replay_is_unchanged():
    record = arrived(recipient="Ayşe", lineItems=[ITEM])
    bring(record)
    Return.objects.update(line_items=[line_item("L-1", "MUG", "Missing")])
    redact()
    run = bring(record, record)
    assert (run.read, run.created, run.updated, run.rejected) == (2, 0, 0, 0)
    assert texts() == ["", {}, []]


def test_others_keep_their_texts():
    bring(arrived(), completed())
    redact()
    bring(completed(notes="Other words", updatedAt="2024-04-01T00:00:00Z"))
    assert stored("Return-70001").notes == "Other words"


def test_a_rejected_record_keeps_no_texts():
    bring(arrived())
    redact()
    bring(arrived(state="Completed", notes="Ayşe", recipient="Ayşe", lineItems=[ITEM]))
    row = RejectedRecord.objects.get()
    assert json.loads(row.written)["state"] == "Completed"
    assert "Ay" not in row.written + str(row.reason)


def test_a_row_that_is_no_record_keeps_only_the_reference():
    bring(arrived(returnReferenceNumber=NAME))
    redact()
    raw = {"returnReferenceNumber": NAME, "notes": "Ayşe"}
    bring_run(Item("1", JSON, raw=raw, original=["Ayşe"]))
    assert "Ay" not in RejectedRecord.objects.get().written


def test_a_correction_fills_no_notes(admin):
    bring(arrived())
    redact()
    with pytest.raises(ValidationError, match="The notes of this return were redacted"):
        correct(stored(), {"notes": "Ayşe"}, by=admin)
    assert correct(stored(), {"cargo_carrier": "UPS"}, by=admin) == ["cargo_carrier"]


def test_undoing_an_import_brings_no_texts_back(admin):
    bring(arrived(notes="Ayşe", recipient="Ayşe", lineItems=[ITEM], cargoCarrier="UPS"))
    changed = {"updatedAt": "2024-03-06T00:00:00Z", "cargoCarrier": "DHL", "notes": "Mehmet"}
    run = bring(arrived(**changed, recipient="Mehmet", lineItems=[]), way=Way.FILE)
    redact()
    # As if the return had been redacted before anybody looked for changes.
    RunChange.objects.filter(run=run).update(after=_fingerprint())
    undone = undo(run, admin)
    assert (undone.restored, undone.message) == (1, "")
    assert stored().cargo_carrier == "UPS"
    assert stored().items_missing == 1
    assert texts() == ["", {}, []]


def _fingerprint():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {fingerprint('r')} FROM returns_return r")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("notes = 'Ayşe'", "redacted_return_has_no_notes"),
        ('corrections = \'{"notes": "x"}\'', "redacted_return_has_no_corrected_notes"),
        ("unknown_fields = '{\"x\": 1}'", "redacted_return_has_no_unknown_fields"),
        (
            """line_items = '[["L-1", "MUG", "", "Missing", "", null, {"giftFor": "A"}]]'""",
            "redacted_return_has_no_unknown_fields_of_items",
        ),
    ],
)
def test_no_writer_brings_texts_back(sql, rule):
    bring(arrived())
    redact()
    assert rule in refused_by(f"UPDATE returns_return SET {sql}")


# Orders


@pytest.mark.parametrize(
    "raw",
    [
        {"returnReferenceNumber": [NAME], "notes": "Ayşe"},
        {"RETURNREFERENCENUMBER": NAME, "Notes": "Ayşe"},
        {"record": {"reference": NAME}, "notes": "Ayşe"},
    ],
)
def test_a_reference_that_is_not_where_it_belongs_keeps_no_texts_either(raw):
    bring(arrived(returnReferenceNumber=NAME))
    redact()
    bring(raw)
    assert "Ay" not in RejectedRecord.objects.get().written
    bring({"notes": "Ayşe", "record": {"reference": "another"}})
    assert RejectedRecord.objects.count() == 2
    assert "Ay" in RejectedRecord.objects.latest("pk").written


def redact_order() -> None:
    SalesOrder.objects.update(
        **{f"{name}_hash": None for name in ("customer", "email", "phone")},
        hash_key="",
        shopper_name="",
        shopper_updated_at=None,
        tracking_address="",
        redacted_at=timezone.now(),
    )


def test_a_redacted_order_gets_no_shopper_back(settings):
    settings.SHOPPER_NAMES = True
    make_return("Return-1", sales_order_reference_number=REFERENCE)
    bring_orders(an_order())
    assert SalesOrder.objects.get().shopper_name
    redact_order()
    assert bring_orders(an_order()).unchanged == 1
    newer = an_order(updatedAt="2026-03-01T00:00:00Z", state="Shipped")
    assert bring_orders(newer).updated == 1
    assert bring_orders(newer).unchanged == 1
    order = SalesOrder.objects.get()
    assert order.state == "Shipped"
    assert order.items.count() == 1
    assert (order.hash_key, order.shopper_name, order.tracking_address) == ("", "", "")
    assert {order.email_hash, order.phone_hash, order.customer_hash} == {None}


@pytest.mark.parametrize("spelling", [REFERENCE.lower(), f"{REFERENCE[:3]}-{REFERENCE[3:]}"])
def test_a_redacted_order_in_another_spelling_gets_no_shopper_either(admin, spelling):
    record = make_return("Return-1", sales_order_reference_number=REFERENCE)
    bring_orders(an_order())
    redact_return(record, "Return-1", "A test.", admin)
    assert bring_orders(an_order(spelling)).created == 1
    order = SalesOrder.objects.get(reference=spelling)
    assert order.redacted_at
    assert {order.email_hash, order.phone_hash, order.customer_hash} == {None}


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("hash_key = 'k', email_hash = 'x'", "redacted_order_has_no_shopper"),
        ("hash_key = 'k', shopper_name = 'x'", "redacted_order_has_no_shopper"),
        ("tracking_address = 'https://a'", "redacted_order_has_no_tracking_address"),
    ],
)
def test_no_writer_brings_a_shopper_back(sql, rule):
    make_return("Return-1", sales_order_reference_number=REFERENCE)
    bring_orders(an_order())
    redact_order()
    assert rule in refused_by(f"UPDATE returns_salesorder SET {sql}")


@pytest.mark.django_db(transaction=True)
def test_a_record_that_waits_for_a_redaction_brings_no_texts():
    bring(arrived())
    newer = arrived(notes="Ayşe", recipient="Ayşe", updatedAt="2024-04-01T00:00:00Z")
    wrong = arrived(notes="Ayşe", state="Completed", updatedAt="2024-04-02T00:00:00Z")

    def write():
        bring(newer, wrong)
        connection.close()

    writer = threading.Thread(target=write)
    with transaction.atomic():
        Return.objects.select_for_update().get()
        writer.start()
        wait_until_another_waits_for_a_lock()
        redact()
    writer.join()
    assert texts() == ["", {}, []]
    assert stored().updated_at.month == 4
    assert "Ay" not in RejectedRecord.objects.get().written
