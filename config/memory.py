"""The memory of the process."""

import ctypes

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # of glibc's malloc.h
LARGE_BLOCK = 1_000_000  # bytes
MAX_ARENAS = 2


def return_large_blocks() -> None:
    """Let the memory of large files and bodies be returned to the system when it is freed.

    By itself, glibc keeps blocks of up to 32 MB, for each thread, once the first was freed. Other
    C libraries have no such function.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)
        mallopt(M_ARENA_MAX, MAX_ARENAS)
