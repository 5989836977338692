"""The groups in which a list can show its rows: one for each value of a fact."""

from dataclasses import dataclass

from returns.carriers.names import NO_CARRIERS, CarrierNames
from returns.models import Return
from returns.querysets import ReturnQuerySet

# The facts by which rows are grouped, by the value of the parameter ``group``. A return has one
# value of each, "" if it lacks the fact. Each column has indexes that begin with it.
GROUP_COLUMNS = {"carrier": "cargo_carrier", "channel": "sales_order_channel"}


@dataclass(frozen=True, slots=True)
class RowGroups:
    """Groups of rows by the values of a column, in their order: by name, and "" last.

    ``carriers`` fold the values of the column into names; they fold nothing in other columns.
    """

    column: str
    values: tuple[str, ...]
    carriers: CarrierNames = NO_CARRIERS

    @classmethod
    def of_values(
        cls, column: str, values: list[str], carriers: CarrierNames = NO_CARRIERS
    ) -> "RowGroups":
        """Return the groups of these values, sorted."""
        return cls(column, tuple(sorted(values, key=group_order)), carriers)

    def value_of(self, record: Return) -> str:
        """Return the group of a row."""
        return self.carriers.name(getattr(record, self.column))

    def rows_of(self, queryset: ReturnQuerySet, value: str) -> ReturnQuerySet:
        """Return the rows of a group."""
        texts = self.carriers.texts(value) if value else [""]
        lookup = {self.column: texts[0]} if len(texts) == 1 else {f"{self.column}__in": texts}
        return queryset.filter(**lookup)


def group_order(value: str) -> tuple[bool, str, str]:
    """Return the key by which groups are sorted."""
    return not value, value.casefold(), value
