"""Settings, read from the environment only.

Without ``DATABASE_URL`` the project runs locally: every command works with nothing set, on the
bundled PostgreSQL, and only this computer is served. With it, the project runs in production: a
missing ``SECRET_KEY`` or ``ALLOWED_HOSTS`` stops the start with a sentence that says what to set.
"""

import os
import sys
import warnings
from pathlib import Path

import pghistory
import pgtrigger
from django.utils.csp import CSP

from config import databases, environment, logs
from config.monitoring import *  # noqa: F403
from config.retention import *  # noqa: F403 - how long what is kept: these are settings too
from config.sign_in import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent

DATABASE_URL = databases.database_url()
LOCAL = DATABASE_URL is None
OWNER_DATABASE_URL = databases.owner_database_url(DATABASE_URL)
DATABASE_WEB_ROLE = databases.web_role(DATABASE_URL, OWNER_DATABASE_URL)
DEBUG = os.environ.get("DEBUG") == "1"
# Set by the demo for its own server: its people can sign in nowhere else.
DEMO = os.environ.get("RETURNS_DESK_DEMO") == "1"

SECRET_KEY = environment.secret_key(BASE_DIR, is_local=LOCAL)
ALLOWED_HOSTS = environment.allowed_hosts(is_local=LOCAL)
# Addresses and networks of the proxies that are believed who asks.
TRUSTED_PROXIES = environment.networks("TRUSTED_PROXIES", ["127.0.0.1", "::1"])
CSRF_TRUSTED_ORIGINS = environment.names("CSRF_TRUSTED_ORIGINS")

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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "pgtrigger",
    "pghistory",
    "tags",
    "returns",  # last: after migrate it sets up the roles, which need the permissions of all apps
]

MIDDLEWARE = [
    # First, so that every answer has them, also those of the next ones.
    "config.security_headers.SecurityHeadersMiddleware",
    "config.observing.requests.RequestMiddleware",
    "config.compression.PageCompressionMiddleware",
    "returns.views.errors.ErrorPageMiddleware",
    "config.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    # Before the middleware that reads cookies: programs send only a token.
    "returns.api.middleware.ApiMiddleware",
    # The browser's language, until PersonMiddleware knows the person's own.
    "django.middleware.locale.LocaleMiddleware",
    "returns.views.callers.OneThreadLeftMiddleware",
    "config.unreadable.UnreadableRequestMiddleware",
    "config.body_limit.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "returns.people.person.SignedInMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.htmx.SignInRedirectMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "returns.people.person.PersonMiddleware",
    "returns.views.shoppers.ShopperNumberMiddleware",
    "returns.views.callers.CallerLimitMiddleware",
    "returns.views.errors.QueryTimeoutMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "returns.views.second_factor.SecondFactorMiddleware",
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
            "builtins": [
                "django.templatetags.i18n",
                *("config.dates", "config.fragments", "config.numbers", "config.shipped_names"),
            ],
        },
    }
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PGHISTORY_LEVEL = pgtrigger.Statement
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
PGHISTORY_ADMIN_ALL_EVENTS = False

CACHES = {"default": {"BACKEND": "config.cache.MonotonicCache"}}

# Programs

# For each token.
API_CALLS_PER_MINUTE = environment.positive_number("API_CALLS_PER_MINUTE", 250, "calls")
# The X-Tenant-Id that programs must send; not checked if it is empty.
RETURNS_TENANT = os.environ.get("RETURNS_TENANT", "").strip()
# The Returns API that records are pulled from.
RETURNS_API_URL = os.environ.get("RETURNS_API_URL", "").strip()
RETURNS_API_TOKEN = os.environ.get("RETURNS_API_TOKEN", "").strip()
RETURNS_API_TENANT = os.environ.get("RETURNS_API_TENANT", "").strip()

# Shoppers

# The key of their hashes, then its earlier values. Without any, shoppers are not stored.
SHOPPER_KEYS = environment.shopper_keys(BASE_DIR, is_local=LOCAL)
SHOPPER_NAMES = os.environ.get("SHOPPER_NAMES") == "1"
# The country whose phone numbers may lack the country code.
PHONE_REGION = environment.phone_region()

# Security headers and cookies

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
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_NAME = "language"
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
    # Browsers keep names with this prefix to https and this host: no subdomain can set them.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    MESSAGE_STORAGE = "config.cookies.HostMessageStorage"

# Files

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL or DEMO
        else "config.static.HashedStaticFiles",
    },
}
WHITENOISE_USE_FINDERS = LOCAL or DEMO
if WHITENOISE_USE_FINDERS:  # files are served from their sources, without collectstatic
    warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)

# What pages are called, and the logo beside it.
DESK_NAME = environment.desk_name()
DESK_LOGO = environment.desk_logo()

# Language, times and limits

LANGUAGES = [("tr", "Türkçe"), ("en", "English"), ("de", "Deutsch")]
# For those who have not chosen one, and whose browser asks for none of these.
LANGUAGE_CODE = environment.language([code for code, _ in LANGUAGES])
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True
TIME_ZONE = environment.time_zone()
# The hours that divide the waiting returns of a queue into buckets.
AGEING_HOURS = environment.ageing_hours()
# Minutes without a reading of the feed after which pages say that it is silent.
FEED_SILENT_MINUTES = environment.positive_number("FEED_SILENT_MINUTES", 60, "minutes")
# After which a claim on a return ends by itself.
CLAIM_HOURS = environment.positive_number("CLAIM_HOURS", 48, "hours")

# Hosts that webhooks may go to although they are not public, or speak plain http.
OUTGOING_ALLOWED_HOSTS = [name.lower() for name in environment.names("OUTGOING_ALLOWED_HOSTS")]

# Limits

# In which the body of a request must have arrived.
BODY_SECONDS = environment.positive_number("BODY_SECONDS", 10, "seconds")
# Connecting to the database takes at most so long.
DATABASE_CONNECT_SECONDS = environment.positive_number("DATABASE_CONNECT_SECONDS", 5, "seconds")
# A connection whose network is silent for so long is given up.
DATABASE_SILENT_SECONDS = environment.positive_number("DATABASE_SILENT_SECONDS", 20, "seconds")
if databases.has_several_hosts(DATABASE_URL):  # another one answers sooner than that
    DATABASE_CONNECT_SECONDS = min(DATABASE_CONNECT_SECONDS, databases.SOON_NEXT_HOST)
    DATABASE_SILENT_SECONDS = min(DATABASE_SILENT_SECONDS, databases.SOON_SILENT)
# The --blocking-threads of granian.
REQUEST_THREADS = environment.positive_number("REQUEST_THREADS", 8, "threads")
# A larger worker of ``serve`` is replaced. It needs some to work at all.
WORKER_MEMORY_MB = environment.positive_number("WORKER_MEMORY_MB", 1_000, "megabytes", least=300)
# For each person or token, in each process of the web server: a quarter of its threads. As many
# more may wait.
REQUESTS_AT_ONCE = environment.positive_number("REQUESTS_AT_ONCE", 2, "requests")
HEAVY_REQUESTS_AT_ONCE = environment.positive_number("HEAVY_REQUESTS_AT_ONCE", 1, "requests")
# Large files and pushes that are read, in each process.
LARGE_INPUTS_AT_ONCE = environment.positive_number("LARGE_INPUTS_AT_ONCE", 2, "inputs")
PASSWORD_CHECKS_AT_ONCE = environment.positive_number("PASSWORD_CHECKS_AT_ONCE", 1, "checks")
# Wrong passwords within 15 minutes: for a name from all addresses, and for an address.
FAILURES_PER_NAME = environment.positive_number("FAILURES_PER_NAME", 20, "failures")
FAILURES_PER_ADDRESS = environment.positive_number("FAILURES_PER_ADDRESS", 50, "failures")
# For a statement of a call that reads.
API_STATEMENT_LIMIT = environment.positive_number("API_STATEMENT_LIMIT", 5, "seconds")
# For exports that are kept: one file, and all files of a person.
EXPORT_FILE_MB = environment.positive_number("EXPORT_FILE_MB", 1_000, "megabytes")
EXPORT_STORAGE_MB = environment.positive_number("EXPORT_STORAGE_MB", 2_000, "megabytes")
# No single input may fill the memory, the disk or a page.
FEED_CALL_RECORDS = environment.positive_number("FEED_CALL_RECORDS", 10_000, "records")
FEED_NEW_TAGS = environment.positive_number("FEED_NEW_TAGS", 2_000, "tags")
RECORD_LINE_ITEMS = environment.positive_number("RECORD_LINE_ITEMS", 1_000, "line items")
RECORD_TAGS = environment.positive_number("RECORD_TAGS", 50, "tags")
RECORD_TEXT_LENGTH = environment.positive_number("RECORD_TEXT_LENGTH", 50_000, "characters")
RECORD_OTHER_FIELDS = environment.positive_number("RECORD_OTHER_FIELDS", 1_000, "fields")
RECORD_OTHER_LENGTH = environment.positive_number("RECORD_OTHER_LENGTH", 100_000, "characters")
UPLOADS_PER_PERSON = environment.positive_number("UPLOADS_PER_PERSON", 20, "files")
PREVIEW_RECORDS = environment.positive_number("PREVIEW_RECORDS", 20_000, "records")
RETURN_TAGS = environment.positive_number("RETURN_TAGS", 100, "tags")
# Webhooks that are sent at once, by each process of the background work.
OUTGOING_THREADS = environment.positive_number("OUTGOING_THREADS", 4, "threads")
REJECTED_LENGTH = environment.positive_number("REJECTED_LENGTH", 20_000, "characters")
REJECTED_PER_RUN = environment.positive_number("REJECTED_PER_RUN", 10_000, "records")
REJECTED_PER_SOURCE = environment.positive_number("REJECTED_PER_SOURCE", 50_000, "records")

LOGGING = logs.settings(environment.log_level(sys.argv), LOG_FORMAT)  # noqa: F405

# The database comes last, so that other errors are reported before a server is started.

# Whether a pooler, such as PgBouncer, gives each transaction any of its connections.
DATABASE_POOLER = os.environ.get("DATABASE_POOLER") == "1"
# Whether lists, too, are read from the replica, and not only reports and files.
DATABASE_REPLICA_LISTS = os.environ.get("DATABASE_REPLICA_LISTS") == "1"
# Without pgtrigger.ignore, each row costs an aborted subtransaction. jit, random_page_cost: queries
# are short, and the data is cached.
SERVER_OPTIONS = {"pgtrigger.ignore": "{}", "jit": "off", "random_page_cost": "1.1"}
CONNECTION_OPTIONS = " ".join(f"-c {name}={value}" for name, value in SERVER_OPTIONS.items())
if limit := databases.statement_limit():
    CONNECTION_OPTIONS += f" -c statement_timeout={limit}s"
NETWORK: dict[str, int] = {}
if not LOCAL:
    CONNECTION_OPTIONS += databases.probes_of_server(DATABASE_SILENT_SECONDS)
    NETWORK = databases.network(DATABASE_CONNECT_SECONDS, DATABASE_SILENT_SECONDS)

DATABASES = {
    name: databases.connected(database, CONNECTION_OPTIONS, NETWORK, is_pooled=DATABASE_POOLER)
    for name, database in {
        "default": databases.database(DATABASE_URL, OWNER_DATABASE_URL, BASE_DIR),
        "replica": databases.replica(DATABASE_URL),
    }.items()
    if database is not None
}
