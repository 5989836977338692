"""The filter bar above a report: the filters in use, and menus to choose others."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from config.shipped_names import group_label
from config.text import name_order
from returns.carriers.names import read_carrier_names
from returns.filters.query import Query
from returns.filters.wording import filter_phrase, say_value, value_label
from returns.filters.words import around_value
from returns.models import DaySummary, Dimension
from returns.reports.report import Report
from returns.summaries import maintenance
from tags.vocabulary import load_vocabulary

# Menus whose choice replaces the current one. A tag is added to those already chosen.
SINGLE_VALUE_FIELDS = {"carrier": Dimension.CARRIER, "channel": Dimension.CHANNEL}
MENU_LABELS = {"carrier": gettext_lazy("Carrier"), "channel": gettext_lazy("Channel")}
MENU_BLANKS = {"carrier": gettext_lazy("Any carrier"), "channel": gettext_lazy("Any channel")}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in use, and the address of the report without it.

    ``text`` is its value; ``kind`` and ``after`` are the words around that. ``phrase`` has all.
    """

    kind: str
    text: str
    after: str
    phrase: str
    address: str


@dataclass(frozen=True, slots=True)
class Field:
    """A menu. ``blank`` is its text while nothing is chosen.

    ``groups`` are labels with what they offer: the values, and how people read them.
    """

    name: str
    label: str
    blank: str
    groups: list[tuple[str, list[tuple[str, str]]]]
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
            phrase, text = filter_phrase(name), value_label(name, value)
            kind, after = around_value(phrase)
            yield Chip(kind, text, after, say_value(phrase, text), address)


def _single_value_fields(report: Report) -> Iterator[Field]:
    """Yield the menus with the values that occur in the period and the one before."""
    known: dict[int, list[str]] = {dimension: [] for dimension in SINGLE_VALUE_FIELDS.values()}
    if report.period and maintenance.summaries_exist():
        first, last = report.period.before.first, report.period.span.last
        rows = DaySummary.objects.filter(by__in=known, day__gte=first, day__lte=last)
        for dimension, value in rows.exclude(value="").values_list("by", "value").distinct():
            known[dimension].append(value)
    carriers = read_carrier_names(report.scope.getlist("carrier")[-1:])
    for name, dimension in SINGLE_VALUE_FIELDS.items():
        chosen, values = report.scope.get(name, ""), known[dimension]
        if dimension == Dimension.CARRIER:
            chosen, values = carriers.name(chosen), [carriers.name(value) for value in values]
        values = sorted({*values, *filter(None, [chosen])}, key=name_order)
        label, blank = str(MENU_LABELS[name]), str(MENU_BLANKS[name])
        yield Field(name, label, blank, [("", [(value, value) for value in values])], chosen)


def _tag_field(report: Report) -> Field:
    chips = [chip for chip in load_vocabulary().values() if not chip.retired]
    groups = [
        (group_label(group), [(chip.name, chip.label) for chip in group_chips])
        for group, group_chips in groupby(chips, lambda chip: chip.group)
    ]
    blank = _("Another tag") if "tag" in report.scope else _("Any tag")
    return Field("tag", pgettext("noun", "Tag"), blank, groups)
