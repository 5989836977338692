"""A report is sent with its numbers, those before, its link and its workbook."""

import threading
from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from returns.models import Channel, Notice, Occasion, Subscription
from returns.outgoing import replaying
from returns.outgoing.delivering import serve
from returns.reports import scheduled
from tests.factories import make_returns
from tests.mail_server import mail_server
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


def test_a_report_is_not_for_programs(as_manager):
    form = FORM | {"channel": "webhook", "address": "https://shop.example/"}
    assert as_manager.post("/outgoing/new/report/flow/", form).status_code == 422
    assert as_manager.get("/outgoing/new/report/nothing/").status_code == 404
