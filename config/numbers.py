"""Numbers as the language of the page writes them. Also a library of template filters.

Formatted here rather than by ``django.utils.formats``, for speed: a page shows hundreds.
"""

import re
from decimal import Context, Decimal
from functools import cache

from django import template
from django.utils.formats import get_format
from django.utils.translation import get_language, pgettext

register = template.Library()

CENT = Decimal("0.01")
# Sums of amounts may have more digits than Python's decimals keep by themselves.
EXACT = Context(prec=60)


@register.filter
def grouped(value: int) -> str:
    """Return a whole number with its thousands grouped: "5,218", in Turkish and German "5.218"."""
    return f"{value:,}".replace(",", separators()[0])


@register.filter
def decimal(value: float | Decimal, places: int = 1) -> str:
    """Return a number with so many decimals: "1,234.5", in Turkish and German "1.234,5"."""
    thousands, point = separators()
    whole, _, rest = f"{value:,.{places}f}".partition(".")
    whole = whole.replace(",", thousands)
    return f"{whole}{point}{rest}" if rest else whole


def plain_amount(value: Decimal) -> Decimal:
    """Return an equal amount of money with at least two decimals: 1299.8000 becomes 1299.80."""
    cents = value.quantize(CENT, context=EXACT)
    return cents if cents == value else value.normalize(EXACT)


def money(value: Decimal, currency: str) -> str:
    """Return an amount with its currency, if it has one, exactly: "1,299.80 TRY"."""
    amount = plain_amount(value)
    number = decimal(amount, -int(amount.as_tuple().exponent))
    if not currency:
        return number
    return pgettext("money", "%(amount)s %(currency)s") % {"amount": number, "currency": currency}


@register.filter
def percent(value: float, places: int = 0) -> str:
    """Return a percentage, already in percent: "12%", in Turkish "%12", in German "12 %"."""
    return pgettext("percentage", "%(number)s%%") % {"number": decimal(value, places)}


def ungrouped(text: str) -> str:
    """Return a typed number without the separators of its thousands; other texts as they are."""
    mark = re.escape(separators()[0])
    if re.fullmatch(rf"[1-9]\d{{0,2}}(?:{mark}\d{{3}})+", text.strip(), re.ASCII):
        return re.sub(mark, "", text)
    return text


def separators() -> tuple[str, str]:
    """Return the thousands separator and the decimal separator of the language."""
    return _separators_of(get_language())


@cache
def _separators_of(language: str | None) -> tuple[str, str]:
    names = ("THOUSAND_SEPARATOR", "DECIMAL_SEPARATOR")
    thousands, point = (str(get_format(name, lang=language)) for name in names)
    return thousands, point
