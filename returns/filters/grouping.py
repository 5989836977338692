"""The groups in which a list can show its rows: one for each value of a fact."""

from dataclasses import dataclass

from returns.models import Return

# The facts by which rows are grouped, by the value of the parameter ``group``. A return has one
# value of each, "" if it lacks the fact. Each column has indexes that begin with it.
GROUP_COLUMNS = {"carrier": "cargo_carrier", "channel": "sales_order_channel"}


@dataclass(frozen=True, slots=True)
class RowGroups:
    """Groups of rows by the values of a column, in their order: by name, and "" last."""

    column: str
    values: tuple[str, ...]

    @classmethod
    def of_values(cls, column: str, values: list[str]) -> "RowGroups":
        """Return the groups of these values, sorted."""
        return cls(column, tuple(sorted(values, key=group_order)))

    def value_of(self, record: Return) -> str:
        """Return the group of a row."""
        return str(getattr(record, self.column))


def group_order(value: str) -> tuple[bool, str, str]:
    """Return the key by which groups are sorted."""
    return not value, value.casefold(), value
