"""The folder in which the processes of one web server count together.

It lies in the folder of temporary files, which can be in memory, and belongs to this server alone:
its name has the number of the server's main process and when that began. It must be prepared before
``prometheus_client`` is imported, which looks for it only then. With it, nothing but metrics is
lost.
"""

import contextlib
import fcntl
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # of prometheus_client
FOLDER_PREFIX = f"returns-desk-metrics-{os.getuid()}-"


def prepare_metrics() -> None:
    """Make the folder of this server, if it has metrics and several processes.

    Does nothing if ``multiprocessing`` did not start this process: then it counts for itself.
    """
    parent = multiprocessing.parent_process()
    wanted = os.environ.get("METRICS_TOKEN") or os.environ.get("METRICS_PORT")
    if not wanted or parent is None or parent.pid is None or FOLDER_VARIABLE in os.environ:
        return
    _remove_folders_of_others()
    folder = Path(tempfile.gettempdir(), f"{FOLDER_PREFIX}{_identity(parent.pid)}")
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(f"{folder} belongs to somebody else.")
    os.environ[FOLDER_VARIABLE] = str(folder)


def metrics_folder() -> Path | None:
    """Return the folder of this server; None for a process that counts for itself."""
    path = os.environ.get(FOLDER_VARIABLE)
    return Path(path) if path else None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only process that reads the files as a whole, or puts some together."""
    with (folder / "lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def files_of_the_dead(folder: Path) -> list[Path]:
    """Return the files of processes that have ended, by the number in their names."""
    files = []
    for path in folder.glob("*.db"):
        number = path.stem.rpartition("_")[2]
        if number.isdecimal() and int(number) and not psutil.pid_exists(int(number)):
            files.append(path)
    return sorted(files)


def _identity(pid: int) -> str:
    return f"{pid}-{int(psutil.Process(pid).create_time())}"


def _remove_folders_of_others() -> None:
    """Remove what servers have left that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        identity = folder.name.removeprefix(FOLDER_PREFIX)
        pid = identity.partition("-")[0]
        is_alive = False
        with contextlib.suppress(psutil.NoSuchProcess, ValueError):
            is_alive = _identity(int(pid)) == identity
        if not is_alive and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
