from django.db import migrations

# The timeline and traces of deleted returns change by this function alone, and not without a row
# in the record of redactions. What stays of an event says which state the return had when: the
# states, the times, and the names of corrected fields; and its items, without the fields that we do
# not know. Of all other facts, such as the order and the tracking ID, it stays that they changed:
# somebody may have written anything into them. A fact that is added later goes too.
FUNCTIONS = """
    CREATE FUNCTION returns_redacted_changes(changes jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT coalesce(jsonb_object_agg(name, CASE
            WHEN name IN (
                'state', 'created_at', 'updated_at', 'arrived_to_warehouse_at', 'completed_at',
                'corrections'
            ) THEN pair
            WHEN name = 'line_items' THEN coalesce((
                SELECT jsonb_agg(CASE jsonb_typeof(side)
                    WHEN 'array' THEN returns_items_without_others(side) ELSE side
                END ORDER BY place)
                FROM jsonb_array_elements(pair) WITH ORDINALITY AS each (side, place)
            ), '[]')
            ELSE '[]'
        END), '{}')
        FROM jsonb_each(changes) AS change (name, pair)
    $$;

    CREATE FUNCTION returns_stamps_without_unknown(stamps jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT coalesce(jsonb_object_agg(name, stamp), '{}')
        FROM jsonb_each(stamps) AS each (name, stamp) WHERE NOT starts_with(name, 'unknown_fields.')
    $$;

    CREATE FUNCTION returns_redacted_trace(held jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT held || jsonb_build_object(
            'facts', (coalesce(held->'facts', '{}') - 'notes' - 'unknown_fields')
                || jsonb_build_object(
                    'corrections', coalesce(held->'facts'->'corrections', '{}') - 'notes',
                    'stamps', returns_stamps_without_unknown(
                        coalesce(held->'facts'->'stamps', '{}')
                    ),
                    'line_items', CASE jsonb_typeof(held->'facts'->'line_items')
                        WHEN 'array' THEN returns_items_without_others(held->'facts'->'line_items')
                    END
                ),
            'comments', coalesce((
                SELECT jsonb_agg(comment - 'text' - 'earlier_texts' ORDER BY place)
                FROM jsonb_array_elements(held->'comments') WITH ORDINALITY AS c (comment, place)
            ), '[]'),
            'changes', coalesce((
                SELECT jsonb_agg(
                    event || jsonb_build_object(
                        'changes', returns_redacted_changes(event->'changes')
                    ) ORDER BY place
                )
                FROM jsonb_array_elements(held->'changes') WITH ORDINALITY AS e (event, place)
            ), '[]')
        )
    $$;

    CREATE FUNCTION returns_redact(
        return_ids bigint[], order_ids bigint[], person_id integer, why text
    ) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    DECLARE
        -- No option of the function: that asks for a superuser.
        ignored CONSTANT text := coalesce(current_setting('pgtrigger.ignore', true), '{}');
        -- Only what is marked as redacted, which everybody can see.
        redacted bigint[] := ARRAY(
            SELECT id FROM returns_return
            WHERE id = ANY(return_ids) AND redacted_at IS NOT NULL ORDER BY id
        );
        of_orders bigint[] := ARRAY(
            SELECT id FROM returns_salesorder
            WHERE id = ANY(order_ids) AND redacted_at IS NOT NULL ORDER BY id
        );
    BEGIN
        INSERT INTO returns_redaction (kind, reference, record_id, by_id, reason)
        SELECT 'return', return_reference_number, id, person_id, why
        FROM returns_return WHERE id = ANY(redacted) ORDER BY id;

        INSERT INTO returns_redaction (kind, reference, by_id, reason)
        SELECT 'order', reference, person_id, why
        FROM returns_salesorder WHERE id = ANY(of_orders) ORDER BY id;

        UPDATE returns_returnevent SET changes = returns_redacted_changes(changes)
        WHERE pgh_obj_id = ANY(redacted)
            AND changes IS DISTINCT FROM returns_redacted_changes(changes);

        DELETE FROM returns_commentevent WHERE pgh_obj_id IN (
            SELECT id FROM returns_comment
            WHERE record_id = ANY(redacted) AND redacted_at IS NOT NULL
        );

        PERFORM set_config('pgtrigger.ignore', '{pgtrigger_deleted_return_stays_17ca9}', true);
        UPDATE returns_deletedreturn
        SET held = returns_redacted_trace(held), reason = '{"text": "Redacted."}'
        WHERE reference IN (
            SELECT return_reference_number FROM returns_return WHERE id = ANY(redacted)
        ) OR held->'facts'->>'sales_order_reference_number' IN (
            SELECT reference FROM returns_salesorder WHERE id = ANY(of_orders)
        );
        PERFORM set_config('pgtrigger.ignore', ignored, true);
    END
    $$;

    -- Nobody's temporary table can stand in for one of ours.
    DO $$ BEGIN
        EXECUTE format(
            'ALTER FUNCTION returns_redact(bigint[], bigint[], integer, text)
            SET search_path = %I, pg_temp', current_schema()
        );
    END $$;
    REVOKE ALL ON FUNCTION returns_redact(bigint[], bigint[], integer, text) FROM PUBLIC;
"""
DROP = """
    DROP FUNCTION returns_redact(bigint[], bigint[], integer, text);
    DROP FUNCTION returns_redacted_trace(jsonb);
    DROP FUNCTION returns_stamps_without_unknown(jsonb);
    DROP FUNCTION returns_redacted_changes(jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("returns", "0071_redactions")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
