"""Labels, help texts and names of permissions; the tables stay as they are."""

import django.contrib.postgres.fields
from django.db import migrations, models

PERMISSION_NAMES = {
    "export_all_returns": "Can export any number of returns",
    "start_at_queue": "Starts at the queue unless a view is the start page",
}


def rename_permissions(apps, schema_editor):
    """Rename existing permissions; Django creates missing ones, but does not rename any."""
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="returns"
    )
    for codename, name in PERMISSION_NAMES.items():
        permissions.filter(codename=codename).update(name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("returns", "0029_start_at_queue"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="return",
            options={
                "permissions": [
                    ("tag_return", "Can add and remove tags of returns"),
                    ("tag_many_returns", "Can tag up to 100,000 returns at once"),
                    ("tag_all_returns", "Can tag any number of returns at once"),
                    ("export_all_returns", "Can export any number of returns"),
                ]
            },
        ),
        migrations.AlterModelOptions(
            name="savedview",
            options={
                "ordering": ["position", "id"],
                "permissions": [
                    ("share_view", "Can change the saved views of roles"),
                    ("start_at_queue", "Starts at the queue unless a view is the start page"),
                ],
            },
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="name",
            field=models.CharField(
                help_text="The program that uses the token. Timelines show this name.",
                max_length=60,
            ),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("read", "read all returns and tags"),
                        ("tags", "change the tags of returns"),
                        ("feed", "send records of returns"),
                    ],
                    max_length=10,
                )
            ),
        ),
        migrations.AlterField(
            model_name="export",
            name="status",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting"),
                    ("running", "in progress"),
                    ("done", "ready"),
                    ("failed", "failed"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="feedrun",
            name="way",
            field=models.CharField(
                choices=[
                    ("pull", "pulled"),
                    ("push", "pushed"),
                    ("file", "file"),
                    ("retry", "retried"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="preferences",
            name="columns",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20),
                blank=True,
                default=list,
                help_text="The columns of the list, in order. Leave empty for the default ones.",
            ),
        ),
        migrations.AlterField(
            model_name="preferences",
            name="demo_only",
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="Can sign in to the demo's own server only.",
            ),
        ),
        migrations.AlterField(
            model_name="preferences",
            name="shopper_language",
            field=models.CharField(
                choices=[("tr", "Turkish"), ("en", "English"), ("de", "German")],
                default="tr",
                help_text="The language in which sentences for shoppers are shown first.",
                max_length=2,
            ),
        ),
        migrations.AlterField(
            model_name="preferences",
            name="single_keys",
            field=models.BooleanField(
                default=True,
                help_text="Turns on shortcuts such as j, k, t and x.",
                verbose_name="single-key shortcuts",
            ),
        ),
        migrations.AlterField(
            model_name="preferences",
            name="time_zone",
            field=models.CharField(
                blank=True, help_text="Leave empty for warehouse time.", max_length=50
            ),
        ),
        migrations.AlterField(
            model_name="rejectedrecord",
            name="fate",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting"),
                    ("taken", "imported"),
                    ("overtaken", "superseded"),
                    ("aside", "set aside"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="return",
            name="corrections",
            field=models.JSONField(
                default=dict,
                editable=False,
                help_text="The value that the WMS had sent before the correction, by field.",
            ),
        ),
        migrations.AlterField(
            model_name="return",
            name="unknown_fields",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Fields that the WMS sent and this program does not know.",
            ),
        ),
        migrations.AlterField(
            model_name="savedview",
            name="is_queue",
            field=models.BooleanField(
                default=False, help_text="Whether it is also shown as a queue."
            ),
        ),
        migrations.AlterField(
            model_name="savedview",
            name="is_start",
            field=models.BooleanField(
                default=False, help_text="The start page of its people after they sign in."
            ),
        ),
        migrations.AlterConstraint(
            model_name="return",
            name="return_state_matches_timestamps",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("arrived_to_warehouse_at__isnull", True),
                        ("completed_at__isnull", True),
                        ("state", "ReturnCreated"),
                    ),
                    models.Q(
                        ("arrived_to_warehouse_at__isnull", False),
                        ("completed_at__isnull", True),
                        ("state", "ArrivedToWarehouse"),
                    ),
                    models.Q(("completed_at__isnull", False), ("state", "Completed")),
                    _connector="OR",
                ),
                name="return_state_matches_timestamps",
                violation_error_message="State and times do not match: Created has neither time, Arrived has only the arrival, Completed has the completion.",
            ),
        ),
        migrations.RunPython(rename_permissions, migrations.RunPython.noop, elidable=True),
    ]
