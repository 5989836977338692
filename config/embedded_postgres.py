"""Starts the bundled PostgreSQL when ``DATABASE_URL`` is not set.

The first process that needs the database starts the server, and the last one to end stops it. A
process killed with ``kill -9`` leaves its id in the list of users, so dead processes are removed
from the list whenever a process starts or ends.
"""

import atexit
import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import psutil

from config import postgres_server
from config.postgres_server import ServerError

# Commands of manage.py, and programs, that do not use the database.
COMMANDS_WITHOUT_DATABASE = {
    "",
    "--help",
    "--version",
    "collectstatic",
    "serve",  # its workers use it
    "compilemessages",
    "diffsettings",
    "help",
    "makemessages",
    "startapp",
    "version",
}
PROGRAMS_WITHOUT_DATABASE = {"mypy", "dmypy", "stubtest"}
# Overrides the folder for the data and secret key of a local trial.
STATE_VARIABLE = "RETURNS_DESK_STATE"
USERS_FILE = ".handle_pids.json"
CLOCK_TOLERANCE = 5.0  # seconds
QUIET_START = 2.0  # seconds; a faster start is not announced
LONG_START = 10.0  # seconds


def needs_database(argv: list[str]) -> bool:
    """Tell whether the program started with these arguments uses the database."""
    program = Path(argv[0]).name if argv else ""
    if program == "manage.py":
        command = argv[1] if len(argv) > 1 else ""
        return command not in COMMANDS_WITHOUT_DATABASE and "--help" not in argv
    return program not in PROGRAMS_WITHOUT_DATABASE


def state_folder(checkout: Path) -> Path:
    """Return the folder for the data and secret key of this checkout, or the one that is set.

    For root it is outside the checkout: the server then runs as another user, for whom every parent
    folder of its data must be opened.
    """
    if given := os.environ.get(STATE_VARIABLE):
        return Path(given).absolute()
    if os.geteuid() == 0:
        mark = hashlib.sha256(bytes(checkout.resolve())).hexdigest()[:12]
        return Path("/var/lib/returns-desk") / f"{checkout.name}-{mark}" / "main"
    return checkout / ".postgres" / "main"


def secret_key(folder: Path, name: str = "secret_key") -> str:
    """Return the secret key of this name stored beside the data; it is created at the first start.

    Raises ``ServerError`` if the folder cannot be written.
    """
    path = folder / name
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=folder) as file:  # readable by the owner only
                file.write(secrets.token_urlsafe(50))
                file.flush()
                with contextlib.suppress(FileExistsError):  # if two start at once, one wins
                    path.hardlink_to(file.name)
        return path.read_text()
    except OSError as error:
        raise _folder_error(folder, error) from error


def start(folder: Path, *, announce: bool = False) -> dict[str, Any]:
    """Start the server or use the running one, and return its Django connection settings.

    With ``announce`` a start is announced at once on standard output; otherwise only a long one, on
    standard error. Raises ``ServerError``.
    """
    data = _data(folder)
    try:
        data.mkdir(parents=True, exist_ok=True)
        with _announced(data, announce=announce), _locked(folder):
            _remove_dead_users(data)
            address = postgres_server.ensure_running(data)
            _write_users(data, {*_users(data), os.getpid()})
    except OSError as error:
        raise _folder_error(folder, error) from error
    atexit.register(_leave, folder)
    _exit_on_sigterm()
    return {
        "NAME": "postgres",
        "USER": postgres_server.OWNER,
        "HOST": address.socket_folder,
        "PORT": address.port,
    }


def remove(folder: Path) -> None:
    """Stop the server of a folder, even if it is in use, and delete the folder."""
    postgres_server.remove(_data(folder))
    shutil.rmtree(folder, ignore_errors=True)


def _data(folder: Path) -> Path:
    return (folder / "data").resolve()


def _folder_error(folder: Path, error: OSError) -> ServerError:
    return ServerError(f"The folder {folder} cannot be used for data: {error.strerror or error}.")


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let only one process at a time start or stop the server of a folder."""
    with (folder / "lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _announced(data: Path, *, announce: bool) -> Iterator[None]:
    """Print what is happening until the server is ready: at once, or else after a while."""
    if postgres_server.address(data):
        yield
        return
    is_set_up = postgres_server.is_set_up(data)
    start = "Starting PostgreSQL ..." if is_set_up else "Setting up PostgreSQL ..."
    still = "PostgreSQL is still starting; after a crash it may take minutes."
    if not is_set_up:
        still = "PostgreSQL is still being set up ..."
    stream = sys.stdout if announce else sys.stderr
    timers = [threading.Timer(LONG_START, _say, (still, stream))]
    if announce:
        _say(start, stream)
    else:
        timers.append(threading.Timer(QUIET_START, _say, (start, stream)))
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()


def _say(text: str, stream: TextIO) -> None:
    print(text, file=stream, flush=True)


def _exit_on_sigterm() -> None:
    """Make SIGTERM end the process with its exit handlers, which stop the server."""
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may set handlers
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _leave(folder: Path) -> None:
    """Remove this process from the list of users; the last one stops the server."""
    data = _data(folder)
    if not data.exists():
        return
    with _locked(folder):
        _remove_dead_users(data)
        users = _users(data)
        if os.getpid() not in users:
            return
        _write_users(data, users - {os.getpid()})
        if users == {os.getpid()}:
            postgres_server.stop(data)


def _remove_dead_users(data: Path) -> None:
    """Remove processes that have ended from the list of users."""
    file = data / USERS_FILE
    if file.exists():
        written = file.stat().st_mtime
        _write_users(data, {pid for pid in _users(data) if _was_alive_at(pid, written)})


def _users(data: Path) -> set[int]:
    """Return the listed process ids; those that are readable, if the list is damaged."""
    try:
        return {int(pid) for pid in re.findall(r"\d+", (data / USERS_FILE).read_text())}
    except FileNotFoundError:
        return set()


def _write_users(data: Path, users: set[int]) -> None:
    (data / USERS_FILE).write_text(json.dumps(sorted(users)))


def _was_alive_at(pid: int, moment: float) -> bool:
    """Tell whether the process runs and is as old as the list; a younger one only reuses the id."""
    try:
        process = psutil.Process(pid)
        old = process.create_time() <= moment + CLOCK_TOLERANCE
        return bool(old and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
