"""Checking a requested export: what it contains, how large it is, and who may have it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from config.stored_texts import StoredText, stored_text
from returns.exports import as_xlsx
from returns.exports.file_names import build_file_name
from returns.exports.selection import Selection, Size, measure, parse_selection
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
    """A checked request. ``size`` is that of at most ``BACKGROUND_THRESHOLD`` returns plus one.

    ``bom`` puts the mark by which Excel recognises UTF-8 in front of a CSV file.
    """

    selection: Selection
    size: Size
    bom: bool = False

    @property
    def number(self) -> int:
        """Return the number of returns."""
        return self.size.returns

    @property
    def is_large(self) -> bool:
        """Return whether the file is made in the background."""
        return self.size.rows(by_items=self.selection.by_items) > BACKGROUND_THRESHOLD

    @property
    def has_many_returns(self) -> bool:
        """Return whether a file of these returns is made in the background in any case."""
        return self.number > BACKGROUND_THRESHOLD

    @property
    def has_many_items(self) -> bool:
        """Return whether it is only if it has a row for each item."""
        return self.size.item_rows > BACKGROUND_THRESHOLD >= self.number

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
    size = measure(selection, BACKGROUND_THRESHOLD + 1)
    check_permission(person, size.returns)
    return ExportRequest(selection, size, bom=query.get("bom") == "1")


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


def check_fits_sheet(size: Size, *, by_items: bool) -> None:
    """Raise ``ValidationError`` if an Excel sheet cannot hold a file of this size."""
    if by_items and size.item_rows > as_xlsx.MAX_SHEET_ROWS:
        raise refusal(
            stored_text(
                "An Excel sheet holds up to %(limit)s rows. Export the list as CSV, with one row "
                "per return, or filter for fewer.",
                limit=as_xlsx.MAX_SHEET_ROWS,
            )
        )
    if size.returns > as_xlsx.MAX_SHEET_ROWS:
        raise refusal(
            stored_text(
                "An Excel sheet holds up to %(limit)s returns. Export the list as CSV, or filter "
                "for fewer.",
                limit=as_xlsx.MAX_SHEET_ROWS,
            )
        )
