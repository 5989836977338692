"""What spreadsheets do to the values of cells: undone if nothing was lost by it, else refused."""

import re

from django.utils.translation import gettext_noop

from config.stored_texts import StoredText, stored_text
from returns.feed.item_fields import ITEM_NUMBERS, KNOWN_CELLS
from returns.feed.reasons import followed, quoted
from returns.feed.records import API_NAMES, UNSTRIPPED_COLUMNS, RecordError
from returns.models.facts import FACTS

# References and tracking IDs, which are texts of digits and letters.
NUMBERS_OF_RETURNS = frozenset(fact.api_name for fact in FACTS if fact.key)
NUMBER_FIELDS = NUMBERS_OF_RETURNS | ITEM_NUMBERS
PROSE_FIELDS = frozenset(API_NAMES[name] for name in UNSTRIPPED_COLUMNS)
RESTORED_FIELDS = KNOWN_CELLS - PROSE_FIELDS
# What people and programs write for "nothing".
EMPTY_MARKS = frozenset({"-", "–", "—", "n/a"})
ERROR = re.compile(r"#(?:N/A|NV|YOK|[^\W\d_]+(?:/0)?[!?])|#{2,}", re.IGNORECASE)
# A spreadsheet keeps what is in ="..." or after an apostrophe as it is.
KEPT_AS_TEXT = re.compile(r'="(.*)"|\'(?=[^\'])(.*)', re.DOTALL)
MONTHS = (
    "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|"
    r"oca|şub|sub|nis|haz|tem|ağu|agu|eyl|eki|kas|ara|mär|mrz|mai(?![^\W\d_])|okt|dez"
)
# What is lost cannot be brought back from the file.
LOST = {
    r"[+-]?\d(?:[.,]\d+)?E\+\d+": gettext_noop(
        "a spreadsheet has shortened this number: %(value)s"
    ),
    r"\d+[.,]0+": gettext_noop("a spreadsheet has made a decimal number of this: %(value)s"),
    r"\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:,\d{3}){2,}": gettext_noop(
        "a spreadsheet has grouped the digits of this number: %(value)s"
    ),
    r"\d{1,2}[./]\d{1,2}[./]\d{4}"
    rf"|\d{{1,2}}(?:\. |[. -])(?:{MONTHS})[^\W\d_]*(?:[. -]\d{{2,4}})?"
    rf"|(?:{MONTHS})[.-]\d{{2}}|\d{{4}}-\d{{2}}-\d{{2}}(?:[ T]\d{{2}}:\d{{2}}(?::\d{{2}})?)?": (
        gettext_noop("a spreadsheet has made a date of this: %(value)s")
    ),
}
WHAT_WAS_DONE = tuple(LOST.values())
LOST_NUMBER = re.compile("|".join(f"({pattern})" for pattern in LOST), re.IGNORECASE)
AS_TEXT = stored_text(
    "Format the column as text there, enter the original again, and save the file again"
)


# What a spreadsheet has made of a number, by the type of its cell; see ``workbook_rows``.
MADE_BY_TYPE = {
    "d": gettext_noop("a spreadsheet has made a date of this: %(value)s"),
    "f": gettext_noop("a spreadsheet has made a decimal number of this: %(value)s"),
    "b": gettext_noop("a spreadsheet has made “true” or “false” of this: %(value)s"),
}


def check_type(field: str, text: str, kind: str) -> None:
    """Raise ``RecordError`` for a reference or tracking ID whose cell has another type."""
    if field in NUMBER_FIELDS and kind in MADE_BY_TYPE:
        raise RecordError(field, _lost(MADE_BY_TYPE[kind], text))


def restore(field: str, text: str, *, is_typed: bool = False) -> str:
    """Return what was in a cell before a spreadsheet changed it; "" for a mark of nothing.

    The texts of a workbook, which ``is_typed``, have nothing around them. Raises ``RecordError`` if
    that is lost.
    """
    if field not in RESTORED_FIELDS:
        return text
    text = text.strip()
    if text.isalnum() and text != "0":  # as most are
        return text
    may_be_kept = not is_typed and field in NUMBER_FIELDS and text[:1] in "='"
    if may_be_kept and (kept := KEPT_AS_TEXT.fullmatch(text)):
        text = (kept[1] or kept[2] or "").strip()
    is_empty = len(text) <= 3 and text.casefold() in EMPTY_MARKS
    if is_empty or (field in NUMBERS_OF_RETURNS and text == "0"):  # items may be counted from 0
        return ""
    if text.startswith("#") and ERROR.fullmatch(text):
        why = stored_text(
            "the spreadsheet shows an error, %(value)s, instead of a value", value=text
        )
        raise RecordError(field, why)
    if field in NUMBER_FIELDS and (lost := LOST_NUMBER.fullmatch(text)):
        raise RecordError(field, _lost(WHAT_WAS_DONE[(lost.lastindex or 1) - 1], text))
    return text


def _lost(what: str, text: str) -> StoredText:
    return followed(StoredText(what, {"value": quoted(text)}), AS_TEXT)
