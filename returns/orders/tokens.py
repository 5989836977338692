"""The shopper of orders as a value that addresses can hold.

It is signed, and says which orders they are and by which kinds of numbers other orders are of the
same shopper. So it tells nobody a number, nor its hash, and cannot be made up.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer

from returns.models import SalesOrder
from returns.orders.finding import hashes_of_order, orders_of_shopper
from returns.orders.shoppers import ShopperHash, ShopperKind

# In place of a token: nobody whose orders are known.
NOBODY = "unknown"
# A return has one order, or a few whose references differ by punctuation; a number that somebody
# typed has one for each key.
MAX_ORDERS_OF_TOKEN = 5
MAX_SHOPPER_TOKEN = 200
_KIND_BY_LETTER = {kind.value[0]: kind for kind in ShopperKind}
_PAYLOAD = re.compile(r"([cep]+)-(\d{1,18}(?:\.\d{1,18})*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shopper:
    """The hashes of a shopper, by which their orders are found; none if nobody is known."""

    hashes: tuple[ShopperHash, ...] = ()


def token_of_orders(
    orders: Sequence[SalesOrder], kinds: Iterable[ShopperKind] = ShopperKind
) -> str:
    """Return the token of the shopper of these orders, known by the hashes of these kinds."""
    if not orders:
        return NOBODY
    letters = "".join(sorted({kind.value[0] for kind in kinds}))
    ids = ".".join(str(order.pk) for order in orders[:MAX_ORDERS_OF_TOKEN])
    return _signer().sign(f"{letters}-{ids}")


def token_of_typed(hashes: Sequence[ShopperHash]) -> str:
    """Return the token of the shopper with one of these hashes, of a number that was typed.

    Hashes under different keys lead to different orders: the newest of each is named.
    """
    newest = [orders_of_shopper([each]).first() for each in hashes]
    named = {order.pk: order for order in newest if order}
    kinds = {each.kind for each, order in zip(hashes, newest, strict=True) if order}
    return token_of_orders(list(named.values()), kinds)


def shopper_of_token(token: str) -> Shopper | None:
    """Return the shopper that a token names; None if it is not ours, or the orders are gone."""
    if token == NOBODY:
        return Shopper()
    try:
        match = _PAYLOAD.fullmatch(_signer().unsign(token))
    except BadSignature:
        return None
    if match is None:
        return None
    kinds = {_KIND_BY_LETTER[letter] for letter in match[1]}
    orders = SalesOrder.objects.filter(pk__in=map(int, match[2].split(".")))
    hashes = {each: None for order in orders for each in hashes_of_order(order)}
    known = tuple(each for each in hashes if each.kind in kinds)
    return Shopper(known) if known else None


def orders_of_token(token: str) -> str:
    """Return the references of the orders that a token names; "" if it names none."""
    try:
        match = _PAYLOAD.fullmatch(_signer().unsign(token))
    except BadSignature:
        return ""
    ids = map(int, match[2].split(".")) if match else ()
    orders = SalesOrder.objects.filter(pk__in=ids).order_by("reference")
    return ", ".join(orders.values_list("reference", flat=True))


def _signer() -> Signer:
    return Signer(salt="returns.shopper")
