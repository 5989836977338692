"""Runs of the tests do not meet: each has a folder, and with it a server, of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded_postgres

CHECKOUT = Path(__file__).resolve().parent.parent
RUN = """
import os, sys
from tests import environment
environment._begin_run()
print(os.environ["RETURNS_DESK_STATE"], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def begin():
    """Begin a run of the tests in a program of its own, which lasts until its input ends."""
    runs = []

    def begin_run() -> tuple[subprocess.Popen, Path]:
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", RUN]
        runs.append(subprocess.Popen(command, cwd=CHECKOUT, stdin=pipe, stdout=pipe, text=True))
        return runs[-1], Path(runs[-1].stdout.readline().strip())

    yield begin_run
    for run in runs:
        run.communicate()


def test_this_run_has_a_folder_of_its_own():
    folder = embedded_postgres.state_folder(CHECKOUT)
    assert folder == Path(os.environ["RETURNS_DESK_STATE"])
    assert folder.parent.name == "test-runs"


@pytest.mark.slow
def test_two_runs_at_once_have_two_folders_and_each_takes_its_own_away(begin):
    (one, first), (other, second) = begin(), begin()
    assert first != second
    one.communicate()
    assert not first.exists()
    assert second.exists()
    other.communicate()
    assert not second.exists()


@pytest.mark.slow
def test_what_a_killed_run_left_is_taken_away_by_the_next(begin):
    killed, left = begin()
    killed.kill()
    killed.wait()
    assert left.exists()
    _, folder = begin()
    assert not left.exists()
    assert folder.exists()
