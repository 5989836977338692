"""Charts as coordinates for SVG: bars, lines and axes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from config.numbers import grouped, percent
from config.text import shorten
from returns.reports.figures import Figure

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 26
RIGHT_AXIS_WIDTH = 36
AXIS_STEPS = 4
MAX_X_LABELS = 8
LETTER_WIDTH = 6.2
FILLED_SHARE = 0.8  # of the width of a slot that its bars fill


@dataclass(frozen=True, slots=True)
class Point:
    """A figure at a label of the x axis, and its rectangle."""

    label: str
    figure: Figure
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Return the x coordinate of its middle."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Series:
    """The points of a series. ``kind`` decides the colour."""

    name: str
    kind: str
    points: list[Point]

    @property
    def line(self) -> str:
        """Return the ``points`` attribute of an SVG polyline through the points."""
        return " ".join(f"{point.middle},{point.y}" for point in self.points)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on an axis: its coordinate and its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its axes, in the units of the template's view box."""

    title: str
    series: list[Series]
    x_marks: list[Mark]
    y_marks: list[Mark]
    is_bars: bool
    # A line of percentages over the bars, with its own axis on the right.
    shares: Series | None = None
    right_marks: Sequence[Mark] = ()
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BOTTOM
    right: int = WIDTH - RIGHT


def build_chart(
    title: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[Figure]],
    *,
    is_bars: bool,
    is_stacked: bool = False,
    kinds: Sequence[str] = (),
) -> Chart:
    """Return a bar or line chart. A figure without a value leaves a gap.

    Stacked bars stand on those of the series before, instead of beside them.

    ``series`` has a figure for each label, by the name of the series as people read it. ``kinds``
    decide the colours; the default is these names.
    """
    is_beside = is_bars and not is_stacked
    all_values = [[_value(figure) for figure in figures] for figures in series.values()]
    tops = map(sum, zip(*all_values, strict=True)) if is_stacked else chain(*all_values)
    highest = _round_up(max(tops, default=0))
    slot = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    width = slot * FILLED_SHARE / (len(series) if is_beside else 1)
    below = [0.0] * len(labels)
    all_points = []
    for number, (name, figures) in enumerate(series.items()):
        start = LEFT + slot * (1 - FILLED_SHARE) / 2 + (number * width if is_beside else 0)
        points = [
            _point(labels[index], figure, start + index * slot, width, highest, below[index])
            for index, figure in enumerate(figures)
            if figure.sort_value != ""
        ]
        if is_stacked:
            below = [low + value for low, value in zip(below, all_values[number], strict=True)]
        all_points.append(Series(name, kinds[number] if kinds else name, points))
    return Chart(title, all_points, _x_marks(labels, slot), _y_marks(highest), is_bars)


def with_shares(chart: Chart, name: str, shares: Sequence[Figure]) -> Chart:
    """Return a bar chart with a line of percentages: one in the middle of each slot."""
    slots = zip(chart.series[0].points, chart.series[-1].points, shares, strict=True)
    points = [
        _point(first.label, share, first.x, last.x + last.width - first.x, 100)
        for first, last, share in slots
        if share.sort_value != ""
    ]
    right_marks = _y_marks(100, percent)
    line = Series(name, "share", points)
    return replace(chart, shares=line, right_marks=right_marks, width=WIDTH + RIGHT_AXIS_WIDTH)


def _value(figure: Figure) -> float:
    return 0 if isinstance(figure.sort_value, str) else figure.sort_value


def _point(
    label: str, figure: Figure, x: float, width: float, highest: int, below: float = 0
) -> Point:
    scale = (HEIGHT - TOP - BOTTOM) / highest
    height = scale * _value(figure)
    y = HEIGHT - BOTTOM - scale * below - height
    return Point(label, figure, *(round(each, 1) for each in (x, y, width, height)))


def _x_marks(labels: Sequence[str], slot: float) -> list[Mark]:
    step = -(-len(labels) // MAX_X_LABELS) or 1
    max_letters = int(step * slot / LETTER_WIDTH)
    return [
        Mark(round(LEFT + (index + 0.5) * slot, 1), shorten(label, max_letters))
        for index, label in enumerate(labels)
        if index % step == 0
    ]


def _y_marks(highest: int, show: Callable[[int], str] = grouped) -> list[Mark]:
    height = HEIGHT - TOP - BOTTOM
    return [
        Mark(
            round(HEIGHT - BOTTOM - height * step / AXIS_STEPS, 1),
            show(highest * step // AXIS_STEPS),
        )
        for step in range(AXIS_STEPS + 1)
    ]


def _round_up(number: float) -> int:
    """Return the next number whose quarter is 1, 2 or 5, or a power of ten times that."""
    scale = AXIS_STEPS
    while True:
        for factor in (1, 2, 5):
            if number <= scale * factor:
                return scale * factor
        scale *= 10
