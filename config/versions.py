"""Two people who change the same thing: the second is told, and overwrites nothing unseen.

A form carries the version of what it shows; whoever saves compares it with what is stored by then,
under a lock.
"""

from hashlib import sha256
from json import dumps
from typing import Any

from django.core.exceptions import ValidationError


class ChangedMeanwhileError(ValidationError):
    """Somebody else changed what a person saves, after they opened its form."""


def version_of(state: Any) -> str:
    """Return a short text that differs whenever the state does; it may be whatever JSON holds."""
    return sha256(dumps(state, sort_keys=True, default=str).encode()).hexdigest()[:16]


def check_version(
    stored: str, seen: str, what: str, then: str = "Look again, then change it."
) -> None:
    """Raise ``ChangedMeanwhileError`` unless the stored version is the one that a person saw.

    ``what`` names the thing in the sentence, and ``then`` says what the person can do.
    """
    if stored != seen:
        raise ChangedMeanwhileError(f"Somebody changed {what} meanwhile. {then}")
