"""What holds against the program's own role, too, where another one owns the tables."""

from django.db import migrations, models

import returns.expressions

# The times of what is only added are those of the clock, so that nothing is old as soon as it is
# written: retention would delete it. Only the owner may say otherwise.
DATED = {
    "returns_accessevent": "at",
    "returns_deletedreturn": "deleted_at",
    "returns_redaction": "at",
}
DATE_BY_CLOCK = """
    CREATE FUNCTION returns_date_by_clock() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
            RETURN NEW;
        END IF;
        RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], now()));
    END $$
"""
# What is redacted stays so: nobody takes the mark away that keeps the texts from coming back.
MARKED = ("returns_return", "returns_salesorder", "returns_comment")
REFUSE = """
    CREATE FUNCTION returns_redacted_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'What is redacted stays redacted.' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'redacted_stays', TABLE = TG_TABLE_NAME;
    END $$
"""


class Migration(migrations.Migration):
    dependencies = [("returns", "0074_indexes_of_retention")]
    operations = [
        migrations.RunSQL(DATE_BY_CLOCK, "DROP FUNCTION returns_date_by_clock()"),
        *(
            migrations.RunSQL(
                f"""CREATE TRIGGER date_by_clock BEFORE INSERT ON {table}
                FOR EACH ROW EXECUTE FUNCTION returns_date_by_clock('{column}')""",
                f"DROP TRIGGER date_by_clock ON {table}",
            )
            for table, column in DATED.items()
        ),
        migrations.AddIndex(
            model_name="redaction",
            index=models.Index(
                returns.expressions.SearchKey("reference"),
                condition=models.Q(("kind", "order")),
                name="redaction_by_order_key",
            ),
        ),
        migrations.RunSQL(REFUSE, "DROP FUNCTION returns_redacted_stays()"),
        *(
            migrations.RunSQL(
                f"""CREATE TRIGGER redacted_stays BEFORE UPDATE OF redacted_at ON {table}
                FOR EACH ROW WHEN (OLD.redacted_at IS NOT NULL AND NEW.redacted_at IS NULL)
                EXECUTE FUNCTION returns_redacted_stays()""",
                f"DROP TRIGGER redacted_stays ON {table}",
            )
            for table in MARKED
        ),
    ]
