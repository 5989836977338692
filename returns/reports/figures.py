"""What a report shows: numbers with the lists behind them, side by side, drawn and in tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

TOO_MANY = "These are too many to look at now. Choose fewer days, or a filter."
BEING_COUNTED = "These days are being counted. Look again in a minute."
SHADES = 5  # of a table that is shaded by its numbers


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and the list of as many returns; without an address it is worked out of others.

    ``words`` are shown in its place. ``value`` is what tables are sorted by, and what files hold.
    """

    number: int
    address: str = ""
    words: str = ""
    value: float | str | None = None
    title: str = ""
    shade: int = 0

    def __str__(self) -> str:
        return self.words or f"{self.number:,}"

    @property
    def rank(self) -> float | str:
        """Return what it is sorted by."""
        return self.number if self.value is None else self.value


@dataclass(frozen=True, slots=True)
class Stat:
    """A number at the head of a report, and what it was before, or since when the oldest waits."""

    label: str
    kind: str
    now: Figure
    before: Figure | None = None
    note: str = ""
    since: datetime | None = None

    @property
    def change(self) -> str:
        """Return the change of the number in percent of before; that of shares in points.

        "" where there was nothing, or is nothing to compare with it.
        """
        now, before = self.now.rank, self.before.rank if self.before else ""
        if isinstance(now, str) or isinstance(before, str):
            return ""
        if self.now.words.endswith("%"):
            return f"{now - before:+.1f} points"
        return change_in_words(now, before)


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column: the order that it asks for, and how it is sorted by now."""

    title: str
    order: str
    sorted: str


@dataclass(frozen=True, slots=True)
class Table:
    """Figures by rows; each begins with its heading. ``name`` is its own in addresses."""

    name: str
    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[Figure, ...]]
    # What it is sorted by: a place in ``head``, and whether the highest come first.
    order: tuple[int, bool] | None = None

    def sorted_by(self, place: int, *, descending: bool) -> "Table":
        """Return it in the order of a column; what is without a number stays at the end."""
        blank = [row for row in self.rows if row[place].rank == ""]
        rest = [row for row in self.rows if row[place].rank != ""]
        rest.sort(key=lambda row: row[place].rank, reverse=descending)
        return replace(self, rows=rest + blank, order=(place, descending))

    @property
    def columns(self) -> list[Column]:
        """Return its columns; a click on one sorts by it, the highest first, then turned around."""
        return [self._column(place, title) for place, title in enumerate(self.head)]

    def _column(self, place: int, title: str) -> Column:
        descending = self.order[1] if self.order and self.order[0] == place else None
        words = {None: "", True: "descending", False: "ascending"}[descending]
        first = place > 0 if descending is None else not descending
        return Column(title, f"{'-' if first else ''}{self.name}.{place}", words)


def plain(words: str, value: float | str = "") -> Figure:
    """Return words without a list, such as the heading of a row."""
    return Figure(0, words=words, value=value if value != "" else words)


def percent_in_words(part: int, whole: int) -> Figure:
    """Return a share, with one decimal below ten percent; nothing of nothing."""
    if not whole:
        return Figure(0, words="–", value="")
    share = 100 * part / whole
    return Figure(0, words=f"{share:.1f}%" if share < 10 else f"{share:.0f}%", value=share)


def change_in_words(now: float, before: float) -> str:
    """Return the change in percent of before; "" where there was nothing before."""
    return f"{100 * (now - before) / before:+.0f}%" if before else ""


def hours_in_words(hours: int) -> str:
    """Return hours as people say them: "53 h", and from three days on "5 d 6 h"."""
    if hours <= 72:
        return f"{hours} h"
    days, rest = divmod(hours, 24)
    return f"{days} d {rest} h" if rest else f"{days} d"


def shaded(rows: Sequence[tuple[Figure, ...]]) -> list[tuple[Figure, ...]]:
    """Return rows with a shade in each cell but the heading: the darker, the higher of all."""
    highest = max((cell.number for row in rows for cell in row[1:]), default=0) or 1
    return [
        (row[0], *(replace(cell, shade=-(-SHADES * cell.number // highest)) for cell in row[1:]))
        for row in rows
    ]
