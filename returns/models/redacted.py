"""What a redacted return and a redacted order cannot have, whoever writes them."""

from django.db import models
from django.db.models import Q
from django.db.models.lookups import Exact

from returns.expressions import CountAtPath
from returns.models.line_items import PLACES_IN_LINE

IS_NOT_REDACTED = Q(redacted_at=None)
# The line items with fields that we do not know, as a path in ``Return.line_items``.
ITEMS_WITH_OTHERS = f"strict $[*] ? (@[{PLACES_IN_LINE['others']}] != null)"
HASH_COLUMNS = ("customer_hash", "email_hash", "phone_hash")


def redaction_constraints() -> list[models.CheckConstraint]:
    """Return the constraints of returns: without notes, and without fields that we do not know."""
    rules = {
        "redacted_return_has_no_notes": Q(notes=""),
        "redacted_return_has_no_corrected_notes": ~Q(corrections__has_key="notes"),
        "redacted_return_has_no_unknown_fields": Q(unknown_fields={}),
        "redacted_return_has_no_unknown_fields_of_items": Q(
            Exact(CountAtPath("line_items", path=ITEMS_WITH_OTHERS), 0)
        ),
    }
    return _constraints(rules)


def order_redaction_constraints() -> list[models.CheckConstraint]:
    """Return the constraints of orders: without anything that tells who the shopper is."""
    rules = {
        "redacted_order_has_no_shopper": Q(
            hash_key="", shopper_name="", **{f"{name}__isnull": True for name in HASH_COLUMNS}
        ),
        "redacted_order_has_no_tracking_address": Q(tracking_address=""),
    }
    return _constraints(rules)


def _constraints(rules: dict[str, Q]) -> list[models.CheckConstraint]:
    return [
        models.CheckConstraint(condition=IS_NOT_REDACTED | rule, name=name)
        for name, rule in rules.items()
    ]
