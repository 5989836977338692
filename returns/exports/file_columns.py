"""The columns of a file, and its rows: one for each return, or one for each item."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from returns.exports.selection import Selection
from returns.lists.columns import COLUMNS_BY_NAME, Kind, Value
from returns.lists.file_headers import file_header, header_of
from returns.lists.rows import Row
from returns.models import DamagedState, ItemState, LineItem
from returns.models.line_items import ITEM_FACTS_BY_COLUMN, to_line_items

# Of the columns that hold more than short words, in characters.
ITEM_WIDTHS = {"sku": 20, "serial_number": 20, "processed_at": 20}
USUAL_ITEM_WIDTH = 16
# What is written of a line item, if it is not just the text of the column.
ITEM_VALUES: dict[str, Callable[[LineItem], Value]] = {
    "state": lambda line: str(ItemState(line.state).label),
    "damaged_state": lambda line: (
        str(DamagedState(line.damaged_state).label) if line.damaged_state else ""
    ),
    "processed_at": lambda line: line.processed,
}


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of a file: its header, the kind of its values, and its width in a workbook."""

    header: str
    kind: Kind
    width: int


def file_columns(selection: Selection) -> list[FileColumn]:
    """Return the columns of a file; with a row for each item, those of items are the last."""
    columns = [COLUMNS_BY_NAME[name] for name in selection.columns]
    of_returns = [FileColumn(file_header(each.name), each.kind, each.width) for each in columns]
    return [*of_returns, *_item_columns()] if selection.by_items else of_returns


def _item_columns() -> Iterator[FileColumn]:
    for name, fact in ITEM_FACTS_BY_COLUMN.items():
        kind = Kind.TIME if name == "processed_at" else Kind.TEXT
        width = ITEM_WIDTHS.get(name, USUAL_ITEM_WIDTH)
        yield FileColumn(header_of(str(fact.label), kind), kind, width)


def row_maker(selection: Selection, now: datetime) -> Callable[[Row], Iterator[list[Value]]]:
    """Return a function that yields the rows of a return, each with its values.

    A return without items, or whose items nobody knows, has one row, without values of items.
    """
    values = [COLUMNS_BY_NAME[name].value for name in selection.columns]

    def make(row: Row) -> Iterator[list[Value]]:
        of_return = [value(row, now) for value in values]
        if not selection.by_items:
            yield of_return
            return
        lines = to_line_items(row.record.line_items)
        if not lines:
            yield [*of_return, *[None] * len(ITEM_FACTS_BY_COLUMN)]
        for line in lines or ():
            yield [*of_return, *(_item_value(line, name) for name in ITEM_FACTS_BY_COLUMN)]

    return make


def _item_value(line: LineItem, name: str) -> Value:
    value = ITEM_VALUES.get(name)
    return value(line) if value else getattr(line, name)
