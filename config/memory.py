"""The memory of the process."""

import codecs
import ctypes
import encodings
import gc
import pkgutil
from collections.abc import Callable
from encodings.aliases import aliases
from functools import lru_cache, wraps

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # of glibc's malloc.h
LARGE_BLOCK = 1_000_000  # bytes
MAX_ARENAS = 2
# Of a frame, 8 bytes each: more than half of the 256 KB that CPython then takes at once.
ROOMY_FRAME_SLOTS = 17_000
SHORT_TEXT = 200  # characters
KNOWN_ENCODINGS = {
    *(name for pair in aliases.items() for name in pair),
    *(module.name for module in pkgutil.iter_modules(encodings.__path__)),
}


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


def return_free_memory() -> None:
    """Return to the system what is free between blocks that are in use."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


def kept_if_short[T](most: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Keep what a function returned for each of the last ``most`` texts, unless they are long.

    Otherwise a few thousand long texts, which no one will send again, stay for as long as the
    process does.
    """

    def keep(function: Callable[[str], T]) -> Callable[[str], T]:
        kept = lru_cache(maxsize=most)(function)

        @wraps(function)
        def wrapper(text: str) -> T:
            return kept(text) if len(text) <= SHORT_TEXT else function(text)

        return wrapper

    return keep


def forget_unknown_encodings() -> None:
    """Let Python remember no name of an encoding that there is not.

    By itself it keeps each one for ever, and anybody may name some, such as in Content-Type.
    """
    codecs.unregister(encodings.search_function)
    codecs.register(_find_encoding)


def _find_encoding(name: str) -> codecs.CodecInfo | None:
    """Return an encoding of the standard library; None for every other name."""
    normal = encodings.normalize_encoding(name).replace(".", "_")
    return encodings.search_function(name) if normal in KNOWN_ENCODINGS else None


def with_room[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function with room for the frames of all that it calls, and return what it returns.

    CPython keeps frames in chunks of 16 KB. What is called again and again just where a chunk ends
    takes a chunk from the system, and gives it back, each time: up to half of the time of a page.
    A frame that needs much gets a large chunk, and the frames of its callees fit in beside it.
    """
    return function(*args, **kwargs)


with_room.__code__ = with_room.__code__.replace(co_stacksize=ROOMY_FRAME_SLOTS)
