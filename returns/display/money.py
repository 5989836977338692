"""Amounts of money in words. They are exact, and amounts of different currencies are kept apart."""

from decimal import Decimal

from config.numbers import decimal

MIN_DECIMALS = 2


def money(amount: Decimal, currency: str) -> str:
    """Return an amount with all of its digits: "1,299.80 TRY"; without a currency the number."""
    exponent = amount.normalize().as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    number = decimal(amount, max(MIN_DECIMALS, places))
    return f"{number}\N{NO-BREAK SPACE}{currency}" if currency else number
