"""The numbers of a report: figures with their lists, alone and in tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

TOO_MANY = "There are too many returns to count now. Choose fewer days, or add a filter."
BEING_COUNTED = "These days are still being counted. Reload the page in a minute."
SHADES = 5  # of table cells, by their number


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, with the address of the list of exactly these returns.

    A figure that is calculated from others has no address. ``text`` is shown instead of the
    number. Tables sort by ``value`` if it is not None, and files contain it; "" means no value.
    """

    number: int
    address: str = ""
    text: str = ""
    value: float | str | None = None
    title: str = ""
    shade: int = 0

    def __str__(self) -> str:
        return self.text or f"{self.number:,}"

    @property
    def sort_value(self) -> float | str:
        """Return what tables sort by: the value, otherwise the number."""
        return self.number if self.value is None else self.value


@dataclass(frozen=True, slots=True)
class Stat:
    """A number at the top of a section, with the number of the period before.

    ``since`` is when the oldest of the returns arrived, for returns that wait. ``kind`` decides the
    colour.
    """

    label: str
    kind: str
    now: Figure
    before: Figure | None = None
    note: str = ""
    since: datetime | None = None

    @property
    def change(self) -> str:
        """Return the change in percent, or in points if the numbers are percentages.

        "" if one of the numbers is missing, or was 0 before.
        """
        now = self.now.sort_value
        before = self.before.sort_value if self.before else ""
        if isinstance(now, str) or isinstance(before, str):
            return ""
        if self.now.text.endswith("%"):
            return f"{now - before:+.1f} points"
        return format_change(now, before)


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head: ``order`` is the parameter that sorts by it, ``sorted`` for ARIA."""

    title: str
    order: str
    sorted: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures, each beginning with its heading. ``name`` identifies it in addresses."""

    name: str
    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[Figure, ...]]
    # The column that it is sorted by, and whether the highest value comes first.
    order: tuple[int, bool] | None = None

    def sorted_by(self, column: int, *, descending: bool) -> "Table":
        """Return the table sorted by a column. Rows without a value stay at the end."""
        blank = [row for row in self.rows if row[column].sort_value == ""]
        rest = [row for row in self.rows if row[column].sort_value != ""]
        rest.sort(key=lambda row: row[column].sort_value, reverse=descending)
        return replace(self, rows=rest + blank, order=(column, descending))

    @property
    def columns(self) -> list[Column]:
        """Return the heads. A click sorts by the column, highest first; another one reverses."""
        return [self._column(index, title) for index, title in enumerate(self.head)]

    def _column(self, index: int, title: str) -> Column:
        descending = self.order[1] if self.order and self.order[0] == index else None
        aria_sort = {None: "", True: "descending", False: "ascending"}[descending]
        next_is_descending = index > 0 if descending is None else not descending
        return Column(title, f"{'-' if next_is_descending else ''}{self.name}.{index}", aria_sort)


def text_figure(text: str, value: float | str = "") -> Figure:
    """Return a text without a list, such as a row's heading; it sorts by ``value`` or itself."""
    return Figure(0, text=text, value=value if value != "" else text)


def share_figure(part: int, whole: int) -> Figure:
    """Return a percentage, with one decimal below 10%; "–" if the whole is 0."""
    if not whole:
        return Figure(0, text="–", value="")
    percent = 100 * part / whole
    text = f"{percent:.1f}%" if percent < 10 else f"{percent:.0f}%"
    return Figure(0, text=text, value=percent)


def format_change(now: float, before: float) -> str:
    """Return the change in percent; "" if the number was 0 before."""
    return f"{100 * (now - before) / before:+.0f}%" if before else ""


def change_figures(now: Figure, before: Figure) -> tuple[Figure, Figure]:
    """Return the change of a number since the period before, and the change in percent."""
    change = now.number - before.number
    if not before.number:
        return text_figure(f"{change:+,}", change), Figure(0, text="new", value="")
    percent = 100 * change / before.number
    return text_figure(f"{change:+,}", change), text_figure(f"{percent:+.0f}%", percent)


def format_hours(hours: int) -> str:
    """Return hours as text: "53 h", and above three days "5 d 6 h"."""
    if hours <= 72:
        return f"{hours} h"
    days, rest = divmod(hours, 24)
    return f"{days} d {rest} h" if rest else f"{days} d"


def shade_cells(rows: Sequence[tuple[Figure, ...]]) -> list[tuple[Figure, ...]]:
    """Return rows with a shade for each cell except headings: higher numbers get darker shades."""
    highest = max((cell.number for row in rows for cell in row[1:]), default=0) or 1
    return [
        (row[0], *(replace(cell, shade=-(-SHADES * cell.number // highest)) for cell in row[1:]))
        for row in rows
    ]
