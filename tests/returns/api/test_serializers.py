"""What comes in from the WMS goes out as it came."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.api.query import run_query
from returns.feed.ingest import ingest
from returns.feed.parsing import parse_record
from returns.feed.serializers import complete, format_time, serialize_return
from returns.models import Return
from tests.factories import make_return, put_tag

# One order with two returns; 56 microseconds; an update before the arrival; 34 digits; "" and null.
ARRIVED = {
    "source": "WMS",
    "returnReferenceNumber": "Return-70001",
    "salesOrderReferenceNumber": "RSO700",
    "notes": "",
    "state": "ArrivedToWarehouse",
    "trackingId": "9101450414625470014100902000017001",
    "createdAt": "2026-02-24T09:15:22.810942Z",
    "updatedAt": "2026-02-24T09:15:22.810942Z",
    "arrivedToWarehouseAt": "2026-02-24T09:15:22.810998Z",
    "completedAt": None,
}
COMPLETED = ARRIVED | {
    "returnReferenceNumber": "Return-70002",
    "notes": "Box damaged, “very”\nunhappy",
    "state": "Completed",
    "trackingId": "9101450414625470014100902000017002",
    "completedAt": "2026-02-24T09:15:33.000000Z",
}
BARE = ARRIVED | {
    "source": "Oplog",
    "returnReferenceNumber": "Return-70003",
    "salesOrderReferenceNumber": None,
    "state": "ReturnCreated",
    "trackingId": None,
    "arrivedToWarehouseAt": None,
}
FULL = COMPLETED | {
    "returnReferenceNumber": "Return-70004",
    "cargoCarrier": "Trendyol Express",
    "salesOrderChannel": "Web",
    "lines": [{"sku": "A-1", "amount": 2.5}],
    "isGift": False,
}


@pytest.mark.parametrize("record", [ARRIVED, COMPLETED, BARE, FULL])
def test_a_record_comes_out_as_it_went_in(db, record):
    ingest([parse_record(record)], source="feed")
    fields = serialize_return(Return.objects.get())
    assert json.dumps(fields) == json.dumps(record)


def test_an_unknown_field_never_hides_a_known_one(db):
    record = make_return("A", unknown_fields={"state": "Lost", "zone": "B"})
    assert serialize_return(record)["state"] == "ReturnCreated"
    assert list(serialize_return(record))[-1] == "zone"


def test_times_are_in_utc_to_the_microsecond():
    local = timezone.get_fixed_timezone(180)
    assert format_time(datetime(2026, 1, 1, 3, tzinfo=local)) == "2026-01-01T00:00:00.000000Z"
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=56)
    assert format_time(moment) == "2026-01-01T00:00:00.000056Z"


def test_tags_are_one_string_with_commas(db):
    record = make_return("A")
    assert complete({}, record, ["books", "fragile"])["tag"] == "books,fragile"
    assert complete({}, record, [])["tag"] == ""
    assert "tag" not in complete({}, record)


def test_no_row_is_asked_for_again_when_it_is_written(db):
    for _ in range(3):
        put_tag(make_return(), "books")
    page = run_query(QueryDict(), now=timezone.now(), with_tag_ids=True).returns
    with CaptureQueriesContext(connection) as queries:
        written = [complete(serialize_return(each), each, map(str, each.tag_ids)) for each in page]
    assert [len(each) for each in written] == [12, 12, 12]
    assert len(queries) == 0
