"""What messages to people lead to, and that what others wrote stays one line of them."""

from email import message_from_bytes, policy
from html import unescape

import pytest

from returns.models import Channel, EventType, Occasion, Subscription
from returns.outgoing import mails
from returns.outgoing.contents import write_content
from returns.outgoing.digests import next_digest
from returns.outgoing.filtering import all_matching_ids, count_matches
from returns.outgoing.posting import post, tell_matches
from returns.outgoing.spreading import spread_next
from returns.outgoing.telling import escape_for_chat
from tests.factories import make_return, make_returns
from tests.returns.outgoing.subscribing import notify

pytestmark = pytest.mark.django_db
FOUND = [
    ["Ml-1", "Ml-2", "Ml-3"],
    ["S2-00", "S2-01", "S2-19"],
    ["RMA 2001", "RMA 2002"],
    ["1234567 7654321", "7654321 1234567"],
    ["5551234567", "5551234568"],
    ["İade-ş1", "İade-ş2"],
]
# The box takes them for several numbers, for the address of a shopper, or for nothing.
NOT_FOUND = [
    ["x@y.example", "Return-2"],
    ["A long reference of several words, 1", "A long reference of several words, 2"],
    ["--", "..", "Return-3"],
]


def content_of(entry: Subscription):
    while spread_next():
        pass
    return write_content(entry, next_digest(entry))


def shown_for(references: list[str], agent, client) -> set[str]:
    """Return the references on the page that a message about these returns leads to."""
    make_return("Return-50")  # matches already
    entry = notify(agent, Occasion.MATCH, parameters={"state": ["ReturnCreated"]})
    for each in references:
        make_return(each)
    make_return("Ml-11", state="Completed")
    page = client.get(content_of(entry).path)
    assert page.status_code == 200
    return {row.record.return_reference_number for row in page.context["list"].rows}


@pytest.mark.parametrize("references", FOUND)
def test_a_link_opens_exactly_these_returns(references, agent, as_agent):
    assert shown_for(references, agent, as_agent) == set(references)


@pytest.mark.parametrize("references", NOT_FOUND)
def test_a_link_opens_all_that_match_if_the_box_cannot_find_these(references, agent, as_agent):
    assert shown_for(references, agent, as_agent) == {*references, "Return-50"}


def test_what_a_rule_finds_is_not_what_the_notification_would(agent):
    entry = notify(agent, Occasion.RULE, parameters={"state": ["Completed"]})
    records = make_returns([{}] * 21)
    tell_matches(entry.pk, "Late", [record.pk for record in records])
    assert content_of(entry).path == "/rules/"


@pytest.mark.parametrize("name", ["reference", "order", "tracking"])
def test_a_number_of_very_many_returns_counts_them_all(name, agent):
    columns = {
        "reference": "return_reference_number",
        "order": "sales_order_reference_number",
        "tracking": "tracking_id",
    }
    for number in range(120):
        make_return(**{columns[name]: f"Big-{number:04}"})
    entry = notify(agent, Occasion.COUNT, parameters={name: ["Big"]}, options={"above": 5})
    assert count_matches(entry, 1_000) == 120
    assert len(all_matching_ids(entry, 1_000)) == 120
    assert count_matches(entry, 50) == 50


# Ends of lines, and what turns the direction of a text around or hides.
TRICKS = ["\r\n", "\n", "\r", "\u2028", "\u2029", "\x85", "\u202e", "\u200f", "\t", "\x0b"]


@pytest.mark.parametrize("trick", TRICKS)
def test_what_others_wrote_is_one_line_of_a_message(trick, agent):
    agent.email = "agent@desk.example"
    forged = f"Ez-1{trick}Open in Returns desk: evil.example"
    entry = notify(agent, Occasion.MATCH, Channel.EMAIL)
    make_return(forged, cargo_carrier=f"DHL{trick}x")
    while spread_next():
        pass
    digest = next_digest(entry)
    mail = mails.build_mail(entry, digest, write_content(entry, digest))
    for text in (mail.body, unescape(mail.alternatives[0].content)):
        (line,) = (each for each in text.splitlines() if "DHL x" in each)
        assert "Ez-1 Open in Returns desk: evil.example" in line
        assert trick not in line
    assert len(escape_for_chat(forged).splitlines()) == 1
    assert trick not in escape_for_chat(forged)


def test_headers_are_plain_and_whole(agent):
    agent.email = "agent@desk.example"
    options = {"origin": "https://a-long-name-of-a-desk.of-some-company.example"}
    entry = notify(agent, Occasion.MATCH, Channel.EMAIL, options=options)
    make_return("Return-1")
    while spread_next():
        pass
    digest = next_digest(entry)
    mail = mails.build_mail(entry, digest, write_content(entry, digest))
    data = mail.message(policy=policy.SMTP).as_bytes()
    (line,) = (each for each in data.split(b"\r\n") if each.startswith(b"List-Unsubscribe:"))
    assert line.startswith(b"List-Unsubscribe: <https://a-long-name-of-a-desk.")
    assert line.endswith(b"/>")
    assert message_from_bytes(data, policy=policy.default)["To"] == "agent@desk.example"


def test_news_about_returns_lead_to_them_also_if_the_feed_is_among_them(agent):
    types = [EventType.CREATED, EventType.REJECTED]
    entry = notify(agent, Occasion.EVENT, types=types)
    record = make_return("Return-1")
    post(entry, EventType.REJECTED, {"run": 1, "rejected": 2})
    assert content_of(entry).path == record.get_absolute_url()
    only_the_feed = notify(agent, Occasion.EVENT, types=types)
    post(only_the_feed, EventType.REJECTED, {"run": 1, "rejected": 2})
    assert content_of(only_the_feed).path == "/feed/"
