"""Tells people: at the bell, by e-mail or at a chat address, in the language of the owner."""

import json
import logging
import time
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.utils import timezone, translation

from config.release import VERSION
from config.stored_texts import stored_text
from config.text import to_one_line
from returns.models import Channel, NoticeKind, Subscription
from returns.notices.telling import tell
from returns.outgoing.contents import Content, ReportWriter, more_text, write_content
from returns.outgoing.digests import Digest
from returns.outgoing.editing import address_of
from returns.outgoing.mails import build_mail
from returns.outgoing.sending import Answer, send
from returns.people.person import get_preferences, get_time_zone

logger = logging.getLogger(__name__)

# How long the next message of a subscription waits after one, and is collected into one.
RESTS = {
    Channel.BELL: timedelta(0),
    Channel.CHAT: timedelta(seconds=30),
    Channel.EMAIL: timedelta(minutes=5),
}
ACCEPTED, NO_STATUS = 200, 0
NO_MAIL = stored_text("The mail server did not accept the message.")
# What chat programs would take for markup, mentions or links, in what others wrote.
CHAT_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "[": "［", "]": "］", "`": "'"}
)


def tell_by_channel(
    subscription: Subscription, digest: Digest, write_report: ReportWriter | None
) -> tuple[Answer, timedelta]:
    """Send a digest; return what came of it, and how long to rest if it was accepted."""
    began, owner = time.monotonic(), subscription.owner
    language = get_preferences(owner).language or settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(get_time_zone(owner)):
        report = None
        if write_report and "report" in digest.details:
            report = write_report(subscription, digest.at)
        content = write_content(subscription, digest, report)
        channel = Channel(subscription.channel)
        if channel == Channel.BELL:
            _ring(subscription, digest, content)
            answer = Answer(ACCEPTED, _milliseconds(began))
        elif channel == Channel.EMAIL:
            answer = _mail(subscription, digest, content, began)
        else:
            body = _chat_body(subscription, content)
            answer = send(address_of(subscription), body, CHAT_HEADERS)
    return answer, RESTS[channel]


def _ring(subscription: Subscription, digest: Digest, content: Content) -> None:
    record_id = digest.records[0] if digest.returns == 1 and digest.records else None
    tell(
        [subscription.owner_id],
        NoticeKind.LIST,
        content.headline,
        link=content.path,
        record_id=record_id,
        key=f"delivery:{digest.key}",
    )


def _mail(subscription: Subscription, digest: Digest, content: Content, began: float) -> Answer:
    try:
        build_mail(subscription, digest, content).send()
    except (OSError, SMTPException, ValueError) as error:
        logger.warning("A mail was not sent: %s", type(error).__name__)
        return Answer(NO_STATUS, _milliseconds(began), NO_MAIL)
    return Answer(ACCEPTED, _milliseconds(began))


CHAT_HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": f"returns-desk/{VERSION}",
}


def _chat_body(subscription: Subscription, content: Content) -> bytes:
    """Return the message as Slack, Teams and others take it: one text."""
    texts = [str(content.headline), *(each.text for each in content.lines)]
    if content.more:
        texts.append(more_text(content.more))
    if content.note:
        texts.append(content.note)
    lines = [escape_for_chat(text) for text in texts]
    lines.append(f"{subscription.options.get('origin', '')}{content.path}")
    return json.dumps({"text": "\n".join(lines)}, ensure_ascii=False).encode()


def escape_for_chat(text: str) -> str:
    """Return a text as chat programs show it, without markup, mentions or links of its own."""
    # A space without width keeps a pasted address from becoming a link.
    return (
        to_one_line(text)
        .translate(CHAT_ESCAPES)
        .replace("://", ":\u200b//")
        .replace("@", "@\u200b")
    )


def _milliseconds(began: float) -> int:
    return round(1000 * (time.monotonic() - began))
