"""Sessions end by age, when nobody uses them, and whenever their person or an admin ends them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from returns.models import BrowserSession
from returns.people.browsers import browser_label
from tests.factories import make_person
from tests.returns.people.second_factors import PASSWORD, enter_password, is_signed_in

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SECURITY = "/accounts/security/"


def sign_in(name: str = "agent", address: str = "10.0.0.1", browser: str = FIREFOX) -> Client:
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": browser})
    return enter_password(name, client)[0]


def pass_time(column: str, **how_much: int) -> None:
    """Let it be so much later, by the database's clock."""
    BrowserSession.objects.update(**{column: F(column) - timedelta(**how_much)})


def the_session() -> BrowserSession:
    return BrowserSession.objects.get(person__username="agent")


def test_a_session_knows_its_person_browser_address_and_times(agent):
    sign_in()
    session = the_session()
    assert (session.address, session.browser) == ("10.0.0.1", FIREFOX)
    assert session.active_at - session.started_at < timedelta(seconds=5)


def test_a_session_ends_by_its_age_however_much_it_is_used(agent, settings):
    client = sign_in()
    pass_time("started_at", hours=11, minutes=59)
    assert is_signed_in(client)
    pass_time("started_at", minutes=2)
    settings.SESSION_HOURS = 13
    assert is_signed_in(client)
    settings.SESSION_HOURS = 12
    assert not is_signed_in(client)


def test_a_new_password_makes_a_session_no_younger(agent):
    client = sign_in()
    session = client.session
    session["signed_in_at"] -= 11 * 60 * 60
    session.save()
    new = "a-longer-parcel-9"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/accounts/password/", form).status_code == 302
    pass_time("started_at", hours=1, minutes=1)
    assert not is_signed_in(client)


def test_a_session_that_nobody_uses_ends(agent, settings):
    client = sign_in()
    settings.SESSION_IDLE_MINUTES = 30
    pass_time("active_at", minutes=29)
    assert is_signed_in(client)
    pass_time("active_at", minutes=29)
    assert is_signed_in(client)
    pass_time("active_at", minutes=31)
    assert not is_signed_in(client)


def test_polls_are_no_activity_but_scans_are(agent):
    client = sign_in()
    pass_time("active_at", minutes=5)
    before = the_session().active_at
    for path in ("/returns/live/?poll", "/exports/?poll", "/queue/live/?poll"):
        client.get(path)
    client.post("/return/1/presence/?poll")
    assert the_session().active_at == before
    client.post("/scan/?poll", {"text": "1"})
    assert the_session().active_at > before


def test_activity_is_written_at_most_once_a_minute(agent):
    client = sign_in()
    client.get("/accounts/password/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/accounts/password/")
    assert [each["sql"] for each in queries if "UPDATE" in each["sql"]] == []
    pass_time("active_at", seconds=61)
    with CaptureQueriesContext(connection) as queries:
        client.get("/accounts/password/")
        client.get("/accounts/password/")
    updates = [each["sql"] for each in queries if each["sql"].startswith("UPDATE")]
    assert len(updates) == 1


def test_saving_a_session_keeps_the_new_time_of_activity(agent):
    client = sign_in()
    pass_time("active_at", minutes=5)
    before = the_session().active_at
    client.post("/preferences/", {"density": "compact"})
    client.get("/preferences/")  # the message is taken from the session
    assert the_session().active_at - before > timedelta(minutes=4)


def test_people_see_where_they_are_signed_in_and_end_one(agent, manager):
    here, there = sign_in(), sign_in(address="10.0.0.2", browser="curl/8.5")
    sign_in("manager")
    page = here.get(SECURITY)
    rows = page.context["sessions"]
    assert {(row.browser, row.address, row.is_this) for row in rows} == {
        ("Firefox on Windows", "10.0.0.1", True),
        ("Unknown browser", "10.0.0.2", False),
    }
    for key in BrowserSession.objects.values_list("session_key", flat=True):
        assert key not in page.text
    other = next(row.reference for row in rows if not row.is_this)
    assert here.post(f"{SECURITY}sessions/", {"session": other})["Location"] == SECURITY
    assert "The session was ended." in here.get(SECURITY).text
    assert not is_signed_in(there)
    assert is_signed_in(here)
    assert (
        "It had ended already."
        in here.post(f"{SECURITY}sessions/", {"session": other}, follow=True).text
    )


def test_people_end_all_other_sessions_of_their_own(agent, manager):
    here, there, elsewhere = sign_in(), sign_in(), sign_in()
    of_manager = sign_in("manager")
    done = here.post(f"{SECURITY}sessions/", follow=True)
    assert "2 sessions were ended." in done.text
    assert [is_signed_in(each) for each in (here, there, elsewhere, of_manager)] == [
        *(True, False, False, True)
    ]


def test_nobody_ends_sessions_of_others(agent, manager):
    of_agent, of_manager = sign_in(), sign_in("manager")
    (row,) = of_agent.get(SECURITY).context["sessions"]
    of_manager.post(f"{SECURITY}sessions/", {"session": row.reference})
    assert is_signed_in(of_agent)


def test_a_changed_password_ends_the_other_sessions_at_once(agent):
    here, there = sign_in(), sign_in()
    new = "a-longer-parcel-9"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/accounts/password/", form).status_code == 302
    assert BrowserSession.objects.filter(person=agent).count() == 1
    assert is_signed_in(here)
    assert not is_signed_in(there)


@pytest.mark.parametrize("change", ["password", "inactive"])
def test_what_admins_change_ends_all_sessions_at_once(agent, change):
    client, other = sign_in(), make_person("other")
    of_other = sign_in("other")
    if change == "inactive":
        User.objects.filter(pk=agent.pk).update(is_active=False)
    else:
        agent.set_password("another-parcel")
        agent.save()
    assert not BrowserSession.objects.filter(person=agent).exists()
    assert not is_signed_in(client)
    User.objects.filter(pk=other.pk).update(first_name="Other")
    assert is_signed_in(of_other)


def test_signing_out_leaves_no_row(agent):
    client = sign_in()
    client.post("/accounts/logout/")
    assert not BrowserSession.objects.filter(person=agent).exists()


def test_a_browser_that_says_nonsense_signs_in(agent):
    client = sign_in(browser="<b>\x7f</b>" + "x" * 1000)
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Safari/605.1", "Safari on Mac"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_are_called_as_their_owners_do(user_agent, label):
    assert browser_label(user_agent) == label
