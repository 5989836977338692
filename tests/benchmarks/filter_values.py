"""A common and a rare value of each filter, for ``tests.benchmarks.pairs``."""

from collections import Counter
from collections.abc import Iterable, Sequence

from returns.filters.declarations import FILTERS
from returns.models import (
    DeadlinePolicy,
    Return,
    ReturnItem,
    ReturnTag,
    ReturnValue,
    SalesOrder,
    TagRule,
)
from returns.orders.tokens import NOBODY, token_of_orders
from tags.models import Tag

# Facts are counted in this many of the newest returns.
SAMPLE = 20_000
DAYS = ("-90d", "-2d")
PERIODS = ("month", "today")
HOURS = ("24", "400")
# Those that need no data: the common value, then the rare one.
FIXED = {
    "state": ("Completed", "ArrivedToWarehouse"),
    "queue": ("to_inspect", "completed_today"),
    "commented": ("no", "yes"),
    "claimed": ("nobody", "service"),
    "item": ("Undamaged", "WaitingInWarehouse"),
    "items": ("known",),
    "items_waiting": ("1", "4"),
    "items_missing": ("1", "3"),
    "missing": ("carrier", "tracking", "tags"),
    "problem": ("items_waiting", "shared_tracking", "no_order"),
    "deadline": ("met", "missed", "late", "at_risk"),
    "due_from": ("today", "tomorrow"),
    "due_by": ("tomorrow", "yesterday"),
    **dict.fromkeys(("waiting_over", "waiting_under"), HOURS),
    **dict.fromkeys(("on_the_way_over", "on_the_way_under"), HOURS),
    **dict.fromkeys(("took_over", "took_under"), HOURS),
    "order_returns": ("2", "3"),
    "shopper_returns_over": ("1", "6"),
    **dict.fromkeys(("created", "arrived", "completed"), PERIODS),
    **dict.fromkeys(("created_from", "arrived_from", "completed_from"), DAYS),
    **dict.fromkeys(("created_to", "arrived_to", "completed_to"), ("-30d", "-900d")),
    "open_at": ("-7d", "-700d"),
    "took": ("unknown",),
    "arrived_weekday": ("monday", "sunday"),
    **dict.fromkeys(("rule_from", "rule_to"), DAYS),
}


def filter_values(*, but: frozenset[str] = frozenset()) -> dict[str, tuple[str, ...]]:
    """Return the values of every filter by its name; one without any is an error, ``but`` these."""
    values = FIXED | _of_numbers() | _of_tags() | _of_facts() | _of_contents()
    missing = [each.name for each in FILTERS if not values.get(each.name) and each.name not in but]
    if missing or len(values) > len(FILTERS):
        raise SystemExit(f"Add values to filter_values.py of: {missing or values.keys()}")
    return {each.name: values[each.name] for each in FILTERS if values.get(each.name)}


def _of_numbers() -> dict[str, tuple[str, ...]]:
    newest = Return.objects.in_order_of("created_at", descending=True)
    tracked = newest.filter(tracking_id__startswith="1201")[SAMPLE]
    order, tracking = tracked.sales_order_reference_number, tracked.tracking_id
    reference = tracked.return_reference_number
    shopper = token_of_orders(SalesOrder.objects.filter(order_key=tracked.order_key)[:1])
    return {
        "q": (tracking[-4:], tracking),
        "order": (order[:8], order),
        "order_is": (order,),
        "shopper": (shopper, NOBODY),
        "reference": (reference[:8], reference),
        "tracking": (tracking[:4], tracking[-6:]),
    }


def _of_tags() -> dict[str, tuple[str, ...]]:
    numbers = Counter(ReturnTag.objects.order_by("-pk")[:SAMPLE].values_list("tag", flat=True))
    names = dict(Tag.objects.values_list("pk", "name"))
    tags = _ends([names[pk] for pk, _ in numbers.most_common()])
    groups = Counter[str]()
    for pk, name in Tag.objects.exclude(group=None).values_list("pk", "group__name"):
        groups[name] += numbers[pk]
    names_of_groups = [name for name, number in groups.most_common() if number]
    return {
        **dict.fromkeys(("tag", "tag_any", "tag_none"), (*tags, names[_middle(numbers)])),
        "missing_group": _ends(names_of_groups[::-1]),
        **dict.fromkeys(
            ("rule", "rule_undone"), tuple(TagRule.objects.values_list("name", flat=True)[:1])
        ),
        "due_under": tuple(DeadlinePolicy.objects.values_list("name", flat=True)[:2][::-1]),
    }


def _of_facts() -> dict[str, tuple[str, ...]]:
    newest = Return.objects.in_order_of("created_at", descending=True)[:SAMPLE]
    columns = {"carrier": "cargo_carrier", "channel": "sales_order_channel", "source": "source"}
    facts = {name: _by_number(newest, column) for name, column in columns.items()}
    notes = (text for text in newest.values_list("notes", flat=True) if text)
    words = Counter(word for text in notes for word in text.split() if word.isalpha())
    return facts | {"notes": _ends([word for word, _ in words.most_common()])}


def _of_contents() -> dict[str, tuple[str, ...]]:
    newest = ReturnItem.objects.order_by("-pk")[:SAMPLE]
    skus = _by_number(newest, "sku")
    serial = next(item.serial_number for item in newest if item.serial_key)
    amounts = sorted(ReturnValue.objects.order_by("-pk")[:SAMPLE].values_list("amount", flat=True))
    usual, high = (f"{amounts[int(len(amounts) * part)]:f}" for part in (0.5, 0.99))
    return {
        "sku": skus,
        "serial": (serial,),
        "value_over": (usual, high),
        "value_under": (high, "20"),
        "currency": _by_number(ReturnValue.objects.order_by("-pk")[:SAMPLE], "currency"),
    }


def _by_number(rows: Iterable, column: str) -> tuple[str, ...]:
    numbers = Counter(getattr(row, column) for row in rows)
    return _ends([text for text, _ in numbers.most_common() if text])


def _middle(numbers: Counter[int]) -> int:
    return numbers.most_common()[len(numbers) // 2][0]


def _ends(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((texts[0], texts[-1])))
