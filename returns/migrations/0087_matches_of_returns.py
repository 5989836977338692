from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Which filters a return matches is found by the return."""

    atomic = False
    dependencies = [("returns", "0086_claims_of_people")]

    operations = [
        AddIndexConcurrently(
            "matchedreturn", models.Index(fields=["record_id"], name="matches_of_return")
        ),
    ]
