"""The filters beyond state, numbers and tags as the list offers them, and those that are chosen."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from returns.filters.fields import LONGEST_WAIT_HOURS
from returns.filters.filterset import MOST_RETURNS_OF_ORDER, REPEATABLE_PARAMETERS
from returns.filters.tag_menu import ChosenFilter, address_without
from returns.filters.wording import HOURS, KINDS, value_in_words

DATES = tuple(
    f"{event}_{end}" for event in ("created", "arrived", "completed") for end in ("from", "to")
)
# The lowest and the highest number of each.
NUMBERS = {
    **dict.fromkeys(HOURS, (0, LONGEST_WAIT_HOURS)),
    "order_returns": (2, MOST_RETURNS_OF_ORDER),
}
NAMES = ("notes", *NUMBERS, *DATES)
# Those that only an address says.
FACTS = (
    *("carrier", "channel", "source", "missing", "problem", "deadline", "open_at"),
    *("took", "arrived_weekday", "order_is"),
    *("rule", "rule_undone", "rule_from", "rule_to"),
)
LABELS = {
    "notes": "Notes contain",
    "waiting_over": "Waiting over, hours",
    "waiting_under": "Waiting under, hours",
    "on_the_way_over": "On the way over, hours",
    "on_the_way_under": "On the way under, hours",
    "took_over": "Took at least, hours",
    "took_under": "Took less than, hours",
    "order_returns": "Return of its order, at least number",
}
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
NUMBER = re.compile(r"\d{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class MoreField:
    """A field of the menu, with the value that it shows."""

    id: str
    name: str
    label: str
    kind: str
    value: str
    lowest: int | None = None
    highest: int | None = None


def fits(name: str, value: str) -> bool:
    """Tell whether the field of this name can show the value: "today" is no day of a calendar."""
    if name in DATES:
        return bool(DATE.fullmatch(value))
    if name in NUMBERS:
        return bool(NUMBER.fullmatch(value))
    return name == "notes"


def more_fields(data: QueryDict) -> Iterator[MoreField]:
    """Yield the fields; of those for notes there are two, or one more than texts."""
    texts = [*data.getlist("notes"), ""]
    for number, text in enumerate(texts if len(texts) > 1 else ["", ""], start=1):
        label = "or" if number > 1 else LABELS["notes"]
        yield MoreField(f"id_notes_{number}", "notes", label, "search", text)
    for name in (*NUMBERS, *DATES):
        value = data.get(name, "")
        shown = value if fits(name, value) else ""
        kind = "date" if name in DATES else "number"
        label = LABELS.get(name, KINDS[name].capitalize())
        yield MoreField(f"id_{name}", name, label, kind, shown, *NUMBERS.get(name, ()))


def chosen_more(data: QueryDict, base: str) -> Iterator[ChosenFilter]:
    """Yield these filters as chips, those of them too that only an address can say."""
    for name in ("reference", "queue", *FACTS, *NAMES):
        if name == "queue" and base == reverse("queue"):
            continue
        values = data.getlist(name)
        shown = values if name in REPEATABLE_PARAMETERS else values[-1:]
        for number, value in enumerate(shown, start=1):
            without = [other for other in values if other != value]
            address = address_without(base, data, name, without)
            words = value_in_words(name, value)
            yield ChosenFilter(KINDS[name], words, name, value, "", f"{name}-{number}", address)
