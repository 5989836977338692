"""A report: a scope by the filter language, a period, and what was counted."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.urls import reverse

from returns.filters.declarations import FILTERS
from returns.filters.filterset import ReturnFilterSet, filters_of
from returns.filters.form import BESIDE_FILTERS, is_ignored
from returns.filters.query import Query
from returns.filters.stored import query_of
from returns.filters.wording import in_words, kind_of
from returns.models import SavedView
from returns.reports.counted import Counted
from returns.reports.facts import Facts
from returns.reports.figures import Table
from returns.reports.flow import flow_of
from returns.reports.kept import Kept
from returns.reports.orders import orders_of
from returns.reports.parts import Part
from returns.reports.periods import CHOICES, PARAMETERS, Period, PeriodError, period_of
from returns.reports.rules import work_of
from returns.reports.scope import Scope
from returns.reports.sources import Source
from returns.reports.speed import speed_of
from returns.reports.why import groups_of, usual_groups, why_of
from returns.summaries import keeping
from tags.vocabulary import vocabulary

# What an address says of a report beside its scope and its period: the groups of tags that it is
# about, and the order of a table.
OF_A_REPORT = ("reasons", "against", "order")
# Filters that the lists behind the numbers add by themselves.
WITH_THE_PERIOD = tuple(each.name for each in FILTERS if not each.for_reports)
COLUMN = re.compile(r"\d{1,3}", re.ASCII)
SUBJECTS = {
    "flow": "Flow",
    "speed": "Speed",
    "why": "Why",
    "orders": "Orders",
    "rules": "Tags at work",
}
Ask = Callable[[Scope, Source, Period], list[Part]]
ASKED: dict[str, Ask] = {
    "flow": flow_of,
    "speed": speed_of,
    "orders": orders_of,
    "rules": work_of,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that may be made, and where it leads."""

    name: str
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What the page shows. With ``problems`` nothing was counted.

    ``is_current``: whether everything that was written is counted. ``are_kept``: whether there
    are summaries, without which it takes longer.
    """

    subject: str
    problems: list[str]
    scope: Query
    filters: list[tuple[str, str]]
    subjects: list[Choice]
    periods: list[Choice]
    said: Query
    period: Period | None = None
    parts: list[Part] = field(default_factory=list)
    groups: dict[str, list[Choice]] = field(default_factory=dict)
    is_current: bool = True
    are_kept: bool = True

    @property
    def kept(self) -> Query:
        """Return what another period leaves as it is."""
        return self.said.without(*PARAMETERS)

    @property
    def everything(self) -> str:
        """Return the same report on all returns."""
        return _address(self.subject, self.said.without(*self.scope))

    @property
    def title(self) -> str:
        """Return its subject in words."""
        return SUBJECTS[self.subject]

    @property
    def scope_path(self) -> str:
        """Return the list of the scope."""
        return self.scope.path(reverse("return-list"))

    def table(self, name: str) -> Table | None:
        """Return one of its tables."""
        tables = (table for part in self.parts for table in part.tables)
        return next((table for table in tables if table.name == name), None)


def report_of(subject: str, query: Query, now: datetime) -> Report:
    """Return the report that an address asks for; ``problems`` say what it cannot understand."""
    words = vocabulary()
    scope = Scope(scope_of(query), words)
    problems = _problems(scope)
    period = None
    try:
        period = period_of(query, now)
    except PeriodError as error:
        problems.append(str(error))
    said = _said(query)
    report = Report(
        *(subject, problems, scope.query, in_words(scope.query)),
        _subjects(said, subject),
        _periods(said, subject, period),
        said,
    )
    if problems or period is None:
        return report
    source, is_current = source_of(scope)
    if subject == "why":
        parts = why_of(scope, source, period, said.get("reasons", ""), said.get("against", ""))
        report = replace(report, groups=_groups(said, scope))
    else:
        parts = ASKED[subject](scope, source, period)
    parts = _in_order(parts, said.get("order", ""))
    return replace(
        report,
        period=period,
        parts=parts,
        is_current=is_current,
        are_kept=keeping.are_there(),
    )


def scopes_of(report: Report, views: Iterable[SavedView]) -> list[Choice]:
    """Return the saved views that may be a report's scope, and where each leads.

    What a report has of its own is left out of them, and the name says so.
    """
    words, kept = vocabulary(), report.said.without(*report.scope)
    choices = []
    for view in views:
        scope = scope_of(query_of(view.parameters, words))
        left_out = [name for name in WITH_THE_PERIOD if name in scope]
        scope = scope.without(*left_out)
        if not scope:
            continue
        query = kept.replace(**dict(scope.lists()))
        is_chosen = filters_of(scope, words) == filters_of(report.scope, words)
        named = view.name + _without_in_words(left_out)
        choices.append(Choice(named, _address(report.subject, query), is_chosen))
    return choices


def _without_in_words(left_out: list[str]) -> str:
    kinds = {name.partition("_")[0] for name in left_out}
    dates = ["dates"] if kinds - {"queue", "rule"} else []
    words = [*dates, *(kind for kind in ("queue", "rule") if kind in kinds)]
    return f" (without its {' and '.join(words)})" if words else ""


def _problems(scope: Scope) -> list[str]:
    filterset = ReturnFilterSet(scope.query, scope.words)
    problems = filterset.problems() or [
        f"{kind_of(name).capitalize()}: a report has a period of its own; leave this filter out."
        for name in WITH_THE_PERIOD
        if name in scope.query
    ]
    if not problems and filterset.search_is_cut_short():
        problems = ["Search: this finds more than it reads. Type more of the number."]
    return problems


def source_of(scope: Scope) -> tuple[Source, bool]:
    """Return the source of a scope; and whether all that was written is counted in by now."""
    if not keeping.are_there() or scope.counted_as is None:
        return Counted(scope), True
    is_current = keeping.catch_up()
    if scope.kept_as:
        return Kept(scope, *scope.kept_as), is_current
    return Facts(scope), is_current


def scope_of(query: Query) -> Query:
    """Return the filters of a query, without its period and without order and page."""
    return _said(query).without(*PARAMETERS, *OF_A_REPORT)


def _said(query: Query) -> Query:
    return query.without(*BESIDE_FILTERS, *filter(is_ignored, query))


def _subjects(said: Query, chosen: str) -> list[Choice]:
    kept = said.without(*OF_A_REPORT)
    return [
        Choice(words, _address(subject, kept), subject == chosen)
        for subject, words in SUBJECTS.items()
    ]


def _periods(said: Query, subject: str, period: Period | None) -> list[Choice]:
    kept, chosen = said.without(*PARAMETERS), period.chosen if period else ""
    return [
        Choice(words, _address(subject, kept, period=value), value == chosen)
        for value, words in CHOICES.items()
    ]


def _groups(said: Query, scope: Scope) -> dict[str, list[Choice]]:
    names = groups_of(scope.words)
    usual = dict(zip(("reasons", "against"), usual_groups(scope.words), strict=True))
    return {
        parameter: [
            Choice(
                name,
                _address("why", said.without(parameter, "order"), **{parameter: name}),
                said.get(parameter, first) == name,
            )
            for name in names
        ]
        for parameter, first in usual.items()
    }


def _address(subject: str, said: Query, **more: str) -> str:
    return said.replace(**more).path(reverse("report", args=[subject]))


def _in_order(parts: list[Part], order: str) -> list[Part]:
    """Put a table in the order that "flow.2", or "-flow.2" for the highest first, asks for."""
    name, _, place = order.removeprefix("-").partition(".")
    if not COLUMN.fullmatch(place):
        return parts

    def ordered(table: Table) -> Table:
        if table.name != name or int(place) >= len(table.head):
            return table
        return table.sorted_by(int(place), descending=order.startswith("-"))

    return [replace(part, tables=[ordered(table) for table in part.tables]) for part in parts]
