from django.db import migrations, models
from django.db.models.functions import Lower

INDEX = """
    CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS owner_names_subscription_once
    ON returns_subscription (owner_id, lower(name))
"""


class Migration(migrations.Migration):
    """People name their subscriptions without regard to those of others."""

    atomic = False
    dependencies = [("returns", "0083_notifications")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    INDEX, "DROP INDEX CONCURRENTLY IF EXISTS owner_names_subscription_once"
                )
            ],
            [
                migrations.AddConstraint(
                    "subscription",
                    models.UniqueConstraint(
                        "owner", Lower("name"), name="owner_names_subscription_once"
                    ),
                )
            ],
        ),
        migrations.RemoveConstraint("subscription", "subscription_has_its_own_name"),
    ]
