"""Every filter of the filter language, each declared once.

The filterset, the menus and chips of the list, the words of summaries, the API's parameters, and
what deadlines, rules and reports may filter by follow from here. See ``docs/contributing.md`` for
how to add one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import django_filters
from django.db.models import TextChoices

from returns.filters import rules
from returns.filters.dates import WEEKDAYS
from returns.filters.fields import (
    GroupsFilter,
    MomentFilter,
    NumbersFilter,
    TagsFilter,
    TextsFilter,
    hours_filter,
)
from returns.filters.problems import Problem
from returns.filters.queues import Queue
from returns.models import Deadline, State
from returns.querysets import ORDER, REFERENCE, TRACKING
from returns.search import LONGEST_TEXT

LONGEST_NUMBER = 200
MOST_RETURNS_OF_ORDER = 100


class Offered(Enum):
    """Where the list offers a filter."""

    FORM = "a field of its own above the list, which shows the value"
    TAG_MENU = "the menu of tags, with a chip"
    MORE_MENU = "the menu of more filters, with a chip"
    ADDRESS = "links and addresses alone, with a chip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A filter: its parameter, its field and rule, its words, and who may use it.

    ``filter`` reads and applies the values; its label is the name of the field. ``kind`` is what
    chips and summaries write before a value, ``value_words`` how they write it, and ``unit`` what
    follows it. ``columns`` are the search keys of a filter by a number.
    """

    name: str
    filter: django_filters.Filter
    kind: str
    offered: Offered
    unit: str = ""
    joined_by: str = " or "
    value_words: Callable[[str], str] = str
    columns: tuple[str, ...] = ()
    # Whether it looks at one return by itself, at any time, as deadline policies do.
    for_deadlines: bool = False
    for_rules: bool = True
    # Not what a report has of its own: its period, and the lists behind its numbers.
    for_reports: bool = True
    # Whether it leaves enough of the newest returns to read on from one to the next; other filters
    # may leave few, which are then found first.
    keeps_many: bool = False

    def __post_init__(self) -> None:
        if self.filter.field_name is None:
            self.filter.field_name = self.name

    @property
    def label(self) -> str:
        """Return the name of the field."""
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
        """Return the lowest and the highest number of a filter by a number."""
        if not isinstance(self.filter, django_filters.NumberFilter):
            return None
        return self.filter.extra["min_value"], self.filter.extra["max_value"]


def _labels(choices: type[TextChoices]) -> Callable[[str], str]:
    return lambda value: str(choices(value).label) if value in choices.values else value


def _missing_words(name: str) -> str:
    return {"order": "order reference", "tracking": "tracking ID"}.get(name, name)


def _by_number(name: str, label: str, column: str, offered: Offered) -> Declaration:
    field = django_filters.CharFilter(label=label, method="by_number", max_length=LONGEST_NUMBER)
    kind = label[0].lower() + label[1:]
    return Declaration(
        name=name, filter=field, kind=kind, offered=offered, columns=(column,), for_deadlines=True
    )


def _by_tags(name: str, label: str, kind: str, method: str, *, joined_by: str) -> Declaration:
    return Declaration(
        name=name,
        filter=TagsFilter(label=label, method=method),
        kind=kind,
        offered=Offered.TAG_MENU,
        joined_by=joined_by,
        for_deadlines=True,
        keeps_many=name != "tag",
    )


def _by_fact(name: str, column: str, longest: int) -> Declaration:
    return Declaration(
        name=name,
        filter=django_filters.CharFilter(column, label=name.capitalize(), max_length=longest),
        kind=name,
        offered=Offered.ADDRESS,
        for_deadlines=True,
    )


def _by_hours(name: str, label: str, kind: str, rule: rules.Rule) -> Declaration:
    return Declaration(
        name=name,
        filter=hours_filter(label, rule),
        kind=kind,
        offered=Offered.MORE_MENU,
        unit=" h",
    )


def _by_creation(end: str) -> Declaration:
    return Declaration(
        name=f"created_{end}",
        filter=MomentFilter(method="by_creation", label=f"Created {end}", end=end == "to"),
        kind=f"created {end}",
        offered=Offered.MORE_MENU,
        for_deadlines=True,
        for_reports=False,
        keeps_many=True,
    )


def _by_time(event: str, column: str, end: str, *, for_deadlines: bool) -> Declaration:
    comparison, label = "lt" if end == "to" else "gte", f"{event.capitalize()} {end}"
    return Declaration(
        name=f"{event}_{end}",
        filter=MomentFilter(column, comparison, label=label, end=end == "to"),
        kind=f"{event} {end}",
        offered=Offered.MORE_MENU,
        for_deadlines=for_deadlines,
        for_reports=False,
    )


def _by_rule(name: str, filter_: django_filters.Filter) -> Declaration:
    label = str(filter_.label)
    kind = label[0].lower() + label[1:]
    return Declaration(
        name=name, filter=filter_, kind=kind, offered=Offered.ADDRESS, for_reports=False
    )


# In the order in which they are applied; menus and chips keep it.
FILTERS = (
    Declaration(
        name="q",
        filter=NumbersFilter(
            label="Order, return or tracking number", method="by_search", max_length=LONGEST_TEXT
        ),
        kind="search",
        offered=Offered.FORM,
        for_rules=False,
    ),
    Declaration(
        name="state",
        filter=django_filters.MultipleChoiceFilter(
            label="State", choices=State.choices, method=rules.by_state
        ),
        kind="state",
        offered=Offered.FORM,
        value_words=_labels(State),
        keeps_many=True,
    ),
    Declaration(
        name="queue",
        filter=django_filters.ChoiceFilter(
            label="Queue", choices=Queue.choices, method=rules.by_queue
        ),
        kind="queue",
        offered=Offered.ADDRESS,
        value_words=_labels(Queue),
        for_reports=False,
    ),
    _by_number("order", "Order reference", ORDER, Offered.FORM),
    Declaration(
        name="order_is",
        filter=django_filters.CharFilter(
            label="Order", method=rules.by_whole_order, max_length=LONGEST_NUMBER
        ),
        kind="order",
        offered=Offered.ADDRESS,
    ),
    _by_number("reference", "Return reference", REFERENCE, Offered.ADDRESS),
    _by_number("tracking", "Tracking ID", TRACKING, Offered.FORM),
    _by_tags("tag", "Tags", "tags", "by_tags", joined_by=" and "),
    _by_tags("tag_any", "Any of the tags", "any of", "by_any_tag", joined_by=" or "),
    _by_tags("tag_none", "None of the tags", "not", "by_no_tag", joined_by=" or "),
    Declaration(
        name="missing_group",
        filter=GroupsFilter(label="No tag of the group", method="by_missing_groups"),
        kind="no tag of",
        offered=Offered.TAG_MENU,
        for_deadlines=True,
        keeps_many=True,
    ),
    Declaration(
        name="notes",
        filter=TextsFilter(label="Notes contain", method=rules.by_notes),
        kind="notes contain",
        offered=Offered.MORE_MENU,
        for_deadlines=True,
    ),
    _by_fact("carrier", "cargo_carrier", 100),
    _by_fact("channel", "sales_order_channel", 100),
    _by_fact("source", "source", 30),
    Declaration(
        name="missing",
        filter=django_filters.MultipleChoiceFilter(
            label="Missing", choices=rules.MISSING, method=rules.by_missing
        ),
        kind="without",
        offered=Offered.ADDRESS,
        joined_by=" and ",
        value_words=_missing_words,
        for_deadlines=True,
    ),
    Declaration(
        name="problem",
        filter=django_filters.MultipleChoiceFilter(
            label="Problem", choices=Problem.choices, method=rules.by_problem
        ),
        kind="problem",
        offered=Offered.ADDRESS,
        value_words=_labels(Problem),
    ),
    Declaration(
        name="deadline",
        filter=django_filters.ChoiceFilter(
            label="Deadline", choices=Deadline.choices, method="by_deadline"
        ),
        kind="deadline",
        offered=Offered.ADDRESS,
        value_words=_labels(Deadline),
    ),
    _by_hours("waiting_over", "Waiting over", "waiting over", rules.by_hours),
    _by_hours("waiting_under", "Waiting under", "waiting under", rules.by_hours),
    _by_hours("on_the_way_over", "On the way over", "on the way over", rules.by_hours),
    _by_hours("on_the_way_under", "On the way under", "on the way under", rules.by_hours),
    _by_hours("took_over", "Took at least", "took at least", rules.by_time_taken),
    _by_hours("took_under", "Took less than", "took less than", rules.by_time_taken),
    Declaration(
        name="order_returns",
        filter=django_filters.NumberFilter(
            label="Number within its order",
            method=rules.by_place_in_order,
            min_value=2,
            max_value=MOST_RETURNS_OF_ORDER,
            decimal_places=0,
        ),
        kind="return of its order, at least number",
        offered=Offered.MORE_MENU,
        for_deadlines=True,
    ),
    # After those by tags, whose indexes begin and end with the time of creation as well.
    *(_by_creation(end) for end in ("from", "to")),
    *(
        _by_time("arrived", "arrived_to_warehouse_at", end, for_deadlines=True)
        for end in ("from", "to")
    ),
    *(_by_time("completed", "completed_at", end, for_deadlines=False) for end in ("from", "to")),
    Declaration(
        name="open_at",
        filter=MomentFilter(
            method=rules.by_open_at, label="In the warehouse at the end of", end=True
        ),
        kind="in the warehouse at the end of",
        offered=Offered.ADDRESS,
        for_reports=False,
    ),
    Declaration(
        name="took",
        filter=django_filters.ChoiceFilter(
            label="Time taken", choices=[("unknown", "unknown")], method=rules.by_unknown_time
        ),
        kind="time taken",
        offered=Offered.ADDRESS,
    ),
    Declaration(
        name="arrived_weekday",
        filter=django_filters.ChoiceFilter(
            label="Arrived on a", choices=WEEKDAYS, method=rules.by_weekday
        ),
        kind="arrived on a",
        offered=Offered.ADDRESS,
        value_words=str.capitalize,
    ),
    _by_rule(
        "rule",
        django_filters.CharFilter(label="Tagged by the rule", method="by_rule", max_length=100),
    ),
    _by_rule(
        "rule_undone",
        django_filters.CharFilter(
            label="Tagged by the rule, and undone", method="by_rule", max_length=100
        ),
    ),
    _by_rule("rule_from", MomentFilter(method="by_rule", label="Tagged by a rule from", end=False)),
    _by_rule("rule_to", MomentFilter(method="by_rule", label="Tagged by a rule to", end=True)),
)
BY_NAME = {declaration.name: declaration for declaration in FILTERS}

REPEATABLE_PARAMETERS = tuple(each.name for each in FILTERS if each.is_repeatable)
# What deadline policies filter by, and of these the dates, which may be written as "-7d".
CONDITIONS = frozenset(each.name for each in FILTERS if each.for_deadlines)
CONDITION_DATES = tuple(each.name for each in FILTERS if each.for_deadlines and each.is_moment)


def offered(where: Offered) -> list[Declaration]:
    """Return the filters that the list offers in this place, in their order."""
    return [each for each in FILTERS if each.offered == where]
