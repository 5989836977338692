from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Returns with items to decide on are counted by state and arrival from their index alone."""

    atomic = False
    dependencies = [("returns", "0090_indexes_of_lists")]

    operations = [
        AddIndexConcurrently(
            "return",
            models.Index(
                fields=["created_at", "id"],
                include=["state", "arrived_to_warehouse_at"],
                condition=Q(items_undecided__gt=0),
                name="return_undecided",
            ),
        ),
        RemoveIndexConcurrently("return", "return_items_undecided"),
    ]
