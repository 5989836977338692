"""Ends a worker of the web server when its main process is gone, even by ``kill -9``.

Otherwise the worker would go on answering with old code, on a port that a new server shares.
"""

import multiprocessing
import os
import signal
import threading
import time


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
