"""Building a report from an address: its scope, its period, and the sections that are counted."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from config.shipped_names import group_label
from config.text import capitalized
from returns.filters.declarations import FILTERS
from returns.filters.filterset import ReturnFilterSet, normalized_filters
from returns.filters.form import NON_FILTER_PARAMETERS, is_ignored
from returns.filters.query import Query
from returns.filters.stored import to_query
from returns.filters.wording import filter_label, say_query
from returns.models import SavedView
from returns.reports.changes import change_sections
from returns.reports.counted_source import CountedSource
from returns.reports.figures import Table
from returns.reports.flow import flow_sections
from returns.reports.orders import order_sections
from returns.reports.periods import (
    PERIOD_PARAMETERS,
    REPORT_PERIODS,
    Period,
    PeriodError,
    parse_period,
)
from returns.reports.return_source import ReturnSource
from returns.reports.rules import rule_sections
from returns.reports.scope import Scope
from returns.reports.sections import Section
from returns.reports.sources import Source
from returns.reports.speed import speed_sections
from returns.reports.summary_source import SummarySource
from returns.reports.what import what_sections
from returns.reports.why import default_groups, group_names, why_sections
from returns.summaries import maintenance
from tags.vocabulary import load_vocabulary

# Parameters that are neither filters nor the period: the tag groups of the rows and columns, and
# the order of a table.
REPORT_PARAMETERS = ("reasons", "against", "order")
# The labels of the parameters that choose tag groups.
GROUP_LABELS = {
    "reasons": pgettext_lazy("of a table", "Rows"),
    "against": pgettext_lazy("of a table", "Columns"),
}
ONE_GROUP = {"reasons": gettext_lazy("Tag group")}
CATEGORY_GROUP = {"against": gettext_lazy("Tag group")}
# Filters that a scope cannot have, because the lists behind the numbers add them.
FILTERS_OF_NUMBERS = tuple(each.name for each in FILTERS if not each.for_reports)
COLUMN_NUMBER = re.compile(r"\d{1,3}", re.ASCII)
SUBJECTS = {
    "flow": pgettext_lazy("report", "Flow"),
    "changes": pgettext_lazy("report", "Changes"),
    "speed": pgettext_lazy("report", "Speed"),
    "why": pgettext_lazy("report", "Reasons"),
    "what": pgettext_lazy("report", "Contents"),
    "orders": pgettext_lazy("report", "Orders"),
    "rules": pgettext_lazy("report", "Rule results"),
}
# The sections of each subject; "why", "changes" and "what" take further parameters.
SECTIONS: dict[str, Callable[[Scope, Source, Period], list[Section]]] = {
    "flow": flow_sections,
    "speed": speed_sections,
    "orders": order_sections,
    "rules": rule_sections,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that chooses something, such as a period."""

    name: str
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Report:
    """A report as the page shows it. If there are ``problems``, nothing was counted.

    ``params`` are the scope, the period and the report's own parameters. ``is_current`` tells
    whether all writes are counted in, and ``has_summaries`` whether summaries exist; without them
    a report takes longer.
    """

    subject: str
    problems: list[str]
    scope: Query
    filters: list[str]
    subjects: list[Choice]
    periods: list[Choice]
    params: Query
    period: Period | None = None
    sections: list[Section] = field(default_factory=list)
    groups: dict[str, list[Choice]] = field(default_factory=dict)
    is_current: bool = True
    has_summaries: bool = True

    @property
    def params_without_period(self) -> Query:
        """Return the parameters that stay when another period is chosen."""
        return self.params.without(*PERIOD_PARAMETERS)

    @property
    def unfiltered_address(self) -> str:
        """Return the address of the same report on all returns."""
        return _address(self.subject, self.params.without(*self.scope))

    @property
    def title(self) -> str:
        """Return the name of its subject."""
        return str(SUBJECTS[self.subject])

    @property
    def list_address(self) -> str:
        """Return the address of the list of all returns in the scope."""
        return self.scope.path(reverse("return-list"))

    def table(self, name: str) -> Table | None:
        """Return the table with this name, or None."""
        tables = (table for section in self.sections for table in section.tables)
        return next((table for table in tables if table.name == name), None)


def build_report(subject: str, query: Query, now: datetime) -> Report:
    """Return the report for an address, with ``problems`` if the address is not valid."""
    tags = load_vocabulary()
    scope = Scope(scope_query(query), tags)
    problems = problems_of(scope)
    period = None
    try:
        period = parse_period(query, now)
    except PeriodError as error:
        problems.append(str(error))
    params = _report_params(query)
    report = Report(
        subject=subject,
        problems=problems,
        scope=scope.query,
        filters=say_query(scope.query),
        subjects=_subject_choices(params, subject),
        periods=_period_choices(params, subject, period),
        params=params,
    )
    if problems or period is None:
        return report
    source, is_current = choose_source(scope)
    if subject == "why":
        groups = (params.get("reasons", ""), params.get("against", ""))
        sections = why_sections(scope, source, period, *groups)
        report = replace(report, groups=_group_choices(params, scope, subject, GROUP_LABELS))
    elif subject == "changes":
        sections = change_sections(scope, source, period, params.get("reasons", ""))
        report = replace(report, groups=_group_choices(params, scope, subject, ONE_GROUP))
    elif subject == "what":
        sections = what_sections(scope, source, period, params.get("against", ""))
        report = replace(report, groups=_group_choices(params, scope, subject, CATEGORY_GROUP))
    else:
        sections = SECTIONS[subject](scope, source, period)
    return replace(
        report,
        period=period,
        sections=_sort_tables(sections, params.get("order", "")),
        is_current=is_current,
        has_summaries=maintenance.summaries_exist(),
    )


def choose_source(scope: Scope) -> tuple[Source, bool]:
    """Return the quickest source that knows the scope, and whether it is up to date."""
    if not maintenance.summaries_exist() or scope.counted_condition is None:
        return ReturnSource(scope), True
    is_current = maintenance.catch_up()
    if scope.summary_key:
        return SummarySource(scope, *scope.summary_key), is_current
    return CountedSource(scope), is_current


def saved_view_choices(report: Report, views: Iterable[SavedView]) -> list[Choice]:
    """Return the saved views that can be the report's scope.

    Their dates, queues and rules are left out, because a report has its own. The name says so.
    """
    tags, other_params = load_vocabulary(), report.params.without(*report.scope)
    choices = []
    for view in views:
        scope = scope_query(to_query(view.parameters, tags))
        left_out = [name for name in FILTERS_OF_NUMBERS if name in scope]
        scope = scope.without(*left_out)
        if not scope:
            continue
        query = other_params.replace(**dict(scope.lists()))
        is_chosen = normalized_filters(scope, tags) == normalized_filters(report.scope, tags)
        name = _name_with_note(view.label, left_out)
        choices.append(Choice(name, _address(report.subject, query), is_chosen))
    return choices


def _name_with_note(name: str, left_out: list[str]) -> str:
    if not left_out:
        return name
    kinds = {each.partition("_")[0] for each in left_out}
    nouns = [_("dates")] if kinds - {"queue", "rule"} else []
    if "queue" in kinds:
        nouns.append(_("queue"))
    if "rule" in kinds:
        nouns.append(_("rule"))
    return _("%(name)s (without: %(list)s)") % {"name": name, "list": ", ".join(nouns)}


def problems_of(scope: Scope) -> list[str]:
    """Return what is wrong with the filters of a scope."""
    filterset = ReturnFilterSet(scope.query, scope.vocabulary)
    problems = filterset.problems() or [
        _("%(filter)s: a report has its own period. Remove this filter.")
        % {"filter": capitalized(filter_label(name))}
        for name in FILTERS_OF_NUMBERS
        if name in scope.query
    ]
    if not problems and filterset.search_is_cut_short():
        problems = [_("Search: there are too many matches. Type more of the number.")]
    return problems


def scope_query(query: Query) -> Query:
    """Return only the filters of a query."""
    return _report_params(query).without(*PERIOD_PARAMETERS, *REPORT_PARAMETERS)


def _report_params(query: Query) -> Query:
    return query.without(*NON_FILTER_PARAMETERS, *filter(is_ignored, query))


def _subject_choices(params: Query, chosen: str) -> list[Choice]:
    params = params.without(*REPORT_PARAMETERS)
    return [
        Choice(str(name), _address(subject, params), subject == chosen)
        for subject, name in SUBJECTS.items()
    ]


def _period_choices(params: Query, subject: str, period: Period | None) -> list[Choice]:
    params, chosen = params.without(*PERIOD_PARAMETERS), period.choice if period else ""
    return [
        Choice(str(name), _address(subject, params, period=value), value == chosen)
        for value, name in REPORT_PERIODS.items()
    ]


def _group_choices(
    params: Query, scope: Scope, subject: str, parameters: Mapping[str, Promise]
) -> dict[str, list[Choice]]:
    """Return the choices of tag groups, by the label of each parameter."""
    names = group_names(scope.vocabulary)
    defaults = dict(zip(GROUP_LABELS, default_groups(scope.vocabulary), strict=True))
    return {
        str(label): [
            Choice(
                group_label(name),
                _address(subject, params.without(parameter, "order"), **{parameter: name}),
                params.get(parameter, defaults[parameter]) == name,
            )
            for name in names
        ]
        for parameter, label in parameters.items()
    }


def _address(subject: str, params: Query, **more: str) -> str:
    return params.replace(**more).path(reverse("report", args=[subject]))


def _sort_tables(sections: list[Section], order: str) -> list[Section]:
    """Sort a table by an ``order`` such as "flow.2", or "-flow.2" for the highest first."""
    name, _dot, column = order.removeprefix("-").partition(".")
    if not COLUMN_NUMBER.fullmatch(column):
        return sections

    def sort(table: Table) -> Table:
        if table.name != name or int(column) >= len(table.head):
            return table
        return table.sorted_by(int(column), descending=order.startswith("-"))

    return [replace(each, tables=[sort(table) for table in each.tables]) for each in sections]
