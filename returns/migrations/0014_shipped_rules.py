from django.db import migrations

from returns.rules.shipped import load


def ship(apps, _schema_editor):
    load(apps.get_model("returns", "TagRule"), apps.get_model("tags", "Tag"))


class Migration(migrations.Migration):
    dependencies = [
        ("returns", "0013_words_of_notes"),
        ("tags", "0007_bulk_tagging"),
    ]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
