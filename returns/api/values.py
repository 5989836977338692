"""Checks of single values in requests."""

import re

# NUL and lone surrogates, which PostgreSQL's texts cannot hold.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,15}")


def parse_whole_number(text: str) -> int | None:
    """Return the whole number in a text of at most 15 digits, or None."""
    stripped = text.strip()
    return int(stripped) if _WHOLE_NUMBER.fullmatch(stripped) else None


def is_storable(text: str) -> bool:
    """Return whether a text column can hold this: it has no NUL and no lone surrogates."""
    return _UNSTORABLE.search(text) is None
