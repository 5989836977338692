"""Encode page cursors for URLs: opaque to clients, a list of values to us.

A client may send any text. So the decoded value is a list, and its items must still be checked.
"""

import base64
import json
from typing import Any

MAX_ID = 2**63 - 1
# Made once, for speed: a list has a cursor for each row.
to_json = json.JSONEncoder(separators=(",", ":")).encode


def encode(parts: list[Any]) -> str:
    """Return a text for URLs that holds these strings, integers and Nones."""
    text = to_json(parts)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str) -> list[Any]:
    """Return the values of an encoded list. Raises ``ValueError`` if the text holds none."""
    padded = text + "=" * (-len(text) % 4)
    try:
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except RecursionError as error:
        # Deeply nested lists can raise this; no cursor of ours has a nested list.
        raise ValueError("nested lists") from error
    if not isinstance(parts, list):
        raise ValueError("not a list")
    return parts


def parse_id(value: Any) -> int:
    """Return a decoded value as an id, or 0. Raises ``ValueError`` if it is neither."""
    if type(value) is not int or not 0 <= value <= MAX_ID:
        raise ValueError(value)
    return value
