"""The web server: granian, whose workers share one socket and are replaced without a gap.

``manage.py serve`` becomes this program. It imports neither Django nor the rest of the project, so
each worker that it forks loads the code that is there at that moment.
"""

import json
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import logger
from granian.server.mp import MPServer, WorkerProcess

from config.listening import BACKLOG, listen_no_more, listening_socket, why_it_cannot_listen

TARGET = "config.wsgi:application"
LOAD_TIMEOUT = 120  # seconds in which a new worker must have loaded the program
RETRY_SECONDS = 5.0  # until a worker that died and cannot start is started again
CLOSING_SECONDS = 1.0  # in which old workers close the connections that are in use
STOPPING_SECONDS = 0.3  # the same, before the server ends
LOADING_POLL, SIGNAL_POLL = 0.05, 0.5
# A worker is replaced that is too large whenever it is looked at: one large request may pass.
MEMORY_INTERVAL, MEMORY_LOOKS = 15, 2  # seconds
# Of a request without its body, and what is kept for each connection: more than an address and
# cookies take, and far less than HTTP/2, which no proxy speaks to a program, would accept.
MAX_HEADERS = 128 * 1024  # bytes
EXIT_CANNOT_START = 2
IS_JSON = os.environ.get("LOG_FORMAT") == "json"
JSON_LINES = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.web_server.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {"_granian": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}


class JsonFormatter(logging.Formatter):
    """Formats the server's own lines as ``config.observing`` does those of the program."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return _json_line(record.levelname, record.getMessage())


def _json_line(level: str, message: str) -> str:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    told = {"logger": "granian", "message": message, "pid": os.getpid()}
    return json.dumps({"time": at, "level": level} | told)


def _is_meant(record: logging.LogRecord) -> bool:
    """Tell whether a line is worth logging. Advice is for other programs.

    It is about threads, and about sockets that workers do not share.
    """
    return not any(each in record.getMessage() for each in ("Python threads", "tcp_migrate_req"))


class SignalSafeEvent(threading.Event):
    """An event for signal handlers, also when the system delivers a signal to another thread.

    Python runs the handler in the main thread, which would not wake up to notice.
    """

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the event, waking now and then to let signal handlers run."""
        while timeout is None and not super().wait(SIGNAL_POLL):
            pass
        return super().wait(timeout)


class WebServer(MPServer):
    """Granian with one socket for all workers, which lets nobody notice that they are replaced.

    Its own workers listen one by one. A connection that waits for one of them is lost when that one
    stops, and another server can share their port unnoticed.
    """

    def __init__(self, listener: socket.socket, stop_seconds: int, **options: Any) -> None:
        super().__init__(workers_kill_timeout=stop_seconds, **options)
        self._stop_seconds = stop_seconds
        self.main_loop_interrupt = SignalSafeEvent()
        self._listener = listener
        self._links: dict[int, Connection] = {}  # by the id of the worker

    def _init_shared_socket(self) -> None:
        # Pickled as a socket where workers are spawned instead of forked.
        self._ssp, self._shd, self._sso = None, None, self._listener

    def _spawn_worker(  # type: ignore[override]
        self, idx: int, target: Any, callback_loader: Callable[[], Any]
    ) -> WorkerProcess:
        ours, theirs = multiprocessing.Pipe()
        serve = partial(_serve_on_shared_socket, target, theirs)
        worker = super()._spawn_worker(idx, serve, callback_loader)
        self._links[id(worker)] = ours
        return worker

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:
        super()._spawn_workers(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        for worker in self.wrks:
            self._tell(worker)

    def _respawn_workers(  # type: ignore[override]
        self, workers: Iterable[int], spawn_target: Any, target_loader: Any, **_: Any
    ) -> None:
        """Load new workers, and let them take over only when all of them have loaded.

        So no browser gets a page from new code, and the style sheet of this page from old code. If
        one does not start, the old ones go on.
        """
        places = sorted(set(workers))
        fresh = {idx: self._spawn_worker(idx, spawn_target, target_loader) for idx in places}
        for worker in fresh.values():
            worker.interrupt_by_parent = True  # that it cannot start is said below
            worker.start()  # type: ignore[no-untyped-call]
        if not self._have_loaded(list(fresh.values())):
            self._give_up(list(fresh.values()), places)
            return
        old = [self.wrks[idx] for idx in places]
        alive = [worker for worker in old if worker.is_alive()]  # type: ignore[no-untyped-call]
        for worker in alive:
            self._tell(worker)  # to take no more connections
        time.sleep(LOADING_POLL)
        for idx, worker in fresh.items():
            self.wrks[idx] = worker
            self._tell(worker)
            worker.interrupt_by_parent = False
            if not worker.is_alive():  # type: ignore[no-untyped-call]
                self._start_again([idx])
        if alive:
            time.sleep(CLOSING_SECONDS)
        for worker in old:
            worker.terminate()  # type: ignore[no-untyped-call]
            self._links.pop(id(worker)).close()
        _end(old, self._stop_seconds)
        logger.info("New workers have taken over")

    def _stop_workers(self) -> None:
        for worker in self.wrks:
            self._tell(worker)  # to take no more connections
        time.sleep(STOPPING_SECONDS)
        super()._stop_workers()  # type: ignore[no-untyped-call]

    def _have_loaded(self, workers: Sequence[WorkerProcess]) -> bool:
        deadline = time.monotonic() + LOAD_TIMEOUT
        waiting = list(workers)
        while waiting and time.monotonic() < deadline and not self.interrupt_signal:
            waiting = [worker for worker in waiting if not self._links[id(worker)].poll()]
            if not all(worker.is_alive() for worker in workers):  # type: ignore[no-untyped-call]
                return False
            time.sleep(LOADING_POLL)
        return not waiting

    def _give_up(self, workers: Sequence[WorkerProcess], places: list[int]) -> None:
        for worker in workers:
            worker.kill()  # type: ignore[no-untyped-call]
            self._links.pop(id(worker)).close()
        _end(workers, self._stop_seconds)
        if self.interrupt_signal:
            return
        alive = [worker for worker in self.wrks if worker.is_alive()]  # type: ignore[no-untyped-call]
        if not alive:
            logger.error("No worker can start")
            self.interrupt_children = places  # granian ends with exit code 1 then
            self.interrupt_signal = True
            self.main_loop_interrupt.set()
            return
        logger.error("New workers cannot start: the old ones go on, with the code they have")
        if dead := [idx for idx in places if self.wrks[idx] not in alive]:
            timer = threading.Timer(RETRY_SECONDS, self._start_again, [dead])
            timer.daemon = True
            timer.start()

    def _start_again(self, places: list[int]) -> None:
        self.interrupt_children.extend(places)
        self.main_loop_interrupt.set()

    def _tell(self, worker: WorkerProcess) -> None:
        """Let a worker serve; the second time, let it take no more connections."""
        try:
            self._links[id(worker)].send(None)
        except OSError:  # it has just died; whoever watches it says so
            logger.warning(f"worker-{worker.idx + 1} has ended")


def _end(workers: Iterable[WorkerProcess], seconds: float) -> None:
    """Wait until the workers have ended; kill those that have not after so many seconds."""
    deadline = time.monotonic() + seconds
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))  # type: ignore[no-untyped-call]
        if worker.is_alive():  # type: ignore[no-untyped-call]
            logger.warning(f"Killing worker-{worker.idx + 1}, whose requests do not end")
            worker.kill()  # type: ignore[no-untyped-call]
            worker.join()  # type: ignore[no-untyped-call]


def _load_and_wait(load: Callable[[], Any], listener: socket.socket, link: Connection) -> Any:
    """Return the program, once the main process lets this worker serve.

    When another one takes over, this one takes no more connections, and closes each that is in use
    after its next answer. Otherwise somebody would send a request just as the connection ends.
    """
    application = load()
    link.send(None)
    link.recv()
    closing = threading.Event()

    def close() -> None:
        link.recv()
        closing.set()
        listen_no_more(listener)

    threading.Thread(target=close, name="takeover", daemon=True).start()

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        def start_last(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [*headers, ("Connection", "close")], *error)

        return application(environ, start_last if closing.is_set() else start_response)

    return answer


def _serve_on_shared_socket(
    serve: Callable[..., None],
    link: Connection,
    worker_id: int,
    process_name: str | None,
    load: Callable[[], Any],
    sockets: tuple[Any, socket.socket],
    *others: Any,
) -> None:
    _, listener = sockets
    holder = SocketHolder(os.dup(listener.fileno()), False, BACKLOG)  # type: ignore[call-arg]
    load = partial(_load_and_wait, load, listener, link)
    serve(worker_id, process_name, load, ((None, holder), listener), *others)


def main(host: str, port: int, workers: int, *limits: int) -> int:
    """Serve until SIGTERM or Ctrl-C; SIGHUP replaces the workers. Return the exit code.

    The limits are the threads of a worker, the seconds that requests have to finish when their
    worker is replaced or stopped, and the megabytes of memory above which it is replaced.
    """
    # Until granian handles it: by default it ends a process, and there is nothing to replace yet.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        listener = listening_socket(host, port)
    except OSError as error:
        sentence = why_it_cannot_listen(host, port, error)
        print(_json_line("CRITICAL", sentence) if IS_JSON else sentence, file=sys.stderr)  # noqa: T201
        return EXIT_CANNOT_START
    threads, stop_seconds, most_megabytes = limits
    logger.addFilter(_is_meant)
    server = WebServer(
        listener,
        stop_seconds,
        target=TARGET,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=MAX_HEADERS),
        workers=workers,
        blocking_threads=threads,
        respawn_failed_workers=True,
        workers_max_rss=most_megabytes,
        rss_sample_interval=MEMORY_INTERVAL,
        rss_samples=MEMORY_LOOKS,
        log_dictconfig=JSON_LINES if IS_JSON else None,
    )
    server.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
