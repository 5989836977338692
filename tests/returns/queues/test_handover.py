"""The hand-over list: the queue's returns, in its order, with all that paper needs."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.deadlines import editing
from returns.feed.ingest import ingest
from returns.feed.records import ReturnRecord
from returns.models import DeadlinePolicy, Return, State, Unit
from returns.queues.handover import MAX_HANDOVER_LINES
from tests.factories import make_return, put_tag
from tests.markup import flat

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 25, 12, tzinfo=UTC)
PATH = "/queue/handover/"


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def waits(reference: str, hours: int, **fields) -> Return:
    moment = NOW - timedelta(hours=hours)
    created = moment - timedelta(days=1)
    return make_return(
        reference,
        state=State.ARRIVED,
        created_at=created,
        arrived_to_warehouse_at=moment,
        **fields,
    )


def printed(answer) -> list[str]:
    return re.findall(r'<tr data-return="([^"]*)"', flat(answer))


def cells(answer) -> list[str]:
    row = re.search(r"<tr data-return.*?</tr>", flat(answer))[0]
    texts = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)
    return [re.sub(r"<[^>]*>", "", text) for text in texts]


@pytest.mark.slow
def test_it_holds_what_the_queue_holds_in_its_order(as_manager, vocabulary):
    for hours in (2, 30, 50):
        waits(f"{hours}", hours)
    put_tag(waits("urgent", 1), "urgent-refund")
    put_tag(waits("book", 90), "books")
    make_return("on the way")
    for query in ("queue=to_inspect", "queue=to_inspect&tag_none=books", "queue=on_the_way"):
        queue = as_manager.get(f"/queue/?{query}").context["list"].page.rows
        expected = [record.return_reference_number for record in queue]
        assert printed(as_manager.get(f"{PATH}?{query}")) == expected
    assert printed(as_manager.get(f"{PATH}?queue=to_inspect"))[:2] == ["urgent", "book"]


def test_a_line_says_all_in_full(as_manager, vocabulary):
    fields = {"tracking_id": "9" * 34, "cargo_carrier": "PTT", "notes": "Too small. " * 20}
    record = waits("Return-1", 51, sales_order_reference_number="RSO-7", **fields)
    for name in ("wrong-size", "books", "fragile", "standard"):
        put_tag(record, name)
    page = as_manager.get(f"{PATH}?queue=to_inspect")
    done, reference, tracking, order, tags, arrived, waiting, carrier, notes = cells(page)
    assert (done, reference, tracking, order) == ("", "Return-1", "9" * 34, "RSO-7")
    assert sorted(tags.split(", ")) == ["books", "fragile", "standard", "wrong-size"]
    # In the warehouse's zone, whatever the person's.
    assert (arrived, waiting, carrier) == ("23 Mar 2026, 12:00", "2 d 3 h", "PTT")
    assert len(notes) == 80
    assert 'class="tick"' in page.text


def test_its_head_says_what_it_is_and_who_printed_it_when(as_manager):
    waits("Return-1", 30)
    page = flat(as_manager.get(f"{PATH}?queue=to_inspect&waiting_over=24"))
    for words in (
        ">To inspect</h2>",
        "waiting over <b>24 h</b>",
        "Times: Istanbul · printed",
        ">25 Mar 2026, 15:00</time> by manager",
        "1 return ",
        "Handed over by",
        "Taken over by",
    ):
        assert words in page


def test_what_is_on_the_way_is_told_since_its_creation(as_manager):
    make_return("way", created_at=NOW - timedelta(hours=25))
    page = as_manager.get(f"{PATH}?queue=on_the_way")
    assert cells(page)[5:7] == ["24 Mar 2026, 14:00", "1 d 1 h"]
    assert ">Created</th>" in page.text


@pytest.mark.slow
def test_it_ends_at_500_and_says_so(as_manager):
    moment = NOW - timedelta(days=1)
    more = MAX_HANDOVER_LINES + 1
    records = [
        ReturnRecord(f"Return-{n}", State.ARRIVED, moment, moment, arrived_to_warehouse_at=moment)
        for n in range(more)
    ]
    ingest(records, source="feed")
    page = as_manager.get(f"{PATH}?queue=to_inspect")
    assert len(printed(page)) == MAX_HANDOVER_LINES
    assert f"The first {MAX_HANDOVER_LINES} of {more} returns" in page.text
    # From the first on, whatever page of the queue was looked at.
    after = as_manager.get("/queue/?queue=to_inspect").context["list"].page.next
    assert printed(as_manager.get(f"{PATH}?queue=to_inspect&after={after}")) == printed(page)


def test_a_wrong_filter_is_named_and_nothing_is_printed(as_agent):
    waits("Return-1", 1)
    page = as_agent.get(f"{PATH}?queue=to_inspect&stete=Completed")
    assert printed(page) == []
    assert "stete: there is no such filter." in page.text
    assert printed(as_agent.get(f"{PATH}?queue=lost")) == []


def test_an_empty_queue_says_so(as_agent):
    assert "Nothing to hand over" in as_agent.get(f"{PATH}?queue=to_inspect").text


@pytest.mark.slow
def test_the_queue_leads_to_it_with_its_filter_also_in_place(as_agent):
    waits("Return-1", 1)
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
    for given in ({}, headers):
        page = as_agent.get("/queue/?queue=to_inspect&order=RSO", headers=given)
        assert f'href="{PATH}?queue=to_inspect&amp;order=RSO"' in page.text
    back = as_agent.get(f"{PATH}?queue=to_inspect&order=RSO").context["sheet"].back
    assert back == "/queue/?queue=to_inspect&order=RSO"


def test_it_asks_no_more_for_more_returns(as_manager, vocabulary):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            as_manager.get(f"{PATH}?queue=to_inspect")
        return len(asked)

    put_tag(waits("0", 1), "books")
    before = queries()
    for number in range(1, 3):
        put_tag(waits(f"{number}", 1), "damaged")
    assert queries() == before


def test_a_deadline_stands_on_paper_where_there_are_some(as_manager):
    waits("old", 50)
    assert "Deadline" not in as_manager.get(f"{PATH}?queue=to_inspect").text.partition("<thead>")[2]
    editing.save_policy(DeadlinePolicy(name="All", amount=48, unit=Unit.HOURS))
    page = as_manager.get(f"{PATH}?queue=to_inspect")
    assert '<th scope="col">Deadline</th>' in page.text
    assert "late by 2 h" in cells(page)
    make_return("on the way")
    assert '<th scope="col">Deadline</th>' not in as_manager.get(f"{PATH}?queue=on_the_way").text


def test_groups_have_their_subtotals_and_each_return_is_printed_once(as_manager, vocabulary):
    for hours, carrier in ((2, "DHL"), (50, "DHL"), (90, "UPS"), (1, "")):
        record = waits(f"{hours}", hours, cargo_carrier=carrier)
        put_tag(record, "books")
    put_tag(record, "urgent-refund")
    answer = as_manager.get(PATH, {"queue": "to_inspect", "group": "carrier"})
    heads = re.findall(r'colspan="9">(.*?)</th>', flat(answer))
    assert [" ".join(head.split()) for head in heads] == [
        "DHL: 2 returns, longest wait 2 d 2 h",
        "UPS: 1 return, longest wait 3 d 18 h",
        "None: 1 return, longest wait 1 h",
    ]
    assert printed(answer) == ["50", "2", "90", "1"]
    assert "By carrier" in flat(answer)
    by_tag = as_manager.get(PATH, {"queue": "to_inspect", "group": "tag"})
    assert sorted(printed(by_tag)) == ["1", "2", "50", "90"]
    assert flat(by_tag).index("books: 3 returns") < flat(by_tag).index("urgent-refund: 1 return")


def test_completed_returns_are_printed_with_their_processing_time(as_manager):
    make_return(
        "done",
        state=State.COMPLETED,
        arrived_to_warehouse_at=NOW - timedelta(hours=30),
        completed_at=NOW - timedelta(hours=1),
    )
    answer = as_manager.get(PATH, {"queue": "completed_today"})
    assert "1 d 5 h" in cells(answer)
    heads = re.findall(r'<th scope="col">([^<]*)</th>', flat(answer))
    assert "Processing time" in heads
    assert "Waiting" not in heads
