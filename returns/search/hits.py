"""What a search found, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from returns.querysets import ORDER, REFERENCE, TRACKING

NUMBERS_IN_WORDS = {ORDER: "order", REFERENCE: "return", TRACKING: "tracking ID"}
LONGEST_IN_WORDS, END_IN_WORDS = 20, 12


class Tier(IntEnum):
    """How a number matches, the best first."""

    WHOLE = 0
    WITHOUT_ZEROS = 1
    END = 2
    BEGINNING = 3
    SCANNED = 4
    MIDDLE = 5


REASONS = {
    Tier.WHOLE: "{number} is {typed}",
    Tier.WITHOUT_ZEROS: "{number} is {typed} but for zeros",
    Tier.END: "{number} ends in {typed}",
    Tier.BEGINNING: "{number} starts with {typed}",
    Tier.SCANNED: "{number} is in what was scanned",
    Tier.MIDDLE: "{number} contains {typed}",
}


class Hit(NamedTuple):
    """Why a return was found: how its number, by the name of its key, matches what was typed."""

    tier: Tier
    number: str
    typed: str

    @property
    def why(self) -> str:
        """Return the reason in words: "tracking ID ends in 0011"."""
        return REASONS[self.tier].format(
            number=NUMBERS_IN_WORDS[self.number], typed=_shortened(self.typed)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The returns that a text found.

    ``hits`` says why, by the return's id. ``numbers`` are those that were typed, ``not_found``
    those of them that found nothing. ``cut_short`` when there may be more than were read.
    """

    hits: dict[int, Hit] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    cut_short: bool = False
    gave_up: bool = False

    @property
    def is_list(self) -> bool:
        """Whether several numbers were typed."""
        return len(self.numbers) > 1

    @property
    def ids(self) -> list[int]:
        """Return the ids of all that was found."""
        return list(self.hits)

    @property
    def whole(self) -> list[int]:
        """Return the ids of the returns of which a whole number was typed."""
        return [pk for pk, hit in self.hits.items() if hit.tier <= Tier.WITHOUT_ZEROS]

    def ids_by_rank(self) -> list[list[int]]:
        """Return the ids, parted by how well they match, the best first.

        Returns of a pasted list are all meant alike.
        """
        if self.is_list:
            return [self.ids]
        ranks = [[pk for pk, hit in self.hits.items() if hit.tier == tier] for tier in Tier]
        return [ids for ids in ranks if ids]


def best_of(hits: Iterable[tuple[int, Hit]]) -> dict[int, Hit]:
    """Return the best hit of each return, the best first."""
    best: dict[int, Hit] = {}
    for pk, hit in sorted(hits, key=lambda item: item[1].tier):
        best.setdefault(pk, hit)
    return best


def _shortened(key: str) -> str:
    return key if len(key) <= LONGEST_IN_WORDS else f"…{key[-END_IN_WORDS:]}"
