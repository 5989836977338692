"""Detects that two people change the same thing: the second one is told, and overwrites nothing.

A form carries the version of what it shows. When it is saved, the version is compared with the
stored one, under a lock.
"""

from hashlib import sha256
from json import dumps
from typing import Any

from django.core.exceptions import ValidationError


class ChangedMeanwhileError(ValidationError):
    """Somebody else changed the object after a person opened its form."""


def version_of(state: Any) -> str:
    """Return a short text that differs whenever the state, which can be any JSON, differs."""
    return sha256(dumps(state, sort_keys=True, default=str).encode()).hexdigest()[:16]


def require_version(stored: str, seen: str, message: str) -> None:
    """Raise ``ChangedMeanwhileError`` unless the stored version is the one that the person saw.

    The message is a whole sentence about the object that changed, and what the person can do.
    """
    if stored != seen:
        raise ChangedMeanwhileError(message)
