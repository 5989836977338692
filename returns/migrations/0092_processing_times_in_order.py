import datetime

import django.db.models.expressions
import django.db.models.lookups
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Returns whose processing took long, or how long is not known, in the order of the list."""

    atomic = False
    dependencies = [("returns", "0091_undecided")]

    operations = [
        AddIndexConcurrently(
            "return",
            models.Index(
                fields=["created_at", "id"],
                include=["state", "arrived_to_warehouse_at", "completed_at"],
                condition=models.Q(
                    django.db.models.lookups.GreaterThanOrEqual(
                        models.ExpressionWrapper(
                            django.db.models.expressions.CombinedExpression(
                                models.F("completed_at"), "-", models.F("arrived_to_warehouse_at")
                            ),
                            output_field=models.DurationField(),
                        ),
                        datetime.timedelta(hours=72),
                    )
                ),
                name="return_took_long",
            ),
        ),
        AddIndexConcurrently(
            "return",
            models.Index(
                fields=["created_at", "id"],
                include=["state", "arrived_to_warehouse_at", "completed_at"],
                condition=models.Q(
                    models.Q(
                        ("state", "Completed"),
                        models.Q(
                            django.db.models.lookups.LessThan(
                                models.ExpressionWrapper(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("completed_at"),
                                        "-",
                                        models.F("arrived_to_warehouse_at"),
                                    ),
                                    output_field=models.DurationField(),
                                ),
                                datetime.timedelta(0),
                            ),
                            ("arrived_to_warehouse_at__isnull", True),
                            _connector="OR",
                        ),
                    )
                ),
                name="return_took_unknown",
            ),
        ),
    ]
