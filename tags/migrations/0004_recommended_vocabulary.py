from django.db import migrations

# Group, colour, whether a record carries at most one of it, and its tags by rank.
GROUPS = [
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


def load(apps, _schema_editor):
    """Load the recommended vocabulary into a database without one; then it is the customer's own."""
    group_model, tag_model = apps.get_model("tags", "TagGroup"), apps.get_model("tags", "Tag")
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


class Migration(migrations.Migration):
    dependencies = [("tags", "0003_slot_of_group")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
