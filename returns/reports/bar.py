"""The bar of filters over a report: what is filtered, and what may be chosen besides."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.urls import reverse

from returns.filters.query import Query
from returns.filters.wording import kind_of, value_in_words
from returns.models import By, DaySummary
from returns.reports.report import Report
from returns.summaries import keeping
from tags.vocabulary import vocabulary

# Each is one value or none; a tag that is chosen comes to those that are.
FIELDS = {"carrier": By.CARRIER, "channel": By.CHANNEL}


@dataclass(frozen=True, slots=True)
class Chip:
    """A chosen filter in words, and the report without it."""

    kind: str
    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Field:
    """A menu: what it is called, what stands in it while nothing is chosen, and its values."""

    name: str
    label: str
    blank: str
    groups: list[tuple[str, list[str]]]
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """The filters of a report; ``kept`` is what a choice in the menus leaves as it is."""

    chips: list[Chip]
    fields: list[Field]
    kept: Query


def bar_of(report: Report) -> Bar:
    """Return the bar of a report."""
    kept = report.said.without(*FIELDS)
    return Bar(list(_chips(report)), [*_fields(report), _tags(report)], kept)


def _chips(report: Report) -> Iterator[Chip]:
    path = reverse("report", args=[report.subject])
    for name, values in report.scope.lists():
        for place, value in enumerate(values):
            rest = report.said.replace(**{name: values[:place] + values[place + 1 :]})
            address = rest.path(path)
            yield Chip(kind_of(name), value_in_words(name, value), address)


def _fields(report: Report) -> Iterator[Field]:
    known: dict[int, list[str]] = {by: [] for by in FIELDS.values()}
    if report.period and keeping.are_there():
        first, last = report.period.before.first, report.period.span.last
        rows = DaySummary.objects.filter(by__in=known, day__gte=first, day__lte=last)
        for by, value in rows.exclude(value="").values_list("by", "value").distinct():
            known[by].append(value)
    for name, by in FIELDS.items():
        chosen = report.scope.get(name, "")
        values = sorted({*known[by], *filter(None, [chosen])}, key=str.casefold)
        yield Field(
            name, kind_of(name).capitalize(), f"Any {kind_of(name)}", [("", values)], chosen
        )


def _tags(report: Report) -> Field:
    chips = [chip for chip in vocabulary().values() if not chip.retired]
    groups = [
        (group, [chip.name for chip in its]) for group, its in groupby(chips, lambda c: c.group)
    ]
    return Field("tag", "Tag", "Another tag" if "tag" in report.scope else "Any tag", groups)
