"""Ends a worker of the web server with its main process, at every moment of its life.

A worker whose main process is gone, even by ``kill -9``, would go on answering with old code, on
a port that a new server shares.
"""

import multiprocessing
import os
import signal
import threading
import time


def end_while_starting() -> None:
    """Let the request to end also end a worker that does not answer requests yet.

    granian's worker has inherited the handler of the main process until then, which only takes
    note: the server would wait for it until ``--workers-kill-timeout``. Does nothing if
    ``multiprocessing`` did not start this process.
    """
    if multiprocessing.parent_process() is not None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def end_with_parent(seconds: float) -> None:
    """End this process when its parent ends; running requests have so many seconds to finish.

    Does nothing if ``multiprocessing`` did not start this process.
    """
    if multiprocessing.parent_process() is not None:
        threading.Thread(target=_wait_and_end, args=(seconds,), name="parent", daemon=True).start()


def _wait_and_end(seconds: float) -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)
