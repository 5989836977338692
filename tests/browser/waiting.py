"""Waiting for what is expected, and until nothing more can come; never for a time."""

import time
from collections.abc import Callable, Sized
from contextlib import suppress

from playwright.sync_api import Error, Page

SECONDS = 15  # A busy machine is no broken page.

# Runs before the scripts of each page. Notes what they have begun: requests of htmx, also those of
# elements that are gone, links that are followed and forms that are sent without it, which lead to
# another page, and timers that end soon, which leaves out polls and notices that fade. A clock that
# a test installs has timers of its own: the test lets them pass.
NOTE_WHAT_IS_PENDING = """(() => {
    const SOON_MS = 1_000;
    const { setTimeout, clearTimeout, requestAnimationFrame } = window;
    const timers = new Set(), requests = new Set();
    window.setTimeout = function later(run, delay = 0, ...values) {
        const timer = setTimeout(() => { timers.delete(timer); run(...values); }, delay);
        if (delay <= SOON_MS && window.setTimeout === later) timers.add(timer);
        return timer;
    };
    window.clearTimeout = (timer) => { timers.delete(timer); clearTimeout(timer); };
    addEventListener("htmx:before:request", ({ detail }) => requests.add(detail.ctx), true);
    addEventListener("htmx:finally:request", ({ detail }) => requests.delete(detail.ctx), true);
    addEventListener("submit", (event) => { if (!event.defaultPrevented) requests.add(event); });
    addEventListener("click", (event) => {
        const link = event.target.closest?.("a[href]:not([download], [target], [href^='#'])");
        if (link && !event.defaultPrevented && !event.ctrlKey) requests.add(event);
    });
    // A page that nobody sees draws no frames.
    const frame = () =>
        new Promise((next) => { requestAnimationFrame(next); setTimeout(next, 100); });
    window.pending = { timers, requests, frame };
})()"""
IS_STILL = """async (held) => {
    const { timers, requests, frame } = window.pending;
    for (let frames = 0; frames < 2; frames += 1) {
        await frame();
        if (document.readyState !== "complete" || timers.size || requests.size > held) return false;
    }
    return true;
}"""
WHAT_IS_SEEN = """() => [
    location.href,
    document.activeElement?.outerHTML.slice(0, 300),
    [...window.pending.requests].map(({ request, target }) => request?.action ?? target?.outerHTML),
].join("\\n")"""


def wait_until(page: Page, what: Callable[[], object]) -> None:
    """Wait until ``what()`` is true; look at every frame, which also tells the page's events."""
    deadline = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < deadline, _ask(page, WHAT_IS_SEEN)
        _ask(page, "() => window.pending.frame()")


def settled(page: Page, held: Sized = ()) -> None:
    """Wait until what was done has no more effect, so that what has not happened never will.

    Then everything that was asked for is answered and shown, but for as many requests as a test
    holds back, and the timers of the page have ended. Nothing can be asked of a page while the
    page that replaces it is held back.
    """
    wait_until(page, lambda: _ask(page, IS_STILL, len(held)))


def _ask(page: Page, script: str, value: object = None) -> object:
    with suppress(Error):  # The page was left meanwhile.
        return page.evaluate(script, value)
    return None
