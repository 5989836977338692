"""One return as the WMS sends it: untrusted JSON or CSV becomes a typed record or a clear error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ReturnRecord:
    """What the WMS says of one return; the fields carry the names of ``returns.models.Return``.

    ``tag`` is the comma-separated tag string of the API, None where the record has none.
    ``unknown_fields`` holds what the WMS sent beyond the fields we know.
    """

    return_reference_number: str
    state: str
    created_at: datetime
    updated_at: datetime
    source: str = "WMS"
    sales_order_reference_number: str = ""
    tracking_id: str = ""
    cargo_carrier: str = ""
    sales_order_channel: str = ""
    notes: str = ""
    arrived_to_warehouse_at: datetime | None = None
    completed_at: datetime | None = None
    tag: str | None = None
    unknown_fields: Mapping[str, Any] = field(default_factory=dict)


def tag_names(text: str) -> list[str]:
    """Return the names in a comma-separated tag string, each once, in their order."""
    return list(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))
