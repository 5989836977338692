"""Writes subscriptions: what people choose, and that one is set aside. Sending only notes failures.

Who may send what where is checked by the views, and once more whenever something is sent.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config import versions
from config.stored_texts import StoredText, stored_text
from returns.filters import named
from returns.filters.declarations import FILTERS_BY_NAME
from returns.filters.query import Query
from returns.models import NoticeKind, Subscription
from returns.notices.telling import tell
from returns.outgoing.signing import make_secret
from returns.people.encryption import UnreadableSecretError, decrypt, encrypt

logger = logging.getLogger(__name__)

MAY_MAKE_WEBHOOKS = "returns.make_webhook"
MAY_CHANGE_ALL = "returns.change_all_subscriptions"
MAX_SUBSCRIPTIONS = 50  # of all people together
OLD_SECRET_VALID = timedelta(hours=24)
MAX_RATE = 6_000  # messages a minute

SUBSCRIPTION_CHANGED = gettext_noop(
    "Somebody changed this notification meanwhile. Look again, then change it."
)
UNREADABLE_SECRET = stored_text(
    "Its secret cannot be read any more, because SECRET_KEY has changed. Make a new secret."
)
OWNER_MAY_NOT = stored_text("Its owner may no longer send webhooks.")


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
    names = ("name", "types", "address", "rate", "parameters")
    state = [getattr(subscription, name) for name in names]
    return versions.version_of(state) if subscription.pk else ""


@transaction.atomic
def create(subscription: Subscription) -> str:
    """Save a new subscription, switched on, and return its secret, which nobody can read again.

    Raises ``ValidationError`` if there are too many.
    """
    if Subscription.objects.count() >= MAX_SUBSCRIPTIONS:
        raise ValidationError(
            _("There are %(number)s notifications already. Delete one first.")
            % {"number": MAX_SUBSCRIPTIONS}
        )
    secret = make_secret()
    subscription.secret = encrypt(secret)
    with _require_own_name(subscription):
        subscription.save(force_insert=True)
    logger.info("Subscription %s was made.", subscription.pk)
    return secret


@transaction.atomic
def change(subscription: Subscription, seen: str) -> None:
    """Save what a person changed. Raises ``ValidationError`` if it is not as they saw it."""
    stored = named.lock_entry(subscription, _("This notification has been deleted."))
    versions.require_version(version_of(stored), seen, _(SUBSCRIPTION_CHANGED))
    with _require_own_name(subscription):
        subscription.save(update_fields=["name", "types", "address", "rate"])


@transaction.atomic
def use_filter(subscription: Subscription, parameters: dict[str, Any], seen: str = "") -> None:
    """Replace the filter. Raises ``ValidationError`` if somebody changed it since it was seen."""
    stored = named.lock_entry(subscription, _("This notification has been deleted."))
    if seen:
        versions.require_version(version_of(stored), seen, _(SUBSCRIPTION_CHANGED))
    stored.parameters = parameters
    stored.save(update_fields=["parameters"])


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


def switch(subscription: Subscription, *, on: bool) -> None:
    """Switch it on or off; on, it begins anew without failures. What waits is sent then."""
    Subscription.objects.filter(pk=subscription.pk).update(
        is_on=on, off_because="", failures=0, retry_at=None
    )


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


def may_send() -> QuerySet[User]:
    """Return the people who may send webhooks now."""
    app, _dot, codename = MAY_MAKE_WEBHOOKS.partition(".")
    allowing = Permission.objects.filter(codename=codename, content_type__app_label=app)
    by_role = Q(groups__permissions__in=allowing)
    return User.objects.filter(by_role | Q(is_superuser=True), is_active=True).distinct()
