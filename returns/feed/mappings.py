"""How the columns of a foreign file are read: which column is which of our fields."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from config.stored_texts import stored_text
from config.text import shorten
from returns.feed.records import RecordError
from returns.feed.spelling import normalize, word_key

# In ``ColumnMapping.fixed``, the state that follows from the dates of each row.
BY_DATES = "by dates"
MAX_HEADER_LENGTH = 100
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

    def states_by_key(self) -> dict[str, str]:
        """Return the state that each word means, by its ``word_key``."""
        return {word_key(word): state for word, state in self.states.items()}

    def place(self, name: str, header: Sequence[str]) -> int:
        """Return the index of the column of a field. Raises ``RecordError`` if it is missing."""
        wanted = normalize(self.columns[name])
        for at, cell in enumerate(header):
            if normalize(cell) == wanted:
                return at
        why = stored_text(
            "the column “%(column)s”, which the column mapping uses, is missing",
            column=self.columns[name],
        )
        raise RecordError("file", why)


def from_json(stored: Mapping[str, Any]) -> ColumnMapping | None:
    """Return a stored mapping; None if there is none."""
    return ColumnMapping(**stored) if stored else None


def unique_headers(header: Sequence[str]) -> list[str]:
    """Return the headers, shortened, and with a number after those that occur again."""
    seen: set[str] = set()
    counts: dict[str, int] = {}  # by the header, how many are called so
    result = []
    for at, cell in enumerate(header, start=1):
        plain = shorten(" ".join(cell.split()), MAX_HEADER_LENGTH) or f"column {at}"
        name, count = plain, counts.get(plain, 1)
        while normalize(name) in seen:
            count += 1
            name = f"{plain} ({count})"
        seen.add(normalize(name))
        counts[plain] = count
        result.append(name)
    return result
