"""People as fixtures by role; the vocabulary; a client for each person."""

import os
from collections.abc import Callable
from itertools import count

import pytest
from _pytest import runner
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import translation

from config.memory import with_room
from returns.filters.known_values import KNOWN_VALUE_COLUMNS, OFFERED_VALUES
from returns.people import roles
from tests import database, factories, migrated, trials

trials.load_profile()
# So many files are not worth a second process.
FEW = 3


def pytest_configure() -> None:
    """Serve plain http and uncollected files, also where DATABASE_URL asks for the real thing.

    Passwords are hashed in no time, and shoppers are recognised.
    """
    settings.SHOPPER_KEYS = settings.SHOPPER_KEYS or ["the key of all tests, of many characters"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECURE_SSL_REDIRECT = False
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "sessionid", "csrftoken"
    settings.LANGUAGE_COOKIE_NAME = "language"
    settings.MESSAGE_STORAGE = "django.contrib.messages.storage.fallback.FallbackStorage"
    files = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": files}
    settings.WHITENOISE_USE_FINDERS = True
    # Each test client starts the middleware, which would list every file: 10 ms or more.
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run each test with room for frames, as requests are: many end where a chunk does."""
    return with_room(runner.pytest_runtest_protocol, item, nextitem)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Share the tests out among the processors; a few named files run in this process alone.

    Its start costs each process some seconds, and one process can be debugged.
    """
    named = len(config.args) <= FEW and all(".py" in argument for argument in config.args)
    return 0 if named else os.cpu_count() or 1


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, django_db_blocker) -> None:
    """Let the processes of a run copy one migrated database; each would take ten seconds."""
    if settings.LOCAL:
        with django_db_blocker.unblock():
            connection.settings_dict["TEST"]["TEMPLATE"] = migrated.template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let the bundled server of the tests not wait for its disk: nobody keeps what is in it.

    Nor does it vacuum by itself: of a table that it has found empty PostgreSQL knows so, and then
    any index is as good as another, now and then.

    Tests that commit find what the migrations brought, as all others do, and leave it so.
    """
    with django_db_blocker.unblock():
        if settings.LOCAL:
            with connection.cursor() as cursor:
                cursor.execute("ALTER SYSTEM SET fsync = off")
                cursor.execute("ALTER SYSTEM SET autovacuum = off")
                cursor.execute("SELECT pg_reload_conf()")
        database.remember()
    TransactionTestCase._fixture_teardown = lambda _: database.put_back()


@pytest.fixture(autouse=True)
def _program_role(request):
    """With AS_WEB_ROLE=1, run tests within a transaction as the role that owns no table."""
    if os.environ.get("AS_WEB_ROLE") != "1" or "db" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("db")
    if settings.DATABASE_POOLER and not connection.in_atomic_block:
        yield  # the role would be that of any connection
        return
    with database.as_web_role():
        yield


@pytest.fixture(autouse=True)
def _default_language():
    """Begin each test in English: the test client leaves the language of its last answer active."""
    translation.activate("en")


@pytest.fixture(autouse=True)
def _nothing_offered():
    """Let no page read what filters offer: it is kept for a minute, also beyond the test.

    Who tests what is offered deletes it first.
    """
    cache.set(OFFERED_VALUES, {name: [] for name in KNOWN_VALUE_COLUMNS}, timeout=None)


@pytest.fixture(autouse=True)
def _numbers_from_one(monkeypatch):
    """Give each test the same numbers, whatever ran before: one may be what another looks for."""
    monkeypatch.setattr(factories, "_numbers", count(1))


@pytest.fixture
def vocabulary(db):
    """Say that a test needs the recommended vocabulary, which the migrations brought."""


@pytest.fixture
def make_person(db) -> Callable[..., User]:
    """Return the factory of people, who have a role and the password ``secret-parcel``."""
    return factories.make_person


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
