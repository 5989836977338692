"""Starts, in each program, what its settings ask for: error reports and traces."""

import atexit

from django.conf import settings
from django.utils.module_loading import import_string


def start_observing(role: str) -> None:
    """Begin to send errors and traces from this process; ``role`` is web, work or sync.

    The packages are extras, so they are imported only where the settings need them. Without these
    settings nothing happens.
    """
    if settings.SENTRY_DSN:
        import_string("config.observing.sentry.start_sentry")(role)
    if settings.TRACES:
        import_string("config.observing.tracing.start_traces")(role)
        atexit.register(import_string("config.observing.tracing.stop_traces"))
