"""Errors, sent to Sentry. Imported only if ``SENTRY_DSN`` is set.

What is sent is built anew from a list of what may be: types of errors, places in the code, and
numbers. So nothing of a request, of a variable or of the database gets there unless it is listed.
"""

from typing import Any, cast

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint

from config.observing.routes import person_of, view_of
from config.observing.running import running_in_thread
from config.observing.scrubbing import scrubbed
from config.release import release

SENT_FIELDS = {"event_id", "timestamp", "level", "platform", "release", "environment", "logger"}
UNAVAILABLE_STATUS = 503
SENT_OF_FRAMES = {
    *("filename", "module", "function", "lineno", "in_app"),
    *("context_line", "pre_context", "post_context"),
}


def start_sentry(role: str) -> None:
    """Send what is logged as an error, with a traceback or without, and nothing else."""
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=release(),
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[LoggingIntegration(level=None), DedupeIntegration()],
        send_default_pii=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        server_name=role,
        before_send=_allowed_alone,
    )


def _allowed_alone(event: Event, hint: Hint) -> Event | None:
    record = hint.get("log_record")
    # That the desk is unavailable for a while is no bug, and would be sent with every request.
    if getattr(record, "status_code", 0) == UNAVAILABLE_STATUS and "exception" not in event:
        return None
    given = cast("dict[str, Any]", event)
    sent = {name: given[name] for name in SENT_FIELDS if name in given}
    # The text of a log line without what was put into it.
    if message := given.get("logentry", {}).get("message"):
        sent["logentry"] = {"message": message}
    if errors := given.get("exception", {}).get("values"):
        sent["exception"] = {"values": [_of_error(error) for error in errors]}
    sent["tags"] = {"role": given.get("server_name", "")}
    current = running_in_thread(getattr(record, "thread", None))
    if current is not None:
        sent["tags"] |= {"request": current.id, "view": view_of(current.request)}
        if person := person_of(current.request):
            sent["user"] = {"id": str(person)}
    return cast("Event", sent)


def _of_error(error: dict[str, Any]) -> dict[str, Any]:
    frames = error.get("stacktrace", {}).get("frames", [])
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "value": scrubbed(str(error.get("value") or "")),
        "stacktrace": {
            "frames": [
                {name: frame[name] for name in SENT_OF_FRAMES if name in frame} for frame in frames
            ]
        },
    }
