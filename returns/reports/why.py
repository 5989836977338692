"""Why returns come back: their tags by group, how they change, and which stand together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate

from returns.filters.stored import Words
from returns.models import By
from returns.reports.charts import Chart, chart_of, with_shares
from returns.reports.figures import (
    Figure,
    Stat,
    Table,
    percent_in_words,
    plain,
    shaded,
)
from returns.reports.parts import Part
from returns.reports.periods import Period, Span
from returns.reports.scope import Said, Scope, within
from returns.reports.sources import CREATED, Source
from tags.vocabulary import TagChip

# The groups that are shown unless the address says others.
REASONS, CATEGORIES = "Return reason", "Product category"
DRAWN = 5  # lines at most: more are not told apart
UNTAGGED: Said = ("missing", "tags")


@dataclass(frozen=True)
class Why:
    """The numbers of tags: of returns by their time of creation."""

    scope: Scope
    source: Source
    period: Period

    @cached_property
    def created(self) -> dict[str, Counter[date]]:
        """Return by tag and day how many were created with it."""
        return self.source.created(By.TAG, self._both)

    @cached_property
    def totals(self) -> Counter[date]:
        """Return by day how many were created."""
        return self.source.created(By.ALL, self._both).get("", Counter())

    @cached_property
    def untagged(self) -> Counter[date]:
        """Return by day how many were created that carry no tag."""
        return self.source.created(By.UNTAGGED, self._both).get("", Counter())

    @property
    def _both(self) -> Span:
        return Span(self.period.before.first, self.period.span.last)

    def total(self, span: Span) -> Figure:
        """Return how many were created."""
        return self._figure(self.totals, span)

    def with_none(self, span: Span) -> Figure:
        """Return how many of them carry no tag."""
        return self._figure(self.untagged, span, UNTAGGED)

    def with_tag(self, chip: TagChip, span: Span) -> Figure:
        """Return how many of them carry a tag."""
        return self._figure(self.created.get(str(chip.id), Counter()), span, ("tag", chip.name))

    def with_both(self, one: TagChip, other: TagChip, number: int) -> Figure:
        """Return the figure of those that carry two tags."""
        said = (("tag", one.name), ("tag", other.name))
        return Figure(number, self.scope.address(*within(CREATED, self.period.span), *said))

    def most_used(self, chips: Sequence[TagChip]) -> list[TagChip]:
        """Return those of the tags that are used in the period, the most used first."""
        numbers = {chip.id: self.with_tag(chip, self.period.span).number for chip in chips}
        used = [chip for chip in chips if numbers[chip.id]]
        return sorted(used, key=lambda chip: (-numbers[chip.id], chip.order))

    def _figure(self, days: Counter[date], span: Span, *said: Said) -> Figure:
        number = sum(days[day] for day in span.each_day())
        return Figure(number, self.scope.address(*within(CREATED, span), *said))


def groups_of(words: Words) -> list[str]:
    """Return the names of the groups, in their order."""
    return list(dict.fromkeys(chip.group for chip in words.values()))


def usual_groups(words: Words) -> tuple[str, str]:
    """Return the reasons and what stands beside them; the first others where these have gone."""
    names = groups_of(words)
    reasons = REASONS if REASONS in names else next(iter(names), REASONS)
    others = (name for name in names if name != reasons)
    return reasons, CATEGORIES if CATEGORIES in names else next(others, CATEGORIES)


def why_of(
    scope: Scope, source: Source, period: Period, group: str = "", against: str = ""
) -> list[Part]:
    """Return the parts about why; ``group`` is the one whose tags are the reasons."""
    why = Why(scope, source, period)
    usual = usual_groups(scope.words)
    group, against = group or usual[0], against or usual[1]
    chips = [chip for chip in scope.words.values() if chip.group == group]
    others = [chip for chip in scope.words.values() if chip.group == against]
    return [
        _reasons(why, group, why.most_used(chips)),
        _together(why, group, against, why.most_used(chips), why.most_used(others)),
        _moves(why),
    ]


def _reasons(why: Why, group: str, used: list[TagChip]) -> Part:
    span, before = why.period.span, why.period.before
    total = why.total(span)
    stats = [
        Stat("Created", CREATED, total, why.total(before)),
        Stat("Without a tag", "created", why.with_none(span), why.with_none(before)),
        Stat("Share without a tag", "created", _share(why, span), _share(why, before)),
    ]
    definition = (
        f"Tags of the group “{group}” on returns created in the period, as they are tagged now. "
        "A return with several of them counts for each, so the shares of all may be more than 100%."
    )
    empty = f"No return created in this period carries a tag of the group “{group}”."
    charts = [_pareto(why, group, used), _trend(why, group, used)]
    tables = [_pareto_table(why, group, used, total.number), _trend_table(why, group, used)]
    if not used:
        return Part("reasons", group, definition, stats, empty=empty)
    return Part("reasons", group, definition, stats, charts, tables)


def _share(why: Why, span: Span) -> Figure:
    return percent_in_words(why.with_none(span).number, why.total(span).number)


def _pareto(why: Why, group: str, used: list[TagChip]) -> Chart:
    figures = [why.with_tag(chip, why.period.span) for chip in used]
    title = f"{group}: the most frequent first"
    chart = chart_of(title, [chip.name for chip in used], {"returns": figures}, beside=True)
    return with_shares(chart, "with those before, of all these tags", _reached(figures))


def _reached(figures: Sequence[Figure]) -> list[Figure]:
    """Return the share of each with those before it."""
    numbers = [figure.number for figure in figures]
    return [percent_in_words(number, sum(numbers)) for number in accumulate(numbers)]


def _pareto_table(why: Why, group: str, used: list[TagChip], total: int) -> Table:
    figures = [why.with_tag(chip, why.period.span) for chip in used]
    rows = [
        (
            *(plain(chip.name), figure, percent_in_words(figure.number, total), reached),
            why.with_tag(chip, why.period.before),
        )
        for chip, figure, reached in zip(used, figures, _reached(figures), strict=True)
    ]
    head = (group, "Returns", "Of all created", "With those above, of these tags", "Before")
    return Table("reasons", f"{group} by number", head, rows)


def _trend(why: Why, group: str, used: list[TagChip]) -> Chart:
    spans = why.period.buckets()
    series = {chip.name: [why.with_tag(chip, span) for span in spans] for chip in used[:DRAWN]}
    title = f"{group} by {why.period.unit}" + (", the five most frequent" if used[DRAWN:] else "")
    kinds = [f"line-{place}" for place in range(1, DRAWN + 1)]
    return chart_of(title, [span.label for span in spans], series, beside=False, kinds=kinds)


def _trend_table(why: Why, group: str, used: list[TagChip]) -> Table:
    rows = [
        (plain(span.words, str(span.first)), *(why.with_tag(chip, span) for chip in used))
        for span in why.period.buckets()
    ]
    head = (why.period.unit.capitalize(), *(chip.name for chip in used))
    return Table("trend", f"{group} by {why.period.unit}", head, rows)


def _together(
    why: Why, group: str, against: str, used: list[TagChip], others: list[TagChip]
) -> Part:
    title = f"{group} by {against.lower()}"
    definition = (
        f"Returns created in the period that carry both: a tag of “{group}” and one of "
        f"“{against}”. The darker, the more."
    )
    empty = "No return created in this period carries a tag of each of these two groups."
    if not used or not others or group == against:
        return Part("together", title, definition, empty=empty)
    numbers = why.source.pairs({chip.id for chip in (*used, *others)}, why.period.span)
    rows = [
        (
            plain(one.name),
            *(
                why.with_both(one, other, numbers[min(one.id, other.id), max(one.id, other.id)])
                for other in others
            ),
        )
        for one in used
    ]
    head = (group, *(other.name for other in others))
    table = Table("together", title, head, shaded(rows))
    return Part("together", title, definition, tables=[table])


def _moves(why: Why) -> Part:
    definition = (
        "All tags of returns created in the period, beside as many days before, those that rose "
        "or fell by most returns first."
    )
    rows = []
    for chip in why.scope.words.values():
        now, before = (why.with_tag(chip, span) for span in (why.period.span, why.period.before))
        if now.number or before.number:
            rows.append((plain(chip.name), plain(chip.group), now, before, *_change(now, before)))
    rows.sort(key=lambda row: -abs(row[2].number - row[3].number))
    head = ("Tag", "Group", "Returns", "Before", "Change", "In percent")
    table = [Table("moves", "Tags that rise or fall", head, rows)] if rows else []
    empty = "" if rows else "No return created in this period, or before it, carries a tag."
    return Part("moves", "Tags that rise or fall", definition, tables=table, empty=empty)


def _change(now: Figure, before: Figure) -> tuple[Figure, Figure]:
    change = now.number - before.number
    if not before.number:
        return plain(f"{change:+,}", change), Figure(0, words="new", value="")
    percent = 100 * change / before.number
    return plain(f"{change:+,}", change), plain(f"{percent:+.0f}%", percent)
