"""The summaries, which are kept beside the returns."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cached_property

from django.db.models import Sum

from returns.models import By, DaySummary, DeadlineDay, TagPairDay
from returns.reports.facts import Facts, outcomes_among
from returns.reports.periods import Span
from returns.reports.scope import Scope
from returns.reports.sources import ARRIVED, COMPLETED, CREATED, Events, Taken, by_value, of


class Kept:
    """The summaries."""

    def __init__(self, scope: Scope, by: By, value: str) -> None:
        self.by, self.value, self.is_all = by, value, by == By.ALL
        self.rows = DaySummary.objects.filter(by=by, value=value)
        self.facts = Facts(scope)

    def events(self, span: Span, day: date) -> Events:
        """Return the events by day."""
        names = (CREATED, ARRIVED, COMPLETED, "came", "went")
        rows = list(of(self.rows, span).values_list("day", *names))
        by_day = {
            name: Counter({row[0]: row[place] for row in rows})
            for place, name in enumerate(names, start=1)
        }
        sums = self.rows.filter(day__lt=day).aggregate(came=Sum("came"), went=Sum("went"))
        return Events(by_day, (sums["came"] or 0) - (sums["went"] or 0))

    @cached_property
    def waiting(self) -> Counter[date]:
        """Return what waits now."""
        return Counter(dict(self.rows.exclude(waiting=0).values_list("day", "waiting")))

    def taken(self, span: Span) -> dict[date, Taken]:
        """Return how long it took, by day."""
        rows = of(self.rows, span).exclude(completed=0)
        return {day: Taken(*row) for day, *row in rows.values_list("day", "completed", "took")}

    def taken_by(self, by: By, span: Span) -> dict[str, list[Taken]]:
        """Return how long it took, by value."""
        if not self.is_all:
            return self.facts.taken_by(by, span)
        rows = of(DaySummary.objects.filter(by=by), span).exclude(completed=0)
        found = defaultdict(list)
        for value, *row in rows.values_list("value", "completed", "took"):
            found[value].append(Taken(*row))
        return found

    def created(self, by: By, span: Span) -> dict[str, Counter[date]]:
        """Return how many were created."""
        if by == By.ALL:
            return {"": Counter(dict(of(self.rows, span).values_list("day", CREATED)))}
        if not self.is_all:
            return self.facts.created(by, span)
        rows = of(DaySummary.objects.filter(by=by), span).exclude(created=0)
        return by_value(rows.values_list("value", "day", "created"))

    def pairs(self, tags: Iterable[int], span: Span) -> Counter[tuple[int, int]]:
        """Return how many carry two tags."""
        if not self.is_all:
            return self.facts.pairs(tags, span)
        ids = list(tags)
        rows = of(TagPairDay.objects.filter(tag__in=ids, other__in=ids), span)
        sums = rows.values_list("tag", "other").annotate(sum=Sum("number"))
        return +Counter({(tag, other): number for tag, other, number in sums})

    def orders(self, span: Span, least: int, most: int) -> list[tuple[int, int]]:
        """Return the orders with the most."""
        return self.facts.orders(span, least, most)

    def outcomes(self, span: Span) -> dict[date, tuple[int, int]]:
        """Return how many met their deadline, and how many missed it."""
        rows = DeadlineDay.objects.filter(by=self.by, value=self.value)
        return outcomes_among(rows, self.facts.scope, span)
