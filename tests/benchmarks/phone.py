"""What pages weigh, and how long a phone takes to show what was typed. Run by hand:

    uv run python -m tests.benchmarks.phone [--size 1000000] [--keys 30] [--minutes 5]

On the database that ``tests.benchmarks.pages`` fills, in headless Chromium, with an emulated phone:
a window of 390 pixels, a processor four times slower, 150 ms to the server and 1.6 Mbit/s. Printed:

- bytes of each page over the network, compressed, with an empty cache and again;
- for each key in the search box, the time until the rows are painted;
- over some minutes in which a queue lives (a record comes in every two seconds): how far its
  parts moved by themselves (CLS), and the milliseconds of scripts for each poll.

The server's own time is part of it; only the browser is slowed down.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.benchmarks.pages import CHECKOUT, PORT, _environment, _median_ms, _server, serving

URL = f"http://127.0.0.1:{PORT}"
SAFE_URL = URL.replace("http:", "https:")  # browsers trust this machine as if it were
PATHS = {"list": "/returns/", "queue": "/queue/?queue=to_inspect", "one return": ""}
SLOWER = 4  # times
LATENCY = 150  # ms
BYTES_PER_SECOND = 200_000
REFERENCE = "Phone-benchmark-"
# Notes when results were swapped in and painted, and what moved without a key or a click.
WATCH = """
window.swaps = [];
window.moved = 0;
document.addEventListener("htmx:after:swap", () =>
  requestAnimationFrame(() => setTimeout(() => window.swaps.push(performance.now()))));
new PerformanceObserver(list => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.moved += each.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def main() -> None:
    """Measure in a process of its own, because settings are read once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--keys", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.keys, options.minutes * 60)
        return
    with _server() as connect:
        environment = _environment(connect(options.size, fresh=False))
        manage = [sys.executable, "manage.py", "migrate", "-v0"]
        # As it is deployed: files that are compressed beforehand and kept for a year.
        environment |= {"RETURNS_DESK_DEMO": ""}
        collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"]
        this = [sys.executable, "-m", "tests.benchmarks.phone", "--measure", *sys.argv[1:]]
        for command in (manage, collect, this):
            subprocess.run(command, env=environment, cwd=CHECKOUT, check=True)


def measure(keys: int, seconds: float) -> None:
    """Print what was measured."""
    import django

    django.setup()
    from returns.models import Return
    from tests.browser.conftest import CHROMIUM, SWITCHES

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    cookie = _sign_in()
    newest = list(Return.objects.in_order_of("created_at", descending=True)[:keys])
    with _served() as wait, sync_playwright() as playwright:
        wait(cookie)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        context = browser.new_context(base_url=URL, viewport={"width": 390, "height": 844})
        # As behind a proxy that ends TLS.
        context.set_extra_http_headers({"X-Forwarded-Proto": "https"})
        name, _, value = cookie.partition("; ")[0].partition("=")
        context.add_cookies([{"name": name, "value": value, "url": SAFE_URL, "secure": True}])
        context.add_init_script(WATCH)
        page = context.new_page()
        link = context.new_cdp_session(page)
        paths = PATHS | {"one return": newest[0].get_absolute_url()}
        print_weights(page, link, paths)
        slow_down(link)
        print_keys(page, [record.tracking_id for record in newest])
        print_living(page, link, seconds)
        browser.close()


def _sign_in() -> str:
    """Sign a manager in, who may do so where those of the demo may not, and return the cookies."""
    from django.contrib.auth.models import Group, User
    from django.test import Client

    from returns.people.roles import WAREHOUSE_MANAGER

    person, _ = User.objects.get_or_create(username="phone-benchmark")
    person.groups.add(Group.objects.get(name=WAREHOUSE_MANAGER))
    client = Client(headers={"X-Forwarded-Proto": "https"})
    client.force_login(person, backend="returns.people.RoleBackend")
    return "; ".join(f"{name}={each.value}" for name, each in client.cookies.items())


@contextmanager
def _served() -> Iterator:
    server = subprocess.Popen(serving())
    try:
        yield lambda cookie: _median_ms("/empty/", cookie)
    finally:
        server.terminate()
        server.wait(10)


def slow_down(link: CDPSession) -> None:
    """Make the browser as slow as a phone."""
    link.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    link.send("Network.enable")
    link.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY,
            "downloadThroughput": BYTES_PER_SECOND,
            "uploadThroughput": BYTES_PER_SECOND,
        },
    )


def print_weights(page: Page, link: CDPSession, paths: dict[str, str]) -> None:
    """Print the bytes of each page: with an empty cache, and again."""
    received: list[float] = []
    link.send("Network.enable")
    link.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    for name, path in paths.items():
        link.send("Network.clearBrowserCache")
        for what in ("first", "again"):
            received.clear()
            page.goto(path)
            page.wait_for_load_state("networkidle")
            kept = page.evaluate(
                """() => performance.getEntriesByType("resource")
                    .filter(each => each.name.includes("/static/") && each.transferSize).length"""
            )
            print(
                f"{name}, {what}: {sum(received) / 1000:.1f} kB in {len(received)} answers,"
                f" {kept} files from the network"
            )


def print_keys(page: Page, numbers: list[str]) -> None:
    """Type numbers key by key, as fast as their answers come, and print the times."""
    page.goto("/returns/")
    page.wait_for_load_state("networkidle")
    box = page.locator("#id_q")
    times = []
    for number in numbers:
        for length in (4, len(number)):
            page.evaluate("() => { window.swaps = [] }")
            began = page.evaluate("() => performance.now()")
            # What a paste or the last key of a number does: one input event.
            box.evaluate(
                """(box, text) => {
                    box.value = text;
                    box.dispatchEvent(new InputEvent("input", { bubbles: true }));
                }""",
                number[:length],
            )
            page.wait_for_function("() => window.swaps.length")
            times.append(page.evaluate("() => window.swaps[0]") - began)
    late = statistics.quantiles(times, n=20)[-1]
    print(
        f"key to painted rows, {len(times)} times: p50 {statistics.median(times):.0f} ms,"
        f" p95 {late:.0f} ms, of which the box waits 200 ms for further keys"
    )


def print_living(page: Page, link: CDPSession, seconds: float) -> None:
    """Let a queue live for some time, and print what moved and what its scripts took."""
    from returns.models import Return, State

    page.goto(PATHS["queue"])
    page.wait_for_load_state("networkidle")
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url) if "/live/" in request.url else 0)
    link.send("Performance.enable")
    began, script = time.monotonic(), _script_seconds(link)
    number = 0
    while time.monotonic() - began < seconds:
        number += 1
        moment = _now()
        Return.objects.create(
            return_reference_number=f"{REFERENCE}{number}",
            state=State.ARRIVED,
            source="benchmark",
            created_at=moment,
            updated_at=moment,
            arrived_to_warehouse_at=moment,
        )
        page.wait_for_timeout(2_000)
    spent = (_script_seconds(link) - script) * 1000 / SLOWER
    moved = page.evaluate("() => window.moved")
    print(
        f"a living queue, {seconds / 60:.0f} minutes, {number} new returns, {len(polls)} polls:"
        f" CLS {moved:.4f}, scripts {spent / max(len(polls), 1):.1f} ms of main thread a poll"
        f" (on this machine; {SLOWER} times as long on the phone)"
    )
    Return.objects.filter(return_reference_number__startswith=REFERENCE).delete()


def _script_seconds(link: CDPSession) -> float:
    metrics = link.send("Performance.getMetrics")["metrics"]
    return sum(each["value"] for each in metrics if each["name"] == "ScriptDuration")


def _now():
    from django.utils import timezone

    return timezone.now()


if __name__ == "__main__":
    main()
