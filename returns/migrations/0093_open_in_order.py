from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Open returns by when they were created, arrived and changed, from their index alone."""

    atomic = False
    dependencies = [("returns", "0092_processing_times_in_order")]

    operations = [
        AddIndexConcurrently(
            "return",
            models.Index(
                fields=["created_at", "id"],
                include=["state", "arrived_to_warehouse_at", "updated_at"],
                condition=models.Q(("state", "Completed"), _negated=True),
                name="return_open_by_creation",
            ),
        ),
    ]
