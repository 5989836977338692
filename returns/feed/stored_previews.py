"""Previews of uploaded files as the database keeps them: without any language.

Texts are kept with their values, fields and states by their API names, and times in ISO 8601. Each
becomes text in the language that is active when the preview is read.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from config.shipped_names import tag_label
from config.stored_texts import StoredText
from returns.feed.fact_changes import Contents, FactChange, describe_change, fact_text
from returns.feed.labels import field_label, place_label
from returns.feed.preview_changes import PreviewChange
from returns.feed.preview_rows import STATES_OF_CELLS, PreviewRow
from returns.feed.previews import FilePreview


def to_json(preview: FilePreview) -> dict[str, Any]:
    """Return a preview as it is kept."""
    return asdict(preview)


def from_json(stored: Mapping[str, Any]) -> FilePreview:
    """Return a preview with its texts in the language that is active."""
    read = {name: _read(value) for name, value in stored.items()}
    read |= {name: [_row(each) for each in read[name]] for name in ("rows", "wrong")}
    read["changes"] = [_change(each) for each in read.get("changes", [])]
    read["left_out"] = [[place_label(place), why] for place, why in read.get("left_out", [])]
    read["differing_rows"] = [
        [reference, _places(places)] for reference, places in read.get("differing_rows", [])
    ]
    return FilePreview(**read)


def _read(value: Any) -> Any:
    match value:
        case list():
            return [_read(each) for each in value]
        # A text is kept as an object, so that no cell of a file can pass for one.
        case {"text": _, "values": _, "plural": _, "number": _}:
            return str(StoredText.from_parts(value))
        case {"fields": names}:
            return ", ".join(map(field_label, names))
        case {"written": written, "name": name, "value": understood}:
            return _cell(written, name, understood)
        case dict():
            return {name: _read(each) for name, each in value.items()}
    return value


def _cell(written: str, name: str, value: str) -> str:
    if name in STATES_OF_CELLS:
        shown = str(STATES_OF_CELLS[name](value).label)
    else:
        shown = fact_text(name, datetime.fromisoformat(value))
    return written if shown == written else f"{written} = {shown}"


def _row(stored: Mapping[str, Any]) -> PreviewRow:
    return PreviewRow(**{**stored, "place": place_label(stored["place"])})


def _change(stored: Mapping[str, Any]) -> PreviewChange:
    facts: Any = [
        list(describe_change(FactChange(name, _value(before), _value(after))))
        for name, before, after in stored["facts"]
    ]
    return PreviewChange(stored["reference"], facts, [*map(tag_label, stored["new_tags"])])


def _value(stored: Any) -> Any:
    match stored:
        case {"time": time}:
            return datetime.fromisoformat(time)
        case {"counts": counts, "differing": differing}:
            return Contents(counts, differing)
    return stored


def _places(stored: list[str] | str) -> str:
    return ", ".join(map(place_label, stored if isinstance(stored, list) else stored.split(", ")))
