from django.db import migrations

ROLES = ["Customer service", "Warehouse manager", "Admin"]
OPEN = ["ArrivedToWarehouse", "ReturnCreated"]

# Name, and the filter by names; the urgent refunds are those that nobody completed yet.
VIEWS = [
    ("Arrived today", {"arrived_from": ["today"]}),
    (
        "Waiting over 48 h",
        {"state": ["ArrivedToWarehouse"], "waiting_over": ["48"], "sort": ["arrived"]},
    ),
    ("Urgent refunds", {"state": OPEN, "tag": ["urgent-refund"]}),
    ("No reason tag", {"state": ["ArrivedToWarehouse"], "missing_group": ["Return reason"]}),
    ("Completed this week", {"completed_from": ["week"]}),
]


def ship(apps, _schema_editor):
    """Create the views for each of the roles; one whose tag or group is gone is left out."""
    view_model = apps.get_model("returns", "SavedView")
    tag_ids = dict(apps.get_model("tags", "Tag").objects.values_list("name", "id"))
    group_ids = dict(apps.get_model("tags", "TagGroup").objects.values_list("name", "id"))
    ids = {"missing_group": group_ids, "tag": tag_ids}
    for role_name in ROLES:
        role, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role_name)
        for position, (name, said) in enumerate(VIEWS, start=1):
            parameters = {key: [ids.get(key, {}).get(v, v) for v in said[key]] for key in said}
            known = all(isinstance(v, int) for key in ids for v in parameters.get(key, []))
            if known:
                view_model.objects.create(
                    name=name, role=role, parameters=parameters, position=position
                )


class Migration(migrations.Migration):
    dependencies = [
        ("returns", "0005_saved_views"),
        ("tags", "0004_recommended_vocabulary"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
