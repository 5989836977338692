"""Second factors: what proves, beside the password, that it is this person. Its only writer.

An authenticator app shows codes (TOTP), a passkey signs (WebAuthn), and recovery codes help who has
lost both. They are rows of allauth, whose secrets are encrypted with ``SECRET_KEY``.
"""

import logging
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    clear_totp_secret,
    format_hotp_value,
    get_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.webauthn.internal.auth import WebAuthn
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest

from returns.people.encryption import UnreadableSecretError, decrypt

logger = logging.getLogger(__name__)

APP, PASSKEY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN
RECOVERY = Authenticator.Type.RECOVERY_CODES
# Recovery codes alone are none: they only replace one that was lost.
FACTORS = (APP, PASSKEY)
LAST_COUNTER = "last_counter"  # in the data of an app: the half minute of the last code used
MAX_PASSKEYS = 20
MAX_PASSKEY_NAME = 60


def lacks_second_factor(person: User) -> bool:
    """Tell whether a person, as loaded for the request, must set up a second factor first."""
    return bool(getattr(person, "lacks_second_factor", False))


def has_second_factor(person: User) -> bool:
    """Tell whether a person has one."""
    return bool(Authenticator.objects.filter(user=person, type__in=FACTORS).exists())


def factors_of(person: User) -> list[Authenticator]:
    """Return the second factors of a person and their recovery codes, the oldest first."""
    return list(Authenticator.objects.filter(user=person).order_by("created_at", "pk"))


# Checking


def check_code(request: HttpRequest, person: User, code: str) -> Authenticator | None:
    """Return the factor that a code is of, and use the code up; None for a wrong one.

    A wrong code counts like a wrong password, so that nobody can try them all. While that locks
    the person, no code is checked, and the response is replaced by the page that says so.
    """
    credentials = {"username": person.get_username()}
    if not AxesProxyHandler.is_allowed(request, credentials):
        request.axes_locked_out = True  # type: ignore[attr-defined]
        request.axes_credentials = credentials  # type: ignore[attr-defined]
        return None
    for factor in factors_of(person):
        if _accepts(factor, code):
            return factor
    AxesProxyHandler.user_login_failed(__name__, credentials, request)
    return None


def _accepts(factor: Authenticator, code: str) -> bool:
    try:
        if factor.type == APP:
            return _accepts_of_app(factor, code)
        return factor.type == RECOVERY and bool(RecoveryCodes(factor).validate_code(code))
    except UnreadableSecretError:
        logger.error("A second factor (%s) cannot be read with this SECRET_KEY.", factor.pk)
        return False


def _accepts_of_app(factor: Authenticator, code: str) -> bool:
    counter = counter_of_code(decrypt(factor.data["secret"]), code)
    return counter is not None and _use_up(factor, counter)


def counter_of_code(secret: str, code: str) -> int | None:
    """Return the half minute in which an app with this secret shows the code; None if not now."""
    for counter in yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter))):
            return int(counter)
    return None


@transaction.atomic
def _use_up(factor: Authenticator, counter: int) -> bool:
    """Refuse a code that was used before, in whatever process: somebody may have seen it."""
    locked = Authenticator.objects.select_for_update().get(pk=factor.pk)
    if locked.data.get(LAST_COUNTER, 0) >= counter:
        return False
    _change_data(locked, {LAST_COUNTER: counter})
    return True


def _change_data(factor: Authenticator, changes: dict[str, Any]) -> None:
    Authenticator.objects.filter(pk=factor.pk).update(data=factor.data | changes)


# Changing


@transaction.atomic
def add_app(person: User, secret: str, counter: int) -> Authenticator:
    """Add the authenticator app that has the secret; ``counter`` is that of the code it showed."""
    _lock(person)
    Authenticator.objects.filter(user=person, type=APP).delete()
    factor: Authenticator = TOTP.activate(person, secret).instance
    _change_data(factor, {LAST_COUNTER: counter})
    RecoveryCodes.activate(person)
    return factor


@transaction.atomic
def add_passkey(person: User, name: str, credential: dict[str, Any]) -> Authenticator:
    """Add a passkey whose credential was checked."""
    _lock(person)
    factor: Authenticator = WebAuthn.add(person, name, credential).instance
    RecoveryCodes.activate(person)
    return factor


def rename_passkey(factor: Authenticator, name: str) -> None:
    """Give a passkey another name."""
    _change_data(factor, {"name": name})


@transaction.atomic
def remove_factor(factor: Authenticator) -> None:
    """Remove a factor; with the last one, the recovery codes too."""
    _lock(factor.user)
    Authenticator.objects.filter(pk=factor.pk).delete()
    if not has_second_factor(factor.user):
        Authenticator.objects.filter(user=factor.user).delete()


def remove_all_factors(person: User) -> int:
    """Remove all second factors of somebody who has lost them; return how many there were."""
    return int(Authenticator.objects.filter(user=person).delete()[0])


def note_use(factor: Authenticator) -> None:
    """Store when a factor was last used."""
    factor.record_usage()


@transaction.atomic
def make_recovery_codes(person: User) -> list[str]:
    """Replace the recovery codes of a person; the old ones are not valid any more."""
    _lock(person)
    Authenticator.objects.filter(user=person, type=RECOVERY).delete()
    return unused_codes(RecoveryCodes.activate(person).instance)


def unused_codes(factor: Authenticator) -> list[str]:
    """Return the recovery codes that were not used yet; none if they cannot be read any more."""
    try:
        return list(RecoveryCodes(factor).get_unused_codes())
    except UnreadableSecretError:
        return []


def pending_secret() -> str:
    """Return the secret of the app that is being set up in this session."""
    return str(get_totp_secret())


def forget_pending_secret(request: HttpRequest) -> None:
    """Let the next app that is set up in this session have another secret."""
    clear_totp_secret(request)


def _lock(person: User) -> None:
    """Let two windows of a person change their factors one after the other."""
    User.objects.select_for_update().get(pk=person.pk)
