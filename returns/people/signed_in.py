# ruff: noqa: S608 - built from our own names alone
"""Reads a session with its person, and what each page shows of them, in one statement.

It runs on every request, and is SQL because the ORM needs longer to write it than the database to
answer it.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from returns.models import BrowserSession, Deactivation, Preferences
from returns.notices.bell import MAX_BELL_NUMBER
from returns.people.roles import ADMIN
from returns.people.second_factor import FACTORS

ATTRIBUTES = ("role_permissions", "exports_ready", "notices_unseen", "follow_ups_due")


def _columns(alias: str, model: type[Model]) -> str:
    return ", ".join(f"{alias}.{field.column}" for field in model._meta.concrete_fields)


SESSION = f"""
    {_columns("session", BrowserSession)},
    session.active_at < statement_timestamp() - interval '1 minute' AS is_quiet
"""
IS_LIVING = """
    session.started_at > statement_timestamp() - %(hours)s * interval '1 hour'
    AND session.active_at > statement_timestamp() - %(idle)s * interval '1 minute'
"""
PERSON = f"""
    {_columns("person", User)},
    {_columns("preferences", Preferences)},
    {_columns("deactivation", Deactivation)},
    ARRAY(
        SELECT DISTINCT app.app_label || '.' || permission.codename
        FROM auth_user_groups role
        JOIN auth_group_permissions allowed ON allowed.group_id = role.group_id
        JOIN auth_permission permission ON permission.id = allowed.permission_id
        JOIN django_content_type app ON app.id = permission.content_type_id
        WHERE role.user_id = person.id
    ),
    ARRAY(
        SELECT id FROM returns_export
        WHERE by_id = person.id AND status = 'done' AND expires_at > %(now)s ORDER BY id DESC
    ),
    ARRAY(
        SELECT id FROM returns_notice
        WHERE person_id = person.id AND seen_at IS NULL ORDER BY id DESC LIMIT {MAX_BELL_NUMBER}
    ),
    ARRAY(
        SELECT id FROM returns_followup
        WHERE person_id = person.id AND done_at IS NULL AND due_at <= %(now)s
        ORDER BY due_at LIMIT {MAX_BELL_NUMBER}
    )
"""
# Asked only where a role needs one.
LACKS_SECOND_FACTOR = """, (
    (%(admins)s AND person.is_superuser) OR EXISTS (
        SELECT FROM auth_user_groups role JOIN auth_group ON auth_group.id = role.group_id
        WHERE role.user_id = person.id AND auth_group.name = ANY(%(roles)s)
    )
) AND NOT EXISTS (
    SELECT FROM mfa_authenticator WHERE user_id = person.id AND type = ANY(%(factors)s)
)
"""
JOIN_RELATED = """
    LEFT JOIN returns_preferences preferences ON preferences.user_id = person.id
    LEFT JOIN returns_deactivation deactivation ON deactivation.user_id = person.id
"""
FROM_SESSION = f"""
    FROM returns_browsersession session LEFT JOIN auth_user person ON person.id = session.person_id
    {JOIN_RELATED} WHERE session.session_key = %(key)s AND {IS_LIVING}
"""
FROM_PERSON = f"FROM auth_user person {JOIN_RELATED} WHERE person.id = %(id)s"


def read_session(key: str | None) -> BrowserSession | None:
    """Return a session that has not ended, with its ``person`` as ``read_person`` returns it.

    ``is_quiet`` is whether the last activity was a minute ago.
    """
    row = _read(f"SELECT {SESSION}, {_person_columns()} {FROM_SESSION}", key=key)
    if row is None:
        return None
    values = iter(row)
    session = _instance(BrowserSession, values)
    session.is_quiet = next(values)  # type: ignore[attr-defined]
    if session.person_id is not None:
        session.person = _person(values)
    return session


def read_person(pk: int) -> User | None:
    """Return a person with their preferences, permissions, and what each page shows of them."""
    row = _read(f"SELECT {_person_columns()} {FROM_PERSON}", id=pk)
    return _person(iter(row)) if row else None


def _person_columns() -> str:
    return PERSON + LACKS_SECOND_FACTOR if settings.MFA_REQUIRED_ROLES else PERSON


def _read(statement: str, **parameters: Any) -> tuple[Any, ...] | None:
    roles = list(settings.MFA_REQUIRED_ROLES)
    parameters |= {
        "now": timezone.now(),
        "hours": settings.SESSION_HOURS,
        "idle": settings.SESSION_IDLE_MINUTES,
        "roles": roles,
        "admins": ADMIN in roles,
        "factors": [str(each) for each in FACTORS],
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _instance[M: Model](model: type[M], values: Iterator[Any]) -> M:
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(connection.alias, names, list(islice(values, len(names))))


def _person(values: Iterator[Any]) -> User:
    person = _instance(User, values)
    for model in (Preferences, Deactivation):
        related = _instance(model, values)
        # None says that there is none, without a query.
        name = str(model._meta.model_name)
        person._state.fields_cache[name] = related if related.pk else None
    for name in ATTRIBUTES:
        setattr(person, name, next(values))
    person.lacks_second_factor = next(values, False)  # type: ignore[attr-defined]
    return person
