"""A report is sent with its numbers, those before, its link and its workbook."""

import threading
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape
from python_calamine import CalamineWorkbook

from returns.models import Channel, Notice, Occasion, Subscription
from returns.outgoing import replaying
from returns.outgoing.delivering import serve
from returns.reports import scheduled
from tests.factories import make_returns, make_tag
from tests.mail_server import mail_server
from tests.markup import flat
from tests.returns.outgoing.subscribing import notify

pytestmark = pytest.mark.django_db
FORM = {"name": "Morning", "occasion": "timed", "every": "day", "at": "08:00"}


@pytest.fixture
def mailed(agent, settings):
    agent.email = "agent@desk.example"
    agent.save()
    settings.HAS_MAIL = True
    settings.DEFAULT_FROM_EMAIL = "desk@desk.example"
    return agent


def send(entry: Subscription) -> None:
    replaying.send_test(entry, "test.ping")
    serve(entry.pk, threading.Event(), scheduled.write_report)


def report_of(person, channel, query: str = "period=7") -> Subscription:
    options = {"report": "flow", "query": query, "every": "day", "at": "08:00"}
    return notify(person, Occasion.TIMED, channel, name="Morning", options=options)


def test_the_page_of_a_report_leads_to_it(mailed, as_agent):
    page = as_agent.get(reverse("report", args=["flow"]), {"period": "30", "carrier": "DHL"}).text
    path = "/outgoing/new/report/flow/?period=30&amp;carrier=DHL"
    assert path in page or "/outgoing/new/report/flow/?carrier=DHL&amp;period=30" in page
    made = as_agent.post(
        "/outgoing/new/report/flow/?period=30&carrier=DHL&from=2026-01-01",
        FORM | {"channel": "email"},
    )
    assert made.status_code == 302
    entry = Subscription.objects.get()
    assert entry.options["report"] == "flow"
    assert "from" not in entry.options["query"]
    assert entry.next_at > timezone.now()
    page = as_agent.get(made["Location"]).text
    assert "Send the report now" in page


def test_a_mail_has_the_numbers_the_link_and_the_workbook(mailed, settings):
    now = timezone.now()
    make_returns([{"created_at": now - timedelta(days=1)}] * 4)
    make_returns([{"created_at": now - timedelta(days=9)}] * 2)
    with mail_server() as server:
        settings.MAILERS = server.as_mailers()
        send(report_of(mailed, Channel.EMAIL))
    (mail,) = server.mails
    plain = mail.get_body(("plain",)).get_content()
    assert "Created: 4 (2 in the 7 days before, +100%)" in plain
    assert "https://desk.example/reports/flow/?period=7" in plain
    (file,) = mail.iter_attachments()
    assert file.get_filename().endswith(".xlsx")
    assert CalamineWorkbook.from_filelike(BytesIO(file.get_content())).sheet_names


def test_a_workbook_that_is_too_large_is_not_attached_and_the_mail_says_so(
    mailed, settings, monkeypatch
):
    monkeypatch.setattr(scheduled, "MAX_ATTACHED_BYTES", 10)
    with mail_server() as server:
        settings.MAILERS = server.as_mailers()
        send(report_of(mailed, Channel.EMAIL))
    (mail,) = server.mails
    assert not list(mail.iter_attachments())
    assert "larger than 5 MB" in mail.get_body(("html",)).get_content()


def test_the_bell_leads_to_the_report(agent):
    send(report_of(agent, Channel.BELL))
    notice = Notice.objects.get()
    assert notice.path == "/reports/flow/?period=7"
    assert "Morning" in notice.text


def test_a_report_that_cannot_be_made_any_more_says_why(mailed, settings):
    with mail_server() as server:
        settings.MAILERS = server.as_mailers()
        send(report_of(mailed, Channel.EMAIL, "tag=no-such-tag"))
    (mail,) = server.mails
    assert "cannot be made any more" in mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("state=Completed", ["30 days", "Completed"]),
        ("period=7&carrier=DHL", ["7 days", "DHL"]),
        ("period=yesterday", ["Yesterday"]),
        ("period=quarter&tag=books&missing=carrier", ["Quarter", "books"]),
    ],
)
def test_pages_say_the_filters_and_the_period_of_the_report(agent, as_agent, query, words):
    make_tag("books")
    as_agent.post(f"/outgoing/new/report/flow/?{query}", FORM | {"channel": "bell"})
    entry = Subscription.objects.get()
    path = f'href="{reverse("report", args=["flow"])}?{escape(query)}"'
    for page in (reverse("outgoing"), reverse("subscription", args=[entry.pk])):
        text = as_agent.get(page).text
        main = text[text.index("<main") :]
        assert path in main
        assert "Flow" in main
        for each in words:
            assert each in main
        assert "All returns" not in main
        assert "all returns" not in main
        assert reverse("subscription-filter", args=[entry.pk]) not in main


def test_the_groups_of_a_table_are_among_what_the_page_says(agent, as_agent):
    as_agent.post("/outgoing/new/report/why/?reasons=Reason", FORM | {"channel": "bell"})
    page = flat(as_agent.get(reverse("subscription", args=[Subscription.objects.get().pk])))
    assert "<dt>Rows</dt><dd>Reason</dd>" in page


def test_the_filter_of_a_report_cannot_be_replaced(agent, as_agent):
    report = report_of(agent, Channel.BELL)
    other = notify(agent, Occasion.MATCH, name="Other")
    page = as_agent.get("/outgoing/new/?carrier=DHL").text
    assert f'<option value="{other.pk}">' in page
    assert f'<option value="{report.pk}">' not in page
    answer = as_agent.post("/outgoing/new/?carrier=DHL", {"replaces": report.pk})
    assert answer.status_code == 422
    assert "no filter that could be replaced" in answer.text
    path = reverse("subscription-filter", args=[report.pk])
    assert as_agent.get(path).status_code == 302
    assert as_agent.post(path, {"query": "carrier=DHL"}).status_code == 422
    report.refresh_from_db()
    assert report.parameters == {}
    form = as_agent.get("/outgoing/new/report/flow/?carrier=DHL").text
    assert "Use this filter in an existing notification" not in form
    assert "DHL" in form


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ("state=xx&period=zz", ["xx", "zz"]),
        ("carrier=DHL&period=8", ["there is no “8”"]),
        ("tag=no-such-tag", ["no-such-tag"]),
        ("created_from=2026-01-01", ["a report has its own period"]),
        ("stete=Completed", ["stete"]),
    ],
)
def test_a_report_that_is_not_valid_is_refused_with_what_its_page_says(as_agent, query, problems):
    path = f"/outgoing/new/report/flow/?{query}"
    report = as_agent.get(f"{reverse('report', args=['flow'])}?{query}").context["report"]
    form, sent = as_agent.get(path), as_agent.post(path, FORM | {"channel": "bell"})
    assert sent.status_code == 422
    for answer in (form, sent):
        assert answer.context["problems"] == report.problems
        for each in problems:
            assert each in answer.text
        assert 'name="occasion"' not in answer.text
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    ("language", "query", "days"),
    [
        ("en", "period=7", "24 Nov 2026 – 30 Nov 2026, days in Europe/Istanbul"),
        ("en", "period=week", "30 Nov 2026, a day in Europe/Istanbul"),
        ("en", "period=yesterday", "29 Nov 2026, a day in Europe/Istanbul"),
        ("de", "period=7", "24. Nov 2026 – 30. Nov 2026"),
        ("tr", "period=7", "24 Kas 2026 – 30 Kas 2026"),
    ],
)
def test_a_message_says_the_days_of_the_report(agent, language, query, days):
    entry = report_of(agent, Channel.EMAIL, query)
    with translation.override(language):
        part = scheduled.write_report(entry, datetime(2026, 11, 30, 6, tzinfo=UTC))
    assert part.lines[0].text.startswith(days)


def test_a_message_about_a_report_is_called_one_in_the_list(agent, as_agent):
    entry = report_of(agent, Channel.BELL)
    send(entry)
    page = as_agent.get(reverse("subscription", args=[entry.pk])).text
    assert "The number of matching returns" not in page
    assert "<b>Report</b>" in page


def test_a_report_is_not_for_programs(as_manager):
    form = FORM | {"channel": "webhook", "address": "https://shop.example/"}
    assert as_manager.post("/outgoing/new/report/flow/", form).status_code == 422
    assert as_manager.get("/outgoing/new/report/nothing/").status_code == 404
