"""Several processes of one server count together, and what a process counted outlives it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from config.observing.metrics_server import MetricsThread

ROOT = Path(__file__).resolve().parents[3]
SERVER = """
import multiprocessing, os, sys, time, glob

def worker(ready, go):
    from config.observing.metrics_folder import prepare_metrics
    prepare_metrics()
    import django
    django.setup()
    from config.observing.metrics import QUERIES, BUSY_THREADS
    QUERIES.labels("home").inc(5)
    BUSY_THREADS.set(1)
    ready.release()
    go.acquire()

def read():
    from config.observing.metrics import exposition
    text = exposition().decode()
    return [line.rpartition(" ")[2] for name in ("view_queries_total{", "threads_busy ")
            for line in text.splitlines() if line.startswith("returns_desk_" + name)]

def reader(answer):
    from config.observing.metrics_folder import prepare_metrics
    prepare_metrics()
    import django
    django.setup()
    answer.put(read())
    answer.put(sorted(os.path.basename(p).partition("_")[0] for p in glob.glob(
        os.environ["PROMETHEUS_MULTIPROC_DIR"] + "/counter_*")))

def ask(context):
    answer = context.Queue()
    process = context.Process(target=reader, args=(answer,))
    process.start()
    found = answer.get(timeout=60), answer.get(timeout=60)
    process.join()
    return found

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Semaphore(0)
    workers = [context.Process(target=worker, args=(ready, go)) for _ in range(2)]
    for each in workers: each.start()
    for each in workers: ready.acquire()
    print(ask(context))
    workers[0].kill(); workers[0].join()
    print(ask(context))
    workers[1].kill(); workers[1].join()
    print(ask(context))
"""


def run(folder: Path, program: str) -> "subprocess.CompletedProcess[str]":
    script = folder / "server.py"
    script.write_text(program)
    environment = os.environ | {
        "TMPDIR": str(folder),
        "METRICS_TOKEN": "a token of many characters",
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "SECRET_KEY": "of-a-test-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF",
        "ALLOWED_HOSTS": "localhost",
    }
    command = [sys.executable, str(script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_processes_count_together_and_leave_their_counts_but_no_files(tmp_path):
    # What a server has left that was killed, of whose number there is none any more.
    free = max(psutil.pids()) + 100_000
    left = tmp_path / f"returns-desk-metrics-{os.getuid()}-{free}-1"
    left.mkdir()
    done = run(tmp_path, SERVER)
    assert done.stdout.splitlines() == [
        "(['10.0', '2.0'], ['counter', 'counter'])",
        # The counters stay, the busy threads do not; its file is put together with others.
        "(['10.0', '1.0'], ['counter', 'counter'])",
        "(['10.0', '0.0'], ['counter'])",
    ], done.stderr
    assert not left.exists()


@pytest.mark.parametrize(("of_web_server", "lines"), [(False, 1), (True, 0)])
def test_a_port_that_is_in_use_is_said_once_where_nobody_else_serves_it(
    settings, caplog, of_web_server, lines
):
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings.METRICS_ADDRESS, settings.METRICS_PORT = other.getsockname()[:2]
        thread = MetricsThread(lambda: b"", counts_threads=of_web_server)
        for _ in range(3):
            thread._try_to_serve()
    found = [line for line in caplog.messages if "Metrics cannot be served" in line]
    assert len(found) == lines
