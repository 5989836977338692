"""A passkey signs in its own person, once for each challenge, and nobody else."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from returns.people import second_factor
from returns.people.person import save_preferences
from tests.returns.people.second_factors import enter_code, enter_password, is_signed_in
from tests.returns.people.soft_passkey import SoftPasskey

pytestmark = pytest.mark.django_db

NEW, LOGIN, CODE = (
    "/accounts/security/passkey/",
    "/accounts/login/passkey/",
    "/accounts/login/code/",
)
# What a browser could send instead of a credential.
GARBAGE = [
    "x",
    "[]",
    "1",
    "null",
    "{}",
    '{"id": 1, "rawId": 1, "response": 1, "type": 1}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "AA"}}',
    '{"rawId": "AA", "type": "public-key", "response": {"signature": "AA", "userHandle": 1}}',
    "[" * 5000,
    "x" * 30_000,
]


@pytest.fixture(autouse=True)
def _no_challenges_before():
    """All tests come from the same address, which has a limit."""
    cache.clear()


def set_up(client: Client, passkey: SoftPasskey, name: str = "Phone"):
    options = client.post(NEW).json()
    return client.post(NEW, {"name": name, "credential": passkey.create(options)})


@pytest.fixture
def passkey(agent) -> SoftPasskey:
    client, _ = enter_password()
    passkey = SoftPasskey()
    assert set_up(client, passkey)["Location"] == "/accounts/security/codes/"
    return passkey


def use(client: Client, passkey: SoftPasskey, path: str = LOGIN, **more: str):
    options = client.post(path).json()
    return client.post(path, {"credential": passkey.get(options)} | more)


def test_a_passkey_alone_signs_in(agent, passkey):
    client = Client()
    assert use(client, passkey, next="/queue/?a=1")["Location"] == "/queue/?a=1"
    assert client.get("/preferences/").context["user"] == agent
    assert Authenticator.objects.get(type="webauthn").last_used_at
    assert use(Client(), passkey, next="https://evil.example/")["Location"] == "/"


def test_a_passkey_is_asked_for_after_the_password(passkey):
    client, answer = enter_password()
    assert answer["Location"] == CODE
    page = client.get(CODE)
    assert 'name="code"' in page.text  # a recovery code
    assert use(client, passkey, CODE).status_code == 302
    assert is_signed_in(client)


def test_a_challenge_is_valid_once_and_in_its_session(passkey):
    client = Client()
    answer = passkey.get(client.post(LOGIN).json())
    other = Client()
    other.post(LOGIN)
    assert other.post(LOGIN, {"credential": answer}).status_code == 422
    assert Client().post(LOGIN, {"credential": answer}).status_code == 422
    assert client.post(LOGIN, {"credential": answer}).status_code == 302
    client.post("/accounts/logout/")
    assert client.post(LOGIN, {"credential": answer}).status_code == 422


def test_what_was_signed_for_another_site_is_refused(passkey):
    passkey.origin = "https://evil.example"
    assert use(Client(), passkey).status_code == 422


def test_a_passkey_that_did_not_check_its_person_signs_nobody_in(passkey):
    passkey.verifies = False
    assert use(Client(), passkey).status_code == 422


def test_a_passkey_that_does_not_check_its_person_is_not_set_up(agent):
    client, _ = enter_password()
    refused = set_up(client, SoftPasskey(verifies=False))
    assert refused.status_code == 422
    assert "was not accepted" in refused.text
    assert not second_factor.has_second_factor(agent)


def test_a_passkey_is_that_of_its_person_alone(passkey, manager):
    of_manager, stolen = SoftPasskey(), Client()
    set_up(enter_password("manager")[0], of_manager)
    # As the second factor of somebody else
    client, _ = enter_password("agent")
    assert use(client, of_manager, CODE).status_code == 422
    # With the name of somebody else
    of_manager.user = passkey.user
    assert use(stolen, of_manager).status_code == 422
    assert not is_signed_in(stolen)


@pytest.mark.parametrize("change", ["inactive", "demo only"])
def test_who_may_not_sign_in_does_not_by_a_passkey(agent, passkey, change):
    if change == "inactive":
        User.objects.filter(pk=agent.pk).update(is_active=False)
    else:
        save_preferences(agent, {"demo_only": True})
    client = Client()
    assert use(client, passkey).status_code == 422
    assert not is_signed_in(client)


def test_a_removed_passkey_signs_in_no_more(agent, passkey):
    client = Client()
    use(client, passkey)
    factor = Authenticator.objects.get(type="webauthn")
    path = f"{NEW}{factor.pk}/"
    assert client.post(path, {"name": "Old"})["Location"] == "/accounts/security/"
    factor.refresh_from_db()
    assert factor.data["name"] == "Old"
    assert client.post(path, {"name": ""}).status_code == 422
    assert client.post(path, {"action": "remove"})["Location"] == "/accounts/security/"
    assert second_factor.factors_of(agent) == []
    assert use(Client(), passkey).status_code == 422
    assert client.get(path).status_code == 404


def test_passkeys_of_others_cannot_be_changed(passkey, manager):
    pk = Authenticator.objects.get(type="webauthn").pk
    client, _ = enter_password("manager")
    assert client.post(f"{NEW}{pk}/", {"action": "remove"}).status_code == 404


def test_a_passkey_confirms_who_it_is(agent, passkey, as_agent):
    confirm = "/accounts/security/confirm/"
    assert as_agent.get(NEW).status_code == 302
    assert as_agent.post(confirm, {"credential": "x"}).status_code == 422
    assert use(as_agent, passkey, confirm, next=NEW)["Location"] == NEW
    assert as_agent.get(NEW).status_code == 200


def test_so_many_passkeys_and_no_more(agent, monkeypatch):
    monkeypatch.setattr("returns.views.security.MAX_PASSKEYS", 1)
    client, _ = enter_password()
    set_up(client, SoftPasskey())
    full = client.get(NEW)
    assert "Remove one first." in full.text
    assert client.post(NEW, {"name": "x", "credential": "{}"}).status_code == 422
    assert Authenticator.objects.filter(type="webauthn").count() == 1


@pytest.mark.parametrize("credential", GARBAGE)
def test_garbage_is_refused_in_words(agent, passkey, credential):
    client = Client()
    client.post(LOGIN)
    answer = client.post(LOGIN, {"credential": credential})
    assert answer.status_code == 422
    assert "This passkey was not accepted." in answer.text
    client, _ = enter_password()
    client.post(CODE)
    assert client.post(CODE, {"credential": credential}).status_code == 422
    assert enter_code(client, credential[:20]).status_code == 422
    signed_in = Client()
    use(signed_in, passkey)
    signed_in.post(NEW)
    sent = {"name": "Phone", "credential": credential}
    assert signed_in.post(NEW, sent).status_code == 422
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_an_address_asks_for_a_limited_number_of_challenges(monkeypatch):
    monkeypatch.setattr("returns.views.callers.STARTS_PER_ADDRESS", 3)
    client = Client(REMOTE_ADDR="10.9.9.9")
    statuses = [client.post(LOGIN).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
