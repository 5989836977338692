"""What was checked, and how it is."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Result(StrEnum):
    """How a point is. ``SKIPPED`` is what could not be checked, or does not apply."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was checked; ``advice`` says what to do, unless it is as it should be."""

    name: str
    result: Result
    text: str
    advice: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the point as JSON has it."""
        return asdict(self)


def ok(name: str, text: str) -> Point:
    """Return a point that is as it should be."""
    return Point(name, Result.OK, text)


def warning(name: str, text: str, advice: str) -> Point:
    """Return a point that works, but not as well as it could."""
    return Point(name, Result.WARNING, text, advice)


def failed(name: str, text: str, advice: str) -> Point:
    """Return a point that does not work."""
    return Point(name, Result.FAILED, text, advice)


def skipped(name: str, text: str, advice: str = "") -> Point:
    """Return a point that was not checked."""
    return Point(name, Result.SKIPPED, text, advice)
