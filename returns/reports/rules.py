"""What rules did: how many returns each one tagged, and how many of those were undone."""

from collections.abc import Iterator

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.shipped_names import rule_label
from config.text import name_order
from returns.models import TagRule
from returns.querysets import rule_tag_events
from returns.reports.figures import Figure, Stat, Table, share_figure, text_figure
from returns.reports.periods import Period, Span
from returns.reports.scope import Param, Scope
from returns.reports.sections import Section
from returns.reports.sources import Source


def rule_sections(scope: Scope, _source: Source, period: Period) -> list[Section]:
    """Return the sections of the report."""
    title = pgettext("report", "Rules")
    definition = _(
        "Returns that a rule tagged in the period. Undone: a person or a program has removed the "
        "tag since. A return counts once for each rule."
    )
    now, undone, before, undone_before = (
        _count_by_rule(scope, span, undone=undone)
        for span in (period.span, period.before)
        for undone in (False, True)
    )
    if not now and not before:
        empty = _("No rule tagged a return in this period.")
        return [Section("rules", title, definition, empty=empty)]
    names = set(TagRule.objects.values_list("name", flat=True)) | now.keys() | before.keys()
    rows = [
        (
            text_figure(rule_label(name)),
            _figure(scope, now, name, period.span, "rule"),
            _figure(scope, undone, name, period.span, "rule_undone"),
            share_figure(undone.get(name, 0), now.get(name, 0)),
            _figure(scope, before, name, period.before, "rule"),
            _figure(scope, undone_before, name, period.before, "rule_undone"),
        )
        for name in sorted(names, key=lambda name: name_order(rule_label(name)))
    ]
    head = (
        _("Rule"),
        pgettext("number", "Returns"),
        pgettext("number of returns", "Undone"),
        _("Share undone"),
        pgettext("number of returns", "Before"),
        _("Undone before"),
    )
    table = Table("rules", _("Results by rule"), head, rows).sorted_by(1, descending=True)
    stats = [_tagged_by_any_rule(scope, period)]
    return [Section("rules", title, definition, stats, tables=[table])]


def _count_by_rule(scope: Scope, span: Span, *, undone: bool) -> dict[str, int]:
    taggings = rule_tag_events(None, span.begins, span.ends, undone=undone)
    in_scope = taggings.filter(entity__in=scope.queryset.values("pk"))
    by_rule = in_scope.values_list("pgh_context__rule")
    return dict(by_rule.annotate(Count("entity", distinct=True)))


def _tagged_by_any_rule(scope: Scope, period: Period) -> Stat:
    now, before = (
        Figure(scope.count(*_rule_filters(span)), scope.address(*_rule_filters(span)))
        for span in (period.span, period.before)
    )
    return Stat(_("Tagged by a rule"), "arrived", now, before)


def _figure(
    scope: Scope, numbers: dict[str, int], rule: str, span: Span, filter_name: str
) -> Figure:
    address = scope.address((filter_name, rule), *_rule_filters(span))
    return Figure(numbers.get(rule, 0), address)


def _rule_filters(span: Span) -> Iterator[Param]:
    yield "rule_from", str(span.first)
    yield "rule_to", str(span.last)
