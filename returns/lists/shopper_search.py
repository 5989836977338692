"""Where a text leads that the search box must not put into an address."""

import re
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.filters.typed_shoppers import find_shopper_number, shopper_token
from returns.lists.enter_key import find_enter_target
from returns.models import Return
from returns.orders.shoppers import are_shoppers_stored, find_email
from returns.orders.tokens import NOBODY
from returns.search import SearchResult, search_ends
from tags.vocabulary import load_vocabulary

MAX_CHOICES = 20
SHOPPER_PARAMETER = "shopper"


@dataclass(frozen=True, slots=True)
class ShopperChoice:
    """What a text may mean: the list of a shopper, "" if nobody is known, or these returns."""

    shopper: str
    records: list[Return]
    has_more: bool


def shopper_address(token: str) -> str:
    """Return the address of the list of a shopper's returns."""
    return reverse("return-list", query={SHOPPER_PARAMETER: token})


def find_typed(text: str) -> str | ShopperChoice:
    """Return the path that a text in the box leads to, or what it may mean if that is not clear.

    A whole number of a return counts first, then the number of a shopper. A phone number may also
    be the end or the beginning of another number.
    """
    number = find_shopper_number(text)
    if not number:
        query = Query.from_lists({"q": [text]})
        return find_number(query) or query.path(reverse("return-list"))
    token = shopper_token(number)
    ids = [] if find_email(number) else search_ends(number).ids
    records = list(Return.objects.among(ids[: MAX_CHOICES + 1]).order_by("-created_at", "-pk"))
    if token != NOBODY and not records:
        return shopper_address(token)
    if len(records) == 1 and token == NOBODY:
        return records[0].get_absolute_url()
    if not records:
        return shopper_address(NOBODY)
    shopper = "" if token == NOBODY else shopper_address(token)
    return ShopperChoice(shopper, records[:MAX_CHOICES], len(records) > MAX_CHOICES)


def find_number(query: Query) -> str | None:
    """Return where Enter leads, also for a customer number; None if that is the list."""
    if path := find_enter_target(query):
        return path
    filterset = ReturnFilterSet(query.without(*query.keys() - {"q"}), load_vocabulary())
    result = None if filterset.problems() else filterset.search_results.get("q")
    return (customer_address(query, result) or None) if result and not result.hits else None


def customer_address(query: Query, result: SearchResult | None) -> str:
    """Return the address of the list of the shopper whose customer number was searched.

    "" if no order has it, or if the text is the whole number of a return, or a list of numbers.
    A text without a digit, such as a word, is not looked up.
    """
    text = query.get("q", "")
    if result is None or result.is_list or result.whole_matches or not re.search(r"\d", text):
        return ""
    token = shopper_token(text)
    return "" if token == NOBODY else shopper_address(token)


def nobody_sentence(token: str) -> str:
    """Say that a number that was typed is of nobody known; "" for the token of a shopper."""
    if token != NOBODY:
        return ""
    if not are_shoppers_stored():
        return _("Shoppers are not known here: the setting SHOPPER_KEY is not set.")
    return _("No order of this shopper is known here. What was typed is not kept.")


def without_shopper_number(query: Query) -> Query | None:
    """Return a query with the shopper in the place of their number; None if it has no number."""
    numbers = [number for text in query.getlist("q") if (number := find_shopper_number(text))]
    if not numbers:
        return None
    return query.without("q").replace(**{SHOPPER_PARAMETER: shopper_token(numbers[-1])})
