"""What commands that import files have in common: opening them, and reporting what is left out."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from returns.feed.imports import Opener

MAX_REPORTED = 50  # sentences of a kind that are printed one by one


class LimitedReport:
    """Writes the first sentences and counts the rest."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._count = 0

    def __call__(self, sentence: str) -> None:
        """Write the sentence, unless there were too many."""
        self._count += 1
        if self._count <= MAX_REPORTED:
            self._write(sentence)

    def finish(self, what: str) -> None:
        """Write how many sentences were not written."""
        if self._count > MAX_REPORTED:
            self._write(f"{self._count - MAX_REPORTED:,} {what}")


def opener(name: str) -> tuple[str, Opener]:
    """Return what an input is called, and a function that opens it; "-" is standard input."""
    return ("standard input", _standard_input) if name == "-" else (name, lambda: _open(name))


def _standard_input() -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer)


def _open(name: str) -> AbstractContextManager[BinaryIO]:
    return Path(name).open("rb")
