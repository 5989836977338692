"""Who it is that the provider has sent: the person, created or found, with the roles it says."""

import logging
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config.text import has_invisible
from returns.people.provider import Claims
from returns.people.roles import ADMIN
from returns.people.signing_in import INACTIVE, RefusedPersonError

logger = logging.getLogger(__name__)

MAX_SUBJECT_LENGTH = 191  # of the column
MAX_USER_NAME = 150
USER_NAME_CHARACTERS = "@.+-_"


def person_of(claims: Claims) -> User:
    """Return the active person that the provider's claims are about, with roles as they say.

    Raises ``RefusedPersonError`` for somebody without a role, and for inactive people.
    """
    try:
        return _person_of(claims)
    except IntegrityError:  # the same person came twice at once, or the name was taken meanwhile
        return _person_of(claims)


def _person_of(claims: Claims) -> User:
    roles = _roles_of(claims)
    with transaction.atomic():
        person = _known(claims)
        if roles:
            person = person or _linked(claims) or _created(claims)
        if person:
            _follow(person, claims, roles)
    if not roles or person is None:
        logger.warning("The provider sent somebody without a role.")
        raise RefusedPersonError(_("Your account has no role here. Ask your administrator for it."))
    if not person.is_active:
        raise RefusedPersonError(str(INACTIVE))
    return person


def _roles_of(claims: Claims) -> list[Group]:
    """Return the roles that the groups of the provider's person stand for."""
    groups = claims.get(settings.OIDC_GROUPS_CLAIM) or []
    groups = groups if isinstance(groups, list) else [groups]
    names = {settings.OIDC_ROLES[name] for name in map(str, groups) if name in settings.OIDC_ROLES}
    roles = list(Group.objects.filter(name__in=names))
    if missing := names - {role.name for role in roles}:
        logger.error("OIDC_ROLES names roles that do not exist: %s.", ", ".join(sorted(missing)))
    return roles


def _account(claims: Claims) -> dict[str, str]:
    """Return what the provider's account is stored by. Another issuer's subjects are others."""
    subject = str(claims["sub"])
    if not 0 < len(subject) <= MAX_SUBJECT_LENGTH:
        raise RefusedPersonError(str(INACTIVE))
    return {"provider": settings.OIDC_ISSUER, "uid": subject}


def _known(claims: Claims) -> User | None:
    """Return the person who has come from there before."""
    account = SocialAccount.objects.filter(**_account(claims)).select_related("user").first()
    return account.user if account else None


def _linked(claims: Claims) -> User | None:
    """Link and return the person who has this e-mail address, if that is beyond doubt.

    The provider must have verified it: else whoever may write any address into their account there
    would be anybody here. One active person must have it: else it is not clear who it is. No
    superuser is linked: who administers the provider must not become one that way. Nor is
    somebody who comes as another subject: addresses of people who have left are given away again.
    Who was made inactive here does not come back as somebody new: an admin takes the address from
    the old account first.
    """
    email = str(claims.get("email") or "").strip()
    if not email or claims.get("email_verified") not in (True, "true"):
        return None
    people = User.objects.filter(email__iexact=email)
    if people.exists() and not people.filter(is_active=True).exists():
        raise RefusedPersonError(str(INACTIVE))
    linked = SocialAccount.objects.filter(provider=settings.OIDC_ISSUER).values("user")
    active = list(people.filter(is_active=True).exclude(pk__in=linked))
    if len(active) != 1 or active[0].is_superuser:
        return None
    SocialAccount.objects.create(user=active[0], **_account(claims))
    logger.info("The provider's account of person %s was linked by its address.", active[0].pk)
    return active[0]


def _created(claims: Claims) -> User:
    """Create a person, who has no password."""
    person = User.objects.create_user(_free_name(claims))
    SocialAccount.objects.create(user=person, **_account(claims))
    return person


def _free_name(claims: Claims) -> str:
    """Return a user name that nobody has, also in other letter case."""
    wanted = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])
    kept = "".join(each for each in wanted if each.isalnum() or each in USER_NAME_CHARACTERS)
    base = User.normalize_username(kept)[: MAX_USER_NAME - 10] or "person"
    number, name = 1, base
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{base}-{number}"
    return name


def _follow(person: User, claims: Claims, roles: list[Group]) -> None:
    """Give a person the roles, name and address that the provider says. Superusers stay those."""
    changes: dict[str, Any] = {name: text for name, text in _texts(claims).items() if text}
    if not person.is_superuser:
        changes["is_staff"] = any(role.name == ADMIN for role in roles)
    changed = {name: value for name, value in changes.items() if getattr(person, name) != value}
    for name, value in changed.items():
        setattr(person, name, value)
    if changed:
        person.save(update_fields=list(changed))
    person.groups.set(roles)


def _texts(claims: Claims) -> dict[str, Any]:
    first, last = claims.get("given_name"), claims.get("family_name")
    if not (first or last):
        first, _space, last = str(claims.get("name") or "").rpartition(" ")
    texts = {"first_name": first, "last_name": last}
    if claims.get("email_verified") is not False:
        texts["email"] = claims.get("email")
    return {name: _clean(text) for name, text in texts.items()}


def _clean(text: Any) -> str:
    """Return a text without what nobody sees, no longer than any of the columns."""
    visible = "".join(each for each in str(text or "") if not has_invisible(each))
    return " ".join(visible.split())[:MAX_USER_NAME]
