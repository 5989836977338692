"""Charts as numbers for SVG: where bars, lines and the marks of axes stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from config.text import shorten
from returns.reports.figures import Figure

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 26
SIDE = 36  # the room of an axis at the right
MARKS = 4
MOST_LABELS = 8
LETTER = 6.2  # the width of one
FILLED = 0.8  # of the room that each place has


@dataclass(frozen=True, slots=True)
class Point:
    """What is at a place of an axis: its label, its figure, and where it stands."""

    label: str
    figure: Figure
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Return the middle of it."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one kind; ``line`` joins their tops. ``kind`` decides the colour."""

    name: str
    kind: str
    points: list[Point]

    @property
    def line(self) -> str:
        """Return the points as SVG takes them."""
        return " ".join(f"{point.middle},{point.y}" for point in self.points)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of an axis: its place, and what it says."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its axes; the size is that of the template's view box."""

    title: str
    series: list[Series]
    across: list[Mark]
    up: list[Mark]
    bars: bool
    unit: str = ""
    # A line over the bars, with an axis of its own at the right.
    shares: Series | None = None
    side: Sequence[Mark] = ()
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BOTTOM
    right: int = WIDTH - RIGHT


def chart_of(
    title: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[Figure]],
    *,
    beside: bool,
    unit: str = "",
    kinds: Sequence[str] = (),
) -> Chart:
    """Return a chart of series of figures; one whose value is no number leaves a gap.

    ``beside``: the points of a place stand side by side, as bars do. ``unit`` is what the axis
    counts; ``kinds`` are the names of the colours, those of the series unless said.
    """
    highest = _round_up(max((_height(figure) for s in series.values() for figure in s), default=0))
    slot = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    width = slot * FILLED / (len(series) if beside else 1)
    made = []
    for place, (name, figures) in enumerate(series.items()):
        start = LEFT + slot * (1 - FILLED) / 2 + (place * width if beside else 0)
        points = [
            _point(labels[at], figure, start + at * slot, width, highest)
            for at, figure in enumerate(figures)
            if figure.rank != ""
        ]
        made.append(Series(name, kinds[place] if kinds else name, points))
    return Chart(title, made, _across(labels, slot), _up(highest), beside, unit)


def with_shares(chart: Chart, name: str, shares: Sequence[Figure]) -> Chart:
    """Draw shares over the bars of a chart, in percent: one in the middle of each place."""
    places = zip(chart.series[0].points, chart.series[-1].points, shares, strict=True)
    points = [
        _point(first.label, share, first.x, last.x + last.width - first.x, 100)
        for first, last, share in places
        if share.rank != ""
    ]
    side = [Mark(mark.at, f"{mark.words}%") for mark in _up(100)]
    line = Series(name, "share", points)
    return replace(chart, shares=line, side=side, width=WIDTH + SIDE)


def _height(figure: Figure) -> float:
    return 0 if isinstance(figure.rank, str) else figure.rank


def _point(label: str, figure: Figure, x: float, width: float, highest: int) -> Point:
    height = (HEIGHT - TOP - BOTTOM) * _height(figure) / highest
    y = HEIGHT - BOTTOM - height
    return Point(label, figure, *(round(each, 1) for each in (x, y, width, height)))


def _across(labels: Sequence[str], slot: float) -> list[Mark]:
    step = -(-len(labels) // MOST_LABELS) or 1
    room = int(step * slot / LETTER)
    return [
        Mark(round(LEFT + (at + 0.5) * slot, 1), shorten(label, room))
        for at, label in enumerate(labels)
        if at % step == 0
    ]


def _up(highest: int) -> list[Mark]:
    span = HEIGHT - TOP - BOTTOM
    return [
        Mark(round(HEIGHT - BOTTOM - span * part / MARKS, 1), f"{highest * part // MARKS:,}")
        for part in range(MARKS + 1)
    ]


def _round_up(number: float) -> int:
    """Return the next number of which a quarter is a plain one."""
    step = 4
    while True:
        for plain in (1, 2, 5):
            if number <= step * plain:
                return step * plain
        step *= 10
