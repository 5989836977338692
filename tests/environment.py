"""A pytest plugin: each run has a PostgreSQL server of its own, so that no two share a database.

It is set up before Django reads its settings. What a run that was killed left behind is deleted
by the next one.
"""

import atexit
import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from config import embedded_postgres

CHECKOUT = Path(__file__).resolve().parent.parent
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ  # which inherits the folder of its run


def _runs() -> Path:
    """Return the folder of all runs of this checkout."""
    os.environ.pop(embedded_postgres.STATE_VARIABLE, None)  # somebody's own data
    return embedded_postgres.state_folder(CHECKOUT).with_name("test-runs")


if sys.dont_write_bytecode:
    # No bytecode is wanted beside the sources. Without any, each of the dozens of programs that the
    # tests start would compile all that it imports, so they share bytecode in a folder of its own.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(_runs() / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Give this run a state folder; a wrapper comes before the plugin that loads the settings."""
    if not IS_WORKER:
        _begin_run()
    return (yield)


def _begin_run() -> None:
    runs = _runs()
    runs.mkdir(parents=True, exist_ok=True)
    with _locked(runs / "lock"):
        for folder in runs.glob("run-*"):
            _remove_if_over(folder)
        run = Path(tempfile.mkdtemp(prefix="run-", dir=runs))
        run.chmod(0o755)  # as root the server is another user
        alive = (run / "alive").open("wb")
        fcntl.flock(alive, fcntl.LOCK_EX)
    os.environ[embedded_postgres.STATE_VARIABLE] = str(run)
    # Registered before the server is started, so that it is called after the server was stopped.
    atexit.register(_end_run, run, alive)


def _remove_if_over(run: Path) -> None:
    with (run / "alive").open("ab") as alive:
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        embedded_postgres.remove(run)


def _end_run(run: Path, alive: IO[bytes]) -> None:
    embedded_postgres.remove(run)
    alive.close()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
