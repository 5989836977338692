from django.db import migrations

# NFKD, so that a letter with an accent becomes the letter and the accent; then only A-Z and 0-9
# stay. COLLATE "C" lets a plain B-tree serve prefixes; NULLIF keeps a missing number out.
SMALL = "abcdefghijklmnopqrstuvwxyz\u0131"
LARGE = "ABCDEFGHIJKLMNOPQRSTUVWXYZI"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            f"""
            CREATE FUNCTION returns_search_key(text) RETURNS text
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
            RETURN NULLIF(
                regexp_replace(
                    translate(normalize($1, NFKD), '{SMALL}', '{LARGE}'), '[^A-Z0-9]', '', 'g'
                ),
                ''
            ) COLLATE "C"
            """,
            "DROP FUNCTION returns_search_key(text)",
        ),
    ]
