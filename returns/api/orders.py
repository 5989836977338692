"""What the API answers about orders: those that are stored, in the WMS's shape."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import OrderBy, QuerySet
from django.db.models.expressions import F
from django.http import QueryDict
from django.utils import timezone

from returns.api.conditions import build_condition, build_ordering
from returns.api.counting import DATA_SET_COUNT_LIMIT
from returns.api.dqb import Dqb
from returns.api.dqb_parser import parse_dqb
from returns.api.errors import ErrorDetail, InvalidRequest
from returns.api.pages import Place
from returns.api.parameters import describe_dqb
from returns.api.properties import Property, quote, suggest
from returns.api.query_parsing import NOT_ENCODED, is_unencoded, page_size
from returns.api.values import is_storable, parse_whole_number
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.feed.orders.records import (
    ITEM_SOURCES,
    ITEMS_FIELD,
    ORDER_FIELD,
    ORDER_SOURCES,
    Source,
)
from returns.feed.serializers import format_time
from returns.models import SalesOrder

JsonOrder = dict[str, Any]

ORDER_PARAMETERS = {
    "dqb": describe_dqb(f"o=In&p={ORDER_FIELD}&v=RSO1,RSO2", [ORDER_FIELD]),
    "offset": "how many orders to skip",
    "count": "the size of a page, from 1 to 100; the default is 100",
}
ORDER_PROPERTIES = {
    ORDER_FIELD: Property(
        ORDER_FIELD, "reference", "order_key", is_time=False, may_be_missing=False
    )
}


def find_stored_order(reference: str) -> SalesOrder | None:
    """Return the order with exactly this reference, or None."""
    if not is_storable(reference):
        return None
    return SalesOrder.objects.filter(reference=reference).prefetch_related("items").first()


def orders_page(params: QueryDict) -> tuple[dict[str, Any], Place]:
    """Return a page of the stored orders, in order of their arrival, and where it lies.

    Raises ``InvalidRequest``.
    """
    given = _known_parameters(params)
    dqb = parse_dqb(given.get("dqb", ""), now=timezone.now(), properties=ORDER_PROPERTIES)
    offset = max(_number(given, "offset", dqb.offset) or 0, 0)
    count = page_size(_number(given, "count", dqb.count))
    matches = SalesOrder.objects.all()
    if dqb.filters:
        matches = matches.filter(build_condition(dqb.filters))
    ordered = matches.order_by(*_ordering(dqb)).prefetch_related("items")
    items = [serialize_order(order) for order in ordered[offset : offset + count]]
    total = _count_matches(matches)
    payload = {"items": items, "count": count, "offset": offset, "dataSetCount": total}
    return payload, Place(len(items), count, offset, total)


def _ordering(dqb: Dqb) -> Iterable[OrderBy]:
    return build_ordering(dqb.sorts) if dqb.sorts else [OrderBy(F("pk"))]


def _count_matches(matches: QuerySet[SalesOrder]) -> int | None:
    try:
        with time_limit(DATA_SET_COUNT_LIMIT):
            return matches.count()
    except QueryTimeoutError:
        return None


def _known_parameters(params: QueryDict) -> dict[str, str]:
    errors = []
    given: dict[str, str] = {}
    if is_unencoded(params):
        raise InvalidRequest(ErrorDetail("dqb", NOT_ENCODED, "not_encoded"))
    for name, values in params.lists():
        if name.lower() not in ORDER_PARAMETERS:
            message = f"There is no parameter {quote(name)}.{suggest(name, ORDER_PARAMETERS)}"
            errors.append(ErrorDetail(quote(name)[1:-1], message, "unknown_parameter"))
        elif len(values) > 1 or name.lower() in given:
            message = f"{name.lower()} is given more than once."
            errors.append(ErrorDetail(name.lower(), message, "said_twice"))
        given[name.lower()] = str(values[0])
    if errors:
        raise InvalidRequest(*errors)
    return given


def _number(given: dict[str, str], name: str, in_dqb: int | None) -> int | None:
    if name not in given:
        return in_dqb
    if in_dqb is not None:
        message = f"{name} is given here and in dqb. Give it once."
        raise InvalidRequest(ErrorDetail(name, message, "said_twice"))
    if (number := parse_whole_number(given[name])) is None:
        message = f"{name}: {quote(given[name])} is not a whole number."
        raise InvalidRequest(ErrorDetail(name, message, "not_a_number"))
    return number


# Orders as JSON


def serialize_order(order: SalesOrder) -> JsonOrder:
    """Return an order with its items, under the WMS's names. Nothing of the shopper is in it."""
    fields: JsonOrder = {ORDER_FIELD: order.reference}
    for column, source in ORDER_SOURCES.items():
        part = fields.setdefault(source.part, {}) if source.part else fields
        part[source.name] = _serialize(getattr(order, column))
    items = [_fields(item, ITEM_SOURCES) for item in order.items.all()]
    return fields | ({ITEMS_FIELD: items} if order.items_updated_at else {})


def _fields(row: object, sources: dict[str, Source]) -> JsonOrder:
    return {source.name: _serialize(getattr(row, name)) for name, source in sources.items()}


def _serialize(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, Decimal):
        return serialize_amount(value)
    return value if isinstance(value, (int, list)) else value or None


def serialize_amount(amount: Decimal) -> int | float | str:
    """Return an amount as a JSON number.

    One that no program is sure to read exactly, because it has too many digits, is a text.
    """
    plain = amount.normalize()
    if plain == int(plain) and abs(plain) < 2**53:
        return int(plain)
    number = float(plain)
    return number if Decimal(repr(number)) == plain else f"{plain:f}"
