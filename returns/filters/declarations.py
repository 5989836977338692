"""Every filter of the filter language, each declared once.

The filterset, the list's menus and chips, the texts of summaries, the API's parameters, and the
filters of deadlines, rules and reports follow from here. ``docs/contributing.md`` says how to add
one.
"""

import django_filters

from returns.filters import methods
from returns.filters.builders import (
    MAX_NUMBER_FILTER_LENGTH,
    Declaration,
    Offered,
    Section,
    choice_label,
    creation_filter,
    date_filter,
    fact_filter,
    number_filter,
    period_filter,
    preset_label,
    rule_filter,
    tags_filter,
    time_span_filter,
)
from returns.filters.dates import DUE_CHOICES, WEEKDAY_CHOICES
from returns.filters.fields import (
    DeadlineNameFilter,
    GroupsFilter,
    MomentFilter,
    NumbersFilter,
    TextsFilter,
)
from returns.filters.problems import Problem
from returns.filters.queues import Queue
from returns.models import Deadline, State
from returns.querysets import ORDER_KEY, REFERENCE_KEY, TRACKING_KEY
from returns.search import MAX_SEARCH_LENGTH

MAX_ORDER_POSITION = 100

MISSING_LABELS = {"order": "order reference", "tracking": "tracking ID"}

# Filters are applied, and shown in menus and chips, in this order.
FILTERS = (
    Declaration(
        name="q",
        filter=NumbersFilter(
            label="Order, return or tracking number",
            method="by_search",
            max_length=MAX_SEARCH_LENGTH,
        ),
        chip_label="search",
        offered=Offered.FORM,
        for_rules=False,
    ),
    Declaration(
        name="state",
        filter=django_filters.MultipleChoiceFilter(
            label="State", choices=State.choices, method=methods.by_state
        ),
        chip_label="state",
        offered=Offered.FORM,
        format_value=choice_label(State),
        keeps_many=True,
    ),
    Declaration(
        name="queue",
        filter=django_filters.ChoiceFilter(
            label="Queue", choices=Queue.choices, method=methods.by_queue
        ),
        chip_label="queue",
        offered=Offered.ADDRESS,
        format_value=choice_label(Queue),
        for_reports=False,
    ),
    number_filter("order", "Order reference", ORDER_KEY, Offered.FORM),
    Declaration(
        name="order_is",
        filter=django_filters.CharFilter(
            label="Order", method=methods.by_whole_order, max_length=MAX_NUMBER_FILTER_LENGTH
        ),
        chip_label="order",
        offered=Offered.ADDRESS,
    ),
    number_filter("reference", "Return reference", REFERENCE_KEY, Offered.ADDRESS),
    number_filter("tracking", "Tracking ID", TRACKING_KEY, Offered.FORM),
    tags_filter("tag", "Tags", "tags", "by_tags", joined_by=" and "),
    tags_filter("tag_any", "Any of the tags", "any of", "by_any_tag", joined_by=" or "),
    tags_filter("tag_none", "None of the tags", "none of", "by_no_tag", joined_by=" or "),
    Declaration(
        name="missing_group",
        filter=GroupsFilter(label="No tag from the group", method="by_missing_groups"),
        chip_label="no tag from",
        offered=Offered.TAG_MENU,
        for_deadlines=True,
        keeps_many=True,
    ),
    Declaration(
        name="notes",
        filter=TextsFilter(label="Notes contain", method=methods.by_notes),
        chip_label="notes contain",
        offered=Offered.MORE_MENU,
        for_deadlines=True,
    ),
    Declaration(
        name="commented",
        filter=django_filters.ChoiceFilter(
            label="Commented", choices=methods.Commented.choices, method=methods.by_comments
        ),
        chip_label="commented",
        offered=Offered.MORE_MENU,
        format_value=choice_label(methods.Commented),
    ),
    fact_filter("carrier", "cargo_carrier", 100),
    fact_filter("channel", "sales_order_channel", 100),
    fact_filter("source", "source", 30),
    Declaration(
        name="missing",
        filter=django_filters.MultipleChoiceFilter(
            label="Missing", choices=methods.MISSING_CHOICES, method=methods.by_missing
        ),
        chip_label="without",
        offered=Offered.MORE_MENU,
        section=Section.MISSING,
        joined_by=" and ",
        format_value=lambda name: MISSING_LABELS.get(name, name),
        for_deadlines=True,
    ),
    Declaration(
        name="problem",
        filter=django_filters.MultipleChoiceFilter(
            label="Problem", choices=Problem.choices, method=methods.by_problem
        ),
        chip_label="problem",
        offered=Offered.ADDRESS,
        format_value=choice_label(Problem),
    ),
    Declaration(
        name="deadline",
        filter=django_filters.ChoiceFilter(
            label="Deadline", choices=Deadline.choices, method="by_deadline"
        ),
        chip_label="deadline",
        offered=Offered.MORE_MENU,
        section=Section.DEADLINE,
        format_value=choice_label(Deadline),
    ),
    Declaration(
        name="due_under",
        filter=DeadlineNameFilter(label="Due under the deadline", method="by_policy"),
        chip_label="due under the deadline",
        offered=Offered.ADDRESS,
    ),
    Declaration(
        name="due_from",
        filter=MomentFilter(method="by_due", label="Due from", end=False),
        chip_label="due from",
        offered=Offered.ADDRESS,
        for_reports=False,
    ),
    Declaration(
        name="due_by",
        filter=MomentFilter(method="by_due", label="Due by", end=True),
        chip_label="due by",
        offered=Offered.MORE_MENU,
        section=Section.DEADLINE,
        presets=DUE_CHOICES,
        format_value=preset_label(DUE_CHOICES),
        for_reports=False,
    ),
    time_span_filter("waiting_over", "Waiting over", "waiting over", methods.by_hours),
    time_span_filter("waiting_under", "Waiting under", "waiting under", methods.by_hours),
    time_span_filter("on_the_way_over", "On the way over", "on the way over", methods.by_hours),
    time_span_filter("on_the_way_under", "On the way under", "on the way under", methods.by_hours),
    time_span_filter(
        "took_over", "Processing time over", "processing time over", methods.by_processing_time
    ),
    time_span_filter(
        "took_under", "Processing time under", "processing time under", methods.by_processing_time
    ),
    Declaration(
        name="order_returns",
        filter=django_filters.NumberFilter(
            label="At least the … return of the same order",
            method=methods.by_order_position,
            min_value=2,
            max_value=MAX_ORDER_POSITION,
            decimal_places=0,
        ),
        chip_label="at least return",
        unit=" of the same order",
        offered=Offered.MORE_MENU,
        section=Section.TIME,
        for_deadlines=True,
    ),
    # After the filters by tags: tag indexes contain the time of creation as well.
    period_filter("created"),
    *(creation_filter(end) for end in ("from", "to")),
    period_filter("arrived"),
    *(
        date_filter("arrived", "arrived_to_warehouse_at", end, for_deadlines=True)
        for end in ("from", "to")
    ),
    period_filter("completed"),
    *(date_filter("completed", "completed_at", end, for_deadlines=False) for end in ("from", "to")),
    Declaration(
        name="open_at",
        filter=MomentFilter(
            method=methods.by_open_at, label="In the warehouse at the end of", end=True
        ),
        chip_label="in the warehouse at the end of",
        offered=Offered.ADDRESS,
        for_reports=False,
    ),
    Declaration(
        name="took",
        filter=django_filters.ChoiceFilter(
            label="Processing time",
            choices=[("unknown", "unknown")],
            method=methods.by_unknown_processing_time,
        ),
        chip_label="processing time",
        offered=Offered.ADDRESS,
    ),
    Declaration(
        name="arrived_weekday",
        filter=django_filters.ChoiceFilter(
            label="Arrived on a", choices=WEEKDAY_CHOICES, method=methods.by_weekday
        ),
        chip_label="arrived on a",
        offered=Offered.ADDRESS,
        format_value=str.capitalize,
    ),
    rule_filter(
        "rule",
        django_filters.CharFilter(label="Tagged by the rule", method="by_rule", max_length=100),
    ),
    rule_filter(
        "rule_undone",
        django_filters.CharFilter(
            label="Tag removed again after the rule", method="by_rule", max_length=100
        ),
    ),
    rule_filter(
        "rule_from", MomentFilter(method="by_rule", label="Tagged by a rule from", end=False)
    ),
    rule_filter("rule_to", MomentFilter(method="by_rule", label="Tagged by a rule to", end=True)),
)
FILTERS_BY_NAME = {declaration.name: declaration for declaration in FILTERS}

REPEATABLE_PARAMETERS = tuple(each.name for each in FILTERS if each.is_repeatable)
# The filters of deadline policies; the dates among them may be relative, such as "-7d".
DEADLINE_FILTERS = frozenset(each.name for each in FILTERS if each.for_deadlines)
DEADLINE_DATE_FILTERS = tuple(
    each.name for each in FILTERS if each.for_deadlines and each.is_moment
)


def filters_offered_in(where: Offered) -> list[Declaration]:
    """Return the filters that the list offers in this place, in order."""
    return [each for each in FILTERS if each.offered == where]
