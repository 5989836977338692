"""The filters by what is in the parcel, and by its value; see ``declarations``."""

import django_filters
from django.utils.translation import pgettext_lazy

from returns.filters import methods
from returns.filters.builders import (
    MAX_NUMBER_FILTER_LENGTH,
    Declaration,
    Offered,
    Section,
    choice_label,
    item_count_filter,
    preset_label,
    value_filter,
)
from returns.filters.fields import CurrencyFilter

KNOWN_CHOICES = [("known", pgettext_lazy("line items", "known"))]

PARCEL_FILTERS = (
    Declaration(
        name="sku",
        filter=django_filters.CharFilter(
            method=methods.by_sku, max_length=MAX_NUMBER_FILTER_LENGTH
        ),
        offered=Offered.MORE_MENU,
        section=Section.ITEMS,
        for_deadlines=True,
    ),
    Declaration(
        name="serial",
        filter=django_filters.CharFilter(
            method=methods.by_serial_number, max_length=MAX_NUMBER_FILTER_LENGTH
        ),
        offered=Offered.MORE_MENU,
        section=Section.ITEMS,
        for_deadlines=True,
    ),
    Declaration(
        name="item",
        filter=django_filters.MultipleChoiceFilter(
            choices=methods.ItemKind.choices, method=methods.by_items
        ),
        offered=Offered.MORE_MENU,
        section=Section.ITEMS,
        format_value=choice_label(methods.ItemKind),
        for_deadlines=True,
    ),
    Declaration(
        name="items",
        filter=django_filters.ChoiceFilter(choices=KNOWN_CHOICES, method=methods.by_known_items),
        offered=Offered.ADDRESS,
        format_value=preset_label(KNOWN_CHOICES),
    ),
    item_count_filter("items_waiting"),
    item_count_filter("items_missing"),
    value_filter("value_over"),
    value_filter("value_under"),
    Declaration(
        name="currency",
        filter=CurrencyFilter(method=methods.by_currency),
        offered=Offered.MORE_MENU,
        section=Section.VALUE,
        format_value=str.upper,
        for_deadlines=True,
    ),
)
