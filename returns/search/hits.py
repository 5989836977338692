"""The result of a search: which returns match, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from django.utils.translation import pgettext_lazy

from returns.querysets import (
    BARCODE_KEYS,
    ORDER_KEY,
    REFERENCE_KEY,
    SERIAL_KEY,
    SKU_KEY,
    TRACKING_KEY,
)

NUMBER_LABELS = {
    ORDER_KEY: pgettext_lazy("number", "order"),
    REFERENCE_KEY: pgettext_lazy("number", "return"),
    TRACKING_KEY: pgettext_lazy("number", "tracking ID"),
    SKU_KEY: pgettext_lazy("number", "SKU"),
    SERIAL_KEY: pgettext_lazy("number", "serial number"),
    BARCODE_KEYS: pgettext_lazy("number", "barcode"),
}
# A longer key is shown by its last characters alone.
MAX_SHOWN_KEY_LENGTH, SHOWN_KEY_END = 20, 12


class Tier(IntEnum):
    """How a number matches; the best tier first."""

    WHOLE = 0
    WITHOUT_ZEROS = 1
    BARE = 2
    END = 3
    BEGINNING = 4
    SCANNED = 5
    MIDDLE = 6


# Where a return's number matches; ``number`` is one of ``NUMBER_LABELS``.
REASON_TEXTS = {
    Tier.WHOLE: pgettext_lazy("match", "%(number)s is %(typed)s"),
    Tier.WITHOUT_ZEROS: pgettext_lazy("match", "%(number)s is %(typed)s apart from zeros"),
    Tier.BARE: pgettext_lazy("match", "%(number)s has the number %(typed)s"),
    Tier.END: pgettext_lazy("match", "%(number)s ends in %(typed)s"),
    Tier.BEGINNING: pgettext_lazy("match", "%(number)s starts with %(typed)s"),
    Tier.SCANNED: pgettext_lazy("match", "%(number)s is part of the scan"),
    Tier.MIDDLE: pgettext_lazy("match", "%(number)s contains %(typed)s"),
}


class Hit(NamedTuple):
    """Why a return matches: which of its numbers (by its key column) matches the typed key."""

    tier: Tier
    number: str
    typed: str

    @property
    def why(self) -> str:
        """Return the reason as a phrase: "tracking ID ends in 0011"."""
        return str(REASON_TEXTS[self.tier]) % {
            "number": NUMBER_LABELS[self.number],
            "typed": _shortened(self.typed),
        }


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The returns that match a text.

    ``hits`` gives the reason by the return's id. ``numbers`` are the numbers of the text, and
    ``not_found`` those of them without a match. ``cut_short`` says that there may be more matches
    than were read; ``gave_up`` that the search in the middle of all numbers took too long.
    """

    hits: dict[int, Hit] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    cut_short: bool = False
    gave_up: bool = False

    @property
    def is_list(self) -> bool:
        """Whether the text has several numbers."""
        return len(self.numbers) > 1

    @property
    def ids(self) -> list[int]:
        """Return the ids of all matches."""
        return list(self.hits)

    @property
    def whole_matches(self) -> list[int]:
        """Return the ids of the returns with a number that was typed completely.

        The bare number of a reference, such as 24881 of Return-24881, counts as complete.
        """
        return [pk for pk, hit in self.hits.items() if hit.tier <= Tier.BARE]

    def ids_by_rank(self) -> list[list[int]]:
        """Return the ids grouped by how well they match, the best group first.

        The matches of a pasted list are one group.
        """
        if self.is_list:
            return [self.ids]
        ranks = [[pk for pk, hit in self.hits.items() if hit.tier == tier] for tier in Tier]
        return [ids for ids in ranks if ids]


def best_hits(hits: Iterable[tuple[int, Hit]]) -> dict[int, Hit]:
    """Return the best hit of each return by its id, the best hits first."""
    best: dict[int, Hit] = {}
    for pk, hit in sorted(hits, key=lambda item: item[1].tier):
        best.setdefault(pk, hit)
    return best


def _shortened(key: str) -> str:
    return key if len(key) <= MAX_SHOWN_KEY_LENGTH else f"…{key[-SHOWN_KEY_END:]}"
