"""Encryption of what second factors are made of: a copy of the database must not be enough."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac


class UnreadableSecretError(ValueError):
    """A secret was encrypted with another ``SECRET_KEY``."""


def _cipher() -> Fernet:
    key = salted_hmac(__name__, "second factors", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))


def encrypt(text: str) -> str:
    """Return a text encrypted with ``SECRET_KEY``."""
    return _cipher().encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Return the text that was encrypted; raise ``UnreadableSecretError`` if the key differs."""
    try:
        return _cipher().decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecretError from error
