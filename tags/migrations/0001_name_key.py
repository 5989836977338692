from django.db import migrations

# NFKD takes accents off their letters, so this short list of letters covers the alphabets in use;
# an upper() would follow the locale of the database. The dot above an I is dropped: in Turkish
# text I, İ, ı and i meet as one letter.
SMALL = (
    "abcdefghijklmnopqrstuvwxyz\u0131"
    "αβγδεζηθικλμνξοπρσςτυφχψω"
    "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґђјљњћџ"
)
LARGE = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZIΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΣΤΥΦΧΨΩАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯІЇЄҐЂЈЉЊЋЏ"
)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            f"""
            CREATE FUNCTION tags_name_key(text) RETURNS text
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
            RETURN replace(
                translate(
                    normalize(btrim(regexp_replace($1, '\\s+', ' ', 'g')), NFKD),
                    '{SMALL}', '{LARGE}'
                ),
                U&'I\\0307', 'I'
            ) COLLATE "C"
            """,
            "DROP FUNCTION tags_name_key(text)",
        ),
    ]
