"""A part of a report: numbers, drawn and in tables, with what explains them."""

from dataclasses import dataclass, field

from returns.reports.charts import Chart
from returns.reports.figures import Stat, Table


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a report with a heading; it explains its numbers."""

    name: str
    title: str
    definition: str
    stats: list[Stat] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    # That there is nothing to show, in words.
    empty: str = ""
