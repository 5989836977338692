"""Neither frames nor the collection of garbage take the time of what makes many objects."""

import gc
import resource
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from config.memory import spare_what_is_loaded, with_room

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
