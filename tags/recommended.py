"""The recommended vocabulary: loaded once into an empty database, then the customer's own."""

from typing import Any

# Group, colour, whether a record carries at most one of it, and its tags by rank.
GROUPS: list[tuple[str, str, bool, list[str]]] = [
    (
        "Priority",
        "red",
        True,
        ["urgent-refund", "priority-return", "vip-customer", "high-value", "standard"],
    ),
    (
        "Return reason",
        "rose",
        False,
        [
            "defective",
            "defective-product",
            "wrong-size",
            "customer-change",
            "customer-dissatisfaction",
            "damaged",
            "damaged-shipping",
        ],
    ),
    (
        "Process",
        "violet",
        False,
        [
            "refund-pending",
            "exchange-requested",
            "investigate",
            "quality-check-required",
            "refund-approved",
            "exchange-pending",
        ],
    ),
    (
        "Product category",
        "blue",
        False,
        [
            "electronics",
            "apparel",
            "cosmetics",
            "books",
            "fragile",
            "fragile-item",
            "bulk-return",
        ],
    ),
    ("Analysis", "teal", False, ["frequent-returner", "seasonal-return", "promotion-related"]),
    ("Unsorted", "gray", False, []),
]
# Of Priority, only the tags above ``standard`` are urgent.
URGENT = ["urgent-refund", "priority-return", "vip-customer", "high-value"]


def load(group_model: Any, tag_model: Any) -> None:
    """Create the recommended groups and tags, unless there are groups already.

    The models are arguments so that a migration can hand in the ones of its time.
    """
    if group_model.objects.exists():
        return
    for position, (name, color, exclusive, tags) in enumerate(GROUPS, start=1):
        group = group_model.objects.create(
            name=name, color=color, exclusive=exclusive, position=position * 10
        )
        group.refresh_from_db()
        tag_model.objects.bulk_create(
            tag_model(group=group, slot=group.slot, name=tag, position=rank * 10)
            for rank, tag in enumerate(tags, start=1)
        )
    if hasattr(tag_model, "raises"):
        raise_urgent(tag_model)


def raise_urgent(tag_model: Any) -> None:
    """Make the recommended tags urgent that are."""
    tag_model.objects.filter(name__in=URGENT, group__name="Priority").update(raises=True)
