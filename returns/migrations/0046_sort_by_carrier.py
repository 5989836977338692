from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Writes go on while an index is built concurrently, which no transaction can do.
    atomic = False

    dependencies = [
        ("returns", "0045_theme_and_start_page"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="return",
            index=models.Index(fields=["cargo_carrier", "id"], name="return_by_carrier_name"),
        ),
    ]
