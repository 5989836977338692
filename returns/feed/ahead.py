"""Reading a file ahead: the next entries are parsed while the database writes those before them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import get_language, override

from returns.feed.digests import current_key
from returns.feed.items import Item

ENTRIES_AHEAD = 5000  # as many as a batch has


@dataclass
class Pace:
    """How the entries of late were. Most of those that repeat earlier ones need no parsing."""

    is_repeating: bool = False


def parsed_ahead(
    items: Iterator[Item], prefix: str = "", pace: Pace | None = None
) -> Iterator[Item]:
    """Yield the items, parsed, with a prefix before their places; a thread does the next ones.

    While entries repeat earlier ones, they are only read. What fails is raised where it would be
    without the thread. The thread must not need the database. It ends with this generator, after
    the entries that it is at.
    """
    language, pace = get_language(), pace or Pace()
    with ThreadPoolExecutor(1, "parsing") as thread:
        is_over = False
        coming = thread.submit(_next, items, pace, prefix, language)
        while not is_over:
            some, error = coming.result()
            is_over = error is not None or len(some) < ENTRIES_AHEAD
            if not is_over:
                coming = thread.submit(_next, items, pace, prefix, language)
            yield from some
            if error:
                raise error


def _next(
    items: Iterator[Item], pace: Pace, prefix: str, language: str | None
) -> tuple[list[Item], Exception | None]:
    some: list[Item] = []
    key, may_repeat = current_key(), pace.is_repeating
    try:
        with override(language):
            for item in islice(items, ENTRIES_AHEAD):
                some.append(item.read(prefix, key, may_repeat=may_repeat))  # noqa: PERF401 - what came before an error is kept
    except Exception as error:
        return some, error
    return some, None
