import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# They are built anew in the background, and until then reports count the returns.
FORGET = """
DELETE FROM returns_summarystate;
TRUNCATE returns_countedreturn, returns_daysummary, returns_tagpairday;
"""
KINDS = ("carrier", "channel", "tag_set")


class Migration(migrations.Migration):
    dependencies = [
        ("returns", "0025_reports"),
    ]

    operations = [
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
        *(
            migrations.RemoveIndex(model_name="countedreturn", name=name)
            for name in (
                "counted_by_creation",
                "counted_by_arrival",
                "counted_by_completion",
                "counted_and_open",
            )
        ),
        migrations.RemoveField(model_name="countedreturn", name="tags"),
        migrations.CreateModel(
            name="CountedTags",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField()),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("tags", "=")], index_type="hash", name="counted_tags_once"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="countedreturn",
            name="tag_set",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                default=0,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="returns.countedtags",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="countedreturn",
            name="order_hash",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="countedreturn",
            index=models.Index(
                fields=["created_day"],
                include=("arrived_day", "completed_day", "order_hash", "record_id", *KINDS),
                name="counted_when_created",
            ),
        ),
        migrations.AddIndex(
            model_name="countedreturn",
            index=models.Index(
                fields=["arrived_day"],
                include=("completed_day", "waited", *KINDS),
                name="counted_when_arrived",
            ),
        ),
        migrations.AddIndex(
            model_name="countedreturn",
            index=models.Index(
                fields=["completed_day"],
                include=("arrived_day", "waited", "took", *KINDS),
                name="counted_when_completed",
            ),
        ),
        migrations.AddIndex(
            model_name="countedreturn",
            index=models.Index(
                condition=models.Q(("completed_day__isnull", True)),
                fields=["arrived_day"],
                include=KINDS,
                name="counted_while_open",
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, FORGET),
    ]
