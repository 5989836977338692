from django.db import migrations

# Name, moment, filter, and the tag that it adds.
RULES = [
    ("Damaged on the way", "created", {"notes": ["damaged", "hasar"]}, "damaged-shipping"),
    ("Third return of an order", "created", {"order_returns": ["3"]}, "investigate"),
    (
        "Waiting over 48 h",
        "hourly",
        {"state": ["ArrivedToWarehouse"], "waiting_over": ["48"]},
        "priority-return",
    ),
]


def ship(apps, _schema_editor):
    """Create the rules, switched off, unless there are some; one whose tag is gone is left out."""
    rule_model = apps.get_model("returns", "TagRule")
    if rule_model.objects.exists():
        return
    tag_ids = dict(apps.get_model("tags", "Tag").objects.values_list("name", "id"))
    known = [rule for rule in RULES if rule[-1] in tag_ids]
    for position, (name, moment, parameters, tag) in enumerate(known, start=1):
        rule_model.objects.create(
            name=name,
            moment=moment,
            parameters=parameters,
            adds=[tag_ids[tag]],
            position=position,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("returns", "0013_words_of_notes"),
        ("tags", "0007_bulk_tagging"),
    ]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
