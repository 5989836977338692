"""Charts as numbers for SVG: where bars, lines and the marks of axes stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 26
MARKS = 4
MOST_LABELS = 8
FILLED = 0.8  # of the room that each place has


@dataclass(frozen=True, slots=True)
class Point:
    """What is at a place of an axis: its label, its number, its list, and where it stands."""

    label: str
    number: int
    address: str
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
    """Points of one kind; ``line`` joins their tops."""

    name: str
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

    series: list[Series]
    across: list[Mark]
    up: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BOTTOM
    right: int = WIDTH - RIGHT


Values = Sequence[tuple[int, str]]


def chart_of(labels: Sequence[str], series: Mapping[str, Values], *, beside: bool) -> Chart:
    """Return a chart of series of numbers with their addresses.

    ``beside``: the points of a place stand side by side, as bars do.
    """
    highest = _round_up(max((number for each in series.values() for number, _ in each), default=0))
    slot = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    width = slot * FILLED / (len(series) if beside else 1)
    made = []
    for place, (name, values) in enumerate(series.items()):
        start = LEFT + slot * (1 - FILLED) / 2 + (place * width if beside else 0)
        points = [
            _point(labels[at], value, start + at * slot, width, highest)
            for at, value in enumerate(values)
        ]
        made.append(Series(name, points))
    return Chart(made, _across(labels, slot), _up(highest))


def _point(label: str, value: tuple[int, str], x: float, width: float, highest: int) -> Point:
    number, address = value
    height = (HEIGHT - TOP - BOTTOM) * number / highest
    y = HEIGHT - BOTTOM - height
    return Point(label, number, address, *(round(each, 1) for each in (x, y, width, height)))


def _across(labels: Sequence[str], slot: float) -> list[Mark]:
    step = -(-len(labels) // MOST_LABELS) or 1
    return [
        Mark(round(LEFT + (at + 0.5) * slot, 1), label)
        for at, label in enumerate(labels)
        if at % step == 0
    ]


def _up(highest: int) -> list[Mark]:
    span = HEIGHT - TOP - BOTTOM
    return [
        Mark(round(HEIGHT - BOTTOM - span * part / MARKS, 1), f"{highest * part // MARKS:,}")
        for part in range(MARKS + 1)
    ]


def _round_up(number: int) -> int:
    """Return the next number of which a quarter is a plain one."""
    step = 4
    while True:
        for plain in (1, 2, 5):
            if number <= step * plain:
                return step * plain
        step *= 10
