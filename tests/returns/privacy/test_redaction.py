"""Redacting takes the texts about people away, and leaves what is counted as it is."""

import threading
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.urls import reverse

from config.versions import ChangedMeanwhileError, version_of
from returns.feed.uploads import forget_uploads
from returns.filters.query import Query
from returns.models import (
    Comment,
    Export,
    Progress,
    RedactedKind,
    Redaction,
    Return,
    SalesOrder,
    Upload,
)
from returns.orders.tokens import shopper_of_token, token_of_orders
from returns.privacy.redaction import redact_return, redact_shopper
from returns.privacy.scope import holdings_of, scope_of_return, scope_of_shopper
from returns.record.comments import add_comment, edit_comment, latest_comment
from returns.record.corrections import correct
from returns.reports.report import SUBJECTS, build_report
from returns.retention.steps import delete_old_rows
from returns.summaries import maintenance
from tests.database import wait_until_another_waits_for_a_lock
from tests.factories import line_item, make_comment, make_return, put_tag
from tests.markup import flat
from tests.returns.feed.orders.samples import CUSTOMER, an_order
from tests.returns.feed.orders.samples import bring as bring_orders
from tests.returns.reports.invented import scatter
from tests.test_constraints import refused_by

pytestmark = pytest.mark.django_db
WHY = "Asked for by the shopper."


def a_return(number: int = 1, order: int = 1, **fields) -> Return:
    return make_return(
        f"Return-{number}", sales_order_reference_number=f"RSO-{order}", notes="Ayşe", **fields
    )


def redact(record: Return, by, typed: str = "") -> None:
    redact_return(record, typed or record.return_reference_number, WHY, by)


def shopper_token() -> str:
    return token_of_orders(SalesOrder.objects.order_by("pk")[:1])


def numbers(scope) -> list[int]:
    return [each.number for each in holdings_of(scope)]


def test_texts_go_and_the_rest_stays(admin, agent):
    record = a_return(
        state="ArrivedToWarehouse",
        unknown_fields={"recipient": "Ayşe"},
        line_items=[line_item(others={"giftFor": "Ayşe"}, serial_number="S-1")],
        stamps={"unknown_fields.recipient": None, "tracking_id": None},
    )
    put_tag(record, "books")
    correct(record, {"notes": "Ayşe called", "cargo_carrier": "UPS"}, by=admin)
    comment = make_comment(record, agent, "Ayşe")
    kept = ("state", "created_at", "arrived_to_warehouse_at", "tracking_id", "cargo_carrier")
    before = [getattr(record, name) for name in kept]
    redact(record, admin)
    record.refresh_from_db()
    assert [getattr(record, name) for name in kept] == before
    assert (record.notes, record.unknown_fields) == ("", {})
    assert record.corrections == {"cargo_carrier": ""}
    assert record.stamps == {"tracking_id": None}
    assert record.line_items == [["L-1", "MUG", "S-1", "Undamaged", "", None]]
    assert [tagging.tag.name for tagging in record.taggings.all()] == ["books"]
    comment.refresh_from_db()
    assert (comment.text, bool(comment.redacted_at)) == ("", True)
    (redaction,) = Redaction.objects.all()
    assert (redaction.reference, redaction.record_id) == ("Return-1", record.pk)
    assert (redaction.by, redaction.reason) == (admin, WHY)


def test_values_of_texts_leave_the_timeline_and_those_of_states_stay(admin, as_admin):
    record = a_return(tracking_id="Ayşe")
    Return.objects.update(tracking_id="1")
    arrived = datetime(2026, 1, 5, 9, tzinfo=UTC)
    Return.objects.update(state="ArrivedToWarehouse", arrived_to_warehouse_at=arrived)
    Return.objects.update(line_items=[line_item(others={"a": "Ayşe"})])
    Return.objects.update(line_items=[line_item(state="Missing", others={"a": "Ayşe"})])
    redact(record, admin)
    changes = [event.changes for event in record.events.order_by("pgh_id")]
    assert changes[0] == {"tracking_id": []}
    assert changes[1]["state"] == ["ReturnCreated", "ArrivedToWarehouse"]
    assert [len(line) for side in changes[2]["line_items"] for line in side] == [6, 6]
    page = flat(as_admin.get(record.get_absolute_url()))
    assert "Tracking ID changed" in page
    assert "Redacted by admin" in page
    assert "Ayşe" not in page


def test_the_page_says_who_redacted(admin, agent, as_agent):
    record = a_return()
    make_comment(record, agent)
    redact(record, admin)
    page = flat(as_agent.get(record.get_absolute_url()))
    assert "by admin." in page
    assert "The text of this comment was removed." in page
    assert "No notes from the WMS." not in page
    card = as_agent.get(
        reverse("return-card", args=[record.pk]),
        headers={"HX-Request": "true", "HX-Request-Type": "partial"},
    )
    assert "by admin." in flat(card)
    assert latest_comment(record) is None
    assert "redacted." in flat(as_agent.get(reverse("activity")))


def test_the_wrong_reference_redacts_nothing(admin):
    record = a_return()
    with pytest.raises(ValidationError, match="not the reference"):
        redact(record, admin, typed="Return-2")
    record.refresh_from_db()
    assert record.notes
    record.delete()
    with pytest.raises(ValidationError, match="has been deleted"):
        redact(record, admin, typed="Return-1")


def test_redacting_again_takes_what_was_written_since(admin, agent):
    record = a_return()
    redact(record, admin)
    first = Return.objects.get().redacted_at
    add_comment(record, "Ayşe again", uuid4(), agent)
    redact(record, admin)
    assert not Comment.objects.exclude(text="").exists()
    assert Return.objects.get().redacted_at == first
    assert Redaction.objects.filter(kind=RedactedKind.RETURN).count() == 2


def test_a_redacted_comment_is_not_edited(admin, agent):
    record = a_return()
    comment = make_comment(record, agent, "Ayşe")
    redact(record, admin)
    with pytest.raises(ChangedMeanwhileError, match="This comment was redacted"):
        edit_comment(comment.pk, "Ayşe", replaces=version_of("Ayşe"))


@pytest.mark.parametrize(
    ("table", "sql", "rule"),
    [
        ("comment", "text = 'Ayşe'", "redacted_comment_has_no_text"),
        ("comment", "redacted_at = NULL", "What is redacted stays redacted"),
    ],
)
def test_no_writer_fills_a_redacted_comment(admin, agent, table, sql, rule):
    record = a_return()
    make_comment(record, agent)
    redact(record, admin)
    assert rule in refused_by(f"UPDATE returns_{table} SET {sql}")


def test_a_redaction_has_a_reason_and_says_what_it_is_of(admin):
    insert = (
        "INSERT INTO returns_redaction (kind, reference, reason, by_id) VALUES (%s, %s, %s, %s)"
    )
    assert "redaction_has_a_reason" in refused_by(insert, "return", "Return-1", " ", admin.pk)
    names = "redaction_names_what_it_is_of"
    assert names in refused_by(insert, "return", "", WHY, admin.pk)
    assert names in refused_by(insert, "shopper", "Ayşe", WHY, admin.pk)


@pytest.mark.parametrize("what", ["UPDATE {} SET reason = 'x'", "DELETE FROM {}"])
def test_a_redaction_stays(admin, what):
    redact(a_return(), admin)
    with (
        pytest.raises(ProgrammingError, match="Cannot update or delete"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(what.format("returns_redaction"))


def test_the_function_leaves_what_is_not_marked(admin, agent):
    record = a_return(tracking_id="2")
    Return.objects.update(tracking_id="1")
    with connection.cursor() as cursor:
        given = [[record.pk], [], admin.pk, WHY]
        cursor.execute("SELECT returns_redact(%s::bigint[], %s::bigint[], %s, %s)", given)
    assert record.events.get().changes == {"tracking_id": ["2", "1"]}
    assert not Redaction.objects.exists()


def test_an_upload_whose_import_is_queued_goes_after_it(admin):
    queued = Upload.objects.create(by=admin, name="a", content=b"", size=0)
    Upload.objects.create(by=admin, name="b", content=b"", size=0)
    Upload.objects.filter(pk=queued.pk).update(wanted_at="2026-01-01T00:00:00Z")
    forget_uploads()
    assert Upload.objects.get() == queued
    delete_old_rows()
    assert Upload.objects.exists()
    Upload.objects.update(wanted_at=None)
    delete_old_rows()
    assert not Upload.objects.exists()


def test_exports_go_but_for_those_that_wait(admin):
    for status in (Progress.WAITING, Progress.RUNNING):
        Export.objects.create(by=admin, columns=[], name=status, status=status, total=1)
    redact(a_return(), admin)
    assert Export.objects.get().status == Progress.WAITING


# Shoppers


@pytest.fixture
def orders():
    """Make three orders of two shoppers, of which one order has two returns."""
    other = CUSTOMER | {"email": "b@example.com", "phone": "0533 765 43 22", "customerNo": "2"}
    a_return(1, 1), a_return(2, 1), a_return(3, 2), a_return(4, 3)
    bring_orders(an_order("RSO-1"), an_order("RSO-2"), an_order("RSO-3", customer=other))


def test_a_shopper_is_redacted_with_all_returns(orders, admin):
    shopper = shopper_of_token(shopper_token())
    scope = redact_shopper(shopper, 3, WHY, admin)
    assert scope.references == ("Return-1", "Return-2", "Return-3")
    notes = dict(Return.objects.values_list("return_reference_number", "notes"))
    assert notes == {"Return-1": "", "Return-2": "", "Return-3": "", "Return-4": "Ayşe"}
    redacted = SalesOrder.objects.exclude(redacted_at=None)
    assert [each.reference for each in redacted.order_by("pk")] == ["RSO-1", "RSO-2"]
    whole = Redaction.objects.get(kind=RedactedKind.SHOPPER)
    assert (whole.returns, whole.orders, whole.reference, whole.record_id) == (3, 2, "", None)
    with pytest.raises(ValidationError, match="Nothing is known"):
        redact_shopper(shopper, 3, WHY, admin)


def test_the_wrong_number_redacts_nobody(orders, admin):
    shopper = shopper_of_token(shopper_token())
    with pytest.raises(ValidationError, match="not the number of returns"):
        redact_shopper(shopper, 4, WHY, admin)
    assert not Return.objects.exclude(redacted_at=None).exists()


def test_a_return_is_redacted_with_what_its_order_says(orders, admin):
    record = Return.objects.get(return_reference_number="Return-1")
    assert numbers(scope_of_return(record))[4] == 1
    redact(record, admin)
    assert numbers(scope_of_return(record))[4] == 0
    assert Return.objects.get(return_reference_number="Return-2").notes == "Ayşe"
    assert SalesOrder.objects.get(reference="RSO-2").email_hash


def test_other_returns_of_the_order_are_named_before_one_is_redacted(orders, as_admin):
    record = Return.objects.get(return_reference_number="Return-1")
    page = as_admin.get(reverse("redact-return", args=[record.pk])).text
    assert "1 other return of its order is not redacted." in page
    alone = Return.objects.get(return_reference_number="Return-3")
    page = as_admin.get(reverse("redact-return", args=[alone.pk])).text
    assert "of its order is not redacted" not in page


def test_orders_without_a_search_key_are_found_by_their_text(admin):
    record = a_return()
    Return.objects.update(sales_order_reference_number="订单")
    bring_orders(an_order("订单"))
    shopper = shopper_of_token(shopper_token())
    assert scope_of_shopper(shopper.hashes).return_ids == (record.pk,)
    record.refresh_from_db()
    assert scope_of_return(record).order_references == ("订单",)


def test_what_goes_is_counted_and_then_gone(orders, admin, agent):
    record = Return.objects.get(return_reference_number="Return-1")
    make_comment(record, agent)
    Return.objects.update(tracking_id="1", unknown_fields={"a": 1})
    scope = scope_of_shopper(shopper_of_token(shopper_token()).hashes)
    assert numbers(scope) == [3, 3, 1, 3, 2, 0, 0, 0, 0, 0]
    redact_shopper(shopper_of_token(shopper_token()), 3, WHY, admin)
    assert numbers(scope) == [0] * 10


# Reports


def test_no_number_of_a_report_changes(admin, agent, vocabulary, capsys):
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    scatter(Random(3), now, 60)
    records = list(Return.objects.exclude(sales_order_reference_number="")[:20])
    for record in records:
        make_comment(record, agent)
    Return.objects.update(notes="Ayşe", unknown_fields={"a": "b"})
    references = {record.sales_order_reference_number for record in records}
    bring_orders(*(an_order(each, lineItems=[]) for each in sorted(references)))
    maintenance.rebuild()
    before = all_numbers(now)
    for record in records:
        redact(record, admin)
    while maintenance.update_in_background():
        pass
    assert all_numbers(now) == before
    call_command("rebuild_summaries", "--check")
    assert "match a recount" in capsys.readouterr().out


def all_numbers(now: datetime) -> dict[tuple[str, str], str]:
    scopes = ("", "carrier=DHL", "tag=books", "state=Completed&carrier=Aras", "order=RSO2")
    return {
        (subject, scope): str(build_report(subject, Query.parse(scope), now).sections)
        for subject in SUBJECTS
        for scope in scopes
    }


# At the same time


@pytest.mark.django_db(transaction=True)
def test_two_redact_one_shopper(orders, admin):
    shopper = shopper_of_token(shopper_token())
    errors = []

    def write():
        try:
            redact_shopper(shopper, 3, WHY, admin)
        except ValidationError as error:
            errors.append(error.messages)
        finally:
            connection.close()

    other = threading.Thread(target=write)
    with transaction.atomic():
        list(Return.objects.select_for_update())
        other.start()
        wait_until_another_waits_for_a_lock()
    redact_all = threading.Thread(target=write)
    redact_all.start()
    other.join()
    redact_all.join()
    assert errors == [["Nothing is known of this shopper any more."]]
    assert Redaction.objects.filter(kind=RedactedKind.SHOPPER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_comment_that_waits_for_a_redaction_is_a_new_one(admin, agent):
    record = a_return()
    first = make_comment(record, agent, "Ayşe")
    failed = []

    def edit():
        try:
            edit_comment(first.pk, "Ayşe!", replaces=version_of("Ayşe"))
        except ChangedMeanwhileError as error:
            failed.extend(error.messages)
        finally:
            connection.close()

    other = threading.Thread(target=edit)
    with transaction.atomic():
        Comment.objects.select_for_update().get()
        other.start()
        wait_until_another_waits_for_a_lock()
        redact(record, admin)
    other.join()
    assert failed == ["This comment was redacted. Write a new one."]
    assert list(Comment.objects.values_list("text", flat=True)) == [""]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM returns_commentevent")
        assert cursor.fetchone() == (0,)
