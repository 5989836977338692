"""The pages of the feed: health, runs, and rejected records that managers can fix."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from returns.feed import overview
from returns.feed.overview import ROWS_PER_PAGE
from returns.models import Fate, FeedRun, Outcome, RejectedRecord, Way
from tests.returns.feed.test_retries import bring_file
from tests.returns.feed.test_runs import BAD, bring, fates, sent

pytestmark = pytest.mark.django_db
REJECTED = "/feed/rejected/"


def run_of(outcome=Outcome.DONE, way=Way.PULL, origin="http://far", **fields) -> FeedRun:
    ended = None if outcome == Outcome.RUNNING else timezone.now()
    fields = {"ended_at": ended} | fields
    return FeedRun.objects.create(way=way, origin=origin, outcome=outcome, **fields)


def health(page) -> dict[str, str]:
    return {each.latest.row.origin: each.health for each in page.context["health"].sources}


def test_empty_feed_says_so(as_agent):
    page = as_agent.get("/feed/")
    assert "The feed has not been read yet." in page.text
    assert "No runs yet." in page.text


def test_each_source_shows_its_health(as_agent):
    run_of(origin="good")
    run_of(origin="failed")
    run_of(Outcome.FAILED, origin="failed", message="The other API hung up.")
    run_of(Outcome.RUNNING, origin="died")
    run_of(origin="silent", way=Way.PUSH, ended_at=timezone.now() - timedelta(hours=2))
    run_of(origin="returns.csv", way=Way.FILE)
    page = as_agent.get("/feed/")
    assert health(page) == {
        "silent": "silent",
        "died": "failing",
        "failed": "failing",
        "good": "good",
    }
    assert "The other API hung up." in page.text


def test_a_record_from_the_future_does_not_hide_a_feed_that_is_silent(as_agent):
    now = timezone.now()
    run_of(ended_at=now - timedelta(hours=2), to_time=now + timedelta(days=9))
    page = as_agent.get("/feed/")
    assert page.context["health"].is_silent
    assert "The feed is silent. It was last read 2 hours ago." in page.text


def test_files_alone_are_no_reading_of_the_feed(as_agent):
    run_of(way=Way.FILE, origin="returns.csv")
    assert "The feed has not been read yet." in as_agent.get("/feed/").text


def test_runs_stand_newest_first_page_by_page(as_agent):
    rows = [run_of(way=Way.FILE, origin=f"{n}.csv") for n in range(ROWS_PER_PAGE + 2)]
    page = as_agent.get("/feed/")
    assert [each.row for each in page.context["runs"].shown] == rows[:1:-1]
    page = as_agent.get(f"/feed/?before={page.context['runs'].earlier}")
    assert [each.row for each in page.context["runs"].shown] == [rows[1], rows[0]]
    assert "Earlier runs" not in page.text


def test_imports_of_files_are_found_among_many_pushes(as_agent):
    assert "No file has been imported yet." in as_agent.get("/feed/?files").text
    files = [run_of(origin=f"{n}.csv", way=Way.FILE) for n in range(ROWS_PER_PAGE + 1)]
    for _ in range(3):
        run_of(way=Way.PUSH)
    first = as_agent.get("/feed/?files")
    assert [each.row for each in first.context["runs"].shown] == files[:0:-1]
    assert f"?before={files[1].pk}&amp;files" in first.text
    last = as_agent.get(f"/feed/?before={files[1].pk}&files")
    assert [each.row for each in last.context["runs"].shown] == files[:1]


def test_the_page_costs_the_same_queries_whatever_it_shows(as_agent):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_agent.get("/feed/")
        return len(captured)

    as_agent.get("/feed/")
    run_of(Outcome.RUNNING)
    few = queries()
    for number in range(9):
        run_of(Outcome.RUNNING, origin=f"http://far/{number}")
    assert queries() == few


def test_a_run_shows_its_numbers_and_what_it_rejected(as_agent):
    row = bring(sent(), sent("Return-2"), BAD, origin="Shop <b>")
    page = as_agent.get(reverse("feed-run", args=[row.pk]))
    assert "Shop &lt;b&gt;" in page.text
    assert "state: Completed without completedAt" in page.text
    assert page.context["run"].row.created == 2


@pytest.mark.parametrize(
    ("outcome", "words"),
    [(Outcome.FAILED, "The run failed: The other API hung up."), (Outcome.RUNNING, "interrupted")],
)
def test_a_failed_run_explains_what_that_means(as_agent, outcome, words):
    message = "The other API hung up." if outcome == Outcome.FAILED else ""
    row = run_of(outcome, message=message)
    assert words in as_agent.get(reverse("feed-run", args=[row.pk])).text


# Rejected records


def test_everybody_sees_rejected_records_and_managers_can_fix_them(as_agent, as_manager):
    bring(BAD)
    seen, mended = as_agent.get(REJECTED), as_manager.get(REJECTED)
    for page in (seen, mended):
        assert "Return-9" in page.text
        assert "Completed without completedAt" in page.text
    assert "Retry all" not in seen.text
    assert "Retry all" in mended.text


def test_a_manager_retries_all_and_sees_the_result(as_manager):
    bring(BAD, sent(), sent(source="Oplog"))
    kept = RejectedRecord.objects.get(reference="Return-9")
    kept.written = json.dumps(json.loads(kept.written) | {"completedAt": "2026-01-06T09:00:00Z"})
    kept.save()
    page = as_manager.post(REJECTED, {"retry": "all"}, follow=True)
    assert "2 records retried: 1 imported, 1 rejected again." in page.text
    assert fates() == {"Return-9": Fate.IMPORTED, "Return-1": Fate.WAITING}


@pytest.mark.slow
def test_a_manager_fixes_a_wrong_date_of_a_file(as_manager, as_agent):
    bring_file("R-1;Created;31.02.2026")
    bring(BAD)
    page, row = as_manager.get(REJECTED), RejectedRecord.objects.get(reference="R-1")
    assert page.text.count('name="mend"') == 1
    assert 'name="value" value="31.02.2026"' in page.text
    assert 'name="mend"' not in as_agent.get(REJECTED).text
    asked = {"mend": row.pk, "value": "30.02.2026"}
    page = as_manager.post(REJECTED, asked, follow=True)
    assert "Created: not a valid date (day first): &#x27;30.02.2026&#x27;" in page.text
    assert "Write it as 28/11/2026 14:05, or as 2026-11-28 14:05." in page.text
    page = as_manager.post(REJECTED, asked | {"value": "2099-01-01"}, follow=True)
    assert "Write it as" not in page.text
    page = as_manager.post(REJECTED, asked | {"value": "28. Feb 2026"}, follow=True)
    assert "1 record retried: 1 imported, 0 rejected again." in page.text
    assert fates() == {"R-1": Fate.IMPORTED, "Return-9": Fate.WAITING}


def test_a_manager_sets_one_aside_and_puts_it_back(as_manager):
    bring(BAD, sent("Return-8", state="Completed"))
    row = RejectedRecord.objects.get(reference="Return-9")
    as_manager.post(REJECTED, {"aside": row.pk})
    assert fates() == {"Return-9": Fate.ASIDE, "Return-8": Fate.WAITING}
    aside = f"{REJECTED}?fate=aside"
    assert "Return-8" not in as_manager.get(aside).text
    page = as_manager.post(aside, {"back": row.pk}, follow=True)
    assert "1 record waiting again." in page.text
    assert set(fates().values()) == {Fate.WAITING}


def test_all_of_a_run_leaves_those_of_others(as_manager):
    first = bring(BAD)
    bring(sent("Return-8", state="Completed"))
    as_manager.post(f"{REJECTED}?run={first.pk}", {"aside": "all"})
    assert fates() == {"Return-9": Fate.ASIDE, "Return-8": Fate.WAITING}


def test_rejected_records_of_a_run_are_listed_in_order_page_by_page(as_agent):
    sent_in = [f"Return-{n}" for n in range(ROWS_PER_PAGE + 3)]
    row = bring(*(sent(reference, state="Lost") for reference in sent_in))
    page = as_agent.get(f"{REJECTED}?run={row.pk}")
    first = [each.reference for each in page.context["rejects"].shown]
    page = as_agent.get(f"{REJECTED}?run={row.pk}&beyond={page.context['rejects'].beyond}")
    assert first + [each.reference for each in page.context["rejects"].shown] == sent_in
    page = as_agent.get(REJECTED)
    last = as_agent.get(f"{REJECTED}?beyond={page.context['rejects'].beyond}")
    shown = [*page.context["rejects"].shown, *last.context["rejects"].shown]
    assert [each.reference for each in shown] == sent_in[::-1]


def test_an_agent_cannot_change_rejected_records(as_agent):
    bring(BAD)
    for action in ("retry", "mend", "aside", "back"):
        assert as_agent.post(REJECTED, {action: "all"}).status_code == 403
    assert fates() == {"Return-9": Fate.WAITING}


def test_retrying_a_record_that_is_not_waiting_any_more_says_so(as_manager):
    bring(BAD)
    row = RejectedRecord.objects.get()
    as_manager.post(REJECTED, {"aside": row.pk})
    page = as_manager.post(REJECTED, {"retry": row.pk}, follow=True)
    assert "None of these records can be retried." in page.text


@pytest.mark.parametrize("query", ["fate=x", "run=0", "run=x", "run=99999999999999999999"])
def test_an_address_that_means_nothing_is_not_found(as_agent, query):
    assert as_agent.get(f"{REJECTED}?{query}").status_code == 404


def test_the_file_holds_the_records_as_they_came(as_manager):
    bring(BAD, sent("Return-8", state="Completed", notes="é\n"))
    answer = as_manager.get("/feed/rejected/file/")
    lines = answer.getvalue().decode().splitlines()
    assert [json.loads(line)["returnReferenceNumber"] for line in lines] == ["Return-9", "Return-8"]
    assert json.loads(lines[1])["notes"] == "é\n"
    assert 'filename="rejected ' in answer["Content-Disposition"]


def test_the_file_says_when_reading_it_failed(as_manager, monkeypatch):
    def fails(found):
        yield b'{"returnReferenceNumber": "Return-9"}\n'
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(overview, "json_lines", fails)
    answer, sent = as_manager.get("/feed/rejected/file/"), []
    with pytest.raises(OperationalError):
        sent.extend(answer.streaming_content)
    assert sent[-1].strip().startswith(b"THIS FILE IS NOT COMPLETE")
