"""The worker's end with its main process; the whole is in test_faults.py."""

import multiprocessing
import signal

from config.parent_process import end_while_starting


def _begin_to_start(ready) -> None:
    """Stand in for granian's worker, which only takes note of the request to end at first."""
    signal.signal(signal.SIGTERM, lambda *_: None)
    end_while_starting()
    ready.set()
    signal.pause()


def test_a_worker_that_still_starts_ends_when_it_is_asked_to():
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    worker = context.Process(target=_begin_to_start, args=(ready,))
    worker.start()
    try:
        assert ready.wait(30)
        worker.terminate()
        worker.join(30)
        assert worker.exitcode == -signal.SIGTERM
    finally:
        worker.kill()


def test_a_process_that_no_server_started_keeps_its_handlers():
    before = signal.getsignal(signal.SIGTERM)
    end_while_starting()
    assert signal.getsignal(signal.SIGTERM) == before
