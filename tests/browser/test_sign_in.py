"""Signing in as people do: by the company's provider, an authenticator app, and a passkey."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, expect

from returns.models import PasswordReset
from returns.people import roles
from returns.people.password_reset import send_next
from returns.people.second_factor import add_passkey, make_recovery_codes
from tests.browser.conftest import PATIENCE
from tests.browser.test_barriers import barriers_on_desk_and_phone
from tests.browser.waiting import NOTE_WHAT_IS_PENDING
from tests.factories import make_person
from tests.returns.people.provider import SELIN, running
from tests.returns.people.second_factors import PASSWORD, set_up_app, shown_code

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("vocabulary")]

# What Chromium can do that has a fingerprint reader.
TOUCH_READER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def open_page(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """Open windows in which nobody is signed in. What a page complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(line) -> None:
        # The browser reports every 4xx, also a form that is answered with its errors.
        if line.type == "error" and not line.text.startswith("Failed to load resource"):
            complaints.append(line.text)

    def open_window(path: str = "/accounts/login/", **options: Any) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.add_init_script(NOTE_WHAT_IS_PENDING)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


def enter_password(page: Page, name: str = "agent") -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_reader(page: Page, **changes: object) -> Any:
    """Give the page's browser a fingerprint reader; return the function that commands it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"options": TOUCH_READER | changes}
    reader = session.send("WebAuthn.addVirtualAuthenticator", options)["authenticatorId"]

    def command(name: str, **values: object) -> Any:
        return session.send(f"WebAuthn.{name}", {"authenticatorId": reader} | values)

    return command


def expect_signed_in(page: Page, name: str = "agent") -> None:
    expect(page.get_by_label(f"Your menu, {name}")).to_be_visible()


# The company's provider


@pytest.fixture
def provider(settings):
    with running(settings) as provider:
        provider.set("selin-1", **SELIN)
        yield provider


def choose_at_provider(page: Page, subject: str) -> None:
    expect(page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    page.get_by_label("Subject").fill(subject)
    page.get_by_role("button", name="Authorize", exact=True).click()


def test_somebody_signs_in_by_the_provider_and_has_the_role(provider, open_page):
    page = open_page("/queue/?queue=to_inspect")
    assert barriers_on_desk_and_phone(page) == []
    page.get_by_role("button", name="Sign in with Shop login").click()
    choose_at_provider(page, "selin-1")
    expect(page).to_have_url(re.compile(r"/queue/\?queue=to_inspect"))
    expect_signed_in(page, "selin")
    person = User.objects.get(username="selin")
    assert [role.name for role in person.groups.all()] == [roles.CUSTOMER_SERVICE]


def test_the_provider_s_person_without_a_role_is_told_so(provider, open_page):
    provider.set("guest", **SELIN | {"groups": ["visitors"]})
    page = open_page()
    page.get_by_role("button", name="Sign in with Shop login").click()
    choose_at_provider(page, "guest")
    expect(page.get_by_role("alert")).to_contain_text("Your account has no role here")
    assert barriers_on_desk_and_phone(page) == []
    page.get_by_role("link", name="Back to sign in").click()
    page.get_by_role("button", name="Sign in with Shop login").click()
    page.get_by_role("button", name="Deny access").click()
    expect(page.get_by_role("alert")).to_contain_text("Signing in was cancelled")


def test_the_page_to_the_provider_has_a_link_too(provider, open_page):
    page = open_page()
    # A browser stays on its page if there is nothing to show.
    page.route(f"{provider.issuer}/**", lambda route: route.fulfill(status=204))
    page.get_by_role("button", name="Sign in with Shop login").click()
    expect(page.get_by_role("link", name="Continue")).to_have_attribute(
        "href", re.compile(re.escape(f"{provider.issuer}/oauth2/authorize?"))
    )


def test_only_the_provider_and_the_glass_to_break(provider, settings, open_page):
    settings.OIDC_ONLY, settings.BREAK_GLASS_NAMES = True, ["glass"]
    make_person("glass")
    page = open_page()
    expect(page.get_by_role("button")).to_have_count(4)  # the provider's, and three languages
    assert barriers_on_desk_and_phone(page) == []
    page.goto("/accounts/login/?break-glass=1")
    assert barriers_on_desk_and_phone(page) == []
    enter_password(page, "glass")
    expect_signed_in(page, "glass")


# An authenticator app


def test_an_app_is_set_up_and_asked_for(open_page, agent):
    page = open_page()
    enter_password(page)
    expect_signed_in(page)
    page.goto("/preferences/")
    page.get_by_role("link", name="Open sign-in and security").click()
    assert barriers_on_desk_and_phone(page) == [], "security"
    page.get_by_role("link", name="Set up an authenticator app").click()
    expect(page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    assert barriers_on_desk_and_phone(page) == [], "the app"
    page.get_by_label("Code", exact=True).fill("123")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_label("Code", exact=True)).to_have_attribute("aria-invalid", "true")
    key = page.locator(".key").inner_text().replace(" ", "")
    page.get_by_label("Code", exact=True).fill(shown_code(key))
    page.get_by_role("button", name="Set up").click()
    codes = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    assert barriers_on_desk_and_phone(page) == [], "recovery codes"
    recovery = codes.first.inner_text()

    other = open_page("/accounts/login/?next=/preferences/")
    enter_password(other)
    assert barriers_on_desk_and_phone(other) == [], "the second factor"
    other.get_by_label("Code").fill("000000")
    other.get_by_role("button", name="Continue").click()
    expect(other.get_by_text("This code is wrong")).to_be_visible()
    assert barriers_on_desk_and_phone(other) == [], "a wrong code"
    other.get_by_label("Code").fill(shown_code(key, later=1))
    other.get_by_role("button", name="Continue").click()
    expect(other).to_have_url(re.compile("/preferences/"))

    lost = open_page()
    enter_password(lost)
    lost.get_by_label("Code").fill(recovery)
    lost.get_by_role("button", name="Continue").click()
    expect_signed_in(lost)


def test_who_needs_a_second_factor_sets_it_up_first(open_page, admin, settings):
    settings.MFA_REQUIRED_ROLES = [roles.ADMIN]
    page = open_page("/accounts/login/?next=/admin/")
    enter_password(page, "admin")
    expect(page.get_by_role("alert")).to_contain_text("Your role needs a second factor")
    assert barriers_on_desk_and_phone(page) == []
    page.get_by_role("link", name="Set up an authenticator app").click()
    key = page.locator(".key").inner_text().replace(" ", "")
    page.get_by_label("Code", exact=True).fill(shown_code(key))
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("link", name="Done").click()
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Administration")).to_be_visible()


def test_a_change_asks_who_it_is(window, agent):
    page = window(agent)
    page.goto("/accounts/security/")
    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    assert barriers_on_desk_and_phone(page) == []
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="New passkey")).to_be_visible()


# Passkeys


def set_up_passkey(page: Page, name: str = "Work phone") -> None:
    page.goto("/accounts/security/passkey/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def test_a_passkey_is_set_up_and_signs_in_without_and_after_the_password(open_page, agent):
    page = open_page()
    enter_password(page)
    command = add_reader(page)
    page.goto("/accounts/security/passkey/")
    assert barriers_on_desk_and_phone(page) == [], "a new passkey"
    set_up_passkey(page)
    assert Authenticator.objects.get(type="webauthn").data["name"] == "Work phone"

    # Without the password
    page.goto("/accounts/security/")
    page.locator("#person-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/?next=/preferences/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/preferences/"))
    expect_signed_in(page)

    # After the password
    page.locator("#person-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    enter_password(page)
    expect(page.get_by_role("heading", name="Show that it is you")).to_be_visible()
    assert barriers_on_desk_and_phone(page) == [], "the second factor"
    command("setUserVerified", isUserVerified=False)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_be_visible()
    command("setUserVerified", isUserVerified=True)
    page.get_by_role("button", name="Use a passkey").click()
    expect_signed_in(page)

    # Renamed, and removed
    page.goto("/accounts/security/")
    page.get_by_role("link", name="Change the passkey Work phone").click()
    assert barriers_on_desk_and_phone(page) == [], "a passkey"
    page.get_by_label("Name").fill("Old phone")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Change the passkey Old phone").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_role("status").first).to_contain_text("The passkey was removed.")
    assert not Authenticator.objects.exists()


def test_what_goes_wrong_with_a_passkey_is_said(open_page, agent):
    page = open_page()
    enter_password(page)
    command = add_reader(page)
    set_up_passkey(page)
    page.goto("/accounts/security/passkey/")
    page.get_by_label("Name").fill("The same again")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("already has a passkey")
    assert barriers_on_desk_and_phone(page) == []

    command("clearCredentials")
    other = open_page()
    add_reader(other, isUserVerified=False)
    other.get_by_role("button", name="Use a passkey").click()
    expect(other.get_by_role("alert")).to_contain_text("No passkey was used.")
    assert barriers_on_desk_and_phone(other) == []

    other.route("**/accounts/login/passkey/", lambda route: route.abort())
    other.get_by_role("button", name="Use a passkey").click()
    expect(other.get_by_role("alert")).to_contain_text("could not use the passkey")

    old = open_page()
    old.evaluate("delete PublicKeyCredential.parseRequestOptionsFromJSON")
    old.get_by_role("button", name="Use a passkey").click()
    expect(old.get_by_role("alert")).to_contain_text("This browser cannot use passkeys here.")


# Sessions and passwords


def test_a_session_elsewhere_is_ended(open_page, agent):
    here, there = open_page(), open_page()
    for page in (here, there):
        enter_password(page)
        expect_signed_in(page)
    here.goto("/accounts/security/")
    sessions = here.get_by_role("region", name="Where you are signed in")
    expect(sessions.get_by_role("listitem")).to_have_count(2)
    expect(sessions.get_by_text("This browser")).to_have_count(1)
    assert barriers_on_desk_and_phone(here) == []
    sessions.get_by_role("button", name="End the session of").click()
    expect(here.get_by_role("status").first).to_contain_text("The session was ended.")
    there.goto("/returns/")
    expect(there).to_have_url(re.compile("/accounts/login/"))
    expect_signed_in(here)


def test_a_forgotten_password_is_reset(open_page, agent, settings, mailoutbox, live_server):
    settings.HAS_MAIL = True
    User.objects.filter(pk=agent.pk).update(email="agent@shop.example")
    page = open_page()
    page.get_by_role("link", name="Forgot your password?").click()
    assert barriers_on_desk_and_phone(page) == [], "whose"
    page.get_by_label("Username or e-mail address").fill("agent@shop.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    assert barriers_on_desk_and_phone(page) == [], "sent"
    assert PasswordReset.objects.get().person == agent
    send_next()
    (link,) = re.findall(rf"{live_server.url}\S+", mailoutbox[0].body)
    page.goto(link)
    assert barriers_on_desk_and_phone(page) == [], "the new one"
    for label in ("New password", "New password confirmation"):
        page.get_by_label(label, exact=True).fill("a-longer-parcel-9")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name="Your password was changed")).to_be_visible()
    assert barriers_on_desk_and_phone(page) == [], "changed"
    page.goto(link)
    expect(page.get_by_role("alert")).to_contain_text("only once")
    assert barriers_on_desk_and_phone(page) == [], "over"


def test_a_person_with_everything(window, agent):
    """Long names, on the page that lists them."""
    set_up_app(agent)
    add_passkey(agent, "The phone of the desk at the entrance of hall 3 " * 2, {})
    make_recovery_codes(agent)
    page = window(agent)
    page.goto("/accounts/security/")
    expect(page.get_by_text("10 codes are left.")).to_be_visible()
    assert barriers_on_desk_and_phone(page) == []
    page.get_by_role("link", name="Change the authenticator app").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    assert barriers_on_desk_and_phone(page) == []
