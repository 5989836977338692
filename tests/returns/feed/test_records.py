"""One raw record becomes a typed one, or an error that names the field and the reason."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from returns.feed.parsing import parse_record
from returns.feed.records import API_NAMES, RecordError, column_name, split_tags
from tests.returns.feed.samples import arrived, completed, created


def error_of(raw: dict) -> str:
    with pytest.raises(RecordError) as error:
        parse_record(raw)
    return str(error.value)


def test_every_field_of_the_api_is_parsed():
    record = parse_record(completed(cargoCarrier="Yurtiçi", salesOrderChannel="web"))
    assert record.return_reference_number == "Return-70001"
    assert record.sales_order_reference_number == "RSO770000001"
    assert record.tracking_id == "9901450414625470014100902000010077"
    assert (record.cargo_carrier, record.sales_order_channel) == ("Yurtiçi", "web")
    assert record.unknown_fields == {}


def test_microseconds_are_kept():
    record = parse_record(completed())
    assert record.arrived_to_warehouse_at - record.created_at == timedelta(microseconds=56)


def test_update_may_be_earlier_than_the_arrival():
    record = parse_record(arrived())
    assert record.updated_at < record.arrived_to_warehouse_at


def test_names_go_both_ways_by_one_rule():
    assert [column_name(name) for name in API_NAMES.values()] == list(API_NAMES)


@pytest.mark.parametrize("missing", [None, ""])
@pytest.mark.parametrize("name", ["returnReferenceNumber", "state", "createdAt", "updatedAt"])
def test_required_field_is_asked_for_by_name(name, missing):
    assert error_of(completed(**{name: missing})) == f"{name}: missing"


def test_null_and_empty_text_are_both_missing():
    empty = parse_record(created(notes="", trackingId="", completedAt="", source=""))
    assert empty == parse_record(created(notes=None, trackingId=None, source=None))
    assert empty.source == "WMS"


@pytest.mark.parametrize("text", ["2024-13-01", "soon", 17, True, ["2024-01-01T00:00:00Z"]])
def test_an_invalid_time_is_quoted_in_the_error(text):
    assert error_of(created(createdAt=text)) == f"createdAt: not a time: {text!r}"


def test_time_without_zone_is_refused():
    assert "createdAt: no time zone" in error_of(created(createdAt="2024-02-23T11:11:18"))


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-05:00"])
def test_time_that_some_zone_cannot_show_is_refused(time):
    assert "createdAt: out of range" in error_of(created(createdAt=time))


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-23T14:11:18.810942+03:00",
        "2024-02-23T11:11:18.8109429Z",
        "2024-02-23 11:11:18.810942Z",
    ],
)
def test_times_meet_in_utc_and_a_seventh_digit_is_cut(text):
    expected = datetime(2024, 2, 23, 11, 11, 18, 810942, tzinfo=UTC)
    assert parse_record(created(createdAt=text)).created_at == expected


def test_number_becomes_text_without_losing_digits():
    number = 1201450414625470014100902000019999
    assert parse_record(created(trackingId=number)).tracking_id == str(number)


@pytest.mark.parametrize("value", [True, 1.5, Decimal("1.5"), [], ["a"], {"a": 1}])
def test_other_values_are_no_text(value):
    assert error_of(created(trackingId=value)).startswith("trackingId: not text")


@pytest.mark.parametrize(
    ("text", "reason"), [("a\x00b", "NUL"), ("a\ud800", "Unicode"), ("a\udcff", "UTF-8")]
)
def test_text_that_cannot_be_stored_is_refused(text, reason):
    for name in ("notes", "returnReferenceNumber", "anything"):
        message = error_of(created(**{name: text}))
        assert message.startswith(f"{name}:")
        assert reason in message


def test_references_lose_the_space_around_them():
    record = parse_record(created(trackingId=" 7340 1\t", notes=" as written "))
    assert (record.tracking_id, record.notes) == ("7340 1", " as written ")
    assert error_of(created(returnReferenceNumber="  ")) == "returnReferenceNumber: missing"


def test_too_long_text_is_refused_with_both_lengths():
    message = error_of(created(salesOrderReferenceNumber="R" * 31))
    assert message == "salesOrderReferenceNumber: 31 characters; at most 30 are allowed"


@pytest.mark.parametrize("state", ["Lost", "completed", 3, ["Completed"], {"a": 1}])
def test_unknown_state_is_refused(state):
    assert error_of(created(state=state)).startswith("state: unknown")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (arrived(state="ReturnCreated"), "ReturnCreated with arrivedToWarehouseAt"),
        (created(completedAt="2024-03-01T00:00:00Z"), "ReturnCreated with completedAt"),
        (
            created(state="ArrivedToWarehouse", arrivedToWarehouseAt=None),
            "ArrivedToWarehouse without arrivedToWarehouseAt",
        ),
        (completed(state="ArrivedToWarehouse"), "ArrivedToWarehouse with completedAt"),
        (arrived(state="Completed"), "Completed without completedAt"),
    ],
)
def test_state_and_times_have_to_agree(raw, reason):
    assert error_of(raw) == f"state: {reason}"


def test_completed_without_arrival_is_believed():
    assert parse_record(completed(arrivedToWarehouseAt=None)).completed_at


def test_unknown_fields_are_kept():
    extra = {"lines": [{"sku": "A", "price": Decimal("1.5")}], "unknownFields": None, "id": 7}
    kept = parse_record(created(**extra)).unknown_fields
    assert kept == {"lines": [{"sku": "A", "price": 1.5}], "unknownFields": None, "id": 7}


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a\x00": 1}, {"a": "\x00"}])
def test_unknown_field_that_json_cannot_hold_is_named(value):
    assert error_of(created(extra=value)).startswith("extra: ")


def test_bottomless_unknown_field_is_refused():
    deep: list = []
    for _ in range(60):
        deep = [deep]
    assert error_of(created(extra=deep)) == "extra: more than 50 levels deep"


def test_tags_are_split_stripped_and_taken_once():
    assert split_tags(" books, vip-customer ,,books") == ("books", "vip-customer")
    assert parse_record(created(tag=" , ")).tag is None
    assert parse_record(created(tag=" books, on  hold ,,books")).tag == "books,on hold"


@pytest.mark.parametrize("tag", ["a\tb", "x" * 51, "a\u200bb", ["books"], True])
def test_impossible_tag_is_refused(tag):
    assert error_of(created(tag=tag)).startswith("tag: ")
