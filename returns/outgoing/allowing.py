"""Who may use which channel; checked by the views, and once more whenever something is sent."""

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.db.models import Q, QuerySet

from config.stored_texts import StoredText, stored_text
from returns.models import OWN_CHANNELS, Channel, Subscription
from returns.outgoing import editing
from returns.people.encryption import UnreadableSecretError

MAY_MAKE_WEBHOOKS = "returns.make_webhook"
MAY_HAVE_NOTICES = "returns.view_return"
OWNER_MAY_NOT = stored_text("Its owner may no longer send webhooks.")
OWNER_MAY_NOT_SEE = stored_text("Its owner may no longer see returns.")
NO_ADDRESS = stored_text("Its owner has no e-mail address, or the desk sends no e-mail.")


def permission_for(channel: str) -> str:
    """Return the permission that somebody needs to use a channel."""
    return MAY_HAVE_NOTICES if channel in OWN_CHANNELS else MAY_MAKE_WEBHOOKS


def channels_for(person: User) -> list[Channel]:
    """Return the channels that a person may use now."""
    usable = [each for each in Channel if person.has_perm(permission_for(each))]
    return [each for each in usable if each != Channel.EMAIL or gets_mail(person)]


def gets_mail(person: User) -> bool:
    """Tell whether the desk can send an e-mail to somebody."""
    return bool(settings.HAS_MAIL and person.email)


def why_not(subscription: Subscription) -> StoredText | None:
    """Say why nothing of a subscription may be sent now; None if it may."""
    permission = permission_for(subscription.channel)
    if not _people_with(permission).filter(pk=subscription.owner_id).exists():
        return OWNER_MAY_NOT if permission == MAY_MAKE_WEBHOOKS else OWNER_MAY_NOT_SEE
    if subscription.channel == Channel.EMAIL and not gets_mail(subscription.owner):
        return NO_ADDRESS
    try:
        if subscription.channel == Channel.WEBHOOK:
            editing.secrets_of(subscription)
        editing.address_of(subscription)
    except UnreadableSecretError:
        is_webhook = subscription.channel == Channel.WEBHOOK
        return editing.UNREADABLE_SECRET if is_webhook else editing.UNREADABLE_ADDRESS
    return None


def _people_with(permission: str) -> QuerySet[User]:
    app, _dot, codename = permission.partition(".")
    allowing = Permission.objects.filter(codename=codename, content_type__app_label=app)
    by_role = Q(groups__permissions__in=allowing)
    return User.objects.filter(by_role | Q(is_superuser=True), is_active=True).distinct()
