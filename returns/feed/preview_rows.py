"""Rows of a file as its preview shows them: as they are written, and how they are understood."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.utils import timezone

from config.text import shorten, to_storable_text
from returns.feed.item_fields import ITEM_DECISION, ITEM_STATE
from returns.feed.items import Format, Item
from returns.feed.labels import FIELD_LABELS
from returns.feed.reasons import Why
from returns.feed.records import REFERENCE_FIELD
from returns.feed.rejected import to_ascii_json
from returns.feed.spelling import TIME_CELLS
from returns.models import DamagedState, ItemState, State

MAX_PREVIEW_COLUMNS = 20
MAX_PREVIEW_CELL = 80  # characters
STATES_OF_CELLS: Mapping[str, type[TextChoices]] = {
    "state": State,
    ITEM_STATE: ItemState,
    ITEM_DECISION: DamagedState,
}


@dataclass(frozen=True)
class Labels:
    """API names of fields and states, which are shown by what they are called."""

    fields: list[str]


@dataclass(frozen=True)
class CellAsRead:
    """What a cell has, and how it is understood: a state of ``name``, or a time in ISO 8601."""

    written: str
    name: str
    value: str


type Cell = str | Labels | CellAsRead


@dataclass
class PreviewRow:
    """A row of the preview: its place in the file, its cells, and its error if it has one."""

    place: str
    cells: list[Cell]
    error: Why = ""


def shown_headers(format_: Format) -> list[str | Labels]:
    """Return the headers of the cells that ``show_rows`` shows."""
    state = [Labels(["state"])] if _has_own_state(format_) else []
    return [*state, *(shorten_cell(format_.header[at].strip()) for at in _shown_indexes(format_))]


def show_rows(item: Item, error: Why = "") -> list[PreviewRow]:
    """Return how a record is shown: as a row, or with its rows if it has one for each item.

    Of many columns, those that are read come first. The error is that of the first row.
    """
    if not item.rows:
        return [_show_row(item, item.place, item.original, item.raw or {}, error)]
    # ``item.place`` may have the name of the file in front.
    places = [item.place, *(row.place for row in item.rows[1:])]
    errors = [error, *[""] * (len(item.rows) - 1)]
    return [
        _show_row(item, place, row.written, row.raw, why)
        for place, row, why in zip(places, item.rows, errors, strict=True)
    ]


def _show_row(
    item: Item, place: str, written: object, raw: Mapping[str, object], error: Why
) -> PreviewRow:
    if not item.format.is_table or not isinstance(written, list):
        return PreviewRow(place, [*_show_record(item, written)[:MAX_PREVIEW_COLUMNS]], error)
    names: dict[int, str] = {}
    for name, at, _ in item.format.columns:
        names.setdefault(at, name)
    cells: list[Cell] = []
    if _has_own_state(item.format):
        state = str((item.raw or raw).get("state"))
        cells.append(Labels([state]) if state in FIELD_LABELS else "")
    for at in _shown_indexes(item.format):
        cell = written[at] if at < len(written) else ""
        cells.append(_as_read(names.get(at, ""), cell, raw))
    return PreviewRow(place, cells, error)


def _has_own_state(format_: Format) -> bool:
    """Tell whether the state of a row is in no column."""
    return bool(format_.columns) and all(column.name != "state" for column in format_.columns)


def _shown_indexes(format_: Format) -> list[int]:
    indexes = range(len(format_.header))
    if len(indexes) <= MAX_PREVIEW_COLUMNS:
        return list(indexes)
    read = sorted({column.at for column in format_.columns})
    return [*read, *(at for at in indexes if at not in read)][:MAX_PREVIEW_COLUMNS]


def _show_record(item: Item, written: object) -> list[str]:
    if item.raw is None or item.rows:
        return [shorten_cell(written)]
    return [f"{shorten_cell(name)}: {shorten_cell(value)}" for name, value in item.raw.items()]


def _as_read(name: str, written: str, raw: Mapping[str, object]) -> Cell:
    """Return a cell with how it is understood: times and states, references with their prefix."""
    shown, value = shorten_cell(written), raw.get(name)
    if not isinstance(value, str) or value == written:
        return shown
    if name in STATES_OF_CELLS and value in STATES_OF_CELLS[name].values:
        return CellAsRead(shown, name, value)
    if name == REFERENCE_FIELD and value.endswith(written):
        return f"{shown} = {value}"
    if name in TIME_CELLS and _can_be_shown(value):
        return CellAsRead(shown, name, value)
    return shown


def _can_be_shown(value: str) -> bool:
    try:
        timezone.localtime(datetime.fromisoformat(value))
    except (ValueError, OverflowError):  # rejected as no time, or as out of range
        return False
    return True


def shorten_cell(value: object) -> str:
    """Return a value as a short text that can be stored."""
    text = to_storable_text(
        value if isinstance(value, str) else "" if value is None else to_ascii_json(value)
    )
    return shorten(text, MAX_PREVIEW_CELL)
