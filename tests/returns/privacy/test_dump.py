"""After a redaction, a dump of the database has nothing of what was redacted.

Everything comes in by the ways of people and programs, each with a mark of its own.
"""

import json
from io import BytesIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse

from config.versions import version_of
from returns.background import run_long_jobs, run_short_jobs
from returns.models import (
    ApiToken,
    Comment,
    DeletedReturn,
    Export,
    RejectedRecord,
    Return,
    RunChange,
    SalesOrder,
    Upload,
)
from returns.orders.tokens import token_of_orders
from returns.people.tokens import issue
from returns.retention.steps import RETENTION_DONE, delete_old_rows
from tests.returns.feed.fake_api import to_json
from tests.returns.feed.orders.samples import CUSTOMER, an_order
from tests.returns.feed.orders.test_privacy import dump
from tests.returns.feed.samples import arrived

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
NAME, ORDER = "Return-5001", "RSO-5001"
WHY = "Asked for by the shopper."


def mark(what: str) -> str:
    """Return a text that nothing else has."""
    return f"zq{what}qz"


MARKS = [
    *("notes", "recipient", "gift", "oldcarrier", "tracking", "fixednotes", "filenotes"),
    *("uploaded", "rejected", "broken", "comment", "edited", "removed", "again"),
    "reminder",
    *("gone", "gonecomment", "reason", "name", "address", "exported", "imported"),
]


def a_record(**fields) -> dict:
    return arrived(
        returnReferenceNumber=NAME, salesOrderReferenceNumber=ORDER, trackingId="1", **fields
    )


def push(path: str, *items) -> None:
    secret = issue(ApiToken(name=f"Shop {ApiToken.objects.count()}", scopes=["feed"]))
    answer = Browser().post(
        f"/openapi/v1/{path}",
        to_json({"items": items}),
        content_type="application/json",
        headers={"Authorization": secret},
    )
    assert answer.status_code == 200


def item(**fields) -> dict:
    return {"lineItemReferenceNumber": "L-1", "sku": "MUG", "state": "Missing", **fields}


def records() -> list[dict]:
    """Return what the WMS sends about the return, one after the other."""
    return [
        a_record(notes=mark("notes"), cargoCarrier=mark("oldcarrier"), recipient=mark("recipient")),
        a_record(
            notes=mark("notes"),
            cargoCarrier="DHL",
            lineItems=[item(giftFor=mark("gift"))],
            updatedAt="2024-04-01T00:00:00Z",
        )
        | {"trackingId": mark("tracking")},
        a_record(notes=mark("notes"), updatedAt="2024-04-02T00:00:00Z"),
    ]


def rejected() -> dict:
    return a_record(notes=mark("rejected"), state="Completed", updatedAt="2024-04-03T00:00:00Z")


def order() -> dict:
    return an_order(
        ORDER,
        customer=CUSTOMER | {"firstName": mark("name")},
        shippingInfo={"trackingUrl": f"https://example.com/{mark('address')}"},
    )


def comments_of(client: Browser, text: str) -> Comment:
    record = Return.objects.get(return_reference_number=NAME)
    client.post(reverse("return-comments", args=[record.pk]), {"text": text})
    return Comment.objects.latest("pk")


def upload(client: Browser, notes: str) -> Upload:
    text = f"returnReferenceNumber,state,createdAt,updatedAt,arrivedToWarehouseAt,notes\n{NAME},"
    day = "2024-03-02T08:15:22.510942Z"
    text += f"ArrivedToWarehouse,{day},2024-04-04T00:00:00Z,{day},{notes}\n"
    file = BytesIO(text.encode())
    file.name = "returns.csv"
    answer = client.post(reverse("new-upload"), {"file": file})
    assert answer.status_code == 302, answer.text
    return Upload.objects.latest("pk")


def fill(admin: Browser, tmp_path) -> Return:
    """Bring every mark in."""
    push("feed", a_record(notes=mark("gone")))
    comments_of(admin, mark("gonecomment"))
    first = Return.objects.get()
    form = {"reference": NAME, "reason": mark("reason")}
    assert admin.post(reverse("delete-return", args=[first.pk]), form).status_code == 302
    for each in records():
        push("feed", each)
    push("feed/orders", order())
    push("feed", rejected())
    lines = tmp_path / "lines.json"
    broken = f'{{"returnReferenceNumber": "{NAME}", "notes": {mark("broken")}'
    lines.write_text(f'{{"returnReferenceNumber": "Return-9"}}\n{broken}\n')
    with pytest.raises(SystemExit):
        call_command("import_returns", str(lines))
    upload(admin, mark("uploaded"))
    imported = upload(admin, mark("imported"))
    admin.post(reverse("upload", args=[imported.pk]))
    run_long_jobs()
    edited = comments_of(admin, mark("comment"))
    form = {"text": mark("edited"), "replaces": version_of(mark("comment"))}
    admin.post(reverse("return-comment", args=[edited.pk]), form)
    removed = comments_of(admin, mark("removed"))
    admin.post(reverse("return-comment", args=[removed.pk]), {"delete": "1"})
    record = Return.objects.get()
    correct_notes(admin, record, mark("fixednotes"))
    push(
        "feed",
        a_record(
            notes=mark("filenotes"), recipient=mark("again"), updatedAt="2024-04-05T00:00:00Z"
        ),
    )
    record.refresh_from_db()
    reminder = {"record": record.pk, "when": "tomorrow", "why": mark("reminder")}
    assert admin.post(reverse("new-follow-up"), reminder).status_code == 303
    correct_notes(admin, record, mark("exported"))
    admin.post("/exports/?columns=notes", {"format": "csv"})
    run_long_jobs()
    run_short_jobs()
    assert Export.objects.filter(status="done").exists()
    return record


def correct_notes(admin: Browser, record: Return, notes: str) -> None:
    page = admin.get(reverse("admin:returns_return_change", args=[record.pk]))
    form = page.context["adminform"].form
    values = {name: form[name].value() or "" for name in form.fields}
    values["seen"] = json.dumps(form.initial["seen"])
    answer = admin.post(
        reverse("admin:returns_return_change", args=[record.pk]), values | {"notes": notes}
    )
    assert answer.status_code == 302, answer.text


def found(text: str) -> set[str]:
    """Return the marks that a dump has, in plain or in the bytes of a file."""
    plain = text.casefold()
    return {each for each in MARKS if mark(each) in plain or mark(each).encode().hex() in plain}


@pytest.fixture
def as_staff(as_admin, admin, settings):
    settings.SHOPPER_NAMES = True
    admin.is_staff = True
    admin.save()
    return as_admin


def test_nothing_is_left_of_a_redacted_return(as_staff, tmp_path):
    record = fill(as_staff, tmp_path)
    assert found(dump()) == set(MARKS)
    assert Upload.objects.count() == 2
    assert RunChange.objects.exists()
    form = {"reference": NAME, "reason": WHY}
    assert as_staff.post(reverse("redact-return", args=[record.pk]), form).status_code == 302
    assert found(dump()) == set()
    assert DeletedReturn.objects.get().reason == "Redacted."
    assert [each.reference for each in RejectedRecord.objects.all()] == ["Return-9"]
    # The WMS sends all of it again, and something new.
    for each in records():
        push("feed", each)
    push("feed", rejected(), a_record(notes=mark("again"), updatedAt="2025-01-01T00:00:00Z"))
    push("feed/orders", order(), order() | {"updatedAt": "2026-08-01T00:00:00Z"})
    assert found(dump()) == set()
    assert Return.objects.get().updated_at.year == 2025
    # An admin deletes it, and the WMS sends it as a new one.
    again = {"reference": NAME, "reason": "A test."}
    as_staff.post(reverse("delete-return", args=[record.pk]), again)
    cache.delete(RETENTION_DONE)
    delete_old_rows()
    assert not Return.objects.exists()
    assert not SalesOrder.objects.exists()
    push("feed", rejected())
    push("feed", *records())
    assert Return.objects.get().redacted_at
    push("feed/orders", order())
    assert SalesOrder.objects.get().redacted_at
    assert found(dump()) == set()


def test_nothing_is_left_of_a_redacted_shopper(as_staff, tmp_path):
    fill(as_staff, tmp_path)
    other = a_record(notes=mark("notes"), recipient=mark("recipient")) | {
        "returnReferenceNumber": "Return-5002",
        "salesOrderReferenceNumber": "RSO-5002",
    }
    push("feed", other)
    push("feed/orders", order() | {"referenceNumber": "RSO-5002"})
    rows = SalesOrder.objects.order_by("pk")
    hashes = {each for row in rows for each in (row.email_hash, row.phone_hash, row.customer_hash)}
    assert len(rows) == 2
    assert len(hashes) == 3
    assert all(each in dump() for each in hashes)
    address = reverse("redact-shopper", args=[token_of_orders(rows)])
    page = as_staff.get(address)
    assert "2 orders with 2 returns" in page.text
    answer = as_staff.post(address, {"number": "2", "reason": WHY})
    assert answer.status_code == 302, answer.text
    after = dump()
    assert found(after) == set()
    assert not [each for each in hashes if each in after]
    push("feed", other, *records())
    push("feed/orders", order(), order() | {"referenceNumber": "RSO-5002"})
    after = dump()
    assert found(after) == set()
    assert not [each for each in hashes if each in after]
    assert as_staff.get(address).status_code == 404
