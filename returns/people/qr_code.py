"""The QR code by which an authenticator app is set up."""

from dataclasses import dataclass

import qrcode
from allauth.mfa.adapter import get_adapter
from django.contrib.auth.models import User

QUIET_ZONE = 4  # modules of white around a code, without which cameras do not find it


@dataclass(frozen=True, slots=True)
class QrCode:
    """A code as an SVG path in a square of ``size`` modules, and the key to type instead."""

    path: str
    size: int
    key: str
    address: str


def setup_code(person: User, secret: str) -> QrCode:
    """Return the code of the secret that a person's app shall keep."""
    address = get_adapter().build_totp_url(person, secret)
    code = qrcode.QRCode(border=QUIET_ZONE)
    code.add_data(address)
    code.make(fit=True)
    rows = code.get_matrix()
    path = "".join(
        f"M{column} {line}h1v1h-1z"
        for line, row in enumerate(rows)
        for column, is_dark in enumerate(row)
        if is_dark
    )
    key = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return QrCode(path, len(rows), key, address)
