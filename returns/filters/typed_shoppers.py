"""E-mail addresses and phone numbers that somebody types into the search box.

They must not stay in an address, so they are no value of ``q``: the box sends them in the body of
a request, and the list has a token in their place.
"""

from returns.orders.shoppers import find_email, looks_like_phone, shopper_hashes
from returns.orders.tokens import token_of_typed
from returns.search import SEPARATOR, search_whole


def find_shopper_number(text: str) -> str:
    """Return the e-mail address or the phone number in a text of the box; "" if it has none.

    What looks like a phone number but is the whole number of a return is none. In a list of
    numbers, only those with a plus in front are taken for phone numbers.
    """
    if email := find_email(text):
        return email
    parts = [part.strip() for part in SEPARATOR.split(text) if part.strip()]
    if len(parts) != 1:
        return next((each for each in parts if each[0] == "+" and looks_like_phone(each)), "")
    is_phone = looks_like_phone(parts[0]) and not search_whole(parts[0]).hits
    return parts[0] if is_phone else ""


def shopper_token(text: str) -> str:
    """Return the token of the shopper with this number; ``NOBODY`` if no order has it."""
    return token_of_typed(shopper_hashes(text))
