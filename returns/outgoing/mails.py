"""Makes e-mails: plain and as HTML, with a link that ends them without signing in."""

from email.policy import Policy, default
from email.utils import parseaddr
from typing import Any, NamedTuple

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from config.brand import desk_name
from config.text import shorten, to_one_line
from returns.models import Channel, Subscription
from returns.outgoing.contents import Content, more_text
from returns.outgoing.digests import Digest
from returns.people.person import person_name

SUBJECT_LENGTH = 150
MAX_LINE = 998  # characters, of RFC 5322
UNSUBSCRIBE_SALT = "returns.outgoing.unsubscribe"


class MailLine(NamedTuple):
    """A line of a mail, with its whole address."""

    text: str
    address: str


class _Mail(EmailMultiAlternatives):
    """A mail whose headers are not folded: half an address is none, and RFC 8058 wants it plain."""

    def message(self, *, policy: "Policy[Any] | None" = None) -> Any:
        """Return the mail as it is sent."""
        return super().message(policy=(policy or default).clone(max_line_length=MAX_LINE))


def build_mail(
    subscription: Subscription, digest: Digest, content: Content
) -> EmailMultiAlternatives:
    """Return the mail about a digest to the owner, in the language that is active.

    A later attempt has the same Message-ID, by which mail programs show it once. Whatever was sent
    again on purpose has another one.
    """
    origin = subscription.options.get("origin", "")
    unsubscribe = origin + reverse("unsubscribe", args=[unsubscribe_token(subscription)])
    lines = [
        MailLine(to_one_line(each.text), origin + each.path if each.path else "")
        for each in content.lines
    ]
    context = {
        "name": person_name(subscription.owner),
        "desk": desk_name(),
        "headline": to_one_line(str(content.headline)),
        "lines": lines,
        "more": more_text(content.more) if content.more else "",
        "note": content.note,
        "address": origin + content.path,
        "settings": origin + reverse("subscription", args=[subscription.pk]),
        "unsubscribe": unsubscribe,
    }
    mail = _Mail(
        subject=shorten(to_one_line(f"{desk_name()}: {content.headline}"), SUBJECT_LENGTH),
        body=render_to_string("outgoing/mail.txt", context),
        to=[subscription.owner.email],
        headers={
            "Message-ID": _message_id(subscription, digest),
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(render_to_string("outgoing/mail.html", context), "text/html")
    for file in content.files:
        mail.attach(file.name, file.data, file.content_type)
    return mail


def _message_id(subscription: Subscription, digest: Digest) -> str:
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    domain = address.rpartition("@")[2] or "localhost"
    return f"<{digest.lead.event.message_id}.{subscription.pk}.{digest.key}@{domain}>"


def unsubscribe_token(subscription: Subscription) -> str:
    """Return what an unsubscribing link has; it names one subscription and its owner."""
    return signing.dumps([subscription.pk, subscription.owner_id], salt=UNSUBSCRIBE_SALT)


def subscription_of_token(token: str) -> Subscription | None:
    """Return the subscription of a link, if it still sends e-mails to that person."""
    try:
        pk, owner_id = signing.loads(token, salt=UNSUBSCRIBE_SALT)
    except signing.BadSignature:
        return None
    return Subscription.objects.filter(pk=pk, owner_id=owner_id, channel=Channel.EMAIL).first()
