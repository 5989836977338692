from django.db import migrations

from tags import recommended


def load(apps, schema_editor):
    recommended.load(apps.get_model("tags", "TagGroup"), apps.get_model("tags", "Tag"))


class Migration(migrations.Migration):
    dependencies = [("tags", "0003_slot_of_group")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
