"""Frames of Python functions do not make the process ask the system for memory again and again."""

import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from config.memory import with_room

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
