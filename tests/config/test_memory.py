"""What a process keeps, and that neither frames nor the collection of garbage take its time."""

import codecs
import encodings
import gc
import resource
import subprocess
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from config.memory import (
    SHORT_TEXT,
    forget_unknown_encodings,
    kept_if_short,
    spare_what_is_loaded,
    with_room,
)
from config.unreadable import is_readable_type

DEPTHS, CALLS = 400, 100


def called(depth: int, function: Callable[[], None]) -> None:
    """Call a function as deep in the stack as that."""
    if depth:
        called(depth - 1, function)
    else:
        for _ in range(CALLS):
            function()


def nothing() -> None:
    """Take a frame and give it back."""


def most_page_faults() -> int:
    """Return how many page faults the calls took at the worst depth."""

    def faults(depth: int) -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        called(depth, nothing)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    return max(faults(depth) for depth in range(DEPTHS))


def in_thread(function: Callable[[], int]) -> int:
    """Return what a function returns in a thread, which has a stack of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def test_calls_where_a_chunk_of_frames_ends_cost_no_memory():
    # What this guards against: without room, there is a depth at which each call takes a page.
    assert in_thread(most_page_faults) >= CALLS
    assert in_thread(partial(with_room, most_page_faults)) < CALLS


def test_it_returns_and_raises_what_the_function_does():
    assert with_room(max, 1, 2, key=lambda number: -number) == 1
    with pytest.raises(ValueError, match="invalid literal"):
        with_room(int, "x")


class Held:
    """Something that holds itself."""

    itself: "Held"


def test_what_is_loaded_is_left_out_of_garbage_collections() -> None:
    spare_what_is_loaded()
    try:
        assert gc.get_freeze_count() > 100_000
        seen = weakref.ref(held := Held())
        held.itself = held
        del held
        gc.collect()
        assert seen() is None  # newer objects are collected as ever
    finally:
        gc.unfreeze()


def test_names_of_encodings_that_there_are_not_are_not_kept():
    forget_unknown_encodings()
    kept = len(encodings._cache)
    for number in range(10):
        assert not is_readable_type(f"text/plain; charset=x{number}{'q' * 5_000}")
        assert not is_readable_type(f"text/plain; charset*=x{number}{'q' * 900}''%41")
        assert not is_readable_type(f"text/plain; charset=utf-8.{number}")
    assert len(encodings._cache) == kept
    # The names of one encoding are kept once, however they are spelled.
    for number in range(10):
        assert is_readable_type(f"text/plain; charset=utf{'-' * number}_8")
    assert len(encodings._cache) <= kept + 1


@pytest.mark.parametrize(
    "name",
    [
        *("utf-8", "UTF8", "utf_8_sig", "latin1", "ISO-8859-9", "iso8859_9", "cp1254"),
        *("windows-1252", "mac-roman", "utf-16-le", "idna", "punycode", "ascii", "u8"),
    ],
)
def test_all_encodings_are_still_found(name):
    before = codecs.lookup(name).name
    forget_unknown_encodings()
    assert codecs.lookup(name).name == before


def test_the_web_server_forgets_them():
    code = (
        "import codecs, encodings, config.wsgi\n"
        "kept = len(encodings._cache)\n"
        "try:\n    codecs.lookup('no such one')\n"
        "except LookupError:\n    print(len(encodings._cache) - kept)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "0"


def test_only_what_short_texts_lead_to_is_kept():
    calls: list[str] = []

    @kept_if_short(10)
    def length(text: str) -> int:
        calls.append(text)
        return len(text)

    short, long = "x" * SHORT_TEXT, "x" * (SHORT_TEXT + 1)
    assert [length(short), length(short), length(long), length(long)] == [200, 200, 201, 201]
    assert calls == [short, long, long]
