import django.contrib.postgres.indexes
from django.db import migrations, models

import returns.expressions

# NFKD, so that a letter with an accent becomes the letter and the accent, which goes. Letters of
# other alphabets stay as they are; all that is no letter and no digit ends a word.
SMALL = "abcdefghijklmnopqrstuvwxyz\u0131"
LARGE = "ABCDEFGHIJKLMNOPQRSTUVWXYZI"
ACCENTS = r"[\u0300-\u036f]"
BETWEEN_WORDS = r"[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u303f]+"
LETTERS = f"translate(normalize($1, NFKD), '{SMALL}', '{LARGE}')"


class Migration(migrations.Migration):
    dependencies = [("returns", "0012_rules")]
    operations = [
        migrations.RunSQL(
            f"""
            CREATE FUNCTION returns_words_key(text) RETURNS text
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
            RETURN ' ' || NULLIF(
                btrim(
                    regexp_replace(
                        regexp_replace({LETTERS}, '{ACCENTS}', '', 'g'), '{BETWEEN_WORDS}', ' ', 'g'
                    )
                ),
                ''
            ) COLLATE "C"
            """,
            "DROP FUNCTION returns_words_key(text)",
        ),
        migrations.AddField(
            model_name="return",
            name="notes_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=returns.expressions.WordsKey(models.F("notes")),
                output_field=models.TextField(db_collation="C", null=True),
            ),
        ),
        migrations.AddIndex(
            model_name="return",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["notes_key"], name="return_words_of_notes", opclasses=["gin_trgm_ops"]
            ),
        ),
    ]
