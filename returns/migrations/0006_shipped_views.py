from django.db import migrations

from returns.lists.shipped_views import load

ROLES = ["Customer service", "Warehouse manager", "Admin"]


def ship(apps, _schema_editor):
    load(
        apps.get_model("returns", "SavedView"),
        apps.get_model("auth", "Group"),
        apps.get_model("tags", "Tag"),
        apps.get_model("tags", "TagGroup"),
        ROLES,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("returns", "0005_saved_views"),
        ("tags", "0004_recommended_vocabulary"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
