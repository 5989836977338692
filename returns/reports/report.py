"""A report: a scope by the filter language, a period, and what was counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from returns.filter_form import PAGING_PARAMETERS, without_blanks
from returns.filter_words import KINDS, in_words
from returns.filtersets import ReturnFilterSet
from returns.reports.charts import Chart, chart_of
from returns.reports.flow import Bucket, Flow, flow_of
from returns.reports.periods import CHOICES, PARAMETERS, Period, PeriodError, Span, period_of
from tags.vocabulary import TagChip, vocabulary

# Of a list, but of no report.
NOT_OF_A_SCOPE = (*PAGING_PARAMETERS, "sort", "group")
# Filters that the lists behind the numbers add by themselves.
WITH_THE_PERIOD = (
    *("created_from", "created_to", "arrived_from", "arrived_to"),
    *("completed_from", "completed_to", "open_at", "queue"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A period that may be chosen, and where it leads."""

    name: str
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What the page shows. With ``problems`` nothing was counted."""

    problems: list[str]
    scope: QueryDict
    filters: list[tuple[str, str]]
    choices: list[Choice]
    period: Period | None = None
    flow: Flow | None = None
    events: Chart | None = None
    backlog: Chart | None = None

    @property
    def unit(self) -> str:
        """Return what its period is told by."""
        return "week" if self.period and self.period.by_weeks else "day"

    @property
    def scope_path(self) -> str:
        """Return the list of the scope."""
        return f"{reverse('return-list')}?{self.scope.urlencode()}".removesuffix("?")


def report_of(data: QueryDict, now: datetime) -> Report:
    """Return the report that an address asks for; ``problems`` say what it cannot understand."""
    words = vocabulary()
    scope = scope_of(data)
    problems = _problems(scope, words)
    period = None
    try:
        period = period_of(data, now)
    except PeriodError as error:
        problems.append(str(error))
    choices = _choices(scope, period)
    if problems or period is None:
        return Report(problems, scope, in_words(scope), choices)
    flow = flow_of(scope, words, period)
    return Report(
        *([], scope, in_words(scope), choices, period, flow),
        events=_events(flow),
        backlog=_backlog(flow),
    )


def _problems(scope: QueryDict, words: Mapping[int, TagChip]) -> list[str]:
    filterset = ReturnFilterSet(scope, words)
    problems = filterset.problems() or [
        f"{KINDS[name].capitalize()}: a report has a period of its own; leave this filter out."
        for name in WITH_THE_PERIOD
        if name in scope
    ]
    if not problems and filterset.search_is_cut_short():
        problems = ["Search: this finds more than it reads. Type more of the number."]
    return problems


def scope_of(data: QueryDict) -> QueryDict:
    """Return the filters in an address, without its period and without order and page."""
    scope = without_blanks(data)
    for name in (*PARAMETERS, *NOT_OF_A_SCOPE):
        scope.pop(name, None)
    return scope


def _choices(scope: QueryDict, period: Period | None) -> list[Choice]:
    chosen = period.chosen if period else ""
    return [
        Choice(name, f"{reverse('reports')}?{_with(scope, period=value)}", value == chosen)
        for value, name in CHOICES.items()
    ]


def _with(scope: QueryDict, **more: str) -> str:
    return "&".join(part for part in (scope.urlencode(), urlencode(more)) if part)


def label_of(span: Span) -> str:
    """Return a day, or the first day of a week, as axes say it."""
    return f"{span.first.day} {span.first:%b}"


def _labels(buckets: list[Bucket]) -> list[str]:
    return [label_of(bucket.span) for bucket in buckets]


def _events(flow: Flow) -> Chart:
    series = {
        name: [(figure.number, figure.address) for figure in figures]
        for name, figures in {
            "created": [bucket.created for bucket in flow.buckets],
            "arrived": [bucket.arrived for bucket in flow.buckets],
            "completed": [bucket.completed for bucket in flow.buckets],
        }.items()
    }
    return chart_of(_labels(flow.buckets), series, beside=True)


def _backlog(flow: Flow) -> Chart:
    values = [(bucket.backlog.number, bucket.backlog.address) for bucket in flow.buckets]
    return chart_of(_labels(flow.buckets), {"waiting": values}, beside=False)
