"""The names of permissions, which Django stores in English, in the language of the page."""

from django.contrib.auth.models import Permission
from django.utils.translation import gettext, gettext_noop

# As stored. Each that a role has is here, so that it can be translated.
PERMISSION_NAMES = (
    gettext_noop("Can view return"),
    gettext_noop("Can change return"),
    gettext_noop("Can delete return"),
    gettext_noop("Can view deleted return"),
    gettext_noop("Can view the names of shoppers"),
    gettext_noop("Can redact returns and shoppers"),
    gettext_noop("Can view redaction"),
    gettext_noop("Can download everything about a shopper"),
    gettext_noop("Can add and remove tags of returns"),
    gettext_noop("Can tag up to 100,000 returns at once"),
    gettext_noop("Can tag any number of returns at once"),
    gettext_noop("Can export any number of returns"),
    gettext_noop("Can comment on returns"),
    gettext_noop("Can delete comment"),
    gettext_noop("Can view tag"),
    gettext_noop("Can add tag"),
    gettext_noop("Can change tag"),
    gettext_noop("Can delete tag"),
    gettext_noop("Can view tag group"),
    gettext_noop("Can add tag group"),
    gettext_noop("Can change tag group"),
    gettext_noop("Can delete tag group"),
    gettext_noop("Can change the saved views of roles"),
    gettext_noop("Starts at the queue unless a view is the start page"),
    gettext_noop("Can change tag rule"),
    gettext_noop("Can change deadline policy"),
    gettext_noop("Can change feed run"),
    gettext_noop("Can change shopper sentence"),
    gettext_noop("Can make webhooks"),
    gettext_noop("Can change the notifications of others"),
    gettext_noop("Can view carrier"),
    gettext_noop("Can add carrier"),
    gettext_noop("Can change carrier"),
    gettext_noop("Can delete carrier"),
    gettext_noop("Can view API token"),
    gettext_noop("Can add API token"),
    gettext_noop("Can change API token"),
    gettext_noop("Can view user"),
    gettext_noop("Can add user"),
    gettext_noop("Can change user"),
    gettext_noop("Can view group"),
    gettext_noop("Can view access event"),
    gettext_noop("Can view the status of the desk"),
    gettext_noop("Can view token use"),
    gettext_noop("Can view authenticator"),
    gettext_noop("Can delete authenticator"),
    gettext_noop("Can view access attempt"),
    gettext_noop("Can delete access attempt"),
)


def permission_name(permission: Permission) -> str:
    """Return the name of a permission; English if it is of none of these."""
    return gettext(permission.name)
