"""The demo's web server: one worker of granian on the loopback address."""

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

ADDRESS = "127.0.0.1"
PORT_PATIENCE = 5.0  # seconds; a demo that was killed frees its port a moment later
STOP_LIMIT = 5  # seconds for requests under way
LOOK = 0.5  # seconds between two looks for a signal
THREADS = 4


class _Interrupt(threading.Event):
    """An event that a signal's handler sets, also when the system gave the signal to a thread.

    Python runs the handler in the main thread, which would then sleep on and never learn of it.
    """

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it, waking now and then."""
        while timeout is None and not super().wait(LOOK):
            pass
        return super().wait(timeout)


class DemoServer(MPServer):
    """Granian, with workers that Ctrl-C in the terminal does not reach: only we stop them."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.main_loop_interrupt = _Interrupt()

    def _spawn_workers(self, *args: Any) -> None:
        usual = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited by a new process
        super()._spawn_workers(*args)  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGINT, usual)


def application() -> WSGIHandler:
    """Make the worker's application; the worker ends when the demo is gone, even by kill -9."""
    os.setpgrp()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return get_wsgi_application()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_LIMIT)
    os.kill(os.getpid(), signal.SIGKILL)


def take_port(port: int) -> socket.socket | None:
    """Take the port for this program, waiting a moment for one that is being given back.

    It is taken as long as what is returned lives; None where another program has it. The web
    server itself would share it with another demo's, and begins only when all is set up.
    """
    deadline = time.monotonic() + PORT_PATIENCE
    while not (_can_bind(port) and (taken := _take_name(f"returns-desk-demo-{port}"))):
        if time.monotonic() > deadline:
            return None
        time.sleep(0.1)
    return taken


def _take_name(name: str) -> socket.socket | None:
    """Take a name that one program of this computer has at a time; only Linux knows such."""
    taken = socket.socket(socket.AF_UNIX)
    try:
        if sys.platform == "linux":
            taken.bind(f"\0{name}")
    except OSError:
        taken.close()
        return None
    return taken


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True


def serve(port: int, when_ready: Callable[[], None]) -> None:
    """Serve until Ctrl-C, SIGTERM or a closed terminal; ``when_ready`` runs in a thread."""
    os.environ["RETURNS_DESK_DEMO"] = "1"  # the worker's settings let the demo's people in
    os.environ.setdefault("STATEMENT_LIMIT", "10")
    os.environ["ALLOWED_HOSTS"] = f"{ADDRESS},localhost"
    multiprocessing.set_start_method("spawn", force=True)
    server = DemoServer(
        f"{__name__}:application",
        factory=True,
        address=ADDRESS,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_LIMIT,
    )
    # granian takes SIGHUP for a reload, but here the terminal was closed.
    server.on_startup(lambda: signal.signal(signal.SIGHUP, server.signal_handler_interrupt))
    threading.Thread(target=_call_when_ready, args=(port, when_ready), daemon=True).start()
    server.serve()


def _call_when_ready(port: int, when_ready: Callable[[], None]) -> None:
    while not answers(port):
        time.sleep(0.05)
    when_ready()


def answers(port: int) -> bool:
    """Tell whether the server on this port is up and its database migrated."""
    try:
        with urllib.request.urlopen(f"http://{ADDRESS}:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
