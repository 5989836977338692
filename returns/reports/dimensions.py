"""The dimensions by which reports group returns: labels of their values, and their filters."""

from returns.filters.dates import WEEKDAYS
from returns.filters.stored import Words
from returns.models import By
from returns.reports.scope import Param

DIMENSION_TITLES = {
    By.CARRIER: "Carrier",
    By.CHANNEL: "Sales channel",
    By.TAG: "Tag",
    By.WEEKDAY: "Weekday of arrival",
}
FILTER_NAMES = {By.CARRIER: "carrier", By.CHANNEL: "channel"}


def dimension_label(dimension: By, value: str, vocabulary: Words) -> str:
    """Return the label of a stored value; "" for a tag that no longer exists."""
    if dimension == By.TAG:
        return vocabulary[int(value)].name if int(value) in vocabulary else ""
    if dimension == By.WEEKDAY:
        return WEEKDAYS[int(value) - 1][1]
    return value or "none"


def dimension_filter(dimension: By, value: str, vocabulary: Words) -> Param:
    """Return the filter that selects the returns with a value."""
    if dimension == By.TAG:
        return "tag", vocabulary[int(value)].name
    if dimension == By.WEEKDAY:
        return "arrived_weekday", WEEKDAYS[int(value) - 1][0]
    name = FILTER_NAMES[dimension]
    return (name, value) if value else ("missing", name)
