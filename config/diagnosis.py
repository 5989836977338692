"""What a web server saw of a request, told to nobody but ``manage.py doctor``.

It proves with ``SECRET_KEY`` that it belongs to the same deployment.
"""

import json
import time
from secrets import token_urlsafe
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import Error, connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac

PROOF_HEADER, SEEN_HEADER = "X-Desk-Doctor", "X-Desk-Saw"
SALT = "returns-desk.doctor"
# Longer than clocks should differ, which is one of the things to find out.
PROOF_SECONDS = 15 * 60
FINGERPRINT_LENGTH = 16  # hexadecimal digits


def proof() -> str:
    """Return the value of ``PROOF_HEADER``, which is valid for some minutes."""
    return signing.TimestampSigner(salt=SALT).sign(token_urlsafe(12))


def fingerprint() -> str:
    """Return what is the same for processes with the same ``SECRET_KEY`` and ``TIME_ZONE``."""
    mark = salted_hmac(SALT, settings.TIME_ZONE, algorithm="sha256")
    return mark.hexdigest()[:FINGERPRINT_LENGTH]


def add_what_was_seen(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Add ``SEEN_HEADER`` to the answer, if the request has a valid proof."""
    text = request.headers.get(PROOF_HEADER, "")
    if text and _is_valid(text):
        response[SEEN_HEADER] = json.dumps(_seen(request), ensure_ascii=True)
    return response


def _is_valid(text: str) -> bool:
    try:
        signing.TimestampSigner(salt=SALT).unsign(text, max_age=PROOF_SECONDS)
    except signing.BadSignature:
        return False
    return True


def _seen(request: HttpRequest) -> dict[str, Any]:
    return {
        "scheme": request.scheme,
        "host": request.get_host(),
        "address": request.META.get("REMOTE_ADDR", ""),
        "forwarded_for": request.headers.get("X-Forwarded-For", ""),
        "forwarded_proto": request.headers.get("X-Forwarded-Proto", ""),
        "time": time.time(),
        "time_zone": settings.TIME_ZONE,
        "statement_timeout": _statement_timeout(),
    }


def _statement_timeout() -> str:
    """Return the limit of a page's query, as PostgreSQL writes it; "" without a database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            return str(cursor.fetchone()[0])
    except Error:
        return ""
