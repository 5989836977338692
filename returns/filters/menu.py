"""The menu of more filters, and the chips of the filters chosen in it or in an address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from config.text import capitalized
from returns.filters.builders import Declaration, Offered, Section
from returns.filters.declarations import FILTERS_BY_NAME, filters_offered_in
from returns.filters.query import Query
from returns.filters.tag_menu import FilterChip, address_without
from returns.filters.wording import filter_phrase, value_label

# The labels of the boxes of missing facts; the fields of these facts have their names.
MISSING_BOX_LABELS = {
    "carrier": pgettext_lazy("filter", "No carrier"),
    "channel": pgettext_lazy("filter", "No channel"),
    "order": pgettext_lazy("filter", "No order"),
    "tracking": pgettext_lazy("filter", "No tracking"),
    "tags": pgettext_lazy("filter", "No tags"),
}
# The id of the date beside presets: the last value of a parameter counts.
DATE_SUFFIX = "_date"
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# By the step of the field.
_NUMBERS = {
    "1": re.compile(r"\d{1,9}", re.ASCII),
    "0.01": re.compile(r"\d{1,9}(\.\d{1,2})?", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class MoreField:
    """A field of the menu with its current value.

    ``type`` is that of its input element, or ``select``, which has ``choices``. A ``checkbox``
    with the value may be ``checked``. ``values`` is the id of the list of existing values.

    Browsers take dates and numbers as their language writes them, and put them into addresses as
    2026-11-28 and 1.5, which mean the same to everybody. ``step`` says how many decimals a number
    may have: not three, because 1.000 is a thousand in some languages.
    """

    section: str
    id: str
    name: str
    label: str
    type: str
    value: str
    lowest: int | None = None
    highest: int | None = None
    step: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    checked: bool = False
    values: str = ""


def has_field_for(name: str, value: str) -> bool:
    """Tell whether a field of the list's form can show the value; a date field has no "-7d"."""
    declaration = FILTERS_BY_NAME.get(name)
    if declaration is None or declaration.offered == Offered.ADDRESS:
        return False
    if declaration.offered != Offered.MORE_MENU:
        return True
    if _takes_others(declaration):
        return True
    if choices := _choices(declaration):
        return value in dict(choices) or (declaration.is_moment and bool(_DATE.fullmatch(value)))
    if declaration.is_moment:
        return bool(_DATE.fullmatch(value))
    return bool(_NUMBERS[_step(declaration)].fullmatch(value)) if declaration.bounds else True


def more_fields(query: Query) -> Iterator[MoreField]:
    """Yield the fields of the menu, section by section."""
    declarations = filters_offered_in(Offered.MORE_MENU)
    for section in Section:
        for declaration in (each for each in declarations if each.section == section):
            yield from _fields(declaration, query)


def _fields(declaration: Declaration, query: Query) -> Iterator[MoreField]:
    section, name, label = str(declaration.section.label), declaration.name, declaration.label
    choices = _choices(declaration)
    if declaration.is_repeatable:
        chosen = query.getlist(name)
        yield from _boxes(declaration, chosen) if choices else _text_fields(declaration, chosen)
        return
    value = query.get(name, "")
    value = value if has_field_for(name, value) else ""
    if choices:
        shown = tuple((each, capitalized(str(text))) for each, text in choices)
        if value and _takes_others(declaration) and value not in dict(choices):
            # A name, such as a user name, keeps its letters.
            shown = (*shown, (value, declaration.format_value(value)))
        preset = value if value in dict(shown) else ""
        yield MoreField(section, f"id_{name}", name, label, "select", preset, choices=shown)
    if declaration.is_moment:
        day = value if _DATE.fullmatch(value) else ""
        suffix, text = (DATE_SUFFIX, _("Due by the day")) if choices else ("", label)
        yield MoreField(section, f"id_{name}{suffix}", name, text, "date", day)
    elif declaration.bounds:
        limits = *declaration.bounds, _step(declaration)
        yield MoreField(section, f"id_{name}", name, label, "number", value, *limits)
    elif not choices:
        values = f"values-of-{name}"
        yield MoreField(section, f"id_{name}", name, label, "search", value, values=values)


def _step(declaration: Declaration) -> str:
    return "1" if declaration.filter.extra.get("decimal_places") == 0 else "0.01"


def _choices(declaration: Declaration) -> tuple[tuple[str, str], ...]:
    """Return the values that a field offers, with their labels; none if any text is possible."""
    values = declaration.filter.extra.get("choices", declaration.presets)
    return tuple((value, declaration.format_value(value)) for value, _label in values)


def _takes_others(declaration: Declaration) -> bool:
    """Tell whether a select offers some values of many; it then also has the one chosen."""
    return bool(declaration.presets) and not declaration.is_moment


def _boxes(declaration: Declaration, chosen: list[str]) -> Iterator[MoreField]:
    """Yield a checkbox for each value of a filter that takes several."""
    section, name = str(declaration.section.label), declaration.name
    for value, label in _choices(declaration):
        # Unlike the labels of the fields of these facts, which a person may look for by name.
        text = str(MISSING_BOX_LABELS.get(value, label))
        field_id, is_checked = f"id_{name}_{value}", value in chosen
        yield MoreField(section, field_id, name, text, "checkbox", value, checked=is_checked)


def _text_fields(declaration: Declaration, texts: list[str]) -> Iterator[MoreField]:
    """Yield a field for each text of a filter, and an empty one for one more."""
    section, name = str(declaration.section.label), declaration.name
    for number, text in enumerate([*texts, ""] if texts else ["", ""], start=1):
        label = pgettext("one more text", "or") if number > 1 else declaration.label
        yield MoreField(section, f"id_{name}_{number}", name, label, "search", text)


def more_chips(query: Query, base: str) -> Iterator[FilterChip]:
    """Yield the chips of filters that are in an address alone, then of those in the menu."""
    declarations = (
        *filters_offered_in(Offered.ADDRESS),
        *filters_offered_in(Offered.MORE_MENU),
    )
    for declaration in declarations:
        name = declaration.name
        if name == "queue" and base == reverse("queue"):
            continue
        values = query.getlist(name)
        for number, value in enumerate(values if declaration.is_repeatable else values[-1:], 1):
            others = [other for other in values if other != value]
            yield FilterChip(
                phrase=filter_phrase(name),
                name=value_label(name, value),
                parameter=name,
                value=value,
                color="",
                key=f"{name}-{number}",
                address_without=address_without(base, query, name, others),
            )
