"""What goes on beside the pages: rules, and bulk tagging whose page was closed."""

import logging
import threading

from django.db import Error as DatabaseError
from django.db import connection

from returns import changes, rule_runs
from returns.feed import forgetting, uploads
from tags import bulk

logger = logging.getLogger(__name__)

PAUSE = 1.0  # seconds between two looks for work
RETRY_AFTER = 5.0  # seconds


def work_once() -> bool:
    """Do a little of what waits; tell whether there was anything that could be done.

    What fails holds up nothing else. Raises the last ``DatabaseError`` after all had their turn.
    """
    done, failed = False, None
    jobs = (
        *(bulk.go_on_with_any, rule_runs.run_queued, rule_runs.run_hourly, uploads.import_wanted),
        *(changes.forget_old, forgetting.forget_old_runs, uploads.forget_uploads),
    )
    for job in jobs:
        try:
            done |= job()
        except DatabaseError as error:
            logger.exception("Background work failed: %s", job.__name__)
            failed = error
    if failed:
        raise failed
    return done


def work(stopping: threading.Event) -> None:
    """Work until told to stop. When the database is away, go on as soon as it answers."""
    while not stopping.is_set():
        try:
            if not work_once():
                stopping.wait(PAUSE)
        except DatabaseError:
            connection.close()
            stopping.wait(RETRY_AFTER)
    connection.close()


class Worker(threading.Thread):
    """The same in a thread, for the demo."""

    def __init__(self) -> None:
        super().__init__(name="background work", daemon=True)
        self.stopping = threading.Event()

    def run(self) -> None:
        """Work until it is told to stop."""
        work(self.stopping)

    def stop(self) -> None:
        """End after the step at hand, and wait for that."""
        self.stopping.set()
        if self.is_alive():
            self.join(timeout=10)
