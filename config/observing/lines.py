"""How a line of the log looks: for people, or as JSON for programs.

It is used before Django is set up, too, and by the main process of the web server.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from config.observing.requests import FinishedRequest, request_id
from config.observing.routes import person_of, route_of, token_of, view_of
from config.observing.running import running_in_thread
from config.observing.scrubbing import scrubbed_traceback

access = logging.getLogger("config.access")


class WithoutPaths(logging.Filter):
    """Replaces the path that Django's own lines name by the pattern that it matches."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; it is always logged."""
        request = getattr(record, "request", None)
        if request is not None and isinstance(record.args, tuple):
            path = getattr(request, "path", None)
            args = (route_of(request) if each == path else each for each in record.args)
            record.args = tuple(args)
        return True


class JsonLines(logging.Formatter):
    """Formats each record as one JSON object on one line; docs/monitoring.md has its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. Fields without a value are left out."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "pid": record.process,
        }
        line |= _of_request(record) | getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1]:
            line["exception"] = scrubbed_traceback(record.exc_info[1])
        kept = {name: value for name, value in line.items() if value is not None}
        return json.dumps(kept, ensure_ascii=False, default=str)


def failed_start(sentence: str, *, as_json: bool) -> str:
    """Return the line that says why a program did not start."""
    if not as_json:
        return sentence
    record = logging.LogRecord("config", logging.CRITICAL, "", 0, sentence, None, None)
    return JsonLines().format(record)


def log_request(finished: FinishedRequest) -> None:
    """Log a line about a request that was answered."""
    cost = finished.running
    milliseconds, in_database = finished.seconds * 1000, cost.database_seconds * 1000
    fields: dict[str, Any] = {
        "request": cost.id,
        "person": finished.person,
        "token": finished.token,
        "method": finished.method,
        "route": finished.route,
        "view": finished.view,
        "status": finished.status,
        "duration_ms": round(milliseconds, 1),
        "queries": cost.queries,
        "database_ms": round(in_database, 1),
    }
    access.info(
        "%s %s %s, %.0f ms, queries: %s in %.0f ms, request %s",
        *(finished.method, finished.route, finished.status, milliseconds),
        *(cost.queries, in_database, cost.id),
        extra={"fields": fields},
    )


def _of_request(record: logging.LogRecord) -> dict[str, Any]:
    current = running_in_thread(record.thread)
    # Django logs an answer when the request is no longer followed.
    request = current.request if current else getattr(record, "request", None)
    if not isinstance(request, HttpRequest):
        return {}
    return {
        "request": request_id(request) or None,
        "person": person_of(request),
        "token": token_of(request),
        "route": route_of(request),
        "view": view_of(request),
    }
