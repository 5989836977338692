"""The order in which the entries of a batch have arrived, for rejected records without a time."""

from collections.abc import Collection, Iterable, Iterator

from returns.feed.items import Item
from returns.feed.records import RecordError
from returns.feed.rejected import digest_of, reference_of
from returns.models import FeedRun, RejectedRecord


class Arrivals:
    """Remembers which entries have arrived, until they are forgotten after each batch."""

    def __init__(self, run: FeedRun) -> None:
        self._run = run
        self.forget()

    def forget(self) -> None:
        """Forget all entries."""
        self._count = 0
        self._by_reference: dict[str, dict[int, Item]] = {}
        self._first_places: dict[str, int] = {}  # of rejected records, by their digest

    @property
    def references(self) -> Collection[str]:
        """Return the references of the entries."""
        return self._by_reference.keys()

    def watch(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the entries, and remember each."""
        for item in items:
            self._count += 1
            self._by_reference.setdefault(reference_of(item), {})[self._count] = item
            yield item

    def reject(self, item: Item, error: RecordError) -> None:
        """Remember that an entry was rejected. If it is a record, it may still be a newer one."""
        try:
            item.parse()
        except RecordError:
            same = self._by_reference[reference_of(item)]
            place = next(place for place, each in same.items() if each is item)
            same[place] = Item(item.place, item.format)
            self._first_places.setdefault(digest_of(self._run, item, error), place)

    def later_fields(self, reject: RejectedRecord) -> set[str]:
        """Return the fields of the records of a return that arrived after a rejected one.

        Those that were rejected earlier arrived before all entries.
        """
        first = self._first_places.get(reject.digest, 0)
        same = self._by_reference.get(reject.reference, {})
        return {field for place, item in same.items() if place > first for field in item.raw or ()}
