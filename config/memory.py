"""The memory of the process."""

import ctypes
import gc
from collections.abc import Callable

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # of glibc's malloc.h
LARGE_BLOCK = 1_000_000  # bytes
MAX_ARENAS = 2
# Of a frame, 8 bytes each: more than half of the 256 KB that CPython then takes at once.
ROOMY_FRAME_SLOTS = 17_000


def return_large_blocks() -> None:
    """Let the memory of large files and bodies be returned to the system when it is freed.

    By itself, glibc keeps blocks of up to 32 MB, for each thread, once the first was freed. Other
    C libraries have no such function.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)
        mallopt(M_ARENA_MAX, MAX_ARENAS)


def spare_what_is_loaded() -> None:
    """Let garbage collections leave out all objects that there are now. Call it once, at the start.

    The program itself has very many objects, which stay. Who makes many others, as an import
    does, would have them searched again and again: a quarter of its time.
    """
    gc.freeze()


def with_room[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function with room for the frames of all that it calls, and return what it returns.

    CPython keeps frames in chunks of 16 KB. What is called again and again just where a chunk ends
    takes a chunk from the system, and gives it back, each time: up to half of the time of a page.
    A frame that needs much gets a large chunk, and the frames of its callees fit in beside it.
    """
    return function(*args, **kwargs)


with_room.__code__ = with_room.__code__.replace(co_stacksize=ROOMY_FRAME_SLOTS)
