"""Checking a requested export: what it contains, how large it is, and who may have it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from config.stored_texts import StoredText, stored_text
from returns.exports import as_xlsx
from returns.exports.file_names import build_file_name
from returns.exports.selection import Selection, count_returns, parse_selection
from returns.filters.query import Query
from returns.filters.wording import filter_parts
from returns.people.person import get_preferences

EXPORT_PERMISSION = "returns.view_return"
EXPORT_ALL_PERMISSION = "returns.export_all_returns"
# The number of returns in an export without the permission.
MAX_RETURNS_WITHOUT_PERMISSION = 10_000
# A file with more returns is made in the background.
BACKGROUND_THRESHOLD = 20_000


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A checked request. ``number`` of returns is at most ``BACKGROUND_THRESHOLD`` plus one.

    ``bom`` puts the mark by which Excel recognises UTF-8 in front of a CSV file.
    """

    selection: Selection
    number: int
    bom: bool = False

    @property
    def is_large(self) -> bool:
        """Return whether a file of these returns is made in the background."""
        return self.number > BACKGROUND_THRESHOLD

    @property
    def params(self) -> list[tuple[str, str]]:
        """Return the parameters of the list, for hidden inputs."""
        lists = self.selection.query.lists()
        return [(name, value) for name, values in lists for value in values]

    @property
    def filters(self) -> list[tuple[str, str, str]]:
        """Return the filters for people: the words before the values, the values, those after."""
        return filter_parts(self.selection.query)

    def file_name(self, now: datetime, extension: str) -> str:
        """Return the name of the file."""
        return build_file_name(self.selection.query, now, extension)


def parse_request(query: Query, person: User) -> ExportRequest:
    """Return the export that a query asks for; the default columns are those of the person's list.

    Raises ``ValidationError`` for a parameter that is not valid, and for more returns than the
    person may export.
    """
    selection = parse_selection(query, get_preferences(person).columns)
    number = count_returns(selection, BACKGROUND_THRESHOLD + 1)
    check_permission(person, number)
    return ExportRequest(selection, number, bom=query.get("bom") == "1")


def refusal(text: StoredText) -> ValidationError:
    """Return an error with a message for readers of any language, who may read it later."""
    return ValidationError(cast("Any", text))


def check_permission(person: User, number: int) -> None:
    """Raise ``ValidationError`` if the person may not, or no longer, export so many returns."""
    if not person.has_perm(EXPORT_PERMISSION):
        raise refusal(stored_text("You don't have permission to see returns any more."))
    limit = MAX_RETURNS_WITHOUT_PERMISSION
    if number > limit and not person.has_perm(EXPORT_ALL_PERMISSION):
        raise refusal(
            stored_text(
                "Your role can export up to %(limit)s returns, and this list has more. Filter for "
                "fewer, or ask a warehouse manager to export it.",
                limit=limit,
            )
        )


def check_fits_sheet(number: int) -> None:
    """Raise ``ValidationError`` if an Excel sheet cannot hold so many returns."""
    if number > as_xlsx.MAX_SHEET_ROWS:
        raise refusal(
            stored_text(
                "An Excel sheet holds up to %(limit)s returns. Export the list as CSV, or filter "
                "for fewer.",
                limit=as_xlsx.MAX_SHEET_ROWS,
            )
        )
