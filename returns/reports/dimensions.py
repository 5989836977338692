"""The dimensions by which reports group returns: labels of their values, and their filters."""

from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from returns.filters.dates import WEEKDAY_CHOICES
from returns.models import Dimension
from returns.reports.scope import Param
from tags.vocabulary import Vocabulary

DIMENSION_TITLES = {
    Dimension.CARRIER: gettext_lazy("Carrier"),
    Dimension.CHANNEL: gettext_lazy("Sales channel"),
    Dimension.TAG: pgettext_lazy("noun", "Tag"),
    Dimension.WEEKDAY: gettext_lazy("Weekday of arrival"),
}
FILTER_NAMES = {Dimension.CARRIER: "carrier", Dimension.CHANNEL: "channel"}


def dimension_label(dimension: Dimension, value: str, vocabulary: Vocabulary) -> str:
    """Return the label of a stored value; "" for a tag that no longer exists."""
    if dimension == Dimension.TAG:
        return vocabulary[int(value)].label if int(value) in vocabulary else ""
    if dimension == Dimension.WEEKDAY:
        return str(WEEKDAY_CHOICES[int(value) - 1][1])
    return value or pgettext("value", "none")


def dimension_filter(dimension: Dimension, value: str, vocabulary: Vocabulary) -> Param:
    """Return the filter that selects the returns with a value."""
    if dimension == Dimension.TAG:
        return "tag", vocabulary[int(value)].name
    if dimension == Dimension.WEEKDAY:
        return "arrived_weekday", WEEKDAY_CHOICES[int(value) - 1][0]
    name = FILTER_NAMES[dimension]
    return (name, value) if value else ("missing", name)
