from django.db import migrations
from django.db.models import Max

ROLES = ["Customer service", "Warehouse manager", "Admin"]
# Name, and the filter: a queue of the returns with damaged goods about which nobody has decided.
VIEW = (
    "Damaged, waiting for a decision",
    {"item": ["WaitingInWarehouse"], "sort": ["arrived"]},
)
# Name, moment, filter, and the tag that it adds.
RULE = ("Damaged item", "items", {"item": ["Damaged"]}, "investigate")


def ship_view(apps, _schema_editor):
    """Create the view for each of the roles, as a queue, unless one has this name."""
    view_model = apps.get_model("returns", "SavedView")
    name, parameters = VIEW
    for role in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        views = view_model.objects.filter(role=role)
        if not views.filter(name__iexact=name).exists():
            last = views.aggregate(last=Max("position"))["last"] or 0
            view_model.objects.create(
                name=name, role=role, parameters=parameters, position=last + 1, is_queue=True
            )


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
        ("returns", "0055_items_by_kind"),
        ("tags", "0014_reader_language"),
    ]
    operations = [
        migrations.RunPython(ship_view, migrations.RunPython.noop),
        migrations.RunPython(ship_rule, migrations.RunPython.noop),
    ]
