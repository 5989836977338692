"""What a typed or scanned text finds among the numbers of returns, and why."""

from returns.search.finding import begins_or_ends, search
from returns.search.hits import Found, Hit, Tier
from returns.search.nearest import Near, nearest
from returns.search.typed import LONGEST_TEXT, MOST_NUMBERS, Typed

__all__ = [
    "LONGEST_TEXT",
    "MOST_NUMBERS",
    "Found",
    "Hit",
    "Near",
    "Tier",
    "Typed",
    "begins_or_ends",
    "nearest",
    "search",
]
