"""What a bulk tagging does to its records besides tagging them, in the same steps.

The vocabulary knows nothing of records, so whoever has such bulk taggings provides a function that
returns the extra of one.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol, cast

from django.contrib.auth.models import User
from django.utils.module_loading import import_string

from config.stored_texts import StoredText
from tags.models import BulkTagging


class Extra(Protocol):
    """The extra of one bulk tagging. Its methods run in the transaction of a step."""

    # Records per step.
    step_size: int
    # Whether the bulk tagging was made without tags.
    is_without_tags: bool

    def check(self, person: User) -> None:
        """Raise ``VocabularyError`` if the person may not, or may no longer, do this."""

    def check_start(self) -> None:
        """Raise ``VocabularyError`` if what the preview shows is no longer true."""

    def run(self, entity_ids: Sequence[int], person: User) -> None:
        """Do it to the records of a step, which are locked."""

    def undo(self, entity_ids: Sequence[int], by: User) -> None:
        """Take it back for the records of a step."""

    def heading(self) -> StoredText:
        """Return what stands in front of the results."""

    def results(self) -> list[StoredText]:
        """Describe what was done so far, in sentences."""

    def undone(self) -> list[StoredText]:
        """Describe what was taken back so far, in sentences."""


_PROVIDERS: dict[str, str] = {}


def provide_extras(kind: str, function: str) -> None:
    """Name the function, by its path, that returns the extra of a bulk tagging, or None.

    ``kind`` is the label of the model of the taggings.
    """
    _PROVIDERS[kind] = function


def extra_of(bulk: BulkTagging) -> Extra | None:
    """Return the extra of a bulk tagging, or None if it only tags."""
    path = _PROVIDERS.get(bulk.taggings)
    return cast("Extra | None", _load(path)(bulk)) if path else None


@cache
def _load(path: str) -> Any:
    return import_string(path)
