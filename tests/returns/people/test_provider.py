"""Signing in by a real provider: who it is, which roles they get, and who is refused."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from returns.people import provider as protocol
from returns.people import provider_people, roles
from returns.people.sessions import CONFIRMATION_SECONDS
from tests.factories import make_person
from tests.returns.people.provider import SELIN, running
from tests.returns.people.second_factors import (
    enter_code,
    enter_password,
    is_signed_in,
    set_up_app,
    shown_code,
)

pytestmark = pytest.mark.django_db

BEGIN, BACK = "/accounts/login/provider/", "/accounts/login/provider/back/"


@pytest.fixture
def provider(settings):
    with running(settings) as provider:
        provider.set("selin-1", **SELIN)
        yield provider


def begin(client: Client, **form: str):
    return client.post(BEGIN, form)


def address_of(answer) -> str:
    return answer["Refresh"].removeprefix("0;url=")


def come_back(client: Client, address: str):
    parts = urlsplit(address)
    assert parts.path == BACK
    return client.get(f"{parts.path}?{parts.query}")


def sign_in(provider, subject: str = "selin-1", client: Client | None = None, **form: str):
    """Go to the provider, sign in there and come back; return the client and the answer."""
    client = client or Client()
    address = address_of(begin(client, **form))
    return client, come_back(client, provider.authorize(address, subject))


def groups_of(person: User) -> list[str]:
    return sorted(person.groups.values_list("name", flat=True))


# The protocol


def test_a_page_moves_on_to_the_provider(provider):
    assert "Sign in with Shop login" in Client().get("/accounts/login/").text
    answer = begin(Client(), next="/queue/")
    assert answer.status_code == 200
    address = urlsplit(address_of(answer))
    assert f"{address.scheme}://{address.netloc}" == provider.issuer
    query = {name: value for name, (value,) in parse_qs(address.query).items()}
    assert query["redirect_uri"] == f"http://testserver{BACK}"
    assert query["code_challenge_method"] == "S256"
    assert len(query["state"]) >= 16
    assert len(query["nonce"]) >= 16
    assert query["scope"].split() == ["openid", "profile", "email"]


def test_somebody_comes_back_signed_in_on_the_page_that_they_wanted(provider):
    client, answer = sign_in(provider, next="/queue/?queue=to_inspect")
    assert answer["Location"] == "/queue/?queue=to_inspect"
    assert is_signed_in(client)
    person = User.objects.get()
    assert (person.username, person.first_name, person.last_name) == ("selin", "Selin", "Aydın")
    assert person.email == "selin@shop.example"
    assert not person.has_usable_password()
    assert (person.is_staff, person.is_superuser) == (False, False)
    assert groups_of(person) == [roles.CUSTOMER_SERVICE]


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_nobody_is_led_to_another_site(provider, page):
    assert sign_in(provider, next=page)[1]["Location"] == "/"


def test_an_answer_counts_once_and_in_its_own_session(provider):
    client, other = Client(), Client()
    back = provider.authorize(address_of(begin(client)), "selin-1")
    begin(other)
    assert come_back(other, back).status_code == 400
    assert come_back(Client(), back).status_code == 400
    assert come_back(client, back).status_code == 302
    client.post("/accounts/logout/")
    assert come_back(client, back).status_code == 400
    assert not is_signed_in(client)


def test_an_answer_that_was_made_for_another_sign_in_is_refused(provider):
    """The code of somebody else's sign-in, put behind a state of one's own."""
    client = Client()
    theirs = urlsplit(provider.authorize(address_of(begin(Client())), "selin-1"))
    mine = urlsplit(provider.authorize(address_of(begin(client)), "selin-1"))
    code, state = parse_qs(theirs.query)["code"][0], parse_qs(mine.query)["state"][0]
    answer = client.get(BACK, {"code": code, "state": state})
    assert answer.status_code == 400
    assert not is_signed_in(client)
    assert not User.objects.exists()


def test_another_nonce_is_refused(provider):
    client = Client()
    address = address_of(begin(client))
    changed = re.sub(r"nonce=[^&]+", "nonce=another", address)
    assert come_back(client, provider.authorize(changed, "selin-1")).status_code == 400
    assert not User.objects.exists()


@pytest.mark.parametrize("change", [{"aud": "another"}, {"iss": "https://another"}, {"exp": 1}, {}])
def test_a_token_that_is_not_the_provider_s_for_this_desk_is_refused(provider, settings, change):
    claims = {"iss": provider.issuer, "aud": "desk", "sub": "1", "iat": 1, "exp": 9_999_999_999}
    forged = jwt.encode(claims | change, "a secret that both sides know, of many characters")
    unsigned = jwt.encode(claims | change, None, algorithm="none")
    config = {"issuer": provider.issuer, "jwks_uri": f"{provider.issuer}/jwks"}
    for token in (forged, unsigned):
        with pytest.raises(jwt.PyJWTError):
            protocol._verified(token, config)


def test_what_the_provider_refuses_is_said_in_words(provider):
    client = Client()
    cancelled = come_back(client, provider.deny(address_of(begin(client))))
    assert cancelled.status_code == 400
    assert "Signing in was cancelled." in cancelled.text
    state = parse_qs(urlsplit(address_of(begin(client))).query)["state"][0]
    wrong = client.get(BACK, {"code": "no such code", "state": state})
    assert wrong.status_code == 400
    assert "Start again." in wrong.text
    assert client.get(BACK).status_code == 400


def test_a_provider_that_is_away_is_said_in_words(provider, settings, caplog):
    settings.OIDC_ISSUER = "http://localhost:1"
    answer = begin(Client())
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert "Signing in by the provider failed (away)" in caplog.text


def test_a_provider_that_is_another_issuer_is_not_believed(provider, settings):
    settings.OIDC_ISSUER = f"{provider.issuer}/.well-known/openid-configuration"
    assert begin(Client()).status_code == 503


def test_keys_are_asked_for_once_and_again_when_they_change(provider):
    sign_in(provider)
    kept = cache.get(f"provider:{provider.issuer}:keys")
    assert kept["keys"]
    cache.set(f"provider:{provider.issuer}:keys", {"keys": []})
    assert sign_in(provider)[1].status_code == 302


def test_without_a_provider_there_are_no_such_pages():
    assert Client().post(BEGIN).status_code == 404
    assert Client().get(BACK).status_code == 404
    assert "provider" not in Client().get("/accounts/login/").text


# Who it is


def test_the_same_subject_is_the_same_person_whatever_else_changes(provider):
    sign_in(provider)
    changed = SELIN | {"email": "selin.kaya@shop.example", "family_name": "Kaya"}
    provider.set("selin-1", **changed | {"preferred_username": "selin.kaya"})
    sign_in(provider)
    person = User.objects.get()
    assert (person.username, person.last_name) == ("selin", "Kaya")
    assert person.email == "selin.kaya@shop.example"


def test_roles_follow_the_groups_at_every_sign_in(provider):
    sign_in(provider)
    provider.set("selin-1", **SELIN | {"groups": ["desk-admins"]})
    sign_in(provider)
    person = User.objects.get()
    assert groups_of(person) == [roles.ADMIN]
    assert (person.is_staff, person.is_superuser) == (True, False)
    provider.set("selin-1", **SELIN | {"groups": "desk-agents"})
    sign_in(provider)
    person.refresh_from_db()
    assert groups_of(person) == [roles.CUSTOMER_SERVICE]
    assert not person.is_staff


def test_groups_are_in_the_claim_that_the_settings_name(provider, settings):
    settings.OIDC_GROUPS_CLAIM = "roles"
    assert sign_in(provider)[1].status_code == 403
    provider.set("selin-1", **SELIN | {"roles": ["desk-admins"]})
    sign_in(provider)
    assert groups_of(User.objects.get()) == [roles.ADMIN]


def test_who_has_no_role_is_refused_and_not_created(provider):
    provider.set("selin-1", **SELIN | {"groups": ["everybody"]})
    client, answer = sign_in(provider)
    assert answer.status_code == 403
    assert "Your account has no role here." in answer.text
    assert not User.objects.exists()
    assert not is_signed_in(client)


def test_who_loses_all_groups_loses_the_roles(provider):
    client, _ = sign_in(provider)
    provider.set("selin-1", **SELIN | {"groups": []})
    assert sign_in(provider)[1].status_code == 403
    assert groups_of(User.objects.get()) == []
    assert client.get("/returns/").status_code == 403


def test_a_role_that_does_not_exist_is_none(provider, settings, caplog):
    settings.OIDC_ROLES = {"desk-agents": "Boss"}
    assert sign_in(provider)[1].status_code == 403
    assert "OIDC_ROLES names roles that do not exist: Boss." in caplog.text


def test_a_verified_address_links_the_person_who_has_it(provider, make_person):
    person = make_person("selin.a", roles.WAREHOUSE_MANAGER, email="Selin@Shop.example")
    client, _ = sign_in(provider)
    assert is_signed_in(client)
    assert User.objects.get() == person
    assert groups_of(person) == [roles.CUSTOMER_SERVICE]
    assert SocialAccount.objects.get().user == person


@pytest.mark.parametrize("verified", [False, None, "yes"])
def test_an_address_that_is_not_verified_links_nobody(provider, make_person, verified):
    make_person("selin.a", roles.WAREHOUSE_MANAGER, email="selin@shop.example")
    provider.set("selin-1", **SELIN | {"email_verified": verified})
    sign_in(provider)
    assert sorted(User.objects.values_list("username", flat=True)) == ["selin", "selin.a"]
    assert groups_of(User.objects.get(username="selin.a")) == [roles.WAREHOUSE_MANAGER]


def test_an_address_of_several_people_links_nobody(provider, make_person):
    for name in ("one", "two"):
        make_person(name, email="selin@shop.example")
    sign_in(provider)
    assert SocialAccount.objects.get().user.username == "selin"


def test_superusers_are_not_linked(provider, make_person):
    make_person("boss", email="selin@shop.example", is_superuser=True)
    sign_in(provider)
    assert SocialAccount.objects.get().user.username == "selin"
    assert not SocialAccount.objects.get().user.is_superuser


def test_an_address_that_was_given_to_somebody_else_is_somebody_else(provider):
    sign_in(provider)
    provider.set("selin-2", **SELIN | {"given_name": "Another"})
    sign_in(provider, "selin-2")
    assert sorted(User.objects.values_list("username", flat=True)) == ["selin", "selin-2"]


def test_a_refused_person_is_not_linked(provider, make_person):
    person = make_person("selin.a", roles.WAREHOUSE_MANAGER, email="selin@shop.example")
    provider.set("selin-1", **SELIN | {"groups": []})
    assert sign_in(provider)[1].status_code == 403
    assert groups_of(person) == [roles.WAREHOUSE_MANAGER]
    assert not SocialAccount.objects.exists()


def test_another_issuer_s_subject_is_another_person(provider, settings):
    provider.set("selin-1", **SELIN | {"email": ""})
    sign_in(provider)
    SocialAccount.objects.update(provider="https://another.example")
    sign_in(provider)
    assert User.objects.count() == 2


def test_user_names_are_unique_and_can_be_typed(provider, make_person):
    make_person("SELIN")
    provider.set("selin-1", **SELIN | {"email": "", "preferred_username": "selin "})
    sign_in(provider)
    assert SocialAccount.objects.get().user.username == "selin-2"
    provider.set("x|1", groups=["desk-agents"], name="Jo \u202eWeber")
    sign_in(provider, "x|1")
    person = SocialAccount.objects.get(uid="x|1").user
    assert (person.username, person.first_name, person.last_name) == ("x1", "Jo", "Weber")


@pytest.mark.parametrize("was_linked", [True, False])
def test_inactive_people_are_refused(provider, make_person, was_linked):
    if was_linked:
        sign_in(provider)
        User.objects.update(is_active=False)
    else:
        make_person("selin.a", email="selin@shop.example", is_active=False)
    client, answer = sign_in(provider)
    assert answer.status_code == 403
    assert "is not active" in answer.text
    assert not is_signed_in(client)
    assert User.objects.count() == 1


def test_somebody_inactive_does_not_come_back_by_another_account_of_the_provider(provider):
    sign_in(provider)
    User.objects.update(is_active=False)
    email = User.objects.get().email
    provider.set("another|9", groups=["desk-agents"], email=email, email_verified=True)
    client, answer = sign_in(provider, "another|9")
    assert answer.status_code == 403
    assert not is_signed_in(client)
    assert User.objects.count() == 1


def test_a_name_that_was_taken_meanwhile_is_no_failure(provider, make_person, monkeypatch):
    make_person("selin")
    find, calls = provider_people._free_name, []

    def find_late(claims):
        calls.append(claims)
        return "selin" if len(calls) == 1 else find(claims)

    monkeypatch.setattr(provider_people, "_free_name", find_late)
    assert sign_in(provider)[1].status_code == 302
    assert SocialAccount.objects.get().user.username == "selin-2"


# Second factors


def test_a_second_factor_is_asked_for_after_the_provider(provider):
    sign_in(provider)
    secret = set_up_app(User.objects.get())
    client, answer = sign_in(provider, next="/queue/")
    assert answer["Location"] == "/accounts/login/code/"
    assert not is_signed_in(client)
    assert enter_code(client, shown_code(secret))["Location"] == "/queue/"


def test_a_provider_may_be_trusted_to_ask_for_it(provider, settings):
    provider.set("selin-1", **SELIN | {"groups": ["desk-admins"]})
    settings.MFA_REQUIRED_ROLES = [roles.ADMIN]
    client, _ = sign_in(provider)
    assert client.get("/returns/")["Location"] == "/accounts/security/"
    settings.OIDC_TRUSTS_MFA = True
    client, _ = sign_in(provider)
    assert client.get("/returns/").status_code == 200
    set_up_app(User.objects.get())
    assert sign_in(provider)[1]["Location"] == "/"


def test_who_has_no_password_confirms_by_signing_in_again(provider, monkeypatch):
    client, _ = sign_in(provider)
    session = client.session
    session["confirmed_at"] = 0
    session.save()
    app = "/accounts/security/app/"
    page = client.get(app, follow=True)
    assert "Sign in with Shop login again" in page.text
    address = address_of(begin(client, next=app))
    assert "prompt=login" in address
    back = provider.authorize(address, "selin-1")
    # A provider that takes its own sign-in of before confirms nothing.
    with monkeypatch.context() as patch:
        patch.setattr(protocol, "_age", lambda _claims: 601)
        assert come_back(client, back).status_code == 400
    assert client.get(app).status_code == 302
    back = provider.authorize(address_of(begin(client, next=app)), "selin-1")
    assert come_back(client, back)["Location"] == app
    assert client.get(app).status_code == 200


def test_a_sign_in_without_a_time_is_as_old_as_can_be():
    assert protocol._age({}) > CONFIRMATION_SECONDS
    assert protocol._age({"auth_time": time.time() - 5}) < 60


def test_who_has_no_password_changes_none(provider):
    client, _ = sign_in(provider)
    assert client.get("/accounts/password/").status_code == 403
    assert "so you have no password here" in client.get("/accounts/security/").text


def test_another_person_who_comes_back_takes_the_place_of_the_first(provider, agent):
    client, _ = enter_password()
    sign_in(provider, client=client)
    assert client.get("/preferences/").context["user"].username == "selin"


# Only the provider


@pytest.fixture
def only_provider(provider, settings):
    settings.OIDC_ONLY, settings.BREAK_GLASS_NAMES = True, ["glass"]
    settings.HAS_MAIL = True


def test_only_the_provider_lets_people_in(only_provider, agent):
    page = Client().get("/accounts/login/")
    assert 'type="password"' not in page.text
    assert "passkey" not in page.text
    assert enter_password()[1].status_code == 403
    assert Client().get("/accounts/reset/").status_code == 404
    assert Client().post("/accounts/login/passkey/").status_code == 404


def test_named_people_break_the_glass_with_their_second_factor(only_provider, agent):
    glass = make_person("glass")
    path = "/accounts/login/?break-glass=1"
    assert 'type="password"' in Client().get(path).text
    client = Client()
    form = {"username": "glass", "password": "secret-parcel"}
    assert client.post(path, form)["Location"] == "/"
    assert client.post("/accounts/logout/").status_code == 302
    set_up_app(glass)
    assert client.post(path, form)["Location"] == "/accounts/login/code/"
    refused = Client().post(path, form | {"username": "agent"})
    assert refused.status_code == 422
    assert "Wrong username or password" in refused.text
    assert Authenticator.objects.exists()
