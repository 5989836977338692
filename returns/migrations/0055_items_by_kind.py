from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Writes go on while an index is built concurrently, which no transaction can do.
    atomic = False

    dependencies = [
        ("returns", "0054_line_items"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="return",
            index=models.Index(
                condition=models.Q(("items_waiting__gt", 0)),
                fields=["created_at", "id"],
                name="return_items_waiting",
            ),
        ),
        AddIndexConcurrently(
            model_name="return",
            index=models.Index(
                condition=models.Q(("items_missing__gt", 0)),
                fields=["created_at", "id"],
                name="return_items_missing",
            ),
        ),
        AddIndexConcurrently(
            model_name="return",
            index=models.Index(
                condition=models.Q(("items_damaged__gt", 0)),
                fields=["created_at", "id"],
                name="return_items_damaged",
            ),
        ),
        AddIndexConcurrently(
            model_name="return",
            index=models.Index(
                condition=models.Q(("items_undecided__gt", 0)),
                fields=["created_at", "id"],
                name="return_items_undecided",
            ),
        ),
        AddIndexConcurrently(
            model_name="return",
            index=models.Index(
                condition=models.Q(("items_waiting__gt", 0), ("state", "Completed")),
                fields=["created_at", "id"],
                name="return_items_left",
            ),
        ),
        AddIndexConcurrently(
            model_name="return",
            index=models.Index(
                condition=models.Q(("item_count", 0), ("state", "Completed")),
                fields=["created_at", "id"],
                name="return_no_items",
            ),
        ),
    ]
