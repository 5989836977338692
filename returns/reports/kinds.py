"""What the returns of a report are told apart by: the words of each value, and its filter."""

from collections.abc import Mapping

from returns.filters.dates import WEEKDAYS
from returns.models import By
from returns.reports.scope import Said
from tags.vocabulary import TagChip

TITLES = {
    By.CARRIER: "Carrier",
    By.CHANNEL: "Sales channel",
    By.TAG: "Tag",
    By.WEEKDAY: "Weekday of arrival",
}
NAMES = {By.CARRIER: "carrier", By.CHANNEL: "channel"}


def words_of(by: By, value: str, words: Mapping[int, TagChip]) -> str:
    """Return a value as people say it; "" of a tag that is gone."""
    if by == By.TAG:
        return words[int(value)].name if int(value) in words else ""
    if by == By.WEEKDAY:
        return WEEKDAYS[int(value) - 1][1]
    return value or "none"


def filter_of(by: By, value: str, words: Mapping[int, TagChip]) -> Said:
    """Return the filter that keeps the returns with a value."""
    if by == By.TAG:
        return "tag", words[int(value)].name
    if by == By.WEEKDAY:
        return "arrived_weekday", WEEKDAYS[int(value) - 1][0]
    return (NAMES[by], value) if value else ("missing", NAMES[by])
