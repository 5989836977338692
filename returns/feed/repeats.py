"""Several rows of one return in a table: they are one record, so they must not contradict."""

from collections import OrderedDict
from dataclasses import dataclass, field

from config.stored_texts import stored_text
from returns.feed.items import Format, Item
from returns.feed.labels import stored_place
from returns.feed.reasons import quoted
from returns.feed.records import API_NAMES, RecordError, ReturnRecord

# Rows of one return mostly follow each other; earlier returns are forgotten.
MAX_REMEMBERED = 20_000
# Two values of these mean two parcels.
IDENTIFYING_COLUMNS = ("sales_order_reference_number", "tracking_id")


@dataclass
class RowRepeats:
    """Looks for rows of one return. ``differing`` are the places of rows that differ, by return."""

    differing: dict[str, list[str]] = field(default_factory=dict)
    _format: Format | None = None
    # Ordered, because a plain dictionary would look for its first entry among all deleted ones.
    _seen: OrderedDict[str, tuple[str, ReturnRecord]] = field(default_factory=OrderedDict)

    def check(self, item: Item, record: ReturnRecord) -> None:
        """Compare a row with the first one of its return.

        Raises ``RecordError`` if it names another order or parcel.
        """
        if not item.format.is_table:
            return
        if item.format is not self._format:  # another file
            self._format = item.format
            self._seen.clear()
        reference = record.return_reference_number
        place, first = self._seen.setdefault(reference, (item.place, record))
        if first is record:
            if len(self._seen) > MAX_REMEMBERED:
                self._seen.popitem(last=False)
            return
        for name in IDENTIFYING_COLUMNS:
            value, other = getattr(record, name), getattr(first, name)
            if value and other and value != other:
                why = stored_text(
                    "%(value)s, but %(place)s has %(other)s for the same return",
                    value=quoted(value),
                    place=stored_place(place),
                    other=quoted(other),
                )
                raise RecordError(API_NAMES[name], why)
        if record != first:
            self.differing.setdefault(reference, [place]).append(item.place)
