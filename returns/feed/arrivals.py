"""The order in which the entries of a batch have arrived, for rejected records without a time."""

from collections.abc import Collection
from functools import cached_property

from returns.feed.items import Item
from returns.feed.records import RecordError
from returns.feed.rejected import digest_of, reference_of
from returns.models import Fate, FeedRun, RejectedRecord


class Arrivals:
    """The entries of a batch. They are looked at only if rejected records wait."""

    def __init__(self, run: FeedRun) -> None:
        self._run = run
        self._items: list[Item] = []
        self._rejected: list[tuple[Item, RecordError]] = []
        self._waiting: Collection[str] = ()

    def add(self, item: Item) -> None:
        """Remember an entry."""
        self._items.append(item)

    def reject(self, item: Item, error: RecordError) -> None:
        """Remember that an entry was rejected."""
        self._rejected.append((item, error))

    def find_waiting(self) -> None:
        """Find the entries that wait already. Must be called before those of the batch are kept."""
        waiting = RejectedRecord.objects.filter(fate=Fate.WAITING)
        if waiting.exists():
            known = waiting.filter(digest__in=list(self._first_places))
            self._waiting = set(known.values_list("digest", flat=True))

    @cached_property
    def references(self) -> Collection[str]:
        """Return the references of the entries that have one."""
        return self._places.keys() - {""}

    def later_fields(self, reject: RejectedRecord) -> set[str]:
        """Return the fields of the records of a return that arrived after a rejected one.

        Those that were rejected earlier arrived before all entries.
        """
        is_new = reject.digest not in self._waiting
        first = self._first_places.get(reject.digest, -1) if is_new else -1
        later = (place for place in self._places.get(reject.reference, ()) if place > first)
        return {field for place in later for field in self._fields(self._items[place])}

    def _fields(self, item: Item) -> Collection[str]:
        return () if id(item) in self._no_records else item.raw or ()

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for place, item in enumerate(self._items):
            places.setdefault(reference_of(item), []).append(place)
        return places

    @cached_property
    def _no_records(self) -> set[int]:
        """Return the entries that were rejected as no records, or as those of another system."""
        return {
            id(item)
            for item, error in self._rejected
            if error.field == "source" or not _is_record(item)
        }

    @cached_property
    def _first_places(self) -> dict[str, int]:
        """Return where the entries that are no records arrived first, by their digest."""
        errors = {id(item): error for item, error in self._rejected}
        places: dict[str, int] = {}
        for place, item in enumerate(self._items):
            if id(item) in self._no_records:
                places.setdefault(digest_of(self._run, item, errors[id(item)]), place)
        return places


def _is_record(item: Item) -> bool:
    try:
        item.parse()
    except RecordError:
        return False
    return True
