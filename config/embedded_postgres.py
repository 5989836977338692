"""Start the bundled PostgreSQL when no ``DATABASE_URL`` names another one.

Every process that needs the database asks for the server; the first one starts it, the last one
to end stops it. A process killed with ``kill -9`` leaves its id in the list of users, so the dead
are struck off the list whenever a process comes or goes.
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
# Overrides where the data and the secret key of a local trial are kept.
STATE_VARIABLE = "RETURNS_DESK_STATE"
USERS = ".handle_pids.json"
CLOCK_TOLERANCE = 5.0  # seconds
SILENCE = 2.0  # seconds; a start that takes no longer is not worth a word
LONG = 10.0  # seconds


def wanted(argv: list[str]) -> bool:
    """Tell whether the program started with these arguments will talk to the database."""
    program = Path(argv[0]).name if argv else ""
    if program == "manage.py":
        command = argv[1] if len(argv) > 1 else ""
        return command not in COMMANDS_WITHOUT_DATABASE and "--help" not in argv
    return program not in PROGRAMS_WITHOUT_DATABASE


def state_folder(checkout: Path) -> Path:
    """Return the folder of this checkout's data and secret key, or the one that is set.

    As root the folder lies outside the checkout, because the server then runs as another user
    and every parent folder of its data is opened to all users.
    """
    if given := os.environ.get(STATE_VARIABLE):
        return Path(given).absolute()
    if os.geteuid() == 0:
        mark = hashlib.sha256(bytes(checkout.resolve())).hexdigest()[:12]
        return Path("/var/lib/returns-desk") / f"{checkout.name}-{mark}" / "main"
    return checkout / ".postgres" / "main"


def secret_key(folder: Path) -> str:
    """Return the secret key kept beside the data, made at the first start.

    Raises ``ServerError`` when the folder cannot be written.
    """
    path = folder / "secret_key"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=folder) as file:  # for the owner alone
                file.write(secrets.token_urlsafe(50))
                file.flush()
                with contextlib.suppress(FileExistsError):  # of two first starts one wins
                    path.hardlink_to(file.name)
        return path.read_text()
    except OSError as error:
        raise _unusable(folder, error) from error


def start(folder: Path, *, announce: bool = False) -> dict[str, Any]:
    """Start the server, or join the one that runs, and return its Django connection settings.

    With ``announce`` a start is said at once on standard output; otherwise only one that takes
    long, on standard error. Raises ``ServerError``.
    """
    data = _data(folder)
    try:
        data.mkdir(parents=True, exist_ok=True)
        with _said(data, announce=announce), _locked(folder):
            _strike_off_the_dead(data)
            address = postgres_server.ensure_running(data)
            _write_users(data, {*_users(data), os.getpid()})
    except OSError as error:
        raise _unusable(folder, error) from error
    atexit.register(_leave, folder)
    _exit_on_sigterm()
    return {
        "NAME": "postgres",
        "USER": postgres_server.OWNER,
        "HOST": address.socket_folder,
        "PORT": address.port,
    }


def remove(folder: Path) -> None:
    """Stop the server of a folder, whoever uses it, and delete the folder."""
    postgres_server.remove(_data(folder))
    shutil.rmtree(folder, ignore_errors=True)


def _data(folder: Path) -> Path:
    return (folder / "data").resolve()


def _unusable(folder: Path, error: OSError) -> ServerError:
    return ServerError(f"The folder {folder} cannot be used for data: {error.strerror or error}.")


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time start or stop the server of a folder."""
    with (folder / "lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _said(data: Path, *, announce: bool) -> Iterator[None]:
    """Say what goes on while the server is not ready: at once if asked to, else after a while."""
    if postgres_server.address(data):
        yield
        return
    is_set_up = postgres_server.is_set_up(data)
    start = "Starting PostgreSQL ..." if is_set_up else "Setting up PostgreSQL ..."
    still = "PostgreSQL is still starting; after a crash it may take minutes."
    if not is_set_up:
        still = "PostgreSQL is still being set up ..."
    stream = sys.stdout if announce else sys.stderr
    timers = [threading.Timer(LONG, _say, (still, stream))]
    if announce:
        _say(start, stream)
    else:
        timers.append(threading.Timer(SILENCE, _say, (start, stream)))
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
    """Let SIGTERM end the process in order, because only then the server is stopped."""
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may set handlers
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _leave(folder: Path) -> None:
    """Leave the list of users; the last one stops the server."""
    data = _data(folder)
    if not data.exists():
        return
    with _locked(folder):
        _strike_off_the_dead(data)
        users = _users(data)
        if os.getpid() not in users:
            return
        _write_users(data, users - {os.getpid()})
        if users == {os.getpid()}:
            postgres_server.stop(data)


def _strike_off_the_dead(data: Path) -> None:
    """Remove processes that are gone from the list of those who use the server."""
    file = data / USERS
    if file.exists():
        written = file.stat().st_mtime
        _write_users(data, {pid for pid in _users(data) if _lived_at(pid, written)})


def _users(data: Path) -> set[int]:
    """Return the listed processes; of a list that was torn off, those that can be read."""
    try:
        return {int(pid) for pid in re.findall(r"\d+", (data / USERS).read_text())}
    except FileNotFoundError:
        return set()


def _write_users(data: Path, users: set[int]) -> None:
    (data / USERS).write_text(json.dumps(sorted(users)))


def _lived_at(pid: int, moment: float) -> bool:
    """Tell whether the process lives and is as old as the list; a younger one reuses the id."""
    try:
        process = psutil.Process(pid)
        old = process.create_time() <= moment + CLOCK_TOLERANCE
        return bool(old and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
