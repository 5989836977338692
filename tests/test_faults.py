"""What a deployment outlives: dead processes, slow senders, a database that comes and goes."""

import contextlib
import http.client
import socket
import time

import psutil
import pytest

from tests.deployed import HOST, Site, deployed, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site():
    with deployed() as running:
        yield running


def body_sender(site: Site, sent: bytes = b"q=", length: int = 1000) -> socket.socket:
    """Begin to send a form, and leave it there."""
    link = socket.create_connection(("127.0.0.1", site.port), timeout=60)
    head = f"POST /accounts/login/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {length}\r\n"
    link.sendall(f"{head}X-Forwarded-Proto: https\r\n\r\n".encode() + sent)
    return link


def answer_to(link: socket.socket) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(link)
    answer.begin()
    return answer


def test_slow_bodies_hold_nobody_up_for_long(site):
    links = [body_sender(site) for _ in range(16)]
    time.sleep(0.5)
    page = site.get("/returns/")
    assert page.status == 200
    assert page.seconds < 10  # BODY_SECONDS is 2 here; without the limit it would be 60
    for link in links:
        with contextlib.suppress(ConnectionResetError):
            assert link.recv(100) == b""
        link.close()


def test_a_body_that_breaks_off_changes_nothing(site):
    link = body_sender(site, b"username=manager&password=secret-par", 40)
    link.shutdown(socket.SHUT_WR)
    answer = answer_to(link)
    assert answer.status == 400
    assert "as a whole" in answer.read().decode()
    link.close()


def test_a_body_may_arrive_in_pieces(site):
    link = body_sender(site, b"username=manager&pass", 41)
    time.sleep(1)
    link.sendall(b"word=secret-parcel42")
    answer = answer_to(link)
    assert answer.status == 403  # read to its end: it has no CSRF token
    link.close()


def test_killed_workers_are_replaced(site):
    before = {worker.pid for worker in site.workers()}
    for worker in site.workers():
        worker.kill()
    wait_for(lambda: len(site.workers()) == 2 and not before & {w.pid for w in site.workers()})
    wait_for(lambda: site.is_up("/readyz"))
    assert site.get("/returns/").status == 200


def test_a_worker_that_hangs_does_not_keep_the_server_from_ending(site):
    site.stop()
    site.options[-1] = "3"
    site.start()
    site.workers()[0].suspend()
    started = time.monotonic()
    family = [psutil.Process(site.server.pid), *site.workers()]
    site.server.terminate()
    psutil.wait_procs(family, timeout=30)
    assert not any(process.is_running() for process in family)
    assert time.monotonic() - started < 20
    site.options[-1] = "30"
    site.start()
    assert site.get("/returns/").status == 200


def test_a_killed_main_process_takes_its_workers_along(site):
    workers = site.workers()
    site.server.kill()
    site.server.wait()
    assert psutil.wait_procs(workers, timeout=30)[1] == []
    site.start()
    assert site.get("/returns/").status == 200
