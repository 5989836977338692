"""Rows of a file as its preview shows them: as they are written, and how they are understood."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from config.text import shorten, to_storable_text
from returns.feed.fact_changes import fact_text
from returns.feed.items import FIELD_LABELS, Format, Item
from returns.feed.records import REFERENCE_FIELD
from returns.feed.rejected import to_ascii_json
from returns.feed.spelling import TIME_FIELDS
from returns.models import State

MAX_PREVIEW_COLUMNS = 20
MAX_PREVIEW_CELL = 80  # characters


@dataclass
class PreviewRow:
    """A row of the preview: its place in the file, its cells, and its error if it has one."""

    place: str
    cells: list[str]
    error: str = ""


def shown_headers(format_: Format) -> list[str]:
    """Return the headers of the cells that ``show_row`` shows."""
    state = [FIELD_LABELS["state"]] if _has_own_state(format_) else []
    return state + [shorten_cell(format_.header[at].strip()) for at in _shown_indexes(format_)]


def show_row(item: Item, error: str = "") -> PreviewRow:
    """Return how a row or a record is shown; of many columns, those that are read come first."""
    if not item.format.is_table or not isinstance(item.original, list):
        return PreviewRow(item.place, _show_record(item)[:MAX_PREVIEW_COLUMNS], error)
    raw = item.raw or {}
    names: dict[int, str] = {}
    for name, at, _ in item.format.columns:
        names.setdefault(at, name)
    cells = [FIELD_LABELS.get(str(raw.get("state")), "")] if _has_own_state(item.format) else []
    for at in _shown_indexes(item.format):
        written = item.original[at] if at < len(item.original) else ""
        cells.append(shorten_cell(written) + _as_read(names.get(at, ""), written, raw))
    return PreviewRow(item.place, cells, error)


def _has_own_state(format_: Format) -> bool:
    """Tell whether the state of a row is in no column."""
    return bool(format_.columns) and all(column.name != "state" for column in format_.columns)


def _shown_indexes(format_: Format) -> list[int]:
    indexes = range(len(format_.header))
    if len(indexes) <= MAX_PREVIEW_COLUMNS:
        return list(indexes)
    read = sorted({column.at for column in format_.columns})
    return [*read, *(at for at in indexes if at not in read)][:MAX_PREVIEW_COLUMNS]


def _show_record(item: Item) -> list[str]:
    if item.raw is None:
        return [shorten_cell(item.original)]
    return [f"{shorten_cell(name)}: {shorten_cell(value)}" for name, value in item.raw.items()]


def _as_read(name: str, written: str, raw: Mapping[str, object]) -> str:
    """Return how a cell is understood: times and states in words, references with their prefix."""
    value = raw.get(name)
    if not isinstance(value, str) or value == written:
        return ""
    if name == "state" and value in State.values and FIELD_LABELS[value] != written:
        return f" = {FIELD_LABELS[value]}"
    if name == REFERENCE_FIELD and value.endswith(written):
        return f" = {value}"
    if name not in TIME_FIELDS:
        return ""
    try:
        return f" = {fact_text(name, datetime.fromisoformat(value))}"
    except (ValueError, OverflowError):  # rejected as no time, or as out of range
        return ""


def shorten_cell(value: object) -> str:
    """Return a value as a short text that can be stored."""
    text = to_storable_text(
        value if isinstance(value, str) else "" if value is None else to_ascii_json(value)
    )
    return shorten(text, MAX_PREVIEW_CELL)
