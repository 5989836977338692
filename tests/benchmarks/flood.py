"""What other people wait for a page while one caller floods the desk. Run by hand:

    uv run manage.py generate_returns 200000
    uv run python -m tests.benchmarks.flood [--seconds 20] [--people 20] [--only logins]

People open the list, each every two seconds; the table says how long that took, without a flood and
beside each flood: 16 concurrent log-ins, 8 CSV exports of everything or of 20,000 returns at
most, 16 calls with a query of 50 conditions. "MB" is the memory of the largest process afterwards.
Served as in production: 2 workers, 8 threads each.
"""

import argparse
import http.client
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from urllib.parse import quote, urlencode

import django
import psutil

from tests.benchmarks.pages import serving

PORT = 8477
BAR = "bar: 95% of the pages within 1 s beside every flood"
CONDITIONS = "&".join(f"o=Contains|OrElse&p=notes&v=parcel{number}" for number in range(50))
SERVER = serving("config.wsgi:application", "--workers", "2", "--blocking-threads", "8")
CSRF = "a" * 32
PAUSE = 2  # seconds between two pages of a person


def main() -> None:
    """Measure the list beside each flood."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    watchers = [cookie_of(f"flood-watcher-{number}") for number in range(options.people)]
    exporter = cookie_of("flood-exporter")
    token = token_of_program()
    floods = {
        "nothing": (0, None),
        "logins": (16, try_to_sign_in),
        "exports": (8, lambda: export(exporter, "")),
        "small exports": (
            8,
            lambda: export(exporter, "?carrier=MNG+Kargo"),
        ),
        "queries": (16, lambda: query(token)),
    }
    server = subprocess.Popen(SERVER, env=os.environ | {"API_CALLS_PER_MINUTE": "100000"})
    try:
        wait_until_served()
        heads = "".join(f"{head:>8}" for head in ("p50", "p95", "max", "MB"))
        print(f"{'flood':<15}{'pages':>6}{heads}  answers to the flood")
        for name, (number, work) in floods.items():
            if not options.only or name in options.only.split(","):
                measure(name, number, work, watchers, options.seconds, server.pid)
    finally:
        server.terminate()
        server.wait()
    print(BAR)


def measure(name, number, work, watchers, seconds, server) -> None:
    """Print the row of a flood, with the memory of the largest process of the server after it."""
    stopping, answers, times = threading.Event(), Counter(), []

    floods = [
        threading.Thread(target=flood, args=(work, answers, stopping), daemon=True)
        for _ in range(number)
    ]
    people = [threading.Thread(target=watch, args=(cookie, times, seconds)) for cookie in watchers]
    for thread in floods:
        thread.start()
    time.sleep(1)
    for thread in people:
        thread.start()
    for thread in people:
        thread.join()
    stopping.set()
    for thread in floods:
        thread.join(timeout=200)
    p95 = sorted(times)[int(len(times) * 0.95)] if len(times) > 1 else times[0]
    figures = "".join(f"{each:>8.2f}" for each in (statistics.median(times), p95, max(times)))
    workers = psutil.Process(server).children()
    memory = max(worker.memory_info().rss for worker in workers) / 2**20
    print(f"{name:<15}{len(times):>6}{figures}{memory:>8.0f}  {dict(answers)}", flush=True)


def flood(work, answers, stopping) -> None:
    """Do the work over and over, and count the answers."""
    while not stopping.is_set():
        try:
            status = work()
        except OSError as error:
            status = type(error).__name__
        answers[status] += 1
        if status == 429:
            time.sleep(0.2)


def watch(cookie, times, seconds) -> None:
    """Open the list over and over, and note how long it took."""
    time.sleep(random.random() * PAUSE)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.monotonic()
        status, _ = ask("GET", "/returns/", {"Cookie": cookie})
        times.append(time.monotonic() - started)
        assert status == 200, status
        time.sleep(PAUSE)


def ask(method, path, headers, body=None) -> tuple[int, bytes]:
    """Return the status and the body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=300)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def try_to_sign_in() -> int:
    """Try a wrong password for another name, from another address, as many computers would."""
    address = ".".join(str(random.randrange(1, 250)) for _ in range(4))
    name = f"nobody-{random.randrange(10**9)}"
    form = {"username": name, "password": "wrong", "csrfmiddlewaretoken": CSRF}
    headers = {
        "Cookie": f"csrftoken={CSRF}",
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": address,
    }
    return ask("POST", "/accounts/login/", headers, urlencode(form))[0]


def export(cookie, query) -> int:
    """Download the list."""
    headers = {"Cookie": cookie, "Accept-Encoding": "gzip"}
    return ask("GET", f"/returns/export.csv{query}", headers)[0]


def query(token) -> int:
    """Ask the API a query of 50 conditions."""
    return ask("GET", f"/openapi/v1/Returns?dqb={quote(CONDITIONS)}", {"Authorization": token})[0]


def cookie_of(name) -> str:
    """Return the cookie of a manager who is signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import Group, User
    from django.contrib.sessions.backends.db import SessionStore

    person, _ = User.objects.get_or_create(username=name)
    person.groups.set(Group.objects.filter(name="Warehouse manager"))
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = (
        str(person.pk),
        "returns.people.RoleBackend",
    )
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}"


def token_of_program() -> str:
    """Return a new token that may read."""
    from returns.models import ApiToken
    from returns.people.tokens import issue

    return issue(ApiToken(name=f"flood {time.time()}", scopes=["read"]))


def wait_until_served() -> None:
    """Wait for the server."""
    for _ in range(200):
        try:
            if ask("GET", "/healthz", {})[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("The server does not answer.")


if __name__ == "__main__":
    main()
