"""How far an export is, stored while it is made."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from returns.models import Export, Progress

logger = logging.getLogger(__name__)


@contextmanager
def progress_writer(export: Export) -> Iterator[Callable[[int], None]]:
    """Give a function that stores the number of returns written, as soon as that is possible.

    A thread stores it, because the transaction that reads the rows is still open, and must not wait
    for a second connection: a pooler may have none left.
    """
    writer = _Writer(export.pk)
    writer.start()
    try:
        yield writer.write
    finally:
        writer.stop()


class _Writer(threading.Thread):
    """Stores the latest number; those that come while it writes are left out."""

    def __init__(self, pk: int) -> None:
        super().__init__(name="progress", daemon=True)
        self._pk = pk
        self._rows: int | None = None
        self._is_over = False
        self._has_failed = False
        self._change = threading.Condition()

    def write(self, rows: int) -> None:
        """Store a number soon."""
        with self._change:
            self._rows = rows
            self._change.notify()

    def stop(self) -> None:
        """End the thread, and wait for what it is writing."""
        with self._change:
            self._is_over = True
            self._change.notify()
        self.join()

    def run(self) -> None:
        """Write until ``stop`` is called."""
        try:
            while True:
                with self._change:
                    self._change.wait_for(lambda: self._is_over or self._rows is not None)
                    rows, self._rows = self._rows, None
                    if self._is_over or rows is None:
                        return
                self._store(rows)
        finally:
            connection.close()  # this thread's own

    def _store(self, rows: int) -> None:
        running = Export.objects.filter(pk=self._pk, status=Progress.RUNNING)
        try:
            running.update(rows=rows)
            self._has_failed = False
        except DatabaseError as error:
            connection.close()
            if not self._has_failed:
                reason = str(error).partition("\n")[0]
                logger.warning("How far export %s is could not be stored: %s", self._pk, reason)
            self._has_failed = True
