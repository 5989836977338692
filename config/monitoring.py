"""Settings of what the desk tells about itself: logs, metrics, traces and errors.

``config.settings`` takes them over. Each switch is a variable of the environment; a switch whose
package is missing stops the start with a sentence.
"""

import os
from importlib.util import find_spec

from django.core.exceptions import ImproperlyConfigured

from config.logs import FORMATTERS

MIN_METRICS_TOKEN = 20  # characters


def _log_format() -> str:
    name = os.environ.get("LOG_FORMAT", "").strip() or "line"
    if name not in FORMATTERS:
        raise ImproperlyConfigured(f"LOG_FORMAT must be line or json, not {name!r}.")
    return name


def _metrics_token() -> str:
    token = os.environ.get("METRICS_TOKEN", "").strip()
    if token and (len(token) < MIN_METRICS_TOKEN or not token.isascii()):
        raise ImproperlyConfigured(
            f"METRICS_TOKEN must be a random text of at least {MIN_METRICS_TOKEN} characters."
        )
    return token


def _metrics_port() -> int:
    text = os.environ.get("METRICS_PORT", "").strip()
    if not text:
        return 0
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ImproperlyConfigured("METRICS_PORT must be the number of a port, such as 9464.")
    return int(text)


def _require_package(variable: str, module: str, extra: str) -> None:
    try:
        is_there = find_spec(module) is not None
    except ModuleNotFoundError:
        is_there = False
    if not is_there:
        raise ImproperlyConfigured(
            f"{variable} is set, but what it needs is not installed: "
            f"install it with `uv sync --extra {extra}`, or unset {variable}."
        )


LOG_FORMAT = _log_format()
ACCESS_LOG = os.environ.get("ACCESS_LOG", "1" if LOG_FORMAT == "json" else "") == "1"
# Without a token or a port, nobody gets the metrics, and nothing is counted.
METRICS_TOKEN = _metrics_token()
METRICS_PORT = _metrics_port()
METRICS_ADDRESS = os.environ.get("METRICS_ADDRESS", "").strip() or "127.0.0.1"
METRICS = bool(METRICS_TOKEN or METRICS_PORT)
SENTRY_DSN = os.environ.get("SENTRY_DSN", "").strip()
if SENTRY_DSN:
    _require_package("SENTRY_DSN", "sentry_sdk", "sentry")
# The variable is the one of OpenTelemetry, whose package reads it, and all others of its, too.
TRACES = bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip())
if TRACES:
    _require_package("OTEL_EXPORTER_OTLP_ENDPOINT", "opentelemetry.exporter.otlp", "otel")

OBSERVERS = [
    *(["config.observing.lines.log_request"] if ACCESS_LOG else []),
    *(["config.observing.metrics.count_request"] if METRICS else []),
    *(["config.observing.tracing.trace_request"] if TRACES else []),
]
JOB_OBSERVERS = [
    *(["config.observing.metrics.count_job"] if METRICS else []),
    *(["config.observing.tracing.trace_job"] if TRACES else []),
]
