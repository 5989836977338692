"""Starts what serves the metrics, in the web server and in programs that work in the background."""

from django.conf import settings

from config.observing.metrics_server import MetricsThread
from returns.operations.exposition import all_metrics


def serve_metrics_of_web() -> None:
    """Count the threads of this process, and serve ``METRICS_PORT``, until the process ends.

    Does nothing if nobody wants metrics.
    """
    if settings.METRICS:
        MetricsThread(all_metrics, counts_threads=True).start()


def serve_metrics_of_work() -> None:
    """Serve ``METRICS_PORT``, if it is set, until the process ends."""
    if settings.METRICS_PORT:
        MetricsThread(all_metrics, counts_threads=False).start()
