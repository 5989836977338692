"""What a query string asks to take along, counted as far as it matters, and who may."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from returns.exports import as_xlsx
from returns.exports.file_names import file_name
from returns.exports.selection import Wanted, count, read
from returns.filters.query import Query
from returns.filters.wording import in_words
from returns.people.person import preferences_of

MAY_EXPORT_ALL = "returns.export_all_returns"
# How many returns everybody else takes along at once.
MOST = 10_000
# A workbook of more returns is made in the background.
LARGE = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be taken along. ``number`` is that of the returns, or one more than ``LARGE``."""

    wanted: Wanted
    number: int

    @property
    def is_large(self) -> bool:
        """Tell whether a workbook of these is made in the background."""
        return self.number > LARGE

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Return what the query string says of the list, for a form."""
        lists = self.wanted.query.lists()
        return [(name, value) for name, values in lists for value in values]

    @property
    def words(self) -> list[tuple[str, str]]:
        """Return the filter in words."""
        return in_words(self.wanted.query)

    def name(self, now: datetime, ending: str) -> str:
        """Return the name of the file."""
        return file_name(self.wanted.query, now, ending)


def ask(query: Query, person: User) -> Asked:
    """Read what a query string asks for, in the columns that the person chose or it names.

    Raises ``ValidationError`` for what cannot be understood, and for more returns than the
    person may take along.
    """
    wanted = read(query, preferences_of(person).columns)
    number = count(wanted, LARGE + 1)
    check_may(person, number)
    return Asked(wanted, number)


def check_may(person: User, number: int) -> None:
    """Raise ``ValidationError`` when these are more returns than the person may take along."""
    if number > MOST and not person.has_perm(MAY_EXPORT_ALL):
        raise ValidationError(
            f"These are more than {MOST:,} returns, and your role takes up to {MOST:,} along. "
            "Filter for fewer, or ask somebody who may."
        )


def check_fits(number: int) -> None:
    """Raise ``ValidationError`` when a sheet of Excel cannot hold so many returns."""
    if number > as_xlsx.MOST_ROWS:
        raise ValidationError(
            f"A sheet of Excel ends at {as_xlsx.MOST_ROWS:,} returns. Take these along as CSV, "
            "or filter for fewer."
        )
