"""What a deployment outlives: dead processes, slow senders, a database that comes and goes."""

import contextlib
import http.client
import shutil
import socket
import ssl
import time

import psutil
import pytest

from tests.deployed import HOST, Site, deployed, proxied, wait_for

pytestmark = pytest.mark.slow
# Those of docs/ that are installed; CI installs them all.
PROXIES = [name for name in ("nginx",) if shutil.which(name)]


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


@pytest.fixture(scope="module", params=PROXIES)
def proxy(request, site, tmp_path_factory):
    """The proxy of docs/deploy/nginx.conf in front of the site; gives its port."""
    with proxied(site, tmp_path_factory.mktemp("proxy")) as port:
        yield port


def through(port: int) -> http.client.HTTPSConnection:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=trusting)


def get_through(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    link = through(port)
    link.request("GET", path, headers={"Host": HOST} | headers)
    return link.getresponse()


def test_a_proxy_that_buffers_keeps_slow_bodies_away(site, proxy):
    before = site.logged().count("Bodies were too slow")
    links = [through(proxy) for _ in range(16)]
    for link in links:
        link.putrequest("POST", "/accounts/login/", skip_host=True)
        link.putheader("Host", HOST)
        link.putheader("Content-Length", "1000")
        link.endheaders(b"username=")
    time.sleep(4)  # twice the time limit of bodies
    assert site.get("/returns/").status == 200
    assert site.logged().count("Bodies were too slow") == before
    for link in links:
        link.close()


def test_while_the_desk_is_away_the_proxy_says_so(site, proxy):
    assert get_through(proxy, "/accounts/login/").status == 200
    site.stop()
    answer = get_through(proxy, "/returns/")
    assert answer.status == 502
    assert answer.headers["Retry-After"] == "10"
    assert "The returns desk does not answer" in answer.read().decode()
    site.start()
    assert get_through(proxy, "/accounts/login/").status == 200


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
