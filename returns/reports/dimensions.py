"""The dimensions by which reports group returns: labels of their values, and their filters."""

from returns.filters.dates import WEEKDAY_CHOICES
from returns.models import Dimension
from returns.reports.scope import Param
from tags.vocabulary import Vocabulary

DIMENSION_TITLES = {
    Dimension.CARRIER: "Carrier",
    Dimension.CHANNEL: "Sales channel",
    Dimension.TAG: "Tag",
    Dimension.WEEKDAY: "Weekday of arrival",
}
FILTER_NAMES = {Dimension.CARRIER: "carrier", Dimension.CHANNEL: "channel"}


def dimension_label(dimension: Dimension, value: str, vocabulary: Vocabulary) -> str:
    """Return the label of a stored value; "" for a tag that no longer exists."""
    if dimension == Dimension.TAG:
        return vocabulary[int(value)].name if int(value) in vocabulary else ""
    if dimension == Dimension.WEEKDAY:
        return WEEKDAY_CHOICES[int(value) - 1][1]
    return value or "none"


def dimension_filter(dimension: Dimension, value: str, vocabulary: Vocabulary) -> Param:
    """Return the filter that selects the returns with a value."""
    if dimension == Dimension.TAG:
        return "tag", vocabulary[int(value)].name
    if dimension == Dimension.WEEKDAY:
        return "arrived_weekday", WEEKDAY_CHOICES[int(value) - 1][0]
    name = FILTER_NAMES[dimension]
    return (name, value) if value else ("missing", name)
