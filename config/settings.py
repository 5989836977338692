"""Settings, from the environment alone.

Without ``DATABASE_URL`` the project runs locally: every command works with nothing set, on the
bundled PostgreSQL, and only loopback hosts are served. With it the project runs for real: a
missing ``SECRET_KEY`` or ``ALLOWED_HOSTS`` stops the start with a sentence that says what to set.
"""

import os
import sys
import warnings
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import dj_database_url
import pghistory
import pgtrigger
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from config import embedded_postgres

BASE_DIR = Path(__file__).resolve().parent.parent
POSTGRESQL = "django.db.backends.postgresql"

DATABASE_URL = os.environ.get("DATABASE_URL")
if DATABASE_URL is not None and not DATABASE_URL.strip():
    raise ImproperlyConfigured(
        "DATABASE_URL is set but empty; unset it to use the bundled PostgreSQL."
    )
LOCAL = DATABASE_URL is None
# Commands that run for days beside the web server.
SERVICES = {"work", "sync_returns", "runserver"}
DEBUG = os.environ.get("DEBUG") == "1"
# Set by the demo for the server it starts; the demo's people can sign in to no other.
DEMO = os.environ.get("RETURNS_DESK_DEMO") == "1"


def _names(variable: str) -> list[str]:
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]


def _secret_key() -> str:
    key = os.environ.get("SECRET_KEY", "")
    if not key and LOCAL:
        return embedded_postgres.secret_key(embedded_postgres.state_folder(BASE_DIR))
    if len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-"):
        raise ImproperlyConfigured(
            "Set SECRET_KEY to a random text of at least 50 characters: it signs sessions."
        )
    return key


def _allowed_hosts() -> list[str]:
    hosts = _names("ALLOWED_HOSTS")
    if hosts:
        return hosts
    if LOCAL:
        return ["127.0.0.1", "localhost", "[::1]"]
    raise ImproperlyConfigured(
        "Set ALLOWED_HOSTS to the host names that people type, separated by commas."
    )


def _time_zone() -> str:
    zone = os.environ.get("TIME_ZONE", "Europe/Istanbul")
    if zone not in available_timezones():
        raise ImproperlyConfigured(
            f"TIME_ZONE {zone!r} is no time zone; an example is Europe/Istanbul."
        )
    return zone


def _ageing_hours() -> list[int]:
    hours = [part.strip() for part in os.environ.get("AGEING_HOURS", "24,48,72").split(",")]
    edges = [int(part) for part in hours if part.isdecimal()]
    if not edges or len(edges) != len(hours) or edges != sorted(set(edges)) or edges[0] == 0:
        raise ImproperlyConfigured(
            "AGEING_HOURS must be rising whole numbers of hours; an example is 24,48,72."
        )
    return edges


def _feed_silent_minutes() -> int:
    minutes = os.environ.get("FEED_SILENT_MINUTES", "60").strip()
    if not minutes.isdecimal() or int(minutes) == 0:
        raise ImproperlyConfigured(
            "FEED_SILENT_MINUTES must be a whole number of minutes; an example is 60."
        )
    return int(minutes)


def _api_calls_per_minute() -> int:
    calls = os.environ.get("API_CALLS_PER_MINUTE", "250").strip()
    if not calls.isdecimal() or int(calls) == 0:
        raise ImproperlyConfigured(
            "API_CALLS_PER_MINUTE must be a whole number of calls; an example is 250."
        )
    return int(calls)


def _statement_limit() -> int:
    """Return the seconds that a statement may take; none for commands, which take their time."""
    seconds = os.environ.get("STATEMENT_LIMIT") or "0"
    if not seconds.isdecimal():
        raise ImproperlyConfigured(f"STATEMENT_LIMIT {seconds!r} is no number of whole seconds.")
    return int(seconds)


def _log_level(argv: list[str]) -> str:
    """Return from what level on our own messages are logged.

    The demo and the commands that people call by hand say themselves how it goes.
    """
    is_by_hand = Path(argv[0]).name == "manage.py" and not SERVICES & set(argv[1:2])
    return "WARNING" if is_by_hand else "INFO"


def _database() -> dict[str, Any]:
    if DATABASE_URL is not None:
        return _database_at(DATABASE_URL)
    connection: dict[str, Any] = {"ENGINE": POSTGRESQL}
    if embedded_postgres.wanted(sys.argv):
        folder = embedded_postgres.state_folder(BASE_DIR)
        connection |= embedded_postgres.start(folder, announce=sys.argv[1:2] == ["demo"])
    return connection


def _database_at(address: str) -> dict[str, Any]:
    """Read the address; it may hold a password, so no message repeats it."""
    try:
        database = dict(dj_database_url.parse(address))
    except ValueError:
        database = {}
    if database.get("ENGINE") != POSTGRESQL or not database.get("NAME"):
        raise ImproperlyConfigured(
            "DATABASE_URL must have the form postgres://user:password@host:5432/name, "
            "with special characters in the password written as %40 and the like."
        )
    return database


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = _allowed_hosts()
CSRF_TRUSTED_ORIGINS = _names("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "axes",
    "pgtrigger",
    "pghistory",
    "tags",
    "returns",  # last: after a migrate it sets up the roles from the permissions of all
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    # Before whatever reads cookies: programs come with a token alone.
    "returns.api.middleware.ApiMiddleware",
    "config.body_limit.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.htmx.SignInRedirectMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "returns.people.person.PersonMiddleware",
    "returns.views.errors.TookTooLongMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PGHISTORY_LEVEL = pgtrigger.Statement
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
PGHISTORY_ADMIN_ALL_EVENTS = False

# People and access

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "returns.people.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 12 * 60 * 60  # a shift, in seconds

# A guesser is stopped for one name from one address, so a whole office behind one address is not.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"
AXES_HTTP_RESPONSE_CODE = 429

# Programs

# Of each token, by the API.
API_CALLS_PER_MINUTE = _api_calls_per_minute()
# What programs have to send as X-Tenant-Id; anything, or nothing, where it is not set.
RETURNS_TENANT = os.environ.get("RETURNS_TENANT", "").strip()
# The Returns API that records are pulled from.
RETURNS_API_URL = os.environ.get("RETURNS_API_URL", "").strip()
RETURNS_API_TOKEN = os.environ.get("RETURNS_API_TOKEN", "").strip()
RETURNS_API_TENANT = os.environ.get("RETURNS_API_TENANT", "").strip()

# What leaves for the browser

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "returns.views.errors.csrf_failure"
if not LOCAL and not DEBUG and not DEMO:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# Files

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL or DEMO
        else "config.static.NamedByContent",
    },
}
WHITENOISE_USE_FINDERS = LOCAL or DEMO
if WHITENOISE_USE_FINDERS:  # the files are served from their sources, so nobody collects them
    warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)

# Words and times

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = _time_zone()
# The hours that part the waiting returns of a queue into buckets.
AGEING_HOURS = _ageing_hours()
# After so long without a new record, pages say that the feed is silent.
FEED_SILENT_MINUTES = _feed_silent_minutes()

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        **{name: {"level": _log_level(sys.argv)} for name in ("config", "returns", "tags")},
        "axes": {"level": "WARNING"},
        # Said once, by the root; Django's own handlers would say it again while DEBUG is on.
        "django": {"handlers": [], "level": "WARNING"},
        # Whoever asks for another host is a scanner: no traceback for each of them.
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
    },
}

# The database, last: what is wrong above is told before a server is started for it.

# pgtrigger.ignore: left unset it costs one aborted subtransaction a row (a pooler that drops
# it wants ALTER ROLE ... SET instead). jit, random_page_cost: queries are short, data is cached.
CONNECTION_OPTIONS = "-c pgtrigger.ignore={} -c jit=off -c random_page_cost=1.1"
if limit := _statement_limit():
    CONNECTION_OPTIONS += f" -c statement_timeout={limit}s"

DATABASES = {"default": _database() | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
DATABASES["default"]["OPTIONS"] = {"options": CONNECTION_OPTIONS} | DATABASES["default"].get(
    "OPTIONS", {}
)
