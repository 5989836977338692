from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What was told about a return is found by the return."""

    atomic = False
    dependencies = [("returns", "0084_names_of_owners")]

    operations = [
        AddIndexConcurrently(
            "delivery",
            models.Index(
                fields=["record_id"], condition=~Q(record_id=0), name="delivery_of_return"
            ),
        ),
    ]
