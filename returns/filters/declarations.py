"""Every filter of the filter language, each declared once.

The filterset, the list's menus and chips, the texts of summaries, the API's parameters, and the
filters of deadlines, rules and reports follow from here. ``docs/contributing.md`` says how to add
one.
"""

import django_filters
from django.utils.translation import pgettext_lazy

from config.shipped_names import deadline_label, rule_label
from returns.filters import methods
from returns.filters.builders import (
    BOTH,
    MAX_NUMBER_FILTER_LENGTH,
    Declaration,
    Offered,
    Section,
    choice_label,
    creation_filter,
    date_filter,
    fact_filter,
    number_filter,
    order_position_label,
    period_filter,
    preset_label,
    rule_filter,
    shopper_label,
    shopper_returns_label,
    tags_filter,
    time_span_filter,
)
from returns.filters.claimed import CLAIMED_CHOICES, MAX_CLAIMANT_NAME, ClaimedFilter, by_claim
from returns.filters.dates import DUE_CHOICES, WEEKDAY_CHOICES
from returns.filters.fields import (
    DeadlineNameFilter,
    GroupsFilter,
    MomentFilter,
    NumbersFilter,
    ShopperFilter,
    TextsFilter,
    group_value_label,
)
from returns.filters.parcel_filters import PARCEL_FILTERS
from returns.filters.problems import Problem
from returns.filters.queues import Queue
from returns.models import Deadline, State
from returns.querysets import ORDER_KEY, REFERENCE_KEY, TRACKING_KEY
from returns.search import MAX_SEARCH_LENGTH

MAX_ORDER_POSITION = 100
MAX_SHOPPER_RETURNS = 1_000

MISSING_LABELS = {
    "carrier": pgettext_lazy("missing fact", "carrier"),
    "channel": pgettext_lazy("missing fact", "channel"),
    "order": pgettext_lazy("missing fact", "order reference"),
    "tracking": pgettext_lazy("missing fact", "tracking ID"),
    methods.TAGS: pgettext_lazy("missing fact", "tags"),
}
UNKNOWN_CHOICES = [("unknown", pgettext_lazy("processing time", "unknown"))]

# Filters are applied, and shown in menus and chips, in this order.
FILTERS = (
    Declaration(
        name="q",
        filter=NumbersFilter(
            method="by_search",
            max_length=MAX_SEARCH_LENGTH,
        ),
        offered=Offered.FORM,
        for_rules=False,
    ),
    Declaration(
        name="state",
        filter=django_filters.MultipleChoiceFilter(choices=State.choices, method=methods.by_state),
        offered=Offered.FORM,
        format_value=choice_label(State),
        keeps_many=True,
    ),
    Declaration(
        name="queue",
        filter=django_filters.ChoiceFilter(choices=Queue.choices, method=methods.by_queue),
        offered=Offered.ADDRESS,
        format_value=choice_label(Queue),
        for_reports=False,
    ),
    number_filter("order", ORDER_KEY, Offered.FORM),
    Declaration(
        name="order_is",
        filter=django_filters.CharFilter(
            method=methods.by_whole_order, max_length=MAX_NUMBER_FILTER_LENGTH
        ),
        offered=Offered.ADDRESS,
    ),
    Declaration(
        name="shopper",
        filter=ShopperFilter(method=methods.by_shopper),
        offered=Offered.ADDRESS,
        format_value=shopper_label,
        for_rules=False,
    ),
    number_filter("reference", REFERENCE_KEY, Offered.ADDRESS),
    number_filter("tracking", TRACKING_KEY, Offered.FORM),
    tags_filter("tag", "by_tags", joined_by=BOTH),
    tags_filter("tag_any", "by_any_tag"),
    tags_filter("tag_none", "by_no_tag"),
    Declaration(
        name="missing_group",
        filter=GroupsFilter(method="by_missing_groups"),
        offered=Offered.TAG_MENU,
        format_value=group_value_label,
        for_deadlines=True,
        keeps_many=True,
    ),
    Declaration(
        name="notes",
        filter=TextsFilter(method=methods.by_notes),
        offered=Offered.MORE_MENU,
        for_deadlines=True,
    ),
    Declaration(
        name="commented",
        filter=django_filters.ChoiceFilter(
            choices=methods.Commented.choices, method=methods.by_comments
        ),
        offered=Offered.MORE_MENU,
        format_value=choice_label(methods.Commented),
    ),
    Declaration(
        name="claimed",
        filter=ClaimedFilter(method=by_claim, max_length=MAX_CLAIMANT_NAME),
        offered=Offered.MORE_MENU,
        presets=tuple(CLAIMED_CHOICES),
        format_value=preset_label(CLAIMED_CHOICES),
    ),
    fact_filter("carrier", "cargo_carrier", 100, method="by_carrier"),
    fact_filter("channel", "sales_order_channel", 100),
    fact_filter("source", "source", 30),
    *PARCEL_FILTERS,
    Declaration(
        name="missing",
        filter=django_filters.MultipleChoiceFilter(
            choices=methods.MISSING_CHOICES, method=methods.by_missing
        ),
        offered=Offered.MORE_MENU,
        section=Section.MISSING,
        joined_by=BOTH,
        format_value=lambda name: str(MISSING_LABELS.get(name, name)),
        for_deadlines=True,
    ),
    Declaration(
        name="problem",
        filter=django_filters.MultipleChoiceFilter(
            choices=Problem.choices, method=methods.by_problem
        ),
        offered=Offered.ADDRESS,
        format_value=choice_label(Problem),
    ),
    Declaration(
        name="deadline",
        filter=django_filters.ChoiceFilter(choices=Deadline.choices, method="by_deadline"),
        offered=Offered.MORE_MENU,
        section=Section.DEADLINE,
        format_value=choice_label(Deadline),
    ),
    Declaration(
        name="due_under",
        filter=DeadlineNameFilter(method="by_policy"),
        offered=Offered.ADDRESS,
        format_value=deadline_label,
    ),
    Declaration(
        name="due_from",
        filter=MomentFilter(method="by_due", end=False),
        offered=Offered.ADDRESS,
        for_reports=False,
    ),
    Declaration(
        name="due_by",
        filter=MomentFilter(method="by_due", end=True),
        offered=Offered.MORE_MENU,
        section=Section.DEADLINE,
        presets=DUE_CHOICES,
        format_value=preset_label(DUE_CHOICES),
        for_reports=False,
    ),
    time_span_filter("waiting_over", methods.by_hours),
    time_span_filter("waiting_under", methods.by_hours),
    time_span_filter("on_the_way_over", methods.by_hours),
    time_span_filter("on_the_way_under", methods.by_hours),
    time_span_filter("took_over", methods.by_processing_time),
    time_span_filter("took_under", methods.by_processing_time),
    Declaration(
        name="order_returns",
        filter=django_filters.NumberFilter(
            method=methods.by_order_position,
            min_value=2,
            max_value=MAX_ORDER_POSITION,
            decimal_places=0,
        ),
        format_value=order_position_label,
        offered=Offered.MORE_MENU,
        section=Section.TIME,
        for_deadlines=True,
    ),
    Declaration(
        name="shopper_returns_over",
        filter=django_filters.NumberFilter(
            method="by_shopper_returns",
            min_value=1,
            max_value=MAX_SHOPPER_RETURNS,
            decimal_places=0,
        ),
        offered=Offered.MORE_MENU,
        section=Section.TIME,
        format_value=shopper_returns_label,
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
        filter=MomentFilter(method=methods.by_open_at, end=True),
        offered=Offered.ADDRESS,
        for_reports=False,
    ),
    Declaration(
        name="took",
        filter=django_filters.ChoiceFilter(
            choices=UNKNOWN_CHOICES,
            method=methods.by_unknown_processing_time,
        ),
        offered=Offered.ADDRESS,
        format_value=preset_label(UNKNOWN_CHOICES),
    ),
    Declaration(
        name="arrived_weekday",
        filter=django_filters.ChoiceFilter(choices=WEEKDAY_CHOICES, method=methods.by_weekday),
        offered=Offered.ADDRESS,
        format_value=preset_label(WEEKDAY_CHOICES),
    ),
    rule_filter(
        "rule",
        django_filters.CharFilter(method="by_rule", max_length=100),
        rule_label,
    ),
    rule_filter(
        "rule_undone",
        django_filters.CharFilter(method="by_rule", max_length=100),
        rule_label,
    ),
    rule_filter("rule_from", MomentFilter(method="by_rule", end=False)),
    rule_filter("rule_to", MomentFilter(method="by_rule", end=True)),
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
