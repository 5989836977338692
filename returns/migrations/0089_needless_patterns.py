from django.db import migrations

# Django makes an index for LIKE beside that of each unique text. Nothing looks for the beginning of
# a digest, and the index of a key in the collation "C" serves beginnings itself.
NEEDLESS = {
    "returns_rejectedrecord_digest_48c953b7_like": "returns_rejectedrecord (digest",
    "returns_sharedtracking_tracking_key_144b2475_like": "returns_sharedtracking (tracking_key",
}


class Migration(migrations.Migration):
    atomic = False  # for CONCURRENTLY
    dependencies = [("returns", "0088_plain_keys")]
    operations = [
        migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {column} varchar_pattern_ops)",
        )
        for name, column in NEEDLESS.items()
    ]
