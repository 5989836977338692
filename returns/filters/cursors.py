"""Cursors as texts for URLs: opaque for whoever sends them back, a list of values for us.

Anybody may write one by hand, so what is read is a list, and nothing more is promised.
"""

import base64
import json
from typing import Any

LARGEST_ID = 2**63 - 1


def written(parts: list[Any]) -> str:
    """Return the text for the URL of these texts, whole numbers and Nones."""
    text = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(text: str) -> list[Any]:
    """Return the values that a text holds; raises ``ValueError`` when it holds no list."""
    padded = text + "=" * (-len(text) % 4)
    try:
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except RecursionError as error:
        # Few brackets are enough, and no cursor has a list within its list.
        raise ValueError("lists within lists") from error
    if not isinstance(parts, list):
        raise ValueError("no list")
    return parts


def id_of(value: Any) -> int:
    """Return a value that was read as an id, 0 for none; raises ``ValueError`` when it is none."""
    if type(value) is not int or not 0 <= value <= LARGEST_ID:
        raise ValueError(value)
    return value
