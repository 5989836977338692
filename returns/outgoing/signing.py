"""Secrets and signatures of messages, as the specification of Standard Webhooks has them."""

import base64
import hmac
from hashlib import sha256
from secrets import token_bytes

SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with


def make_secret() -> str:
    """Return a new secret, as receivers enter it."""
    return SECRET_PREFIX + base64.b64encode(token_bytes(SECRET_BYTES)).decode()


def sign(secrets: list[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the header with a signature by each of the secrets, separated by spaces."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets)


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
