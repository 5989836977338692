"""Tags at work: which rules put how many tags on returns, and how many of those were undone."""

from collections.abc import Iterator

from django.db.models import Count

from returns.models import TagRule
from returns.querysets import put_by_rules
from returns.reports.figures import Figure, Stat, Table, percent_in_words, plain
from returns.reports.parts import Part
from returns.reports.periods import Period, Span
from returns.reports.scope import Said, Scope
from returns.reports.sources import Source


def work_of(scope: Scope, _source: Source, period: Period) -> list[Part]:
    """Return the part about rules."""
    definition = (
        "Returns on which a rule put a tag in the period, by the time of that; undone is what a "
        "person or a program has taken off again since. A return counts once for each rule."
    )
    empty = "No rule put a tag on a return in this period."
    now, undone, before, undone_before = (
        _by_rule(scope, span, undone=undone)
        for span in (period.span, period.before)
        for undone in (False, True)
    )
    names = sorted(set(TagRule.objects.values_list("name", flat=True)) | now.keys() | before.keys())
    if not now and not before:
        return [Part("rules", "Rules", definition, empty=empty)]
    stats = [_tagged_by_any(scope, period)]
    rows = [
        (
            plain(name),
            _figure(scope, now, name, period.span, "rule"),
            _figure(scope, undone, name, period.span, "rule_undone"),
            percent_in_words(undone.get(name, 0), now.get(name, 0)),
            _figure(scope, before, name, period.before, "rule"),
            _figure(scope, undone_before, name, period.before, "rule_undone"),
        )
        for name in names
    ]
    head = ("Rule", "Returns", "Undone", "Share undone", "Before", "Undone before")
    table = Table("rules", "Rules at work", head, rows).sorted_by(1, descending=True)
    return [Part("rules", "Rules", definition, stats, tables=[table])]


def _by_rule(scope: Scope, span: Span, *, undone: bool) -> dict[str, int]:
    put = put_by_rules(None, span.begins, span.ends, undone=undone)
    among = put.filter(entity__in=scope.found.values("pk"))
    return dict(among.values_list("pgh_context__rule").annotate(Count("entity", distinct=True)))


def _tagged_by_any(scope: Scope, period: Period) -> Stat:
    now, before = (
        Figure(scope.count(*_within(span)), scope.address(*_within(span)))
        for span in (period.span, period.before)
    )
    return Stat("Tagged by a rule", "arrived", now, before)


def _figure(scope: Scope, numbers: dict[str, int], name: str, span: Span, kind: str) -> Figure:
    return Figure(numbers.get(name, 0), scope.address((kind, name), *_within(span)))


def _within(span: Span) -> Iterator[Said]:
    yield "rule_from", str(span.first)
    yield "rule_to", str(span.last)
