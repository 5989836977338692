"""What declares one filter of the filter language, and functions for kinds that recur."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import django_filters
from django.db.models import TextChoices
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from returns.filters import methods
from returns.filters.dates import NAMED_PERIODS
from returns.filters.fields import (
    MomentFilter,
    TagsFilter,
    TextsFilter,
    hours_filter,
    tag_value_label,
)
from returns.filters.words import WORDS, Words
from returns.orders.tokens import NOBODY

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_NUMBER_FILTER_LENGTH = 200
MAX_ITEMS = 1_000
MAX_FILTERED_VALUE = 999_999_999
# How several values are joined: each two of them in turn.
EITHER, BOTH = _("%(list)s or %(last)s"), _("%(list)s and %(last)s")
_DECIMAL_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)


class Offered(Enum):
    """Where the list offers a filter."""

    FORM = "a field of its own above the list, which shows the value"
    TAG_MENU = "the menu of tags, with a chip"
    MORE_MENU = "the menu of more filters, with a chip"
    ADDRESS = "links and addresses alone, with a chip"


class Section(TextChoices):
    """A part of the menu of more filters, with its heading."""

    PARCEL = "parcel", pgettext_lazy("filters", "Parcel")
    ITEMS = "items", pgettext_lazy("filters", "In the parcel")
    VALUE = "value", pgettext_lazy("filters", "Value")
    MISSING = "missing", pgettext_lazy("filters", "Missing")
    DEADLINE = "deadline", pgettext_lazy("filters", "Deadline")
    TIME = "time", pgettext_lazy("filters", "Waiting and processing time")
    DATES = "dates", pgettext_lazy("filters", "Dates")


# A value and its label.
Choice = tuple[str, "StrOrPromise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A filter: its parameter, its field and method, and who may use it; ``WORDS`` has its texts.

    ``filter`` reads and applies the values. Chips and summaries show a value as ``format_value``
    writes it, within the phrase of the filter; ``joined_by`` joins several values. A filter by a
    number compares the key columns ``columns``.
    """

    name: str
    filter: django_filters.Filter
    offered: Offered
    # Where the menu of more filters has it, and the names that it offers beside a date.
    section: Section = Section.PARCEL
    presets: tuple[Choice, ...] = ()
    joined_by: "StrOrPromise" = EITHER
    format_value: Callable[[str], str] = str
    columns: tuple[str, ...] = ()
    # Deadlines use filters that judge each return by itself, with the same result at any time.
    for_deadlines: bool = False
    for_rules: bool = True
    # Reports have their own period and link to the lists behind their numbers.
    for_reports: bool = True
    # Whether it keeps so many of the newest returns that these are read one after the other.
    # Another filter may keep few returns, so its matches are looked up first.
    keeps_many: bool = False

    def __post_init__(self) -> None:
        if self.filter.field_name is None:
            self.filter.field_name = self.name
        self.filter.label = self.words.label

    @property
    def words(self) -> Words:
        """Return the texts of the filter."""
        return WORDS[self.name]

    @property
    def label(self) -> str:
        """Return the label of the field."""
        return str(self.words.label)

    @property
    def chip_label(self) -> str:
        """Return the phrase of the filter without its value: "waiting over"."""
        return self.words.phrase_without_value

    @property
    def is_repeatable(self) -> bool:
        """Whether the filter takes several values."""
        return isinstance(self.filter, django_filters.MultipleChoiceFilter | TextsFilter)

    @property
    def is_moment(self) -> bool:
        """Whether its values are dates and times."""
        return isinstance(self.filter, MomentFilter)

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Return the lowest and the highest value, or None if the value is no number."""
        if not isinstance(self.filter, django_filters.NumberFilter):
            return None
        return self.filter.extra["min_value"], self.filter.extra["max_value"]


def preset_label(choices: Iterable[Choice]) -> Callable[[str], str]:
    """Return a function that writes one of these values as its label, any other as it is."""
    labels = dict(choices)
    return lambda value: str(labels.get(value, value))


def choice_label(choices: type[TextChoices]) -> Callable[[str], str]:
    """Return a function that writes a value as its label; an unknown value stays as it is."""
    return lambda value: str(choices(value).label) if value in choices.values else value


def hours_label(value: str) -> str:
    """Return a number of hours as people read it."""
    return pgettext("hours", "%(count)s h") % {"count": _local_number(value)}


def amount_label(value: str) -> str:
    """Return an amount without its currency as people read it."""
    return _local_number(value)


def order_position_label(value: str) -> str:
    """Return the position of a return within its order as people read it."""
    return pgettext("filter", "%(value)s of the same order") % {"value": _local_number(value)}


def shopper_label(token: str) -> str:
    """Return a shopper as people read it, without saying who it is."""
    is_known = token != NOBODY
    return pgettext("filter", "this shopper") if is_known else pgettext("filter", "nobody known")


def shopper_returns_label(value: str) -> str:
    """Return a number of returns of a shopper as people read it."""
    return pgettext("filter", "%(value)s returns in 90 days") % {"value": _local_number(value)}


def _local_number(text: str) -> str:
    """Return a number with the decimal separator of the language; other texts as they are."""
    return str(number_format(text)) if _DECIMAL_NUMBER.fullmatch(text) else text


def number_filter(name: str, column: str, offered: Offered) -> Declaration:
    """Declare a filter by one of a return's numbers; ``column`` is its key column."""
    return Declaration(
        name=name,
        filter=django_filters.CharFilter(method="by_number", max_length=MAX_NUMBER_FILTER_LENGTH),
        offered=offered,
        columns=(column,),
        for_deadlines=True,
    )


def tags_filter(name: str, method: str, *, joined_by: "StrOrPromise" = EITHER) -> Declaration:
    """Declare a filter by the names of tags; ``method`` belongs to the filterset."""
    return Declaration(
        name=name,
        filter=TagsFilter(method=method),
        offered=Offered.TAG_MENU,
        joined_by=joined_by,
        format_value=tag_value_label,
        for_deadlines=True,
        keeps_many=name != "tag",
    )


def fact_filter(
    name: str, column: str, max_length: int, *, method: str | None = None
) -> Declaration:
    """Declare a filter by the whole text of a column; without a ``method``, by exactly it."""
    return Declaration(
        name=name,
        filter=django_filters.CharFilter(column, max_length=max_length, method=method),
        offered=Offered.MORE_MENU,
        for_deadlines=True,
    )


def item_count_filter(column: str) -> Declaration:
    """Declare a filter by the least number of items of a kind, which the column counts."""
    return Declaration(
        name=column,
        filter=django_filters.NumberFilter(
            column, lookup_expr="gte", min_value=1, max_value=MAX_ITEMS, decimal_places=0
        ),
        offered=Offered.MORE_MENU,
        section=Section.ITEMS,
        for_deadlines=True,
    )


def value_filter(name: str) -> Declaration:
    """Declare a filter by the value of a return."""
    return Declaration(
        name=name,
        filter=django_filters.NumberFilter(
            method=methods.by_value, min_value=0, max_value=MAX_FILTERED_VALUE
        ),
        offered=Offered.MORE_MENU,
        section=Section.VALUE,
        format_value=amount_label,
        for_deadlines=True,
    )


def time_span_filter(name: str, method: methods.FilterMethod) -> Declaration:
    """Declare a filter by a number of hours."""
    return Declaration(
        name=name,
        filter=hours_filter(method),
        offered=Offered.MORE_MENU,
        section=Section.TIME,
        format_value=hours_label,
    )


def period_filter(event: str) -> Declaration:
    """Declare a filter by a period in which an event happened, such as this week."""
    return Declaration(
        name=event,
        filter=django_filters.ChoiceFilter(choices=NAMED_PERIODS, method=methods.by_period),
        offered=Offered.MORE_MENU,
        section=Section.DATES,
        format_value=preset_label(NAMED_PERIODS),
        for_reports=False,
        keeps_many=event == "created",
    )


def creation_filter(end: str) -> Declaration:
    """Declare a filter by the date of creation; ``end`` is ``from`` or ``to``."""
    return Declaration(
        name=f"created_{end}",
        filter=MomentFilter(method="by_creation", end=end == "to"),
        offered=Offered.MORE_MENU,
        section=Section.DATES,
        for_deadlines=True,
        for_reports=False,
        keeps_many=True,
    )


def date_filter(event: str, column: str, end: str, *, for_deadlines: bool) -> Declaration:
    """Declare a filter by the date of another event; ``end`` is ``from`` or ``to``."""
    lookup = "lt" if end == "to" else "gte"
    return Declaration(
        name=f"{event}_{end}",
        filter=MomentFilter(column, lookup, end=end == "to"),
        offered=Offered.MORE_MENU,
        section=Section.DATES,
        for_deadlines=for_deadlines,
        for_reports=False,
    )


def rule_filter(
    name: str, filter_: django_filters.Filter, format_value: Callable[[str], str] = str
) -> Declaration:
    """Declare a filter by what rules have tagged."""
    return Declaration(
        name=name,
        filter=filter_,
        offered=Offered.ADDRESS,
        format_value=format_value,
        for_reports=False,
    )
