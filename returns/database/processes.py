"""Processes as others know them: where they run, and whether they have ended.

Known on Linux alone. Elsewhere a process has no place, and nobody says that it has ended.
"""

import os
from functools import cache
from pathlib import Path

PROC = Path("/proc")
# In /proc/<id>/stat, counted behind the name, which may contain anything.
STATE, STARTED_AT = 0, 19
HAS_ENDED = {"Z", "X", "x"}  # nobody has asked for its exit code yet


@cache
def this_place() -> str:
    """Return what tells this computer since its start, and the container, from others."""
    try:
        booted = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{booted} {(PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def this_process() -> str:
    """Return the id of this process, and when it was started: ids are given again."""
    fields = _fields(os.getpid())
    return f"{os.getpid()} {fields[STARTED_AT]}" if fields else ""


def has_ended(place: str, process: str) -> bool:
    """Tell whether a process of this place is known to have ended."""
    if not place or not process or place != this_place():
        return False
    number, _, started_at = process.partition(" ")
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:  # another user's
        pass
    fields = _fields(int(number))
    return bool(fields) and (fields[STATE] in HAS_ENDED or fields[STARTED_AT] != started_at)


def _fields(number: int) -> list[str]:
    try:
        text = (PROC / str(number) / "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()
