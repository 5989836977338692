"""Writes subscriptions: what people choose, and that one is set aside. Sending only notes failures.

Who may send what where is checked by the views, and once more whenever something is sent.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config import versions
from config.stored_texts import StoredText, stored_text
from returns.filters import named
from returns.filters.declarations import FILTERS_BY_NAME
from returns.filters.query import Query
from returns.models import OWN_CHANNELS, Channel, NoticeKind, Occasion, Subscription
from returns.notices.telling import tell
from returns.outgoing import beginnings
from returns.outgoing.matches import MATCH_TYPES, forget_matches
from returns.outgoing.signing import make_secret
from returns.outgoing.waiting import set_free, try_anew
from returns.people.encryption import UnreadableSecretError, decrypt, encrypt

logger = logging.getLogger(__name__)

MAY_CHANGE_ALL = "returns.change_all_subscriptions"
MAX_SUBSCRIPTIONS = 50  # to other programs, of all people together
MAX_OWN_SUBSCRIPTIONS = 20  # of a person, to themselves
OLD_SECRET_VALID = timedelta(hours=24)
MAX_RATE = 6_000  # messages a minute

SUBSCRIPTION_CHANGED = gettext_noop(
    "Somebody changed this notification meanwhile. Look again, then change it."
)
UNREADABLE_SECRET = stored_text(
    "Its secret cannot be read any more, because SECRET_KEY has changed. Make a new secret."
)
UNREADABLE_ADDRESS = stored_text(
    "Its address cannot be read any more, because SECRET_KEY has changed. Enter it again."
)
UNSUBSCRIBED = stored_text("It was ended by the link in an e-mail.")
CHOSEN = ("name", "occasion", "types", "parameters", "channel", "address", "rate", "options")
# What the desk itself notes in the options.
NOTED_OPTIONS = {"is_over", "told"}


def to_parameters(query: Query) -> dict[str, Any]:
    """Return the filter of a query as subscriptions store it; empty for all returns.

    Raises ``ValidationError`` if the filter is not valid, or not allowed here.
    """
    parameters = named.to_parameters(query)
    if not all(FILTERS_BY_NAME[name].for_rules for name in parameters):
        raise ValidationError(
            _(
                "A notification cannot use the search box. "
                "Filter by order reference, return reference or tracking ID instead."
            )
        )
    return parameters


def version_of(subscription: Subscription) -> str:
    """Return a text that differs for every state that people choose; "" for a new one."""
    names = ("name", "occasion", "types", "channel", "address", "rate", "parameters")
    state: list[Any] = [getattr(subscription, name) for name in names]
    state.append(sorted(_chosen_options(subscription).items()))
    if subscription.channel == Channel.CHAT:
        state.append(subscription.secret)
    return versions.version_of(state) if subscription.pk else ""


def _chosen_options(subscription: Subscription) -> dict[str, Any]:
    options = subscription.options.items()
    return {name: value for name, value in options if name not in NOTED_OPTIONS}


@transaction.atomic
def create(subscription: Subscription) -> str:
    """Save a new subscription, switched on; return the secret of a webhook, "" of others.

    Nobody can read the secret again. Raises ``ValidationError`` if there are too many, or its
    filter cannot be used.
    """
    _require_room(subscription)
    secret = _seal(subscription)
    with _require_own_name(subscription):
        subscription.save(force_insert=True)
    _begin(subscription)
    logger.info("Subscription %s was made.", subscription.pk)
    return secret


def _require_room(subscription: Subscription) -> None:
    others = Subscription.objects.exclude(pk=subscription.pk)
    is_own = subscription.channel in OWN_CHANNELS
    most = MAX_OWN_SUBSCRIPTIONS if is_own else MAX_SUBSCRIPTIONS
    if is_own:
        others = others.filter(owner=subscription.owner, channel__in=OWN_CHANNELS)
    else:
        others = others.exclude(channel__in=OWN_CHANNELS)
    if others.count() >= most:
        text = _("There are %(number)s notifications already. Delete one first.")
        raise ValidationError(text % {"number": most})


def _begin(subscription: Subscription) -> None:
    """Note what is no news, because it is so already, and when to look first."""
    if subscription.occasion == Occasion.MATCH:
        subscription.types = list(MATCH_TYPES)
    elif subscription.occasion != Occasion.EVENT:
        subscription.types = []
    beginnings.begin(subscription)
    subscription.save(update_fields=["types", "options", "next_at"])


@transaction.atomic
def change(subscription: Subscription, seen: str) -> str:
    """Save what a person changed; return the secret that it needs for the first time, or "".

    Raises ``ValidationError`` if it is not as they saw it, or as ``create`` does.
    """
    stored = named.lock_entry(subscription, _("This notification has been deleted."))
    versions.require_version(version_of(stored), seen, _(SUBSCRIPTION_CHANGED))
    is_other_channel = stored.channel != subscription.channel
    if is_other_channel:
        _require_room(subscription)
        subscription.failures, subscription.retry_at = 0, None
    if stored.channel == subscription.channel == Channel.WEBHOOK:
        secret = ""
    else:
        secret = _seal(subscription)
    is_same = stored.occasion == subscription.occasion and (
        _chosen_options(stored) == _chosen_options(subscription)
    )
    if is_same:
        subscription.options = stored.options
    with _require_own_name(subscription):
        noted = ["failures", "retry_at"] if is_other_channel else []
        subscription.save(update_fields=[*CHOSEN, *noted, "secret", "old_secret"])
    if is_other_channel:
        set_free(subscription)
    if subscription.is_on and not is_same:
        _begin(subscription)
    return secret


@transaction.atomic
def use_filter(subscription: Subscription, parameters: dict[str, Any], seen: str = "") -> None:
    """Replace the filter. Raises ``ValidationError`` if it has none, or not as it was seen."""
    stored = named.lock_entry(subscription, _("This notification has been deleted."))
    if not stored.has_filter:
        raise ValidationError(_("This notification has no filter that could be replaced."))
    if seen:
        versions.require_version(version_of(stored), seen, _(SUBSCRIPTION_CHANGED))
    stored.parameters = parameters
    stored.save(update_fields=["parameters"])
    if stored.is_on:
        _begin(stored)


def _seal(subscription: Subscription) -> str:
    """Encrypt what must stay secret; return the new secret of a webhook, "" of others.

    Whoever knows the address of a chat can write there: of it, only the host stays readable.
    """
    subscription.secret, subscription.old_secret, secret = "", "", ""
    if subscription.channel == Channel.WEBHOOK:
        secret = make_secret()
        subscription.secret = encrypt(secret)
    elif subscription.channel == Channel.CHAT:
        subscription.secret = encrypt(subscription.address)
        parts = urlsplit(subscription.address)
        subscription.address = f"{parts.scheme}://{parts.netloc}"
    return secret


def address_of(subscription: Subscription) -> str:
    """Return the whole address that messages go to.

    Raises ``UnreadableSecretError`` if ``SECRET_KEY`` has changed since.
    """
    if subscription.channel == Channel.CHAT:
        return decrypt(subscription.secret)
    return subscription.address


@contextmanager
def _require_own_name(subscription: Subscription) -> Iterator[None]:
    """Raise ``ValidationError`` if another subscription has the name, in any case."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        text = _("There is already a notification named “%(name)s”.")
        raise ValidationError(text % {"name": subscription.name}) from error


def secret_version(subscription: Subscription) -> str:
    """Return a text that differs for every secret that it has had."""
    return versions.version_of(subscription.secret)


@transaction.atomic
def rotate(subscription: Subscription, seen: str) -> str:
    """Give it a new secret, and return it. The one before stays valid for a day.

    Raises ``ValidationError`` if the ``secret_version`` is not the one that was seen: a form that
    is sent twice makes one secret.
    """
    stored = named.lock_entry(subscription, _("This notification has been deleted."))
    versions.require_version(
        secret_version(stored),
        seen,
        _("A new secret has already been made. Make another one if it was not you."),
    )
    secret = make_secret()
    stored.old_secret, stored.secret = stored.secret, encrypt(secret)
    stored.old_secret_until = timezone.now() + OLD_SECRET_VALID
    stored.save(update_fields=["secret", "old_secret", "old_secret_until"])
    return secret


def secrets_of(subscription: Subscription) -> list[str]:
    """Return the secrets that sign a message now, the newest first.

    Raises ``UnreadableSecretError`` if ``SECRET_KEY`` has changed since.
    """
    secrets = [decrypt(subscription.secret)]
    until = subscription.old_secret_until
    if subscription.old_secret and until and until > timezone.now():
        try:
            secrets.append(decrypt(subscription.old_secret))
        except UnreadableSecretError:
            return secrets
    return secrets


@transaction.atomic
def switch(subscription: Subscription, *, on: bool) -> None:
    """Switch it on or off; on, it begins anew without failures, and what waits is sent.

    Raises ``ValidationError`` if its filter cannot be used.
    """
    Subscription.objects.filter(pk=subscription.pk).update(
        is_on=on, off_because="", failures=0, retry_at=None, next_at=None
    )
    stored = Subscription.objects.filter(pk=subscription.pk).first()
    if on and stored:
        _begin(stored)
        try_anew(stored)
    elif stored:
        forget_matches(stored)


@transaction.atomic
def unsubscribe(subscription: Subscription) -> bool:
    """End the e-mails of a subscription until its owner switches it on; tell whether it was on."""
    ended = Subscription.objects.filter(pk=subscription.pk, is_on=True).update(
        is_on=False, off_because=UNSUBSCRIBED, next_at=None
    )
    forget_matches(subscription)
    return bool(ended)


def remove(subscription: Subscription) -> None:
    """Delete it with everything that was sent and that waits."""
    subscription.delete()


def set_aside(subscription: Subscription, reason: StoredText) -> None:
    """Switch it off, because it cannot go on, and tell its owner why."""
    Subscription.objects.filter(pk=subscription.pk).update(is_on=False, retry_at=None)
    logger.warning("Subscription %s is set aside: %s", subscription.pk, reason.text)
    tell_owner(subscription, reason)


def tell_owner(subscription: Subscription, text: StoredText) -> None:
    """Tell the owner something about a subscription, on its page and by the bell."""
    Subscription.objects.filter(pk=subscription.pk).update(off_because=text)
    said = stored_text(
        "The notification “%(name)s” was switched off: %(reason)s",
        name=subscription.name,
        reason=text,
    )
    link = reverse("subscription", args=[subscription.pk])
    tell([subscription.owner_id], NoticeKind.DESK, said, link=link)
