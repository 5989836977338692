"""Locks end with their process, and a pooler in transaction mode changes nothing about that."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from returns.database import locks, processes
from returns.database.locks import Lock, LockLostError, require_lock, try_lock, without_lock
from returns.models import Export, ExportPart, FileFormat, HeldLock, Progress
from tests.config.test_command_line import AWAY, address_of
from tests.factories import make_returns
from tests.pooler import HAS_POOLER, pooler

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE = 60
# The pooler that is installed, with one connection; and without one.
WAYS = [None, 1] if HAS_POOLER else [None]
HOLD = """
from returns.database.locks import Lock, try_lock
with try_lock(Lock.EXPORT, 7) as held:
    print("held" if held else "not free", flush=True)
    if held:
        input()
"""


@pytest.fixture
def held_elsewhere(db) -> HeldLock:
    """A lock of a process on another computer."""
    soon = Now() + timedelta(seconds=20)
    return HeldLock.objects.create(
        what=Lock.EXPORT, number=7, place="elsewhere", process="1 1", expires_at=soon
    )


def is_free() -> bool:
    with try_lock(Lock.EXPORT, 7) as held:
        return held is not None


@pytest.mark.django_db
def test_a_lock_is_held_once_and_free_afterwards():
    with try_lock(Lock.EXPORT, 7) as held:
        assert held
        assert not is_free()
        assert without_lock(Lock.EXPORT, [6, 7]) == {6}
        with try_lock(Lock.EXPORT, 6) as other, try_lock(Lock.UPLOAD, 7) as third:
            assert other
            assert third
    assert is_free()
    assert not HeldLock.objects.exists()


def test_a_lock_elsewhere_is_free_once_it_has_expired(held_elsewhere):
    assert not is_free()
    HeldLock.objects.update(expires_at=Now() - timedelta(seconds=1))
    assert without_lock(Lock.EXPORT, [7]) == {7}
    assert is_free()


def test_a_process_that_has_ended_holds_nothing(held_elsewhere):
    child = subprocess.Popen(["sleep", "60"])
    started = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    HeldLock.objects.update(place=processes.this_place(), process=f"{child.pid} {started}")
    assert not is_free()
    child.kill()
    end = time.monotonic() + PATIENCE  # a zombie at first
    while not without_lock(Lock.EXPORT, [7]) and time.monotonic() < end:
        time.sleep(0.01)
    assert is_free()
    child.wait()


def test_another_process_with_the_same_id_does_not_hold_its_lock(held_elsewhere):
    number, _, started = processes.this_process().partition(" ")
    HeldLock.objects.update(place=processes.this_place(), process=f"{number} {int(started) - 1}")
    assert is_free()


@pytest.mark.django_db
def test_who_has_lost_a_lock_is_told_and_leaves_the_new_holder_alone():
    with try_lock(Lock.EXPORT, 7) as held:
        require_lock(held)
        HeldLock.objects.update(holder=uuid4())
        with pytest.raises(LockLostError):
            require_lock(held)
    assert HeldLock.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nobody_takes_an_expired_lock_before_a_transaction_that_requires_it_is_over():
    beside = connection.copy()
    answers = []
    with try_lock(Lock.EXPORT, 7) as held:
        HeldLock.objects.update(expires_at=Now() - timedelta(seconds=1))
        with transaction.atomic():
            require_lock(held)
            other = threading.Thread(target=_note, args=(answers,))
            other.start()
            other.join(PATIENCE)
        other = threading.Thread(target=_note, args=(answers,))
        other.start()
        other.join(PATIENCE)
        with pytest.raises(LockLostError):
            require_lock(held)
    beside.close()
    assert answers == [False, True]


def _note(answers: list[bool]) -> None:
    try:
        answers.append(is_free())
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_lock_is_renewed_while_it_is_held(monkeypatch):
    monkeypatch.setattr(locks, "RENEW_SECONDS", 0.05)
    with try_lock(Lock.EXPORT, 7):
        before = HeldLock.objects.get().expires_at
        end = time.monotonic() + PATIENCE
        while HeldLock.objects.get().expires_at == before:
            assert time.monotonic() < end
            time.sleep(0.02)


@pytest.mark.django_db
def test_locks_that_nobody_released_are_forgotten(held_elsewhere):
    HeldLock.objects.update(expires_at=Now() - timedelta(days=2))
    with try_lock(Lock.UPLOAD, 1) as held:
        assert list(HeldLock.objects.all()) == [held]


# Two processes


@contextmanager
def _address(size: int | None):
    if size is None:
        yield address_of(connection.settings_dict["NAME"])
        return
    with pooler(size) as address:
        yield address


def _environment(address: str) -> dict[str, str]:
    return os.environ | AWAY | {"DATABASE_URL": address, "DATABASE_POOLER": "1"}


def _shell(address: str, code: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code],
        cwd=CHECKOUT,
        env=_environment(address),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", WAYS)
def test_of_two_processes_one_gets_the_lock_until_it_is_killed(size):
    with _address(size) as address:
        first = _shell(address, HOLD)
        assert first.stdout.readline() == "held\n"
        second = _shell(address, HOLD)
        assert second.communicate(timeout=PATIENCE)[0] == "not free\n"
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        third = _shell(address, HOLD)
        assert third.stdout.readline() == "held\n"
        assert not is_free()
        third.communicate("\n", timeout=PATIENCE)
        assert is_free()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", WAYS[-1:])
def test_two_workers_make_an_export_once(size, manager):
    make_returns({} for _ in range(2_500))
    export = Export.objects.create(
        by=manager, format=FileFormat.CSV, name="returns.csv", columns=["state"], total=2_500
    )
    with _address(size) as address:
        workers = [
            subprocess.Popen(
                [sys.executable, "manage.py", "work", "--until-done"],
                cwd=CHECKOUT,
                env=_environment(address),
            )
            for _ in range(2)
        ]
        assert [worker.wait(PATIENCE) for worker in workers] == [0, 0]
    export.refresh_from_db()
    assert (export.status, export.attempts, export.rows) == (Progress.DONE, 1, 2_500)
    assert ExportPart.objects.filter(export=export).count() == 1
    assert not HeldLock.objects.exists()
