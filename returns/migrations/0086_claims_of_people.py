from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What a person claimed last is found by the person and the time."""

    atomic = False
    dependencies = [("returns", "0085_deliveries_of_returns")]

    operations = [
        AddIndexConcurrently(
            "claim", models.Index(fields=["person", "-since"], name="claims_ever_by_person")
        ),
        RemoveIndexConcurrently("claim", "claims_ever_of_person"),
    ]
