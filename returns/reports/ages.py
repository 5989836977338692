"""How old what waits is, which averages of finished work do not tell."""

from datetime import date

from returns.filters.queues import Queue
from returns.reports.charts import chart_of
from returns.reports.figures import Figure, Table, plain
from returns.reports.parts import Part
from returns.reports.periods import ONE, Period
from returns.reports.scope import Scope
from returns.reports.sources import Source

# Days since the day of arrival, from and to; None for no end.
AGES = ((0, 0), (1, 1), (2, 2), (3, 6), (7, 13), (14, 29), (30, None))


def ages_of(scope: Scope, source: Source, period: Period) -> Part:
    """Return the part about what is in the warehouse now."""
    waiting = source.waiting

    def arrived_ago(start: int, end: int | None) -> Figure:
        last = period.today - start * ONE if start else date.max
        said = [("queue", Queue.TO_INSPECT.value)]
        # A clock that is ahead says that something arrives tomorrow: it waits like today's.
        if start:
            said.append(("arrived_to", str(last)))
        days = [day for day in waiting if day <= last]
        if end is not None:
            first = period.today - end * ONE
            said.append(("arrived_from", str(first)))
            days = [day for day in days if day >= first]
        return Figure(sum(waiting[day] for day in days), scope.address(*said))

    figures = [arrived_ago(start, end) for start, end in AGES]
    labels = [_in_words(start, end) for start, end in AGES]
    rows = [
        (plain(label, start), figure)
        for label, figure, (start, _) in zip(labels, figures, AGES, strict=True)
    ]
    definition = (
        "What is in the warehouse now, whatever the period, by whole days since the day of its "
        "arrival. What is finished says nothing of it: work that waits long makes no average worse "
        "until it is done."
    )
    title = "How old is what waits"
    if not waiting:
        return Part("ages", title, definition, empty="Nothing waits in the warehouse.")
    drawn = "What waits now, by the day of its arrival"
    chart = chart_of(drawn, labels, {"waiting": figures}, beside=True)
    table = Table("ages", "What waits by age", ("Arrived", "Waiting"), rows)
    return Part("ages", title, definition, charts=[chart], tables=[table])


def _in_words(start: int, end: int | None) -> str:
    if end is None:
        return f"{start} days ago or earlier"
    if start == end:
        return ("today", "yesterday")[start] if start < 2 else f"{start} days ago"
    return f"{start} to {end} days ago"
