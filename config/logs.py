"""What is logged, and how a line looks."""

from typing import Any

FORMATTERS: dict[str, dict[str, Any]] = {
    "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    "json": {"()": "config.observing.lines.JsonLines"},
}


def settings(level: str, log_format: str) -> dict[str, Any]:
    """Return the LOGGING setting.

    ``level`` is that of our own lines, such as "INFO", and ``log_format`` one of ``FORMATTERS``.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": FORMATTERS,
        "filters": {
            "paths": {"()": "config.observing.lines.WithoutPaths"},
            "refused hosts": {"()": "config.hosts.RefusedHostFilter"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": log_format,
                "filters": ["paths"],
            },
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": level} for name in ("config", "returns", "tags")},
            # Our own lines about failed sign-ins say more.
            "axes": {"level": "ERROR"},
            # Logged by the root logger; Django's own handlers would log it again if DEBUG is on.
            "django": {"handlers": [], "level": "WARNING"},
            # Requests for other hosts come from scanners; they are not worth a traceback.
            "django.security.DisallowedHost": {"filters": ["refused hosts"]},
        },
    }
