"""People as fixtures by role; the vocabulary; a client for each person."""

from collections.abc import Callable
from itertools import count

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from returns.models import SavedView
from returns.people import roles
from tests import factories, shipped


def pytest_configure() -> None:
    """Serve plain http and uncollected files, also where DATABASE_URL asks for the real thing."""
    settings.SECURE_SSL_REDIRECT = False
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    files = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": files}
    settings.WHITENOISE_USE_FINDERS = True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let the bundled server of the tests not wait for its disk: nobody keeps what is in it."""
    if settings.LOCAL:
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("ALTER SYSTEM SET fsync = off")
            cursor.execute("SELECT pg_reload_conf()")


@pytest.fixture(autouse=True)
def _what_migrations_brought(request):
    """Bring it again where a test before emptied the database, which happens in any order."""
    marker = request.node.get_closest_marker("django_db")
    if not (marker or "db" in request.fixturenames) or is_emptying(request, marker):
        return
    request.getfixturevalue("db")
    if not SavedView.objects.exists():
        shipped.load_vocabulary()
        shipped.load_views()
        shipped.load_rules()


def is_emptying(request, marker) -> bool:
    """Tell whether the database is empty after the test, which then asks for what it needs."""
    return (marker and marker.kwargs.get("transaction")) or any(
        name in request.fixturenames for name in ("transactional_db", "live_server")
    )


@pytest.fixture(autouse=True)
def _numbers_from_one(monkeypatch):
    """Give each test the same numbers, whatever ran before: one may be what another looks for."""
    monkeypatch.setattr(factories, "_numbers", count(1))


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def vocabulary(db):
    """Load the recommended vocabulary, also after a test that emptied the database."""
    shipped.load_vocabulary()


@pytest.fixture
def make_person(db) -> Callable[..., User]:
    """Make a person with a role, password ``secret-parcel``."""

    def make(name: str, role: str | None = None, **fields) -> User:
        person = User.objects.create_user(name, password="secret-parcel", **fields)
        if role:
            person.groups.add(Group.objects.get(name=role))
        return person

    return make


@pytest.fixture
def agent(make_person) -> User:
    return make_person("agent", roles.CUSTOMER_SERVICE)


@pytest.fixture
def manager(make_person) -> User:
    return make_person("manager", roles.WAREHOUSE_MANAGER)


@pytest.fixture
def admin(make_person) -> User:
    return make_person("admin", roles.ADMIN, is_staff=True)


@pytest.fixture
def stranger(make_person) -> User:
    """A person who may sign in but has no role."""
    return make_person("stranger")


@pytest.fixture
def as_agent(client: Client, agent: User) -> Client:
    client.force_login(agent, backend="returns.people.RoleBackend")
    return client


@pytest.fixture
def as_manager(manager: User) -> Client:
    client = Client()
    client.force_login(manager, backend="returns.people.RoleBackend")
    return client


@pytest.fixture
def as_admin(admin: User) -> Client:
    client = Client()
    client.force_login(admin, backend="returns.people.RoleBackend")
    return client
