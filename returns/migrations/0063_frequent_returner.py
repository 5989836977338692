from django.db import migrations
from django.db.models import Max

# Name, moment, filter, and the tag that it adds.
RULE = ("Frequent returner", "arrived", {"shopper_returns_over": ["3"]}, "frequent-returner")


def ship_rule(apps, _schema_editor):
    """Create the rule, switched off, unless one has this name or its tag is gone."""
    rule_model = apps.get_model("returns", "TagRule")
    name, moment, parameters, tag_name = RULE
    tag = apps.get_model("tags", "Tag").objects.filter(name=tag_name).first()
    if tag and not rule_model.objects.filter(name__iexact=name).exists():
        last = rule_model.objects.aggregate(last=Max("position"))["last"] or 0
        rule_model.objects.create(
            name=name, moment=moment, parameters=parameters, adds=[tag.pk], position=last + 1
        )


class Migration(migrations.Migration):
    dependencies = [
        ("returns", "0062_values"),
        ("tags", "0014_reader_language"),
    ]
    operations = [migrations.RunPython(ship_rule, migrations.RunPython.noop)]
