"""A section of a report: numbers, charts and tables under one heading."""

from dataclasses import dataclass, field

from returns.reports.charts import Chart
from returns.reports.figures import Stat, Table


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a report. ``definition`` explains what its numbers count."""

    name: str
    title: str
    definition: str
    stats: list[Stat] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    # The sentence to show when there is nothing to count.
    empty: str = ""
