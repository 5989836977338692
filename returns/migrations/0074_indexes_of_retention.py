import django.db.models.functions.comparison
import django.db.models.lookups
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

import returns.expressions


class Migration(migrations.Migration):
    # Writes go on while an index is built concurrently, which no transaction can do.
    atomic = False

    dependencies = [
        ("returns", "0073_retention"),
        ("tags", "0014_reader_language"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="comment",
            index=models.Index(
                fields=["created_at"],
                condition=models.Q(("redacted_at", None)),
                name="comment_with_text",
            ),
        ),
        AddIndexConcurrently(
            model_name="deletedreturn",
            index=models.Index(fields=["deleted_at"], name="deleted_by_time"),
        ),
        AddIndexConcurrently(
            model_name="rejectedrecord",
            index=models.Index(fields=["seen_at"], name="rejected_by_time"),
        ),
        AddIndexConcurrently(
            model_name="return",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce("completed_at", "updated_at"),
                condition=models.Q(
                    ("redacted_at", None),
                    models.Q(
                        models.Q(("notes", ""), _negated=True),
                        models.Q(("unknown_fields", {}), _negated=True),
                        ("corrections__has_key", "notes"),
                        django.db.models.lookups.GreaterThan(
                            returns.expressions.CountAtPath(
                                "line_items", path="strict $[*] ? (@[6] != null)"
                            ),
                            0,
                        ),
                        _connector="OR",
                    ),
                ),
                name="return_with_texts",
            ),
        ),
        AddIndexConcurrently(
            model_name="returnevent",
            index=models.Index(fields=["pgh_created_at"], name="return_event_by_time"),
        ),
        AddIndexConcurrently(
            model_name="returntagevent",
            index=models.Index(
                fields=["pgh_created_at"],
                condition=models.Q(
                    ("pgh_label", "tag.added"),
                    models.Q(("pgh_context__has_key", "rule"), _negated=True),
                ),
                name="tagged_by_others",
            ),
        ),
        AddIndexConcurrently(
            model_name="salesorder",
            index=models.Index(fields=["order_key", "id"], name="order_key_with_id"),
        ),
        RemoveIndexConcurrently(model_name="salesorder", name="order_by_key"),
        AddIndexConcurrently(
            model_name="salesorder",
            index=models.Index(
                condition=models.Q(
                    ("redacted_at", None),
                    models.Q(
                        models.Q(("hash_key", ""), _negated=True),
                        models.Q(("tracking_address", ""), _negated=True),
                        _connector="OR",
                    ),
                ),
                fields=["updated_at"],
                name="order_with_shopper",
            ),
        ),
    ]
