"""A forgotten password is reset by a mail, which tells nobody else anything."""

import re
import time
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db.models import F
from django.test import Client

from returns import background
from returns.models import PasswordReset
from returns.people.password_reset import send_next
from returns.people.person import save_preferences
from tests.factories import make_person
from tests.returns.people.second_factors import (
    enter_code,
    enter_password,
    is_signed_in,
    set_up_app,
    shown_code,
)

pytestmark = pytest.mark.django_db

RESET = "/accounts/reset/"
NEW = "a-longer-parcel-9"


@pytest.fixture
def selin(settings, agent):
    settings.HAS_MAIL = True
    agent.email, agent.first_name = "selin@shop.example", "Selin"
    agent.save()
    return agent


def ask(who: str, address: str = "10.0.0.1", **headers: str):
    return Client(headers=headers).post(RESET, {"who": who}, REMOTE_ADDR=address)


def send_all() -> list:
    while send_next():
        pass
    return mail.outbox


def link_of(message) -> str:
    (link,) = re.findall(r"http://testserver(/accounts/reset/\S+)", message.body)
    return link


def choose(link: str, password: str = NEW):
    return Client().post(link, {"new_password1": password, "new_password2": password})


@pytest.mark.parametrize("who", ["agent", "selin@shop.example", "SELIN@shop.example"])
def test_a_link_comes_by_mail_and_changes_the_password(selin, who):
    client, _ = enter_password()
    assert "Forgot your password?</a>" in Client().get("/accounts/login/").text
    assert ask(who)["Location"] == f"{RESET}asked/"
    assert Client().get(f"{RESET}asked/").status_code == 200
    assert mail.outbox == []
    (message,) = send_all()
    assert message.to == ["selin@shop.example"]
    assert "Hello Selin," in message.body
    link = link_of(message)
    assert "For agent." in Client().get(link).text
    assert choose(link, "short").status_code == 422
    assert choose(link)["Location"] == f"{RESET}done/"
    selin.refresh_from_db()
    assert selin.check_password(NEW)
    assert not is_signed_in(client)


def test_the_answer_is_the_same_whether_somebody_has_the_name(selin):
    known, unknown = ask("agent"), ask("nobody")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(send_all()) == 1
    assert "nobody" not in str(list(PasswordReset.objects.values()))


def test_a_link_is_valid_once(selin):
    ask("agent")
    link = link_of(send_all()[0])
    choose(link)
    over = Client().get(link)
    assert over.status_code == 410
    assert "only once" in over.text
    assert choose(link, "yet-another-parcel").status_code == 410


def test_a_link_is_valid_for_an_hour(selin):
    ask("agent")
    link = link_of(send_all()[0])
    with time_machine.travel(time.time() + 59 * 60):
        assert Client().get(link).status_code == 200
    with time_machine.travel(time.time() + 61 * 60):
        assert choose(link).status_code == 410


@pytest.mark.parametrize("link", ["MQ/no-such-token", "x/y", "w4M/1-2", "OTk5OTk5OTk5OTk5OTk5/1-2"])
def test_other_links_are_not_valid(selin, link):
    assert Client().get(f"{RESET}{link}/").status_code == 410


def test_a_reset_does_not_skip_the_second_factor(selin):
    secret = set_up_app(selin)
    ask("agent")
    choose(link_of(send_all()[0]))
    client, answer = enter_password(password=NEW)
    assert answer["Location"] == "/accounts/login/code/"
    assert enter_code(client, shown_code(secret)).status_code == 302


def test_mail_is_in_the_language_of_its_reader(selin):
    ask("agent", **{"accept-language": "de"})
    save_preferences(selin, {"language": "tr"})
    ask("agent", **{"accept-language": "de"})
    assert PasswordReset.objects.filter(language="de").count() == 2
    assert len(send_all()) == 2


def test_names_and_addresses_are_limited(selin):
    for number in range(5):
        assert ask("agent", f"10.0.1.{number}").status_code == 302
    assert len(send_all()) == 3
    for _ in range(30):
        assert ask("nobody").status_code == 302
    assert PasswordReset.objects.filter(address="10.0.0.1").count() == 20
    make_person("other", email="other@shop.example")
    ask("other")
    assert len(send_all()) == 3
    PasswordReset.objects.update(at=F("at") - timedelta(minutes=61))
    ask("other")
    assert len(send_all()) == 4


@pytest.mark.parametrize("change", ["inactive", "no address", "no password"])
def test_who_cannot_use_a_password_gets_no_mail(selin, change):
    if change == "inactive":
        selin.is_active = False
    elif change == "no address":
        selin.email = ""
    else:
        selin.set_unusable_password()
    selin.save()
    assert ask("agent").status_code == 302
    assert send_all() == []


def test_who_was_made_inactive_meanwhile_cannot_use_the_link(selin):
    ask("agent")
    link = link_of(send_all()[0])
    selin.is_active = False
    selin.save()
    assert choose(link).status_code == 410


def test_a_mail_server_that_is_away_is_asked_again(selin, settings, caplog):
    ask("agent")
    working = settings.MAILERS
    away = {"host": "127.0.0.1", "port": 1}
    settings.MAILERS = {
        "default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": away}
    }
    assert send_next()
    assert not send_next()
    assert "A mail to reset a password was not sent: ConnectionRefusedError" in caplog.text
    settings.MAILERS = working
    PasswordReset.objects.update(tried_at=F("tried_at") - timedelta(minutes=2))
    assert len(send_all()) == 1
    assert not PasswordReset.objects.filter(sent_at=None).exists()


def test_rows_are_kept_for_a_day(selin):
    ask("agent")
    send_all()
    PasswordReset.objects.update(at=F("at") - timedelta(hours=25))
    send_next()
    assert not PasswordReset.objects.exists()


def test_background_work_sends_them(selin):
    ask("agent")
    background.run_short_jobs()
    assert len(mail.outbox) == 1


def test_without_mail_nothing_is_offered(agent):
    assert Client().get(RESET).status_code == 404
    assert Client().post(RESET, {"who": "agent"}).status_code == 404
    assert "Ask your administrator to reset it." in Client().get("/accounts/login/").text
    assert not send_next()
