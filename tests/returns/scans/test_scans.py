"""Scanning parcels: the verdict on each, the list of the session, and unknown numbers."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from returns.filters.query import Query
from returns.models import DeadlinePolicy, Return, Scan, State, Verdict
from returns.record.deletion import delete_returns
from returns.scans.page import MAX_LISTED_SCANS, scan_page
from returns.scans.recording import record_scan
from tests.factories import make_return, make_returns, put_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

SCAN = reverse("scan")
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def scan(person, text: str) -> Scan:
    return record_scan(person, text, uuid4(), timezone.now())


def page(person, query: str = ""):
    return scan_page(person, Query.parse(query), timezone.now())


# Verdicts


def test_an_open_return_is_found_by_each_of_its_whole_numbers(agent):
    for state in (State.CREATED, State.ARRIVED):
        record = make_return(state=state)
        other = make_return()
        scans = [
            scan(agent, record.return_reference_number.lower()),
            scan(agent, f"]C1{other.tracking_id}"),
        ]
        assert [each.verdict for each in scans] == [Verdict.OPEN, Verdict.OPEN]
        assert [each.record for each in scans] == [record, other]


def test_part_of_a_number_is_not_a_scan_of_it(agent):
    record = make_return()
    for part in (record.tracking_id[:-1], record.tracking_id[1:], record.tracking_id[2:-2]):
        assert scan(agent, part).verdict == Verdict.UNKNOWN


def test_a_tag_that_raises_and_a_passed_deadline_are_urgent(agent):
    DeadlinePolicy.objects.create(name="All", parameters={}, amount=48, unit="hours", position=1)
    tagged, late, in_time = (
        make_return(state=State.ARRIVED, created_at=timezone.now() - timedelta(hours=hours))
        for hours in (2, 60, 2)
    )
    put_tag(tagged, "urgent-refund")
    verdicts = [scan(agent, each.tracking_id).verdict for each in (tagged, late, in_time)]
    assert verdicts == [Verdict.URGENT, Verdict.URGENT, Verdict.OPEN]


def test_a_completed_return_is_completed_even_with_an_urgent_tag(agent):
    record = make_return(state=State.COMPLETED)
    put_tag(record, "urgent-refund")
    assert scan(agent, record.tracking_id).verdict == Verdict.COMPLETED


def test_the_second_scan_of_a_return_says_when_it_was_scanned_before(agent, manager):
    record = make_return()
    first = scan(agent, record.tracking_id)
    second = scan(agent, record.return_reference_number)
    assert second.verdict == Verdict.REPEATED
    assert page(agent).outcome.before == first.at
    assert page(agent, f"scan={first.pk}").outcome.verdict == Verdict.OPEN
    assert scan(manager, record.tracking_id).verdict == Verdict.OPEN


def test_a_number_that_is_unknown_again_stays_unknown_and_says_when_it_was_scanned(agent):
    first, _ = scan(agent, "unknown-1"), scan(agent, "unknown-1")
    shown = page(agent).outcome
    assert (shown.verdict, shown.before) == (Verdict.UNKNOWN, first.at)


def test_of_several_returns_the_person_chooses_one(as_agent, agent):
    make_returns([{"sales_order_reference_number": "ORD-77"}] * 2 + [{}])
    fitting = Return.objects.filter(sales_order_reference_number="ORD-77").last()
    other = Return.objects.exclude(sales_order_reference_number="ORD-77").get()
    stored = scan(agent, "ORD-77")
    assert (stored.verdict, stored.record) == (Verdict.SEVERAL, None)
    assert as_agent.get(SCAN).text.count('name="record"') == 2
    path = reverse("choose-scanned-return", args=[stored.pk])
    assert as_agent.post(path, {"record": other.pk}).status_code == 404
    assert as_agent.post(path, {"record": "x"}).status_code == 400
    answer = as_agent.post(path, {"record": fitting.pk}, follow=True)
    assert fitting.return_reference_number in answer.text
    stored.refresh_from_db()
    assert (stored.verdict, stored.record) == (Verdict.OPEN, fitting)


def test_a_verdict_shows_the_return_as_it_is_now(agent):
    record = make_return(state=State.ARRIVED)
    scan(agent, record.tracking_id)
    Return.objects.filter(pk=record.pk).update(state=State.COMPLETED, completed_at=timezone.now())
    assert page(agent).outcome.verdict == Verdict.COMPLETED


def test_a_deleted_return_leaves_its_scans_without_return(agent, admin):
    record = make_return()
    stored = scan(agent, record.tracking_id)
    delete_returns([record.pk], admin, "never was")
    stored.refresh_from_db()
    assert stored.record is None
    assert page(agent).outcome.verdict == Verdict.UNKNOWN


# Storing


def test_a_scan_that_is_sent_twice_is_stored_once_with_the_same_verdict(as_agent):
    record = make_return()
    sent = {"text": record.tracking_id, "token": str(uuid4())}
    answers = [as_agent.post(SCAN, sent, headers=HTMX) for _ in range(2)]
    assert all('data-verdict="open"' in answer.text for answer in answers)
    assert Scan.objects.count() == 1


def test_without_a_script_a_scan_leads_back_to_the_page(as_agent):
    record = make_return()
    answer = as_agent.post(SCAN, {"text": record.tracking_id}, follow=True)
    assert answer.redirect_chain == [(SCAN, 302)]
    assert 'data-verdict="open"' in answer.text
    assert record.return_reference_number in answer.text


def test_the_answer_to_htmx_is_the_verdict_alone(as_agent):
    answer = as_agent.post(SCAN, {"text": "1234567"}, headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div class="scan-results"')
    assert 'data-verdict="unknown"' in answer.text
    filtered = HTMX | {"HX-Current-URL": f"http://testserver{SCAN}?verdict=open"}
    assert as_agent.post(f"{SCAN}?poll", {"text": "1"}, headers=filtered)["HX-Push-Url"] == SCAN


@pytest.mark.parametrize("text", ["", " ", "\x1d\x02", "9" * 501])
def test_what_is_no_number_is_refused_in_words(as_agent, text):
    answer = as_agent.post(SCAN, {"text": text}, headers=HTMX)
    assert answer.status_code == 422
    assert 'data-verdict="refused"' in answer.text
    assert not Scan.objects.exists()


def test_control_characters_of_a_scanner_are_not_stored(as_agent):
    as_agent.post(SCAN, {"text": "\x02RSO\x1d77\x03"})
    assert Scan.objects.get().text == "RSO77"


def test_looking_writes_nothing(as_agent, agent):
    scan(agent, "4711-1")
    before = list(Scan.objects.values())
    make_return(tracking_id="4711-1")
    assert "Found by now" in as_agent.get(SCAN).text
    assert list(Scan.objects.values()) == before


def test_a_signed_out_scan_says_so_and_stays_on_the_page(client):
    answer = client.post(f"{SCAN}?poll", {"text": "1"}, headers=HTMX)
    assert answer.status_code == 401


# The list of the session


def test_the_list_has_the_last_scans_and_counts_all(agent):
    for number in range(MAX_LISTED_SCANS + 1):
        Scan.objects.create(person=agent, text=f"N{number}", verdict=Verdict.OPEN)
    stored = scan(agent, "unknown-1")
    shown = page(agent)
    assert shown.scans[0] == stored
    assert len(shown.scans) == MAX_LISTED_SCANS
    counts = {each.verdict: each.number for each in shown.counts if each.number}
    assert counts == {None: 52, Verdict.OPEN: 51, Verdict.UNKNOWN: 1}


def test_each_count_leads_to_the_scans_that_it_counts(as_agent, agent):
    known = make_return()
    for text in (known.tracking_id, known.tracking_id, "unknown-1", "unknown-2"):
        scan(agent, text)
    for count in page(agent).counts:
        listed = as_agent.get(count.address).context["page"].scans
        assert len(listed) == count.number


def test_numbers_are_copied_a_line_each_and_returns_are_opened_tagged_and_exported(as_agent, agent):
    first, second = make_return("Return-1"), make_return("Return-2")
    for text in (first.tracking_id, second.tracking_id, first.tracking_id, "unknown-1"):
        scan(agent, text)
    shown = page(agent)
    assert shown.numbers_to_copy == f"unknown-1\n{first.tracking_id}\n{second.tracking_id}"
    listed = as_agent.get(shown.list_path).context["list"].rows
    assert {row.record for row in listed} == {first, second}
    assert "Tag 2 returns" in as_agent.get(shown.tag_path).text
    assert "2 returns" in as_agent.get(shown.export_path).text


def test_tagging_is_offered_to_those_who_may(as_agent, agent):
    scan(agent, make_return().tracking_id)
    assert "Tag these returns" in as_agent.get(SCAN).text
    agent.groups.get().permissions.remove(agent.groups.get().permissions.get(codename="tag_return"))
    assert "Tag these returns" not in as_agent.get(SCAN).text


def test_a_new_session_empties_the_list_and_keeps_unknown_numbers(as_agent, agent, manager):
    record = make_return()
    scan(agent, record.tracking_id)
    scan(agent, "unknown-1")
    scan(manager, record.tracking_id)
    as_agent.post(reverse("new-scan-session"))
    shown = page(agent)
    assert (shown.outcome, shown.scans) == (None, [])
    assert [each.scan.text for each in shown.unknown] == ["unknown-1"]
    assert scan(agent, record.tracking_id).verdict == Verdict.OPEN
    assert page(manager).total == 1


def test_nobody_sees_or_settles_the_scans_of_others(as_manager, agent):
    stored = scan(agent, "unknown-1")
    assert "unknown-1" not in as_manager.get(f"{SCAN}?scan={stored.pk}").text
    for name in ("dismiss-scan", "choose-scanned-return"):
        answer = as_manager.post(reverse(name, args=[stored.pk]), {"record": "1"})
        assert answer.status_code == 404


# Unknown numbers


def test_an_unknown_number_is_listed_once_until_it_is_dismissed(as_agent, agent):
    stored = [scan(agent, "unknown-1") for _ in range(2)]
    assert [each.scan for each in page(agent).unknown] == [stored[1]]
    as_agent.post(reverse("dismiss-scan", args=[stored[1].pk]))
    assert page(agent).unknown == []


def test_an_unknown_number_is_shown_as_found_when_its_return_is_recorded(as_agent, agent):
    scan(agent, "4711-01")
    scan(agent, "4711-02")
    record = make_return(tracking_id="4711-01")
    found = {each.scan.text: each.record for each in page(agent).unknown}
    assert found == {"4711-02": None, "4711-01": record}
    assert page(agent).unknown_to_copy == "4711-02"
    make_return(tracking_id="4711-01")
    assert "2 returns" in as_agent.get(SCAN).text


def test_the_page_costs_the_same_with_more_scans(agent):
    def queries(number: int) -> int:
        for record in make_returns([{"state": State.ARRIVED}] * number):
            scan(agent, record.tracking_id)
            scan(agent, f"no-{record.tracking_id}x9")
        with CaptureQueriesContext(connection) as captured:
            page(agent)
        return len(captured)

    assert queries(2) == queries(6)
