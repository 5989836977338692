"""What goes on beside the pages: rules, summaries, large files, bulk tagging left alone."""

import logging
import threading
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import connection

from returns.exports import background as exports
from returns.feed import forgetting, uploads
from returns.live import changes
from returns.rules import running
from returns.summaries import maintenance as summaries
from returns.summaries import outcomes
from tags import bulk

logger = logging.getLogger(__name__)

PAUSE = 1.0  # seconds between two looks for work
RETRY_AFTER = 5.0  # seconds
SHORT_WAIT = 2.0  # seconds, for a file that may be done just now


def work_once() -> bool:
    """Do a little of what waits; tell whether there was anything that could be done.

    What fails holds up nothing else. Raises the last ``DatabaseError`` after all had their turn.
    """
    jobs = (
        *(
            bulk.go_on_with_any,
            running.run_queued,
            running.run_hourly,
            summaries.update_in_background,
        ),
        *(outcomes.count_in_background, changes.forget_old, forgetting.forget_old_runs),
        *(uploads.forget_uploads, exports.delete_expired),
    )
    return _each(*jobs)


def file_once() -> bool:
    """Import a file, make an export, or build the summaries, however long that takes.

    Tells whether there was one. What fails is raised like above.
    """
    return _each(uploads.import_wanted, exports.make_next, summaries.build_if_missing)


def _each(*jobs: Callable[[], bool]) -> bool:
    done, failed = False, None
    for job in jobs:
        try:
            done |= job()
        except DatabaseError as error:
            if not connection.is_usable():
                raise  # the other jobs could not connect either
            logger.exception("Background work failed: %s", job.__name__)
            failed = error
    if failed:
        raise failed
    return done


def work(stopping: threading.Event) -> None:
    """Work until told to stop. When the database is away, go on as soon as it answers.

    Files are imported and made beside all else, which does not wait for them; one that is cut off
    is begun again.
    """
    beside = threading.Thread(
        target=_work_on, args=(file_once, stopping), name="files", daemon=True
    )
    logger.info("Background work begins.")
    beside.start()
    _work_on(work_once, stopping)
    beside.join(timeout=SHORT_WAIT)
    logger.info("Background work ends.")


def _work_on(once: Callable[[], bool], stopping: threading.Event) -> None:
    is_away = False
    while not stopping.is_set():
        try:
            if not once():
                stopping.wait(PAUSE)
            if is_away:
                logger.info("The database answers again.")
            is_away = False
        except DatabaseError as error:
            if not is_away and not connection.is_usable():
                is_away = True
                reason = str(error).partition("\n")[0]
                logger.warning("Background work waits for the database: %s", reason)
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
