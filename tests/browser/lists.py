"""What a person reads of a list: its rows, the chosen filters, its address."""

import re
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Locator, Page, Request, Route, expect


def chips(page: Page) -> Locator:
    """Return the chips of the chosen filters."""
    return page.get_by_role("list", name="Active filters").get_by_role("listitem")


def shows(page: Page, *references: str) -> None:
    """Wait until the list shows these returns, in this order."""
    expect(page.locator("#return-results a.reference")).to_have_text(list(references))


def address_is(page: Page, query: str, path: str = "/returns/") -> None:
    """Wait until the address of the page is this one."""
    expect(page).to_have_url(re.compile(rf"{path}{re.escape(query)}$"))


def quiet(page: Page) -> None:
    """Wait until all is answered: a clock set forward would let a request time out."""
    expect(page.locator(".htmx-request")).to_have_count(0)


@contextmanager
def time_stands_still(page: Page):
    """Let no time pass in the page but what a test asks for: a busy machine is no slow hand."""
    quiet(page)
    page.clock.install()
    page.clock.pause_at(timezone.now() + timedelta(minutes=1))
    yield
    page.clock.resume()


def type_at(page: Page, text: str, pace: int):
    """Press a key every so many milliseconds of a time that stands still."""
    for key in text:
        page.keyboard.press(key)
        page.clock.run_for(pace)


def answered_late(page: Page, path: str, *, nth: int = 1) -> list:
    """Let the server answer, and keep the nth answer on its way; return what lets it go."""
    asked: list = []
    held: list = []

    def handle(route):
        asked.append(route)
        if len(asked) != nth:
            return route.fallback()
        response = route.fetch()
        return held.append(lambda: route.fulfill(response=response))

    page.route(path, handle)
    return held


def hold_the_list(page: Page) -> list[Route]:
    """Hold back what the list asks for in place; return a list that it goes into."""
    return _hold(
        page, lambda request: "hx-request" in request.headers and "/returns/?" in request.url
    )


def hold_forms(page: Page) -> list[Route]:
    """Hold back the forms that are sent, as a slow server does; return a list that they go into."""
    return _hold(page, is_form)


def is_form(request: Request) -> bool:
    """Tell whether a request sends a form."""
    return request.method == "POST"


def _hold(page: Page, is_held: Callable[[Request], bool]) -> list[Route]:
    held: list[Route] = []
    page.route(
        lambda _: True,
        lambda route: held.append(route) if is_held(route.request) else route.continue_(),
    )
    return held
