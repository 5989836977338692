# ruff: noqa: S608 - built from the constants below alone
"""The database records each change of permissions and second factors, and deletes what belongs to deleted returns."""

from django.db import migrations

# The person of the request, if there is one: a command has none.
RECORD = """
    INSERT INTO returns_accessevent (kind, person_id, name, details)
    SELECT '{kind}', actor.id, coalesce(actor.username, ''), changed.details
    FROM ({changed}) AS changed (details)
    LEFT JOIN auth_user actor ON actor.id = (
        NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb->>'user'
    )::bigint
    ORDER BY changed.details;
    RETURN NULL;
"""
RIGHTS = ("is_active", "is_staff", "is_superuser")
NEW_PERSON = f"""
    SELECT jsonb_build_object('of', n.username, 'new', true, {
    ", ".join(f"'{name}', n.{name}" for name in RIGHTS)
}) FROM new_values n
"""
CHANGED_PERSON = f"""
    SELECT jsonb_strip_nulls(jsonb_build_object('of', n.username, {
    ", ".join(f"'{name}', CASE WHEN o.{name} <> n.{name} THEN n.{name} END" for name in RIGHTS)
}))
    FROM old_values o JOIN new_values n ON o.id = n.id
    WHERE {" OR ".join(f"o.{name} <> n.{name}" for name in RIGHTS)}
"""
ROLES = """
    SELECT jsonb_build_object('of', person.username, '{name}', jsonb_agg(role.name ORDER BY role.name))
    FROM {rows} m JOIN auth_user person ON person.id = m.user_id
    JOIN auth_group role ON role.id = m.group_id GROUP BY person.username
"""
PERMISSIONS = """
    SELECT jsonb_build_object('role', role.name, '{name}', jsonb_agg(
        kind.app_label || '.' || permission.codename ORDER BY kind.app_label, permission.codename
    ))
    FROM {rows} m JOIN auth_group role ON role.id = m.group_id
    JOIN auth_permission permission ON permission.id = m.permission_id
    JOIN django_content_type kind ON kind.id = permission.content_type_id GROUP BY role.name
"""
FACTORS = """
    SELECT jsonb_build_object('of', person.username, 'change', '{name}', 'factor', m.type)
    FROM {rows} m JOIN auth_user person ON person.id = m.user_id
"""
PROVIDERS = """
    SELECT jsonb_build_object('of', person.username, 'change', '{name}')
    FROM {rows} m JOIN auth_user person ON person.id = m.user_id
"""
NAMES = """
    SELECT jsonb_build_object(
        'of', n.username,
        'change', CASE WHEN o.username <> n.username THEN 'renamed' ELSE 'address_changed' END
    )
    FROM old_values o JOIN new_values n ON o.id = n.id
    WHERE (o.username, o.email) IS DISTINCT FROM (n.username, n.email)
"""
PERMISSION_KIND, SIGN_IN_KIND = "permissions", "sign-in-changed"
# Table, operation, kind of the event, and what changed.
TRIGGERS = {
    "new_person": ("auth_user", "INSERT", PERMISSION_KIND, NEW_PERSON),
    "changed_person": ("auth_user", "UPDATE", PERMISSION_KIND, CHANGED_PERSON),
    "roles_added": ("auth_user_groups", "INSERT", PERMISSION_KIND, ROLES),
    "roles_removed": ("auth_user_groups", "DELETE", PERMISSION_KIND, ROLES),
    "permissions_added": ("auth_group_permissions", "INSERT", PERMISSION_KIND, PERMISSIONS),
    "permissions_removed": ("auth_group_permissions", "DELETE", PERMISSION_KIND, PERMISSIONS),
    "changed_name": ("auth_user", "UPDATE", SIGN_IN_KIND, NAMES),
    "provider_linked": ("socialaccount_socialaccount", "INSERT", SIGN_IN_KIND, PROVIDERS),
    "provider_unlinked": ("socialaccount_socialaccount", "DELETE", SIGN_IN_KIND, PROVIDERS),
    "factor_added": ("mfa_authenticator", "INSERT", SIGN_IN_KIND, FACTORS),
    "factor_removed": ("mfa_authenticator", "DELETE", SIGN_IN_KIND, FACTORS),
}
TABLES = {
    "INSERT": "NEW TABLE AS new_values",
    "UPDATE": "OLD TABLE AS old_values NEW TABLE AS new_values",
    "DELETE": "OLD TABLE AS old_values",
}


def _create(name: str, table: str, operation: str, kind: str, changed: str) -> str:
    rows = "old_values" if operation == "DELETE" else "new_values"
    body = RECORD.format(kind=kind, changed=changed.format(name=name, rows=rows))
    return f"""
        CREATE FUNCTION returns_record_{name}() RETURNS trigger LANGUAGE plpgsql
            AS $body$ BEGIN {body} END $body$;
        CREATE TRIGGER record_{name} AFTER {operation} ON {table} REFERENCING {TABLES[operation]}
            FOR EACH STATEMENT EXECUTE FUNCTION returns_record_{name}();
    """


def _drop(name: str, table: str) -> str:
    return f"DROP TRIGGER record_{name} ON {table}; DROP FUNCTION returns_record_{name}();"


# The timeline and the comments of a return go only once it is gone, and its trace holds them.
DELETE_HISTORY = """
    CREATE FUNCTION returns_delete_history(ids bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $body$
    DECLARE
        ignored CONSTANT text := coalesce(current_setting('pgtrigger.ignore', true), '{}');
        gone CONSTANT bigint[] := ARRAY(
            SELECT d.record_id FROM returns_deletedreturn d WHERE d.record_id = ANY(ids)
                AND NOT EXISTS (SELECT FROM returns_return r WHERE r.id = d.record_id)
        );
    BEGIN
        DELETE FROM returns_commentevent WHERE pgh_obj_id IN (
            SELECT id FROM returns_comment WHERE record_id = ANY(gone)
        );
        PERFORM set_config('pgtrigger.ignore', '{pgtrigger_comment_stays_4eccd}', true);
        DELETE FROM returns_comment WHERE record_id = ANY(gone);
        PERFORM set_config('pgtrigger.ignore', ignored, true);
        DELETE FROM returns_returntagevent WHERE entity_id = ANY(gone);
        DELETE FROM returns_returnevent WHERE pgh_obj_id = ANY(gone);
    END $body$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("returns", "0066_trail"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]
    operations = [
        *(
            migrations.RunSQL(_create(name, *what), _drop(name, what[0]))
            for name, what in TRIGGERS.items()
        ),
        migrations.RunSQL(DELETE_HISTORY, "DROP FUNCTION returns_delete_history(bigint[])"),
    ]
