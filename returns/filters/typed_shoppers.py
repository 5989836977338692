"""E-mail addresses and phone numbers that somebody types into the search box.

They must not stay in an address, so they are no value of ``q``: the box sends them in the body of
a request, and the list has a token in their place.
"""

from returns.orders.shoppers import find_email, looks_like_phone, shopper_hashes
from returns.orders.tokens import token_of_typed
from returns.search import MAX_SEARCH_LENGTH, SEPARATOR, search_whole


def find_shopper_number(text: str) -> str:
    """Return the e-mail address or the phone number in a text of the box; "" if it has none.

    What looks like a phone number but is the whole number of a return is none.
    """
    number = find_likely_number(text)
    is_of_return = number and not find_email(number) and search_whole(number).hits
    return "" if is_of_return else number


def find_likely_number(text: str) -> str:
    """Return what looks like an e-mail address or a phone number; the database is not asked.

    In a list of numbers, only those with a plus in front are taken for phone numbers.
    """
    text = text[:MAX_SEARCH_LENGTH]
    if email := find_email(text):
        return email
    parts = [part.strip() for part in SEPARATOR.split(text) if part.strip()]
    is_list = len(parts) > 1
    may_be_phones = (each for each in parts if not is_list or each[0] == "+")
    return next(filter(looks_like_phone, may_be_phones), "")


def shopper_token(text: str) -> str:
    """Return the token of the shopper with this number; ``NOBODY`` if no order has it."""
    return token_of_typed(shopper_hashes(text))
