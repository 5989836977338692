"""Search the numbers of returns for a typed or scanned text, and say why each return matches."""

from returns.search.finding import search, search_ends, search_scans, search_whole
from returns.search.hits import Hit, SearchResult, Tier
from returns.search.nearest import NearMatch, nearest
from returns.search.typed import MAX_NUMBERS, MAX_SEARCH_LENGTH, SEPARATOR, TypedNumbers

__all__ = [
    "MAX_NUMBERS",
    "MAX_SEARCH_LENGTH",
    "SEPARATOR",
    "Hit",
    "NearMatch",
    "SearchResult",
    "Tier",
    "TypedNumbers",
    "nearest",
    "search",
    "search_ends",
    "search_scans",
    "search_whole",
]
