"""The numbers of a report: figures with their lists, alone and in tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from config.markup import format_html
from config.numbers import decimal, grouped, percent
from returns.display.durations import in_days, in_hours

WAITING = "waiting"  # the kind of series and numbers of returns that wait
TOO_MANY = gettext_lazy(
    "There are too many returns to count now. Choose fewer days, or add a filter."
)
BEING_COUNTED = gettext_lazy("These days are still being counted. Reload the page in a minute.")
NO_DEADLINES = gettext_lazy(
    "There are no deadlines yet. Warehouse managers create them under Deadlines."
)
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
    is_percentage: bool = False

    def __str__(self) -> str:
        return self.text or grouped(self.number)

    @property
    def linked(self) -> str:
        """Return it as pages show it, with a link to its list."""
        if not self.address:
            return str(self)
        title = format_html(' title="{}"', self.title) if self.title else ""
        return format_html('<a href="{}"{}>{}</a>', self.address, title, self)

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
        if self.now.is_percentage:
            points = _signed(now - before, decimal(abs(now - before)))
            return _("%(number)s points") % {"number": points}
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
    share = 100 * part / whole
    text = percent(share, 1 if share < 10 else 0)
    return Figure(0, text=text, value=share, is_percentage=True)


def format_change(now: float, before: float) -> str:
    """Return the change in percent; "" if the number was 0 before."""
    return _signed_percent(100 * (now - before) / before) if before else ""


def change_figures(now: Figure, before: Figure) -> tuple[Figure, Figure]:
    """Return the change of a number since the period before, and the change in percent."""
    change = now.number - before.number
    shown = text_figure(_signed(change, grouped(abs(change))), change)
    if not before.number:
        return shown, Figure(0, text=pgettext("value", "new"), value="")
    share = 100 * change / before.number
    return shown, text_figure(_signed_percent(share), share)


def change_heads() -> tuple[str, str, str]:
    """Return the heads of the number before, and of its ``change_figures``."""
    return pgettext("number of returns", "Before"), pgettext("noun", "Change"), _("Change in %")


def _signed_percent(value: float) -> str:
    return _signed(value, percent(abs(value)))


def _signed(value: float, text: str) -> str:
    return f"-{text}" if value < 0 else f"+{text}"


def format_hours(hours: int) -> str:
    """Return hours as text: "53 h", and above three days "5 d 6 h"."""
    if hours <= 72:
        return in_hours(hours)
    days, rest = divmod(hours, 24)
    return f"{in_days(days)} {in_hours(rest)}" if rest else in_days(days)


def shade_cells(rows: Sequence[tuple[Figure, ...]]) -> list[tuple[Figure, ...]]:
    """Return rows with a shade for each cell except headings: higher numbers get darker shades."""
    highest = max((cell.number for row in rows for cell in row[1:]), default=0) or 1
    return [
        (row[0], *(replace(cell, shade=-(-SHADES * cell.number // highest)) for cell in row[1:]))
        for row in rows
    ]
