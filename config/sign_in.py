"""Settings of signing in: passwords, second factors, the company's provider, sessions and mail.

Read from the environment, and part of ``config.settings``.
"""

import os
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import environment

THIS_COMPUTER = ("127.0.0.1", "localhost", "::1")
MAX_ISSUER_LENGTH = 200  # of the column that keeps it


def _issuer() -> str:
    """Return the address of the company's provider, which names it; "" for none."""
    address = os.environ.get("OIDC_ISSUER", "").strip()
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in THIS_COMPUTER
    )
    if address and not (is_safe and parts.hostname and len(address) <= MAX_ISSUER_LENGTH):
        raise ImproperlyConfigured(
            "OIDC_ISSUER must be the https address of the provider. An example is "
            "https://login.example.com/realms/shop."
        )
    return address


def _roles_of_groups() -> dict[str, str]:
    """Return the role that each group of the provider stands for."""
    text = os.environ.get("OIDC_ROLES") or ""
    pairs = [pair.rpartition("=") for pair in text.split(";") if pair.strip()]
    roles = {group.strip(): role.strip() for group, _, role in pairs}
    if not all(roles) or not all(roles.values()):
        raise ImproperlyConfigured(
            "OIDC_ROLES must name a role for each group of the provider. An example is "
            "desk-agents=Customer service;desk-admins=Admin."
        )
    return roles


def _port() -> int:
    text = os.environ.get("EMAIL_PORT", "25").strip()
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise ImproperlyConfigured("EMAIL_PORT must be the port of the mail server, such as 587.")
    return int(text)


def _check_provider() -> None:
    """Raise ``ImproperlyConfigured`` if only a part of what the provider needs is set."""
    if OIDC_ISSUER and not (OIDC_CLIENT_ID and OIDC_ROLES):
        raise ImproperlyConfigured("Set OIDC_CLIENT_ID and OIDC_ROLES too, or unset OIDC_ISSUER.")
    if OIDC_ONLY and not OIDC_ISSUER:
        raise ImproperlyConfigured("Set OIDC_ISSUER too, or unset OIDC_ONLY.")


# Passwords

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
AUTH_PASSWORD_VALIDATORS.append({"NAME": "returns.people.passwords.OwnWordsValidator"})
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_RESET_TIMEOUT = 60 * 60  # seconds

# Five wrong passwords lock one name from one address, not the whole office behind that address.
# For a name from all addresses, and for an address, the handler has limits of its own.
AXES_HANDLER = "returns.people.attempts.AttemptHandler"
AXES_USERNAME_CALLABLE = "returns.people.attempts.attempted_name"
AXES_CLIENT_IP_CALLABLE = "config.client.client_network"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "username", "ip_address"]
AXES_FAILURE_LIMIT = 5
# Attempts while it is locked are not stored, and do not make it longer.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"
AXES_HTTP_RESPONSE_CODE = 429
# A wrong code may be one that was typed for another account.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "credential"]

# Accounts. People are made by admins, or by the company's provider; allauth has no pages here.

ACCOUNT_ADAPTER = "returns.people.adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_LOGIN_TIMEOUT = 10 * 60  # seconds between the password and the code
# Ours are in the database, which all processes share.
ACCOUNT_RATE_LIMITS = False

# Second factors

MFA_ADAPTER = "returns.people.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # half a minute, by which the clock of a phone may be wrong
# Names of roles; who has one needs a second factor. Superusers belong to Admin.
MFA_REQUIRED_ROLES = environment.names("MFA_REQUIRED_ROLES")

# The company's provider (OpenID Connect)

OIDC_ISSUER = _issuer()
OIDC_CLIENT_ID = os.environ.get("OIDC_CLIENT_ID", "").strip()
OIDC_CLIENT_SECRET = os.environ.get("OIDC_CLIENT_SECRET", "").strip()
OIDC_NAME = os.environ.get("OIDC_NAME", "").strip()
OIDC_SCOPE = os.environ.get("OIDC_SCOPE", "openid profile email").split()
OIDC_GROUPS_CLAIM = os.environ.get("OIDC_GROUPS_CLAIM", "groups").strip()
OIDC_ROLES = _roles_of_groups()
OIDC_TRUSTS_MFA = os.environ.get("OIDC_TRUSTS_MFA") == "1"
OIDC_ONLY = os.environ.get("OIDC_ONLY") == "1"
# Who may sign in with a password nevertheless.
BREAK_GLASS_NAMES = environment.names("BREAK_GLASS_NAME")
_check_provider()

# Sessions

SESSION_ENGINE = "returns.people.sessions"
SESSION_HOURS = environment.positive_number("SESSION_HOURS", 12, "hours")
SESSION_IDLE_MINUTES = environment.positive_number("SESSION_IDLE_MINUTES", 240, "minutes")
SESSION_COOKIE_AGE = SESSION_HOURS * 60 * 60

# Mail, by which people reset their password

HAS_MAIL = bool(os.environ.get("EMAIL_HOST", "").strip())
MAILERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": os.environ.get("EMAIL_HOST", "").strip() or "localhost",
            "port": _port(),
            "username": os.environ.get("EMAIL_HOST_USER", ""),
            "password": os.environ.get("EMAIL_HOST_PASSWORD", ""),
            "use_tls": os.environ.get("EMAIL_USE_TLS") == "1",
            "timeout": 10,  # seconds
        },
    }
}
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "").strip()
if HAS_MAIL and "@" not in DEFAULT_FROM_EMAIL:
    raise ImproperlyConfigured(
        "Set DEFAULT_FROM_EMAIL to the address that mail comes from, or unset EMAIL_HOST."
    )
