"""The demo's web server: granian with one worker on the loopback address."""

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

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from config.observing.start import start_observing
from config.parent_process import end_with_parent
from config.slow_bodies import BodyTimeLimit
from config.unreadable import guard_content_type
from config.web_server import SignalSafeEvent

ADDRESS = "127.0.0.1"
PORT_TIMEOUT = 5.0  # seconds; a killed demo frees its port a moment later
WORKER_STOP_TIMEOUT = 5  # seconds for running requests
SERVER_THREADS = 4


class DemoServer(MPServer):
    """Granian whose workers ignore Ctrl-C in the terminal; only this process stops them."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.main_loop_interrupt = SignalSafeEvent()

    def _spawn_workers(self, *args: Any) -> None:
        usual = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited by new processes
        super()._spawn_workers(*args)  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGINT, usual)


def application() -> BodyTimeLimit:
    """Return the worker's application. The worker ends when the demo is gone, even by kill -9."""
    os.setpgrp()
    end_with_parent(WORKER_STOP_TIMEOUT)
    handler = guard_content_type(get_wsgi_application())
    start_observing("web")
    import_string("returns.operations.serving.serve_metrics_of_web")()  # needs the models
    return BodyTimeLimit(handler, settings.BODY_SECONDS)


def reserve_port(port: int) -> socket.socket | None:
    """Reserve the port for this program, waiting a moment if it is just being released.

    It is reserved as long as the returned socket lives. Returns None if another program has it. The
    web server itself would share it with another demo's server, and starts only after the setup.
    """
    deadline = time.monotonic() + PORT_TIMEOUT
    while not (_can_bind(port) and (reservation := _reserve_name(f"returns-desk-demo-{port}"))):
        if time.monotonic() > deadline:
            return None
        time.sleep(0.1)
    return reservation


def _reserve_name(name: str) -> socket.socket | None:
    """Reserve an abstract socket name, which one program can have at a time; Linux only."""
    reservation = socket.socket(socket.AF_UNIX)
    try:
        if sys.platform == "linux":
            reservation.bind(f"\0{name}")
    except OSError:
        reservation.close()
        return None
    return reservation


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True


def serve(port: int, when_ready: Callable[[], None]) -> None:
    """Serve until Ctrl-C, SIGTERM or a closed terminal; ``when_ready`` is called in a thread."""
    os.environ["RETURNS_DESK_DEMO"] = "1"  # lets the demo's people sign in
    os.environ.setdefault("STATEMENT_LIMIT", "10")
    os.environ["ALLOWED_HOSTS"] = f"{ADDRESS},localhost"
    multiprocessing.set_start_method("spawn", force=True)
    server = DemoServer(
        f"{__name__}:application",
        factory=True,
        address=ADDRESS,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=SERVER_THREADS,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=WORKER_STOP_TIMEOUT,
    )
    # granian reloads on SIGHUP, but here it means that the terminal was closed.
    server.on_startup(lambda: signal.signal(signal.SIGHUP, server.signal_handler_interrupt))
    threading.Thread(target=_call_when_ready, args=(port, when_ready), daemon=True).start()
    server.serve()


def _call_when_ready(port: int, when_ready: Callable[[], None]) -> None:
    while not is_ready(port):
        time.sleep(0.05)
    when_ready()


def is_ready(port: int) -> bool:
    """Tell whether the server on this port is up and its database migrated."""
    try:
        with urllib.request.urlopen(f"http://{ADDRESS}:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
