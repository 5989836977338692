"""The line items in the rows of a return, in a table that has a row for each item."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings

from config.stored_texts import stored_text
from returns.feed.item_fields import (
    ITEM_CELLS,
    ITEM_NAMES,
    LINE_ITEMS_NAME,
    QUANTITY_NAME,
    name_in_list,
)
from returns.feed.items import ItemRow
from returns.feed.reasons import Why, excerpt
from returns.feed.records import Problem
from returns.models import ItemState
from returns.models.line_items import ITEM_API_NAMES, ITEM_FACTS_BY_COLUMN

WHOLE = re.compile(r"(\d{1,9})(?:[.,]0{1,2})?")  # a quantity; a spreadsheet may show it as 2,00
# Room for a number behind an SKU, so that the reference of a line is not too long.
MAX_STEM = ITEM_FACTS_BY_COLUMN["line_reference"].max_length - len("#10000")
LINE_REFERENCE, LINE_SKU, LINE_STATE = (
    ITEM_API_NAMES[name] for name in ("line_reference", "sku", "state")
)


class ReadRow(NamedTuple):
    """A row of a table with its values, or several rows of one return.

    ``raw`` is None if nothing of it can be read, and ``problems`` says why. ``left_out`` says why a
    row is no record. ``rows`` are those of a return, and ``written`` then has a list of them.
    """

    place: str
    written: Any
    raw: dict[str, Any] | None = None
    problems: Sequence[Problem] = ()
    left_out: Why = ""
    rows: tuple[ItemRow, ...] = ()


class LinesOfRows:
    """The line items in rows: ``made`` as in JSON, and ``pieces`` the number of those of each row.

    ``problems`` are those of their values, and ``wrong`` those that can be fixed in the file alone.
    """

    def __init__(self, rows: Sequence[ReadRow]) -> None:
        self.made: list[dict[str, str]] = []
        self.pieces: list[int] = []
        self.problems: list[Problem] = []
        self.wrong: list[Problem] = []
        self._values = [_item_values(row) for row in rows]
        reference = ITEM_NAMES["line_reference"]
        self._references = {each[reference] for each in self._values if reference in each}
        self._count = 0
        self._counts: Counter[str] = Counter()
        for row, values in zip(rows, self._values, strict=True):
            self._add(row, values)
        if self._count > settings.RECORD_LINE_ITEMS:
            why = stored_text(
                "%(count)s line items; at most %(most)s are allowed",
                count=self._count,
                most=settings.RECORD_LINE_ITEMS,
            )
            self.wrong.append((LINE_ITEMS_NAME, why))

    def _add(self, row: ReadRow, values: Mapping[str, str]) -> None:
        first = self._count
        pieces = self._quantity(first, values)
        self.pieces.append(pieces)
        self._count += pieces
        self.problems += [
            (name_in_list(name, first), why) for name, why in row.problems if name in ITEM_CELLS
        ]
        if self._count <= settings.RECORD_LINE_ITEMS:
            self.made += (self._line(values, pieces) for _ in range(pieces))

    def _quantity(self, first: int, values: Mapping[str, str]) -> int:
        if not values:
            return 0
        text, most = values.get(QUANTITY_NAME, "1"), settings.RECORD_LINE_ITEMS
        match = WHOLE.fullmatch(text)
        if match and 1 <= int(match[1]) <= most:
            return int(match[1])
        why = stored_text(
            "no whole number from 1 to %(most)s: %(value)s", most=most, value=excerpt(text)
        )
        self.wrong.append((name_in_list(QUANTITY_NAME, first), why))
        return 1

    def _line(self, values: Mapping[str, str], pieces: int) -> dict[str, str]:
        line = {
            name: values[ITEM_NAMES[column]]
            for column, name in ITEM_API_NAMES.items()
            if ITEM_NAMES[column] in values
        }
        if LINE_REFERENCE not in line or pieces > 1:
            stem = line.get(LINE_REFERENCE) or line.get(LINE_SKU, "")
            line[LINE_REFERENCE] = self._free_reference(stem)
        return {LINE_STATE: ItemState.WAITING.value} | line

    def _free_reference(self, text: str) -> str:
        """Return a reference that follows from the file alone: importing it again changes nothing.

        It has the number of the piece among those of its SKU.
        """
        stem = text[:MAX_STEM]
        while True:
            self._counts[stem] += 1
            reference = f"{stem}#{self._counts[stem]}"
            if reference not in self._references:
                self._references.add(reference)
                return reference


def _item_values(row: ReadRow) -> dict[str, str]:
    return {name: value for name, value in (row.raw or {}).items() if name in ITEM_CELLS}
