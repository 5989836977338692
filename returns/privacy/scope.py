"""What a redaction is of: returns and their orders, and how much of what is stored about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from returns.feed.rejected import count_rejects_about
from returns.models import Comment, Export, OutgoingEvent, Progress, Return, SalesOrder, Upload
from returns.models.redacted import HASH_COLUMNS
from returns.orders.finding import orders_of_shopper
from returns.orders.shoppers import ShopperHash

# What there is of each kind in the timeline is what the redaction would change.
COUNT_EVENTS = """
    SELECT count(*) FROM returns_returnevent
    WHERE pgh_obj_id = ANY(%s::bigint[])
        AND changes IS DISTINCT FROM returns_redacted_changes(changes)
"""
COUNT_TRACES = """
    SELECT count(*) FROM returns_deletedreturn WHERE reference = ANY(%s::text[])
        OR held->'facts'->>'sales_order_reference_number' = ANY(%s::text[])
"""
HAS_SHOPPER = Q(
    *(Q(**{f"{name}__isnull": False}) for name in HASH_COLUMNS),
    ~Q(shopper_name=""),
    ~Q(tracking_address=""),
    _connector=Q.OR,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The returns and orders that are redacted, by their ids and references.

    With ``is_shopper``, they are all of a shopper, and what is left of deleted returns of the
    orders belongs to them too.
    """

    return_ids: tuple[int, ...] = ()
    references: tuple[str, ...] = ()
    order_ids: tuple[int, ...] = ()
    order_references: tuple[str, ...] = ()
    is_shopper: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """How much of a kind a redaction takes away."""

    label: str
    number: int


def scope_of_return(record: Return) -> Scope:
    """Return what is redacted with a return: its order too, which says who the shopper is."""
    is_same = Q(order_key=record.order_key) if record.order_key else _has_reference(record)
    return _scope([record], list(SalesOrder.objects.filter(is_same).order_by("pk")))


def count_siblings(record: Return) -> int:
    """Return how many other returns of its order are not redacted."""
    if not record.order_key:
        return 0
    others = Return.objects.filter(order_key=record.order_key, redacted_at=None)
    return others.exclude(pk=record.pk).count()


def scope_of_shopper(hashes: Iterable[ShopperHash]) -> Scope:
    """Return the orders with any of these hashes, and the returns of these orders."""
    orders = list(orders_of_shopper(hashes).order_by("pk"))
    keys = [order.order_key for order in orders if order.order_key]
    # An order whose reference has no search key belongs to the returns with exactly this text.
    texts = [order.reference for order in orders if not order.order_key]
    is_theirs = Q(order_key__any_of=keys) if keys else Q(pk__in=())
    if texts:
        is_theirs |= Q(order_key=None, sales_order_reference_number__in=texts)
    records = Return.objects.filter(is_theirs).order_by("pk")
    return _scope(records.only("return_reference_number"), orders, is_shopper=True)


def _has_reference(record: Return) -> Q:
    return Q(order_key=None, reference=record.sales_order_reference_number)


def _scope(
    records: Iterable[Return], orders: Sequence[SalesOrder], *, is_shopper: bool = False
) -> Scope:
    some = list(records)
    return Scope(
        tuple(record.pk for record in some),
        tuple(record.return_reference_number for record in some),
        tuple(order.pk for order in orders),
        tuple(order.reference for order in orders),
        is_shopper,
    )


def holdings_of(scope: Scope) -> list[Holding]:
    """Return how much of each kind redacting would take away now."""
    records = Return.objects.filter(pk__any_of=list(scope.return_ids))
    orders = SalesOrder.objects.filter(pk__any_of=list(scope.order_ids))
    comments = Comment.objects.filter(record__in=scope.return_ids, redacted_at=None)
    messages = OutgoingEvent.objects.filter(record_id__in=scope.return_ids)
    has_notes = ~Q(notes="") | Q(corrections__has_key="notes")
    of_orders = scope.order_references if scope.is_shopper else ()
    numbers = [
        (_("Returns with notes"), records.filter(has_notes).count()),
        (
            _("Returns with unknown fields"),
            records.exclude(unknown_fields={}).count(),
        ),
        (_("Comments, with all of their earlier texts"), comments.count()),
        (
            _("Entries of the timeline whose values go"),
            _count(COUNT_EVENTS, list(scope.return_ids)),
        ),
        (_("Orders that tell who the shopper is"), orders.filter(HAS_SHOPPER).count()),
        (_("Rejected records about these returns"), count_rejects_about(scope.references)),
        (
            _("Traces of deleted returns"),
            _count(COUNT_TRACES, list(scope.references), list(of_orders)),
        ),
        (_("Messages for other programs"), messages.exclude(body="").count()),
        (
            _("Files made by exports, of whatever returns"),
            Export.objects.exclude(status=Progress.WAITING).count(),
        ),
        (_("Uploaded files, of whatever returns"), Upload.objects.count()),
    ]
    return [Holding(str(label), number) for label, number in numbers]


def _count(statement: str, *given: list[int] | list[str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return int(cursor.fetchone()[0])
