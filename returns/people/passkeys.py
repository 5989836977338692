"""Passkeys: what a browser is asked, and whether its answer proves what it should (WebAuthn).

The challenge waits in the session, and is valid once. A passkey checks its person by a finger, a
face or a PIN, so it is a second factor and also lets people in without a password.
"""

import json
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.contrib.auth.models import User
from django.db import Error as DatabaseError

from returns.people.second_factor import PASSKEY

MAX_CREDENTIAL_LENGTH = 20_000  # characters

type Credential = dict[str, Any]


class InvalidPasskeyError(ValueError):
    """The browser's answer does not prove what it should."""


def creation_options(person: User) -> dict[str, Any]:
    """Return what a browser needs to make a passkey for a person, as JSON."""
    return _as_json(auth.begin_registration(person, passwordless=True))


def read_credential(text: str) -> Credential:
    """Return the browser's answer; raise ``InvalidPasskeyError`` if it is not one."""
    if len(text) > MAX_CREDENTIAL_LENGTH:
        raise InvalidPasskeyError
    credential = _checked(lambda: json.loads(text))
    if not isinstance(credential, dict):
        raise InvalidPasskeyError
    return credential


def check_new(text: str) -> Credential:
    """Return the credential of a new passkey if it answers this session's challenge.

    Raises ``InvalidPasskeyError``.
    """
    credential = read_credential(text)
    _checked(lambda: auth.parse_registration_response(credential))
    if not _checked(lambda: auth.complete_registration(credential)).is_user_verified():
        raise InvalidPasskeyError
    return credential


def request_options(person: User | None) -> dict[str, Any]:
    """Return what a browser needs to use a passkey of a person, or one of anybody, as JSON."""
    return _as_json(auth.begin_authentication(person))


def check_use(text: str, person: User | None) -> Authenticator:
    """Return the passkey that has answered this session's challenge; of anybody without a person.

    Raises ``InvalidPasskeyError``.
    """
    credential = read_credential(text)
    answer = _checked(lambda: auth.parse_authentication_response(credential))
    # Of anybody, the passkey alone has to prove who is there.
    if person is None and not answer.response.authenticator_data.is_user_verified():
        raise InvalidPasskeyError
    owner = person or _checked(lambda: auth.extract_user_from_response(credential))
    factor: Authenticator = _checked(lambda: auth.complete_authentication(owner, credential))
    return factor


def passkey_of(person: User, pk: int) -> Authenticator | None:
    """Return a passkey of a person."""
    return Authenticator.objects.filter(user=person, type=PASSKEY, pk=pk).first()


def _as_json(options: dict[str, Any]) -> dict[str, Any]:
    public: dict[str, Any] = json.loads(json.dumps(options, default=dict))["publicKey"]
    return public


def _checked[T](check: Callable[[], T]) -> T:
    """Return the result of a check; what cannot be read proves nothing.

    The parsers of CBOR and of keys raise whatever they stumble over.
    """
    try:
        return check()
    except DatabaseError:
        raise
    except Exception as error:
        raise InvalidPasskeyError from error
