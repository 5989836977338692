"""What declares one filter of the filter language, and functions for kinds that recur."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

import django_filters
from django.db.models import TextChoices

from returns.filters import methods
from returns.filters.dates import NAMED_PERIODS
from returns.filters.fields import MomentFilter, TagsFilter, TextsFilter, hours_filter

MAX_NUMBER_FILTER_LENGTH = 200


class Offered(Enum):
    """Where the list offers a filter."""

    FORM = "a field of its own above the list, which shows the value"
    TAG_MENU = "the menu of tags, with a chip"
    MORE_MENU = "the menu of more filters, with a chip"
    ADDRESS = "links and addresses alone, with a chip"


class Section(Enum):
    """A part of the menu of more filters, by its heading."""

    PARCEL = "Parcel"
    MISSING = "Missing"
    DEADLINE = "Deadline"
    TIME = "Waiting and processing time"
    DATES = "Dates"


# A value and its label.
Choice = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A filter: its parameter, its field and method, its texts, and who may use it.

    ``filter`` reads and applies the values; its label is that of the field. Chips and summaries
    show ``chip_label``, the value as ``format_value`` writes it, and ``unit``; ``joined_by``
    stands between several values. A filter by a number compares the key columns ``columns``.
    """

    name: str
    filter: django_filters.Filter
    chip_label: str
    offered: Offered
    # Where the menu of more filters has it, and the names that it offers beside a date.
    section: Section = Section.PARCEL
    presets: tuple[Choice, ...] = ()
    unit: str = ""
    joined_by: str = " or "
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

    @property
    def label(self) -> str:
        """Return the label of the field."""
        return str(self.filter.label)

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
    return lambda value: labels.get(value, value)


def choice_label(choices: type[TextChoices]) -> Callable[[str], str]:
    """Return a function that writes a value as its label; an unknown value stays as it is."""
    return lambda value: str(choices(value).label) if value in choices.values else value


def number_filter(name: str, label: str, column: str, offered: Offered) -> Declaration:
    """Declare a filter by one of a return's numbers; ``column`` is its key column."""
    return Declaration(
        name=name,
        filter=django_filters.CharFilter(
            label=label, method="by_number", max_length=MAX_NUMBER_FILTER_LENGTH
        ),
        chip_label=_lower_first(label),
        offered=offered,
        columns=(column,),
        for_deadlines=True,
    )


def tags_filter(
    name: str, label: str, chip_label: str, method: str, *, joined_by: str
) -> Declaration:
    """Declare a filter by the names of tags; ``method`` belongs to the filterset."""
    return Declaration(
        name=name,
        filter=TagsFilter(label=label, method=method),
        chip_label=chip_label,
        offered=Offered.TAG_MENU,
        joined_by=joined_by,
        for_deadlines=True,
        keeps_many=name != "tag",
    )


def fact_filter(name: str, column: str, max_length: int) -> Declaration:
    """Declare a filter by the exact value of a column."""
    return Declaration(
        name=name,
        filter=django_filters.CharFilter(column, label=name.capitalize(), max_length=max_length),
        chip_label=name,
        offered=Offered.MORE_MENU,
        for_deadlines=True,
    )


def time_span_filter(
    name: str, label: str, chip_label: str, method: methods.FilterMethod
) -> Declaration:
    """Declare a filter by a number of hours."""
    return Declaration(
        name=name,
        filter=hours_filter(label, method),
        chip_label=chip_label,
        offered=Offered.MORE_MENU,
        section=Section.TIME,
        unit=" h",
    )


def period_filter(event: str) -> Declaration:
    """Declare a filter by a period in which an event happened, such as this week."""
    return Declaration(
        name=event,
        filter=django_filters.ChoiceFilter(
            label=f"{event.capitalize()} during", choices=NAMED_PERIODS, method=methods.by_period
        ),
        chip_label=event,
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
        filter=MomentFilter(method="by_creation", label=f"Created {end}", end=end == "to"),
        chip_label=f"created {end}",
        offered=Offered.MORE_MENU,
        section=Section.DATES,
        for_deadlines=True,
        for_reports=False,
        keeps_many=True,
    )


def date_filter(event: str, column: str, end: str, *, for_deadlines: bool) -> Declaration:
    """Declare a filter by the date of another event; ``end`` is ``from`` or ``to``."""
    lookup, label = "lt" if end == "to" else "gte", f"{event.capitalize()} {end}"
    return Declaration(
        name=f"{event}_{end}",
        filter=MomentFilter(column, lookup, label=label, end=end == "to"),
        chip_label=f"{event} {end}",
        offered=Offered.MORE_MENU,
        section=Section.DATES,
        for_deadlines=for_deadlines,
        for_reports=False,
    )


def rule_filter(name: str, filter_: django_filters.Filter) -> Declaration:
    """Declare a filter by what rules have tagged."""
    return Declaration(
        name=name,
        filter=filter_,
        chip_label=_lower_first(str(filter_.label)),
        offered=Offered.ADDRESS,
        for_reports=False,
    )


def _lower_first(label: str) -> str:
    return label[0].lower() + label[1:]
