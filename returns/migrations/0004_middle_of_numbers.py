from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

# returns/search/statements.py writes the same expression. One index for all three numbers: the
# space keeps a match from reaching out of one into the next.
NUMBERS = "coalesce(order_key, '') || ' ' || coalesce(return_key, '') || ' ' || coalesce(tracking_key, '')"


class Migration(migrations.Migration):
    dependencies = [("returns", "0003_tagging_keys")]
    operations = [
        TrigramExtension(),
        migrations.RunSQL(
            f"CREATE INDEX return_numbers_middle ON returns_return USING gin (({NUMBERS}) gin_trgm_ops)",
            "DROP INDEX return_numbers_middle",
        ),
    ]
