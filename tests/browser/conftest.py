"""Chromium on the live server, signed in as a person."""

import os
import shutil
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from config.memory import with_room
from returns.filters.known_values import OFFERED_VALUES
from tests.browser.waiting import NOTE_WHAT_IS_PENDING

# The shell has no window, so it spends no processor time on buttons and menus that nobody sees.
CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
)
# What Playwright itself switches off (a later list replaces an earlier one), and what costs more
# processor time than most pages: the pages behind the address bar, which no test shows, drawn anew
# for each window, and a process kept in store for another site.
NOT_NEEDED = [
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    "SpareRendererForSitePerProcess",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxPopup",
]
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(NOT_NEEDED)}",
]
# Headers and body are two packets: the second would wait 40 ms until the first is acknowledged.
WSGIRequestHandler.disable_nagle_algorithm = True
# As in config/wsgi.py.
_serve = ThreadedWSGIServer.process_request_thread
ThreadedWSGIServer.process_request_thread = lambda *args: with_room(_serve, *args)
# Milliseconds; a busy machine is no broken page.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)
# Playwright runs an event loop in the test's thread; Django would refuse the database there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items):
    for item in items:
        if "/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    return {"executable_path": CHROMIUM, "args": SWITCHES}


@pytest.fixture
def window(browser: Browser, live_server, vocabulary) -> Callable[..., Page]:
    """Open a window in which a person is signed in. What the page complains of fails the test."""
    cache.delete(OFFERED_VALUES)
    complaints: list[str] = []
    contexts = []

    def open_window(person: User, **options) -> Page:
        client = Client()
        client.force_login(person, backend="returns.people.RoleBackend")
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.add_init_script(NOTE_WHAT_IS_PENDING)
        session = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: _note(line, complaints))
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


# The browser reports every 4xx, also a form that is answered with its errors; htmx reports a
# network that a test has cut.
EXPECTED = ("Failed to load resource", "htmx: htmx:error: Failed to fetch")


def _note(line, complaints: list[str]) -> None:
    if line.type == "error" and not line.text.startswith(EXPECTED):
        complaints.append(line.text)
