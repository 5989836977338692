"""Readers of the environment variables that are more than a plain text.

Each raises ``ImproperlyConfigured`` with a sentence that says what to set.
"""

import ipaddress
import os
from pathlib import Path
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured
from phonenumbers import SUPPORTED_REGIONS

from config import embedded_postgres

LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
MAX_LOGO_BYTES = 200_000
MAX_DAYS = 36_500  # a hundred years
MIN_SHOPPER_KEY = 32  # characters
# Commands that run for days beside the web server.
SERVICES = {"work", "sync_returns", "serve", "runserver"}


def names(variable: str) -> list[str]:
    """Return the comma-separated names in a variable."""
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]


def networks(variable: str, default: list[str]) -> list[str]:
    """Return the comma-separated addresses and networks, such as 10.0.0.0/8, in a variable."""
    texts = names(variable) or default
    for text in texts:
        try:
            ipaddress.ip_network(text)
        except ValueError:
            raise ImproperlyConfigured(
                f"{variable}: {text!r} is not an address or a network. Examples are 10.0.0.5 and "
                "10.0.0.0/8."
            ) from None
    return texts


def secret_key(checkout: Path, *, is_local: bool) -> str:
    """Return the key that signs sessions; a local trial has one beside its data."""
    key = os.environ.get("SECRET_KEY", "")
    if not key and is_local:
        return embedded_postgres.secret_key(embedded_postgres.state_folder(checkout))
    if len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-"):
        raise ImproperlyConfigured(
            "Set SECRET_KEY to a random text of at least 50 characters. It signs sessions."
        )
    return key


def shopper_keys(checkout: Path, *, is_local: bool) -> list[str]:
    """Return the key that shoppers are hashed with, then its earlier values; nothing without one.

    A local trial has a key beside its data.
    """
    key, *others = names("SHOPPER_KEY") or [""]
    fallbacks = names("SHOPPER_KEY_FALLBACKS")
    if not key and is_local:
        key = embedded_postgres.secret_key(embedded_postgres.state_folder(checkout), "shopper_key")
    if not key:
        if fallbacks:
            raise ImproperlyConfigured("Set SHOPPER_KEY too, or unset SHOPPER_KEY_FALLBACKS.")
        return []
    if others or not _is_shopper_key(key):
        raise ImproperlyConfigured(
            f"SHOPPER_KEY must be a random text of at least {MIN_SHOPPER_KEY} characters without a "
            "comma. Shoppers are recognised by it."
        )
    if not all(map(_is_shopper_key, fallbacks)):
        raise ImproperlyConfigured(
            "SHOPPER_KEY_FALLBACKS must be earlier values of SHOPPER_KEY, separated by commas."
        )
    return list(dict.fromkeys((key, *fallbacks)))


def _is_shopper_key(key: str) -> bool:
    return len(key) >= MIN_SHOPPER_KEY and len(set(key)) >= 5


def phone_region() -> str:
    """Return the country whose phone numbers may lack the country code."""
    region = os.environ.get("PHONE_REGION", "TR").strip().upper()
    if region not in SUPPORTED_REGIONS:
        raise ImproperlyConfigured(
            f"PHONE_REGION {region!r} is not a country. An example is TR, for Türkiye."
        )
    return region


def allowed_hosts(*, is_local: bool) -> list[str]:
    """Return the host names that are served; a local trial serves this computer only."""
    if hosts := names("ALLOWED_HOSTS"):
        return hosts
    if is_local:
        return ["127.0.0.1", "localhost", "[::1]"]
    raise ImproperlyConfigured(
        "Set ALLOWED_HOSTS to the host names that people type, separated by commas."
    )


def time_zone() -> str:
    """Return the name of the warehouse's time zone."""
    zone = os.environ.get("TIME_ZONE", "Europe/Istanbul")
    if zone not in available_timezones():
        raise ImproperlyConfigured(
            f"TIME_ZONE {zone!r} is not a time zone. An example is Europe/Istanbul."
        )
    return zone


def language(codes: list[str]) -> str:
    """Return the code of the language of those who have not chosen one."""
    code = os.environ.get("LANGUAGE_CODE", "en")
    if code not in codes:
        raise ImproperlyConfigured(
            f"LANGUAGE_CODE {code!r} is not a language of this program. Use {', '.join(codes)}."
        )
    return code


def ageing_hours() -> list[int]:
    """Return the hours that divide the waiting returns of a queue into buckets."""
    hours = [part.strip() for part in os.environ.get("AGEING_HOURS", "24,48,72").split(",")]
    edges = [int(part) for part in hours if part.isdecimal()]
    if not edges or len(edges) != len(hours) or edges != sorted(set(edges)) or edges[0] == 0:
        raise ImproperlyConfigured(
            "AGEING_HOURS must be whole numbers of hours in ascending order. "
            "An example is 24,48,72."
        )
    return edges


def desk_name() -> str:
    """Return the name of the desk that pages show."""
    name = " ".join(os.environ.get("DESK_NAME", "Returns desk").split())
    if not 1 <= len(name) <= 40:
        raise ImproperlyConfigured("DESK_NAME must have 1 to 40 characters.")
    return name


def desk_logo() -> Path | None:
    """Return the image file of the desk's logo; None for the parcel."""
    text = os.environ.get("DESK_LOGO", "").strip()
    if not text:
        return None
    path = Path(text)
    if path.suffix.lower() not in LOGO_TYPES or not path.is_file():
        kinds = ", ".join(sorted(LOGO_TYPES))
        raise ImproperlyConfigured(f"DESK_LOGO must be the path of an image file: {kinds}.")
    if path.stat().st_size > MAX_LOGO_BYTES:
        raise ImproperlyConfigured(f"DESK_LOGO may have {MAX_LOGO_BYTES // 1000} kB.")
    return path


def positive_number(variable: str, default: int, unit: str, *, least: int = 1) -> int:
    """Return the whole number above 0 in a variable; ``unit`` names what it counts."""
    text = os.environ.get(variable, str(default)).strip()
    if not text.isdecimal() or int(text) == 0:
        raise ImproperlyConfigured(
            f"{variable} must be a whole number of {unit}. An example is {default}."
        )
    if unit == "days" and int(text) > MAX_DAYS:
        raise ImproperlyConfigured(f"{variable} may be at most {MAX_DAYS} days.")
    if int(text) < least:
        raise ImproperlyConfigured(f"{variable} must be at least {least} {unit}.")
    return int(text)


def days_kept(variable: str, default: int, *, least: int = 1) -> int:
    """Return for how many days something is kept: 0, for ever, or at least ``least``."""
    text = os.environ.get(variable, str(default)).strip()
    if not text.isdecimal():
        raise ImproperlyConfigured(
            f"{variable} must be a whole number of days, or 0 to keep everything."
        )
    if int(text) > MAX_DAYS:
        raise ImproperlyConfigured(f"{variable} may be at most {MAX_DAYS} days, or 0 for ever.")
    if 0 < int(text) < least:
        raise ImproperlyConfigured(
            f"{variable} must be at least {least} days, or 0 to keep everything: "
            "nothing younger is ever deleted."
        )
    return int(text)


def log_level(argv: list[str]) -> str:
    """Return the minimum level of our own log messages for a program with these arguments.

    The demo, and commands that people run by hand, print their progress instead.
    """
    is_by_hand = Path(argv[0]).name == "manage.py" and not SERVICES & set(argv[1:2])
    return "WARNING" if is_by_hand else "INFO"
