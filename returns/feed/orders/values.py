"""Single values of orders: untrusted JSON becomes texts, times and exact numbers, or an error.

Amounts are never floats: 0.1 + 0.2 is 0.3, and every digit of the WMS's is kept.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from config.stored_texts import stored_text
from returns.feed.reasons import excerpt, too_long
from returns.feed.records import RecordError
from returns.feed.values import read_time, require_storable
from returns.models import OrderState
from returns.models.orders import AMOUNT_DECIMALS, MAX_AMOUNT_DIGITS

MAX_ITEM_BARCODES = 50
MAX_BARCODE = 100  # characters
MAX_QUANTITY = 2_147_483_647
# A number in a text; what is longer does not fit anyway.
WRITTEN_NUMBER = re.compile(r"[+-]?[0-9]{1,50}(\.[0-9]{1,50})?")
SMALLEST_AMOUNT = Decimal(1).scaleb(-AMOUNT_DECIMALS)
CURRENCY = re.compile(r"[A-Z]{3}")
# As people in Türkiye call it.
CURRENCIES = {"TL": "TRY"}
MAX_CURRENCY = 100  # characters that are looked at
IS_MISSING = stored_text("missing")
NOT_TEXT = stored_text("not text")
NOT_A_LIST = stored_text("not a list")
NOT_A_NUMBER = stored_text("not a number")

# Returns the value of a field; raises ``RecordError`` if it is wrong. Errors do not repeat what is
# neither text nor a number: nobody knows what is in it.
type Read = Callable[[str, object], Any]


def read_text(most: int) -> Read:
    """Return a reader of texts of at most so many characters, stripped; "" without one."""

    def read(field: str, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # an order number may be a JSON number
        if not isinstance(value, str):
            raise RecordError(field, NOT_TEXT)
        text = require_storable(field, value).strip()
        if len(text) > most:
            raise RecordError(field, too_long(len(text), most))
        return text

    return read


def read_order_time(field: str, value: object) -> datetime | None:
    """Return a time; None if there is none."""
    if value is not None and not isinstance(value, str):
        raise RecordError(field, NOT_TEXT)
    return read_time(field, value)


def read_order_state(field: str, value: object) -> str:
    """Return the state of an order, which every order has."""
    if value is None or value == "":
        raise RecordError(field, IS_MISSING)
    if not isinstance(value, str):
        raise RecordError(field, NOT_TEXT)
    if value.strip() in OrderState.values:
        return value.strip()
    states = ", ".join(OrderState.values)
    why = stored_text("unknown: %(value)s; use %(states)s", value=excerpt(value), states=states)
    raise RecordError(field, why)


def read_amount(field: str, value: object) -> Decimal | None:
    """Return an exact amount of money; None if there is none."""
    number = _exact_number(field, value)
    if number is None:
        return None
    whole_digits = MAX_AMOUNT_DIGITS - AMOUNT_DECIMALS
    # Looked at before any arithmetic: the exponent may be absurd.
    fits = not number or -AMOUNT_DECIMALS <= number.adjusted() < whole_digits
    if fits and number == (amount := number.quantize(SMALLEST_AMOUNT)):
        return amount + 0  # no negative zero, which the database does not know
    why = stored_text(
        "%(value)s has too many digits; at most %(whole)s before and %(decimals)s after the point "
        "are stored",
        value=excerpt(str(value)),
        whole=whole_digits,
        decimals=AMOUNT_DECIMALS,
    )
    raise RecordError(field, why)


def read_quantity(field: str, value: object) -> int | None:
    """Return a whole number from 0 on; None if there is none."""
    number = _exact_number(field, value)
    if number is None:
        return None
    if 0 <= number <= MAX_QUANTITY and number == int(number):
        return int(number)
    why = stored_text(
        "%(value)s is not a whole number from 0 to %(most)s",
        value=excerpt(str(value)),
        most=MAX_QUANTITY,
    )
    raise RecordError(field, why)


def _exact_number(field: str, value: object) -> Decimal | None:
    """Return a JSON number, or one in a text, as it is written."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and WRITTEN_NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        number = Decimal(value)
        if number.is_finite():
            return number
    raise RecordError(field, NOT_A_NUMBER)


def read_currency(field: str, value: object) -> str:
    """Return the three letters of a currency; "" if there is none."""
    text = str(read_text(MAX_CURRENCY)(field, value)).upper()
    text = CURRENCIES.get(text, text)
    if text and not CURRENCY.fullmatch(text):
        why = stored_text("not a currency of three letters: %(value)s", value=excerpt(text))
        raise RecordError(field, why)
    return text


def read_barcodes(field: str, value: object) -> tuple[str, ...]:
    """Return the barcodes of a product, each once, in their order."""
    if value is None or value == "":
        return ()
    if not isinstance(value, list):
        raise RecordError(field, NOT_A_LIST)
    if len(value) > MAX_ITEM_BARCODES:
        why = stored_text(
            "%(count)s barcodes; at most %(most)s are stored",
            count=len(value),
            most=MAX_ITEM_BARCODES,
        )
        raise RecordError(field, why)
    texts = (read_text(MAX_BARCODE)(field, each) for each in value)
    return tuple(dict.fromkeys(filter(None, texts)))


def read_https_address(most: int) -> Read:
    """Return a reader of addresses of pages; what is not safe to link to becomes ""."""
    read = read_text(most)

    def read_address(field: str, value: object) -> str:
        text = str(read(field, value))
        return f"https{text[len('https') :]}" if _is_safe_link(text) else ""

    return read_address


def _is_safe_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
        is_safe = parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False
    return is_safe and text.isprintable() and not any(map(str.isspace, text))
