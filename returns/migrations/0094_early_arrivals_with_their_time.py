import datetime

import django.db.models.expressions
import django.db.models.lookups
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The newest return that arrived before a moment, and too early, is read from the index."""

    atomic = False
    dependencies = [("returns", "0093_open_in_order")]

    operations = [
        AddIndexConcurrently(
            "return",
            models.Index(
                fields=["created_at", "id"],
                include=["state", "arrived_to_warehouse_at"],
                condition=models.Q(
                    django.db.models.lookups.GreaterThan(
                        models.ExpressionWrapper(
                            django.db.models.expressions.CombinedExpression(
                                models.F("created_at"), "-", models.F("arrived_to_warehouse_at")
                            ),
                            output_field=models.DurationField(),
                        ),
                        datetime.timedelta(days=1),
                    )
                ),
                name="return_arrived_early",
            ),
        ),
        RemoveIndexConcurrently("return", "return_early_arrival"),
    ]
