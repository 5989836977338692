"""Background work: rules, summaries, files, unfinished bulk tagging, webhooks, cleanup."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from django.db import Error as DatabaseError
from django.db import connection

from config.memory import with_room
from config.observing.jobs import observed_job
from returns.claims import taking
from returns.database.faults import is_passing_fault
from returns.exports import background as exports
from returns.feed import undo, uploads
from returns.models import Loop
from returns.operations.heartbeat import Heart
from returns.outgoing import moments, occasions, spreading
from returns.outgoing.dispatching import Dispatcher
from returns.people import password_reset
from returns.reports import scheduled
from returns.retention import steps as retention
from returns.rules import running
from returns.summaries import maintenance as summaries
from returns.summaries import outcomes
from tags import bulk

logger = logging.getLogger(__name__)

IDLE_PAUSE = 1.0  # seconds, when there is nothing to do
RETRY_PAUSE = 5.0  # seconds, after a failure
LONG_JOB_STOP_TIMEOUT = 2.0  # seconds to wait for a long job that is about to finish


type Jobs = Mapping[str, Callable[[], bool]]
# Tells that a job with this name is being done, for the block.
type Told = Callable[[str], AbstractContextManager[None]]


def _untold(_job: str) -> AbstractContextManager[None]:
    return nullcontext()


def run_short_jobs(doing: Told = _untold) -> bool:
    """Run one step of each short job; tell whether there was anything to do.

    A job that fails does not stop the others. Raises the last error after all have run.
    """
    jobs = {
        "bulk-tagging": bulk.run_oldest_step,
        "undo": undo.run_oldest_step,
        "rules": running.run_queued,
        "hourly-rules": running.run_hourly,
        "summaries": summaries.update_in_background,
        "deadlines": outcomes.count_in_background,
        "claims": taking.end_expired,
        "mail": password_reset.send_next,
        "moments": moments.write_moments,
        "notifications": occasions.look_next,
        "outbox": spreading.spread_next,
        "retention": retention.delete_old_rows,
    }
    return _run_all(jobs, doing)


def run_long_jobs(doing: Told = _untold) -> bool:
    """Import a file, make an export, or build the summaries, however long it takes.

    Tells whether there was anything to do. Errors are raised as by ``run_short_jobs``.
    """
    jobs = {
        "uploads": uploads.import_next,
        "exports": exports.make_next,
        "building-summaries": summaries.build_if_missing,
    }
    return _run_all(jobs, doing)


def send_messages(dispatcher: Dispatcher, doing: Told = _untold) -> bool:
    """Let the threads of a dispatcher send webhooks; tell whether any is at work."""
    return _run_all({"webhooks": dispatcher.run_round}, doing)


def _run_all(jobs: Jobs, doing: Told) -> bool:
    done = False
    failed: Exception | None = None
    for name, job in jobs.items():
        try:
            with doing(name), observed_job(name) as observed:
                observed.was_needed = job()
            done |= observed.was_needed
        except DatabaseError as error:
            if not connection.is_usable():
                raise  # the other jobs could not connect either
            _log_failure(job.__name__, error)
            failed = error
        except Exception as error:  # a bug in one job keeps nothing else from its work
            logger.exception("Background work failed: %s", job.__name__)
            failed = error
    if failed:
        raise failed
    return done


def _log_failure(job: str, error: DatabaseError) -> None:
    """Log a bug with its traceback, but a fault that passes, such as a full disk, as one line."""
    if is_passing_fault(error):
        reason = str(error).partition("\n")[0]
        logger.warning("Background work is tried again later (%s): %s", job, reason)
    else:
        logger.error("Background work failed: %s", job, exc_info=error)


def run_until_stopped(stopping: threading.Event) -> None:
    """Work until ``stopping`` is set. If the database is away, continue when it is back.

    Long jobs run in a thread of their own, so that short ones need not wait for them. A long job
    that is interrupted starts again next time. So do webhooks, which wait for other computers.
    """
    heart = Heart()
    long_jobs = threading.Thread(
        target=_run_repeatedly,
        args=(run_long_jobs, stopping, heart, Loop.FILES),
        name="files",
        daemon=True,
    )
    dispatcher = Dispatcher(stopping, scheduled.write_report)
    messages = threading.Thread(
        target=_run_repeatedly,
        args=(partial(send_messages, dispatcher), stopping, heart, Loop.OUTGOING),
        name="outgoing",
        daemon=True,
    )
    logger.info("Background work started.")
    long_jobs.start()
    messages.start()
    _run_repeatedly(run_short_jobs, stopping, heart, Loop.STEPS)
    long_jobs.join(timeout=LONG_JOB_STOP_TIMEOUT)
    messages.join(timeout=LONG_JOB_STOP_TIMEOUT)
    heart.stop()
    connection.close()
    logger.info("Background work stopped.")


def _run_repeatedly(
    run_jobs: Callable[[Told], bool], stopping: threading.Event, heart: Heart, loop: Loop
) -> None:
    with heart.beating(loop) as pulse:
        _repeat(lambda: with_room(run_jobs, pulse.doing), stopping)
    connection.close()


def _repeat(run_jobs: Callable[[], bool], stopping: threading.Event) -> None:
    is_away = False
    while not stopping.is_set():
        try:
            if not run_jobs():
                stopping.wait(IDLE_PAUSE)
            if is_away:
                logger.info("The database is back.")
            is_away = False
        except DatabaseError as error:
            if not is_away and not connection.is_usable():
                is_away = True
                reason = str(error).partition("\n")[0]
                logger.warning("Background work is waiting for the database: %s", reason)
            connection.close()
            stopping.wait(RETRY_PAUSE)
        except Exception:  # which is logged
            stopping.wait(RETRY_PAUSE)


class Worker(threading.Thread):
    """The same in a thread, for the demo."""

    def __init__(self) -> None:
        super().__init__(name="background work", daemon=True)
        self.stopping = threading.Event()

    def run(self) -> None:
        """Work until ``stop`` is called."""
        run_until_stopped(self.stopping)

    def stop(self) -> None:
        """Stop after the current step, and wait for it."""
        self.stopping.set()
        if self.is_alive():
            self.join(timeout=10)
