"""The methods of filters that need only the filter's own value."""

from collections.abc import Callable
from typing import Any

from django.db.models import TextChoices, Value
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from returns.expressions import SearchKey
from returns.filters.dates import WEEKDAY_NUMBERS, parse_moment
from returns.filters.problems import filter_problems
from returns.filters.queues import QUEUE_STATES, Queue
from returns.models import DamagedState, ItemState
from returns.models.line_items import ITEM_COUNT_COLUMNS
from returns.orders.finding import orders_of_shopper
from returns.orders.tokens import Shopper
from returns.querysets import ReturnQuerySet

# Takes the queryset, the field name of the filter, and its value.
FilterMethod = Callable[[ReturnQuerySet, str, Any], ReturnQuerySet]

# The columns of facts that the WMS may leave out, by their parameter.
OPTIONAL_FACTS = {
    "carrier": "cargo_carrier",
    "channel": "sales_order_channel",
    "order": "sales_order_reference_number",
    "tracking": "tracking_id",
}
TAGS = "tags"
# The times of the events after the creation, by their parameter.
PERIOD_COLUMNS = {"arrived": "arrived_to_warehouse_at", "completed": "completed_at"}
MISSING_CHOICES = [(name, name) for name in (*OPTIONAL_FACTS, TAGS)]


def by_state(queryset: ReturnQuerySet, _name: str, states: list[str]) -> ReturnQuerySet:
    """Keep returns in one of the states."""
    return queryset.in_state(*states) if states else queryset


def by_queue(queryset: ReturnQuerySet, _name: str, queue: str) -> ReturnQuerySet:
    """Keep the returns of a queue."""
    queryset = queryset.in_state(QUEUE_STATES[Queue(queue)])
    if queue != Queue.COMPLETED_TODAY:
        return queryset
    return queryset.filter(completed_at__gte=parse_moment("today", end=False, now=timezone.now()))


def by_period(queryset: ReturnQuerySet, name: str, period: str) -> ReturnQuerySet:
    """Keep the returns that were created, arrived or completed during a period."""
    now = timezone.now()
    since, before = (parse_moment(period, end=end, now=now) for end in (False, True))
    if name == "created":
        return queryset.created("gte", since).created("lt", before)
    column = PERIOD_COLUMNS[name]
    return queryset.filter(**{f"{column}__gte": since, f"{column}__lt": before})


def by_whole_order(queryset: ReturnQuerySet, _name: str, text: str) -> ReturnQuerySet:
    """Keep the returns of exactly this order; none if the text has no letter or digit."""
    return queryset.filter(order_key=SearchKey(Value(text.replace("\0", ""))))


def by_shopper(queryset: ReturnQuerySet, _name: str, shopper: Shopper) -> ReturnQuerySet:
    """Keep the returns of a shopper's orders."""
    orders = orders_of_shopper(shopper.hashes).order_by()
    return queryset.filter(order_key__in=orders.values("order_key"))


def by_notes(queryset: ReturnQuerySet, _name: str, texts: list[str]) -> ReturnQuerySet:
    """Keep returns whose notes contain one of the texts."""
    return queryset.with_notes_containing(texts)


class ItemKind(TextChoices):
    """A kind of items that a return may have."""

    WAITING = ItemState.WAITING.value, ItemState.WAITING.label
    MISSING = ItemState.MISSING.value, ItemState.MISSING.label
    DAMAGED = ItemState.DAMAGED.value, ItemState.DAMAGED.label
    UNDECIDED = (
        DamagedState.IN_WAREHOUSE.value,
        pgettext_lazy("item", "damaged, waiting for a decision"),
    )
    UNDAMAGED = ItemState.UNDAMAGED.value, ItemState.UNDAMAGED.label


def by_sku(queryset: ReturnQuerySet, _name: str, sku: str) -> ReturnQuerySet:
    """Keep returns with an item of this SKU."""
    return queryset.with_sku(sku.replace("\0", ""))


def by_serial_number(queryset: ReturnQuerySet, _name: str, number: str) -> ReturnQuerySet:
    """Keep returns with an item of this serial number."""
    return queryset.with_serial_number(number.replace("\0", ""))


def by_items(queryset: ReturnQuerySet, _name: str, kinds: list[str]) -> ReturnQuerySet:
    """Keep returns with an item of at least one of these kinds."""
    return queryset.with_items_counted_in(ITEM_COUNT_COLUMNS[kind] for kind in kinds)


def by_known_items(queryset: ReturnQuerySet, _name: str, _known: str) -> ReturnQuerySet:
    """Keep returns whose line items are known."""
    return queryset.with_known_items()


def by_value(queryset: ReturnQuerySet, name: str, amount: Any) -> ReturnQuerySet:
    """Keep returns whose value is over an amount, or at most that."""
    return queryset.worth(amount, over=name == "value_over")


def by_currency(queryset: ReturnQuerySet, _name: str, currency: str) -> ReturnQuerySet:
    """Keep returns whose value is in a currency."""
    return queryset.with_value_in(currency)


def by_missing(queryset: ReturnQuerySet, _name: str, names: list[str]) -> ReturnQuerySet:
    """Keep returns that lack all of these facts."""
    if TAGS in names:
        queryset = queryset.without_tags()
    return queryset.filter(**{OPTIONAL_FACTS[name]: "" for name in names if name != TAGS})


def by_order_position(queryset: ReturnQuerySet, _name: str, number: Any) -> ReturnQuerySet:
    """Keep returns that are at least the second, third, ... of their order."""
    return queryset.at_least_nth_of_order(int(number))


def by_open_at(queryset: ReturnQuerySet, _name: str, moment: Any) -> ReturnQuerySet:
    """Keep returns that waited in the warehouse at a moment."""
    return queryset.open_at(moment)


def by_hours(queryset: ReturnQuerySet, name: str, hours: Any) -> ReturnQuerySet:
    """Keep returns that have waited, or been on the way, for more or for fewer hours."""
    method = queryset.waiting if name.startswith("waiting") else queryset.on_the_way
    return method(float(hours), over=name.endswith("over"), now=timezone.now())


def by_processing_time(queryset: ReturnQuerySet, name: str, hours: Any) -> ReturnQuerySet:
    """Keep returns whose processing took at least these hours, or less."""
    return queryset.with_processing_time(float(hours), over=name == "took_over")


def by_unknown_processing_time(queryset: ReturnQuerySet, _name: str, _kind: str) -> ReturnQuerySet:
    """Keep completed returns without a known processing time."""
    return queryset.with_unknown_processing_time()


def by_weekday(queryset: ReturnQuerySet, _name: str, day: str) -> ReturnQuerySet:
    """Keep returns that arrived on a weekday."""
    return queryset.arrived_on_weekday(WEEKDAY_NUMBERS[day])


class Commented(TextChoices):
    """Whether a return has comments that are not deleted."""

    YES = "yes", pgettext_lazy("commented", "yes")
    NO = "no", pgettext_lazy("commented", "no")


def by_comments(queryset: ReturnQuerySet, _name: str, choice: str) -> ReturnQuerySet:
    """Keep returns with comments, or those without."""
    return queryset.commented(yes=choice == Commented.YES)


def by_problem(queryset: ReturnQuerySet, _name: str, kinds: list[str]) -> ReturnQuerySet:
    """Keep returns that have at least one of the problems."""
    return filter_problems(queryset, kinds, timezone.now())
