"""What the fields and states of the API, and the places in files, are called on pages."""

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override

from config.stored_texts import StoredText, stored_text
from returns.feed.item_fields import ITEM_LABELS, name_of_cell
from returns.feed.reasons import Why, named
from returns.models import State
from returns.models.facts import FACTS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FIELD_LABELS: Mapping[str, "StrOrPromise"] = {
    **{fact.api_name: fact.label for fact in FACTS},
    "tag": _("Tags"),
    **{str(state): state.label for state in State},
    **ITEM_LABELS,
}
# Errors of a whole file or record have these in place of a field.
WHOLES = {"file": stored_text("file"), "record": stored_text("record")}
# Texts that are stored have no contexts, so these are labels of their own within them.
STORED_LABELS = (
    # Translators: the time at which a return was created, as the name of a column.
    gettext_noop("Created"),
    # Translators: the time at which a return arrived, as the name of a column.
    gettext_noop("Arrived"),
    # Translators: the time at which a return was completed, as the name of a column.
    gettext_noop("Completed"),
)
PLACE = re.compile(r"(?:(?P<file>.*): )?(?P<kind>line|row|item|record) (?P<number>\d+)", re.DOTALL)


def field_label(name: str) -> str:
    """Return what a field or a state is called on pages; other names are returned as they are."""
    return str(WHOLES.get(name) or FIELD_LABELS.get(name_of_cell(name), name))


def stored_whole(name: str) -> Why:
    """Return the API's name of a field, or what a whole file or record is called."""
    return WHOLES.get(name, name)


def stored_label(name: str) -> Why:
    """Return what a field is called in a text that is stored."""
    cell = name_of_cell(name)
    return WHOLES.get(name) or (_stored_label(cell) if cell in FIELD_LABELS else name)


@cache
def _stored_label(name: str) -> StoredText:
    with override("en"):
        return StoredText(str(FIELD_LABELS[name]), context="item" if name in ITEM_LABELS else "")


def stored_place(place: str) -> Why:
    """Return a place, such as "line 17" or "x.csv: row 3", as a text that is stored."""
    if not (match := PLACE.fullmatch(place)):
        return place
    number = match["number"]
    match match["kind"]:
        case "line":
            within = stored_text("line %(number)s", number=number)
        case "row":
            within = stored_text("row %(number)s", number=number)
        case "item":
            within = stored_text("item %(number)s", number=number)
        case _:
            within = stored_text("record %(number)s", number=number)
    return named(match["file"], within) if match["file"] else within


def place_label(place: str) -> str:
    """Return a place as people read it. Where it is stored and compared it is English."""
    return str(stored_place(place))
