"""How the columns of a foreign file are read: which column is which of our fields."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from returns.feed.records import RecordError
from returns.feed.spelling import normalize

# In ``ColumnMapping.fixed``, the state that follows from the dates of each row.
BY_DATES = "by dates"
LEFT_OUT = ""  # in ``ColumnMapping.states``: rows with that word are left out


@dataclass(frozen=True)
class ColumnMapping:
    """What a person said about the columns of a file.

    ``columns`` has the header of the column for each API field, ``fixed`` the value that a field
    has in all rows, and ``states`` what the words of the state column mean. ``prefix`` is put
    before each return reference. Other columns are stored with the return if ``keeps_others``. For
    JSON, ``records`` is the path of the list of records, and headers are paths within a record.
    """

    columns: Mapping[str, str]
    fixed: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    keeps_others: bool = False
    records: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as stored."""
        return asdict(self)

    def fits(self, header: Sequence[str]) -> bool:
        """Tell whether a file with this header has all its columns."""
        return self.used.issubset(map(normalize, header))

    @property
    def used(self) -> frozenset[str]:
        """Return the normalized headers of its columns."""
        return frozenset(map(normalize, self.columns.values()))

    def state(self, word: str) -> str | None:
        """Return the state that a word means, "" if its rows are left out, None if not known."""
        words = {normalize(each): state for each, state in self.states.items()}
        return words.get(normalize(word))

    def place(self, name: str, header: Sequence[str]) -> int:
        """Return the index of the column of a field. Raises ``RecordError`` if it is missing."""
        wanted = normalize(self.columns[name])
        for at, cell in enumerate(header):
            if normalize(cell) == wanted:
                return at
        reason = f"the column “{self.columns[name]}”, which the column mapping uses, is missing"
        raise RecordError("file", reason)


def from_json(stored: Mapping[str, Any]) -> ColumnMapping | None:
    """Return a stored mapping; None if there is none."""
    return ColumnMapping(**stored) if stored else None


def unique_headers(header: Sequence[str]) -> list[str]:
    """Return the headers with a number after those that occur again; one may have no name."""
    seen: dict[str, int] = {}
    result = []
    for at, cell in enumerate(header, start=1):
        name = " ".join(cell.split()) or f"column {at}"
        count = seen[normalize(name)] = seen.get(normalize(name), 0) + 1
        result.append(name if count == 1 else f"{name} ({count})")
    return result
