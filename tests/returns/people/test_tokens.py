"""Tokens of programs: made and shown once, kept as a hash, revoked, managed by admins alone."""

from datetime import timedelta
from hashlib import sha256
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from returns.models import ApiToken, BrowserSession
from returns.people import tokens

pytestmark = pytest.mark.django_db

ADD = "/admin/returns/apitoken/add/"


def command(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("create_api_token", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_the_command_prints_the_token_alone_on_the_last_line():
    *words, secret = command("Shop", "--scope", "read", "--scope", "tags", "--days", "30")
    token = tokens.find_token(secret)
    assert (token.name, token.scopes) == ("Shop", ["read", "tags"])
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    assert secret not in "".join(words)


@pytest.mark.parametrize(
    "arguments",
    [
        ["Shop"],
        ["Shop", "--scope", "all"],
        ["Shop", "--scope", "read", "--days", "0"],
        ["", "--scope", "read"],
        ["x" * 61, "--scope", "read"],
        ["TAKEN", "--scope", "read"],
    ],
)
def test_the_command_refuses_what_is_no_token(arguments):
    command("Taken", "--scope", "read")
    with pytest.raises(CommandError):
        command(*arguments)
    assert ApiToken.objects.count() == 1


def test_a_token_expires_after_a_year_unless_it_is_said_otherwise(as_admin):
    days = {"Shop": [], "Long": ["--days", "3650"], "Ever": ["--never-expires"]}
    for name, more in days.items():
        command(name, "--scope", "read", *more)
    make(as_admin, "Form")
    make(as_admin, "Ten", days="10")
    make(as_admin, "Form for ever", days="365", never_expires="on")
    now = timezone.now()
    kept = {
        token.name: token.expires_at and round((token.expires_at - now).total_seconds() / 86_400)
        for token in ApiToken.objects.all()
    }
    assert kept == {
        "Shop": 365,
        "Long": 3650,
        "Ever": None,
        "Form": 365,
        "Ten": 10,
        "Form for ever": None,
    }
    assert 'value="365"' in as_admin.get(ADD).text


def test_days_and_never_contradict_each_other():
    with pytest.raises(CommandError):
        command("Shop", "--scope", "read", "--days", "3", "--never-expires")


def test_only_the_hash_of_a_token_is_kept():
    *_, secret = command("Shop", "--scope", "read")
    values = str(ApiToken.objects.values().get())
    assert secret not in values
    assert secret[tokens.PREFIX_LENGTH :] not in values
    assert sha256(secret.encode()).hexdigest() in values


@pytest.mark.parametrize("wrong", ["", "x", "rd_", "rd_" + "a" * 43, "rd_ü" + "a" * 42, "\0"])
def test_what_was_never_made_is_no_token(wrong):
    command("Shop", "--scope", "read")
    assert tokens.find_token(wrong) is None


def test_a_revoked_name_may_be_given_again_and_a_used_one_not():
    *_, secret = command("Shop", "--scope", "read")
    with pytest.raises(IntegrityError), transaction.atomic():
        tokens.issue(ApiToken(name="SHOP", scopes=["read"]))
    tokens.revoke(tokens.find_token(secret), by=None)
    command("shop", "--scope", "read")


def test_a_token_has_known_scopes():
    for scopes in ([], ["all"]):
        with pytest.raises(IntegrityError), transaction.atomic():
            tokens.issue(ApiToken(name="Shop", scopes=scopes))


def make(client, name="Shop", **more):
    return client.post(ADD, {"name": name, "scopes": ["read", "feed"], "days": ""} | more)


def test_an_admin_makes_a_token_and_sees_it_once(as_admin, admin):
    page = make(as_admin, days="7")
    (secret,) = tokens.TOKEN_PATTERN.findall(page.text)
    token = tokens.find_token(secret)
    assert (token.created_by, token.scopes) == (admin, ["read", "feed"])
    assert "no-store" in page["Cache-Control"]
    kept = [*BrowserSession.objects.all(), *LogEntry.objects.values()]
    later = [
        as_admin.get(f"/admin/returns/apitoken/{end}").text for end in ("", f"{token.pk}/change/")
    ]
    decoded = [session.get_decoded() for session in BrowserSession.objects.all()]
    assert secret not in f"{kept} {decoded} {later} {as_admin.cookies} {page.headers}"
    assert LogEntry.objects.get().user == admin


def test_a_mistake_in_the_form_makes_no_token(as_admin):
    for wrong in ({"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"days": "0"}):
        assert "error" in make(as_admin, **wrong).text
    make(as_admin)
    assert "Revoke it first" in make(as_admin, name="SHOP").text
    assert ApiToken.objects.count() == 1


def test_an_admin_revokes_a_token_for_good(as_admin, admin):
    *_, secret = command("Shop", "--scope", "read")
    path = f"/admin/returns/apitoken/{tokens.find_token(secret).pk}/change/"
    as_admin.post(path, {"name": "Other"})
    assert tokens.find_token(secret).revoked_at is None
    as_admin.post(path, {"revoke": "on"})
    token = tokens.find_token(secret)
    assert (token.name, token.revoked_by) == ("Shop", admin)
    as_admin.post(path, {"revoke": "on"})
    assert tokens.find_token(secret).revoked_at == token.revoked_at
    assert as_admin.post(path.replace("change", "delete")).status_code == 403


def test_only_admins_manage_tokens(agent, manager, admin):
    names = ("view", "add", "change", "delete")
    allowed = [
        [p.has_perm(f"returns.{n}_apitoken") for n in names] for p in (agent, manager, admin)
    ]
    assert allowed == [[False] * 4, [False] * 4, [True, True, True, False]]
