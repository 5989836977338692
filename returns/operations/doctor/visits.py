"""Requests to the public address of the desk, as a browser sends them, or a forger."""

import http.client
import json
import ssl
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from config.diagnosis import SEEN_HEADER

VISIT_TIMEOUT = 15  # seconds
MAX_BYTES = 2_000_000


class VisitError(Exception):
    """Nothing answered; the message says why."""


class NoAddressError(VisitError):
    """What is to be visited is not the address of a web server."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered. ``seen`` is what the desk saw, if it was the desk that answered."""

    status: int
    headers: http.client.HTTPMessage
    text: str
    seen: dict[str, Any] = field(default_factory=dict)


def visit(address: str, path: str, **headers: str) -> Answer:
    """Get a path; underscores in the names of headers are hyphens. Raises ``VisitError``."""
    link = _link_to(address)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        link.request("GET", path, headers={"User-Agent": "returns-desk-doctor"} | given)
        answer = link.getresponse()
        text = answer.read(MAX_BYTES).decode(errors="replace")
        seen = json.loads(answer.headers.get(SEEN_HEADER) or "{}")
        return Answer(answer.status, answer.headers, text, seen)
    except ssl.SSLCertVerificationError as error:
        raise VisitError(f"its certificate is not valid: {error.verify_message}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise VisitError(str(error) or type(error).__name__) from error
    finally:
        link.close()


def _link_to(address: str) -> HTTPConnection:
    """Return a connection that is not yet made."""
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise NoAddressError("it does not begin with https:// and a name")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return kind(parts.hostname, parts.port, timeout=VISIT_TIMEOUT)
    except (HTTPException, ValueError) as error:
        raise NoAddressError(str(error)) from error
