"""Entries that are parsed ahead are the same, in the same order, and fail at the same place."""

import json
import threading
from collections.abc import Iterator
from itertools import islice

import pytest
from django.utils.translation import get_language, override

from returns.feed.ahead import ENTRIES_AHEAD, parsed_ahead
from returns.feed.items import Item, item_from_json
from returns.feed.records import RecordError

MANY = 2 * ENTRIES_AHEAD + 7


def entry(number: int) -> Item:
    times = dict.fromkeys(("createdAt", "updatedAt"), "2026-01-05T09:00:00Z")
    state = "ReturnCreated" if number % 10 else "Nonsense"
    values = {"returnReferenceNumber": f"R-{number}", "state": state, **times}
    return item_from_json(f"item {number}", json.loads(json.dumps(values)))


def entries(count: int) -> Iterator[Item]:
    return map(entry, range(count))


def parsed(item: Item) -> object:
    try:
        return item.parse()
    except RecordError as error:
        return error.problems


@pytest.mark.parametrize("count", [0, 1, ENTRIES_AHEAD - 1, ENTRIES_AHEAD, MANY])
def test_nothing_but_the_time_differs(count):
    ahead = list(parsed_ahead(entries(count)))
    assert ahead == list(entries(count))
    assert all(item.outcome for item in ahead)
    named = list(parsed_ahead(entries(count), "r.csv: "))
    assert [item.place for item in named] == [f"r.csv: {item.place}" for item in ahead]
    assert list(map(parsed, ahead)) == list(map(parsed, entries(count)))


def test_what_fails_is_raised_after_what_came_before_it():
    def failing() -> Iterator[Item]:
        yield from entries(ENTRIES_AHEAD + 3)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(parsed_ahead(failing()))
    several = parsed_ahead(failing())
    assert len(list(islice(several, ENTRIES_AHEAD + 3))) == ENTRIES_AHEAD + 3
    with pytest.raises(OSError, match="the disk is gone"):
        next(several)


def test_who_stops_early_leaves_no_thread_behind():
    ahead = parsed_ahead(entries(MANY))
    assert next(ahead).place == "item 0"
    ahead.close()
    assert not [each for each in threading.enumerate() if each.name.startswith("parsing")]


def test_the_thread_has_the_language_of_its_reader():
    def languages() -> Iterator[Item]:
        yield item_from_json(str(get_language()), {})

    with override("tr"):
        assert next(parsed_ahead(languages())).place == "tr"
