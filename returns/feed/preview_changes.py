"""What the import of a file would change, as its preview keeps it: without any language."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from returns.feed.fact_changes import Contents, FactChange, contents, differences, fact_text
from returns.feed.ingest import WrittenRow
from returns.feed.merging import Known
from returns.feed.preview_rows import shorten_cell
from returns.models.facts import LINE_ITEMS


@dataclass(frozen=True)
class Moment:
    """A time in ISO 8601."""

    time: str


type StoredValue = str | Moment | Contents | None


@dataclass
class PreviewChange:
    """A return that the import would change: its facts by their columns, before and after."""

    reference: str
    facts: list[tuple[str, StoredValue, StoredValue]]
    new_tags: list[str]


def preview_change(row: WrittenRow, before: Known) -> PreviewChange:
    """Return what a row changes."""
    facts = [
        (
            change.name,
            _stored_value(change, change.before, change.after),
            _stored_value(change, change.after, change.before),
        )
        for change in differences(before, row.after)
    ]
    return PreviewChange(row.reference, facts, list(row.new_tags))


def _stored_value(change: FactChange, value: Any, other: Any) -> StoredValue:
    if change.name == LINE_ITEMS:
        return contents(value, other)
    if isinstance(value, datetime):
        return Moment(value.isoformat())
    is_as_it_is = change.name == "state" or value is None
    return value if is_as_it_is else shorten_cell(fact_text(change.name, value))
