"""What the events of access say, in the reader's language."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.numbers import grouped
from config.shipped_names import role_label
from returns.models import AccessEvent, AccessKind, Channel
from returns.models.access import (
    BulkWork,
    NotificationChange,
    Proof,
    ShopperView,
    SignInChange,
    TokenChange,
)

Details = dict[str, Any]
# Whoever did these was not signed in.
KINDS_OF_STRANGERS = {AccessKind.SIGN_IN_FAILED, AccessKind.LOCKED, AccessKind.TOKEN_REFUSED}


def describe(event: AccessEvent) -> str:
    """Return a sentence that says what happened, without who did it."""
    sentence = SENTENCES.get(event.kind)
    return sentence(event.details) if sentence else str(event.get_kind_display())


def actor_name(event: AccessEvent) -> str:
    """Return who did it: a person, a token, or the program itself, such as a command."""
    if event.name:
        return event.name
    return _("unknown name") if event.kind in KINDS_OF_STRANGERS else _("the program")


def _label(choices: Any, code: str) -> str:
    """Return the label of a code; one of an earlier version is shown as it is."""
    return str(choices(code).label) if code in choices.values else code


def _names(names: list[str]) -> str:
    return ", ".join(names)


def _signed_in(details: Details) -> str:
    proofs = _names([_label(Proof, code) for code in str(details.get("how", "")).split()])
    return _("Signed in: %(proofs)s.") % {"proofs": proofs} if proofs else _("Signed in.")


def _sign_in_changed(details: Details) -> str:
    values = {"person": details["of"], "change": _label(SignInChange, details["change"])}
    if "factor" not in details:
        return _("Sign-in of %(person)s: %(change)s.") % values
    values["factor"] = _label(Proof, details["factor"])
    return _("Sign-in of %(person)s: %(change)s (%(factor)s).") % values


def _permissions(details: Details) -> str:
    if "role" in details:
        return _permissions_of_role(details)
    values: Details = {"person": details["of"]}
    if roles := details.get("roles_added"):
        values["roles"] = _names([role_label(role) for role in roles])
        return _("%(person)s got the role: %(roles)s.") % values
    if roles := details.get("roles_removed"):
        values["roles"] = _names([role_label(role) for role in roles])
        return _("%(person)s lost the role: %(roles)s.") % values
    rights = [say(bool(details[name])) for name, say in RIGHTS_IN_WORDS.items() if name in details]
    values["rights"] = _names(rights)
    if details.get("new"):
        return _("New person %(person)s: %(rights)s.") % values
    return _("Changed %(person)s: %(rights)s.") % values


RIGHTS_IN_WORDS: dict[str, Callable[[bool], str]] = {
    "is_active": lambda is_on: _("active") if is_on else _("inactive"),
    "is_staff": lambda is_on: _("staff") if is_on else _("not staff"),
    "is_superuser": lambda is_on: _("superuser") if is_on else _("no superuser"),
}


def _permissions_of_role(details: Details) -> str:
    values = {"role": role_label(details["role"])}
    if added := details.get("permissions_added"):
        values["permissions"] = _names(added)
        return _("The role %(role)s got permissions: %(permissions)s.") % values
    values["permissions"] = _names(details.get("permissions_removed", []))
    return _("The role %(role)s lost permissions: %(permissions)s.") % values


def _exported(details: Details) -> str:
    text = ngettext(
        "Exported %(count)s row as %(format)s, by the filter: %(query)s",
        "Exported %(count)s rows as %(format)s, by the filter: %(query)s",
        details["rows"],
    )
    values = {"count": grouped(details["rows"]), "format": details["format"]}
    return text % (values | {"query": details["query"] or "–"})


def _bulk_work(details: Details) -> str:
    values = {"work": _label(BulkWork, details["work"])}
    values["of"] = details.get("origin") or details.get("query") or "–"
    if details.get("rows") is None:
        return _("%(work)s: %(of)s") % values
    values["count"] = grouped(details["rows"])
    text = ngettext(
        "%(work)s, %(count)s row: %(of)s", "%(work)s, %(count)s rows: %(of)s", details["rows"]
    )
    return text % values


def _shopper_seen(details: Details) -> str:
    values = {"how": _label(ShopperView, details["how"]), "of": details.get("of") or "–"}
    return _("Saw what belongs to the shopper of %(of)s: %(how)s.") % values


def _redacted(details: Details) -> str:
    if details["reference"]:
        return _("Redacted %(reference)s.") % {"reference": details["reference"]}
    text = ngettext(
        "Redacted a shopper with %(count)s return.",
        "Redacted a shopper with %(count)s returns.",
        details["returns"],
    )
    return text % {"count": grouped(details["returns"])}


def _token_changed(details: Details) -> str:
    values = {"token": details["token"], "change": _label(TokenChange, details["change"])}
    values["scopes"] = _names(details.get("scopes", []))
    return _("Token %(token)s (%(scopes)s): %(change)s.") % values


def _notification_changed(details: Details) -> str:
    values = {
        "name": details["notification"],
        "change": _label(NotificationChange, details["change"]),
        "channel": _label(Channel, details["channel"]),
        "owner": details["owner"],
    }
    return _("Notification %(name)s of %(owner)s (%(channel)s): %(change)s.") % values


SENTENCES: dict[str, Callable[[Details], str]] = {
    AccessKind.SIGNED_IN: _signed_in,
    AccessKind.SIGN_IN_CHANGED: _sign_in_changed,
    AccessKind.PERMISSIONS: _permissions,
    AccessKind.EXPORTED: _exported,
    AccessKind.BULK_WORK: _bulk_work,
    AccessKind.SHOPPER_SEEN: _shopper_seen,
    AccessKind.REDACTED: _redacted,
    AccessKind.TOKEN_CHANGED: _token_changed,
    AccessKind.NOTIFICATION: _notification_changed,
}
