"""The filter bar above a report: the filters in use, and menus to choose others."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.urls import reverse

from returns.filters.query import Query
from returns.filters.wording import filter_label, value_label
from returns.models import DaySummary, Dimension
from returns.reports.report import Report
from returns.summaries import maintenance
from tags.vocabulary import load_vocabulary

# Menus whose choice replaces the current one. A tag is added to those already chosen.
SINGLE_VALUE_FIELDS = {"carrier": Dimension.CARRIER, "channel": Dimension.CHANNEL}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in use, and the address of the report without it."""

    kind: str
    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Field:
    """A menu. ``blank`` is its text while nothing is chosen; ``groups`` are labels with values."""

    name: str
    label: str
    blank: str
    groups: list[tuple[str, list[str]]]
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class FilterBar:
    """The filters of a report. ``other_params`` are those that the menus leave unchanged."""

    chips: list[Chip]
    fields: list[Field]
    other_params: Query


def build_filter_bar(report: Report) -> FilterBar:
    """Return the filter bar of a report."""
    other_params = report.params.without(*SINGLE_VALUE_FIELDS)
    fields = [*_single_value_fields(report), _tag_field(report)]
    return FilterBar(list(_chips(report)), fields, other_params)


def _chips(report: Report) -> Iterator[Chip]:
    path = reverse("report", args=[report.subject])
    for name, values in report.scope.lists():
        for index, value in enumerate(values):
            others = values[:index] + values[index + 1 :]
            address = report.params.replace(**{name: others}).path(path)
            yield Chip(filter_label(name), value_label(name, value), address)


def _single_value_fields(report: Report) -> Iterator[Field]:
    """Yield the menus with the values that occur in the period and the one before."""
    known: dict[int, list[str]] = {dimension: [] for dimension in SINGLE_VALUE_FIELDS.values()}
    if report.period and maintenance.summaries_exist():
        first, last = report.period.before.first, report.period.span.last
        rows = DaySummary.objects.filter(by__in=known, day__gte=first, day__lte=last)
        for dimension, value in rows.exclude(value="").values_list("by", "value").distinct():
            known[dimension].append(value)
    for name, dimension in SINGLE_VALUE_FIELDS.items():
        chosen = report.scope.get(name, "")
        values = sorted({*known[dimension], *filter(None, [chosen])}, key=str.casefold)
        kind = filter_label(name)
        yield Field(name, kind.capitalize(), f"Any {kind}", [("", values)], chosen)


def _tag_field(report: Report) -> Field:
    chips = [chip for chip in load_vocabulary().values() if not chip.retired]
    groups = [
        (group, [chip.name for chip in group_chips])
        for group, group_chips in groupby(chips, lambda chip: chip.group)
    ]
    blank = "Another tag" if "tag" in report.scope else "Any tag"
    return Field("tag", "Tag", blank, groups)
