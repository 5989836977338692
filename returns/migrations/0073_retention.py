from django.db import migrations, models

# What each removes of the rows from before ``bound``: a step of them, the oldest first.
REMOVALS = {
    "returns_delete_old_access_events": """
        DELETE FROM returns_accessevent WHERE id = ANY (ARRAY(
            SELECT id FROM returns_accessevent WHERE at < bound ORDER BY at LIMIT most
        ));
        GET DIAGNOSTICS number = ROW_COUNT;
    """,
    # Looked at again once they are locked: somebody may be editing one. The update stores the text
    # that it replaces among the earlier ones, which go after it.
    "returns_remove_old_comments": """
        ids := ARRAY(
            SELECT c.id FROM returns_comment c
            WHERE c.redacted_at IS NULL AND c.created_at < bound AND NOT EXISTS (
                SELECT FROM returns_commentevent e
                WHERE e.pgh_obj_id = c.id AND e.pgh_created_at >= bound
            )
            ORDER BY c.created_at LIMIT most FOR UPDATE
        );
        WITH removed AS (
            UPDATE returns_comment c SET text = '', redacted_at = now()
            WHERE c.id = ANY (ids) AND c.redacted_at IS NULL AND NOT EXISTS (
                SELECT FROM returns_commentevent e
                WHERE e.pgh_obj_id = c.id AND e.pgh_created_at >= bound
            )
            RETURNING c.id
        )
        SELECT array_agg(id) INTO ids FROM removed;
        DELETE FROM returns_commentevent WHERE pgh_obj_id = ANY (ids);
        number := coalesce(cardinality(ids), 0);
    """,
    "returns_delete_old_events": """
        DELETE FROM returns_returnevent WHERE pgh_id = ANY (ARRAY(
            SELECT e.pgh_id FROM returns_returnevent e JOIN returns_return r ON r.id = e.pgh_obj_id
            WHERE e.pgh_created_at < bound AND r.completed_at IS NOT NULL
            ORDER BY e.pgh_created_at LIMIT most
        ));
        GET DIAGNOSTICS number = ROW_COUNT;
    """,
    # What rules added stays for their report; removals stay, so that nothing tags it again.
    "returns_delete_old_tag_events": """
        DELETE FROM returns_returntagevent WHERE pgh_id = ANY (ARRAY(
            SELECT e.pgh_id
            FROM returns_returntagevent e JOIN returns_return r ON r.id = e.entity_id
            WHERE e.pgh_created_at < bound AND r.completed_at IS NOT NULL
                AND e.pgh_label = 'tag.added'
                AND NOT (e.pgh_context ? 'rule' AND e.pgh_context IS NOT NULL)
            ORDER BY e.pgh_created_at LIMIT most
        ));
        GET DIAGNOSTICS number = ROW_COUNT;
    """,
    # A trace stays otherwise. What lets it go is no option of the function, which asks for a superuser.
    "returns_delete_old_traces": """
        ignored := coalesce(current_setting('pgtrigger.ignore', true), '{}');
        PERFORM set_config('pgtrigger.ignore', '{pgtrigger_deleted_return_stays_17ca9}', true);
        DELETE FROM returns_deletedreturn WHERE id = ANY (ARRAY(
            SELECT id FROM returns_deletedreturn WHERE deleted_at < bound
            ORDER BY deleted_at LIMIT most
        ));
        GET DIAGNOSTICS number = ROW_COUNT;
        PERFORM set_config('pgtrigger.ignore', ignored, true);
    """,
}
# Nothing younger than 30 days goes, whoever asks. Strict: without a time, nothing goes.
CREATE = """
    CREATE FUNCTION %(name)s(kept_since timestamptz, most integer) RETURNS bigint
    LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path FROM CURRENT AS $$
    DECLARE
        bound CONSTANT timestamptz := LEAST(kept_since, now() - interval '30 days');
        number bigint;
        ids bigint[];
        ignored text;
    BEGIN
        %(body)s
        RETURN number;
    END $$;
    -- Nobody's temporary table can stand in for one of ours.
    DO $$ BEGIN
        EXECUTE format(
            'ALTER FUNCTION %(name)s(timestamptz, integer) SET search_path = %%I, pg_temp',
            current_schema()
        );
    END $$;
    REVOKE ALL ON FUNCTION %(name)s(timestamptz, integer) FROM PUBLIC;
"""


def create_function(name):
    values = {"name": name, "body": REMOVALS[name]}
    return migrations.RunSQL(CREATE % values, f"DROP FUNCTION {name}(timestamptz, integer)")


class Migration(migrations.Migration):
    dependencies = [
        ("returns", "0072_redacting"),
    ]

    operations = [
        migrations.CreateModel(
            name="Retention",
            fields=[
                ("kind", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("ran_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                ("removed", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "retention",
                "verbose_name_plural": "retentions",
                "default_permissions": ["view"],
            },
        ),
        *map(create_function, REMOVALS),
    ]
