"""The environment decides: nothing set is a local trial, a database of one's own is for real."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parents[2]
GOOD_KEY = "".join(map(chr, range(48, 110)))
# Never connected to: the settings alone are asked.
REAL = {
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    "SECRET_KEY": GOOD_KEY,
    "ALLOWED_HOSTS": "returns.example.com",
}
OURS = {
    *(*REAL, "DATABASE_POOLER", "DEBUG", "TIME_ZONE", "STATEMENT_LIMIT", "RETURNS_DESK_DEMO"),
    "API_CALLS_PER_MINUTE",
    *("SHOPPER_KEY", "SHOPPER_KEY_FALLBACKS", "SHOPPER_NAMES", "PHONE_REGION"),
    *("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_ROLES", "OIDC_ONLY", "EMAIL_HOST", "SESSION_HOURS"),
}
SHOPPER_KEY = "abcdefgh" * 4


def settings_with(environment: dict[str, str], show: str = "") -> subprocess.CompletedProcess:
    """Read settings in a program of its own, which looks like one that needs no database."""
    rest = {name: value for name, value in os.environ.items() if name not in OURS}
    code = f"import sys; sys.argv = ['manage.py', 'version']; import config.settings as s; {show}"
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=CHECKOUT,
        env=rest | environment,
        capture_output=True,
        text=True,
    )


# Reads the settings in a copy of this program for each case, when the libraries are there already.
EACH_START = """
import dj_database_url, django.utils.csp, json, os, pghistory, pgtrigger, sys
sys.argv = ["manage.py", "version"]
for change in json.loads(sys.stdin.read()):
    if os.fork() == 0:
        os.environ.update(change)
        try:
            import config.settings
            last = "It started."
        except Exception as error:
            last = str(error)
        print(json.dumps(last), flush=True)
        os._exit(0)
    os.wait()
"""
MISSING = [
    ({"SECRET_KEY": ""}, "Set SECRET_KEY to a random text of at least 50 characters"),
    ({"SECRET_KEY": "too short"}, "Set SECRET_KEY"),
    ({"SECRET_KEY": "django-insecure-" + GOOD_KEY}, "Set SECRET_KEY"),
    ({"ALLOWED_HOSTS": " , "}, "Set ALLOWED_HOSTS to the host names"),
    ({"TRUSTED_PROXIES": "proxy"}, "TRUSTED_PROXIES: 'proxy' is not an address or a network."),
    ({"STATEMENT_LIMIT": "10s"}, "STATEMENT_LIMIT '10s' is not a whole number of seconds."),
    ({"DATABASE_URL": ""}, "DATABASE_URL is set but empty"),
    ({"OIDC_ISSUER": "http://login.example.com"}, "OIDC_ISSUER must be the https address"),
    ({"OIDC_ISSUER": "https://login.example.com"}, "Set OIDC_CLIENT_ID and OIDC_ROLES too"),
    ({"OIDC_ONLY": "1"}, "Set OIDC_ISSUER too, or unset OIDC_ONLY."),
    ({"OIDC_ROLES": "agents"}, "OIDC_ROLES must name a role for each group"),
    ({"OIDC_ROLES": "agents="}, "OIDC_ROLES must name a role for each group"),
    ({"EMAIL_HOST": "mail.example.com"}, "Set DEFAULT_FROM_EMAIL to the address"),
    ({"EMAIL_PORT": "smtp"}, "EMAIL_PORT must be the port of the mail server"),
    ({"SESSION_HOURS": "0"}, "SESSION_HOURS must be a whole number of hours"),
    ({"API_CALLS_PER_MINUTE": "0"}, "API_CALLS_PER_MINUTE must be a whole number of calls"),
    ({"WORKER_MEMORY_MB": "200"}, "WORKER_MEMORY_MB must be at least 300 megabytes."),
    ({"DESK_NAME": " "}, "DESK_NAME must have 1 to 40 characters."),
    ({"DESK_LOGO": "README.md"}, "DESK_LOGO must be the path of an image file: .png, .svg"),
    ({"DESK_LOGO": "/nowhere.png"}, "DESK_LOGO must be the path of an image file"),
    ({"TIME_ZONE": "Europe/Nowhere"}, "TIME_ZONE 'Europe/Nowhere' is not a time zone"),
    ({"SHOPPER_KEY": "too short"}, "SHOPPER_KEY must be a random text of at least 32"),
    ({"SHOPPER_KEY": "a" * 40}, "SHOPPER_KEY must be a random text"),
    ({"SHOPPER_KEY": f"{SHOPPER_KEY},{SHOPPER_KEY}"}, "characters without a comma"),
    ({"SHOPPER_KEY_FALLBACKS": SHOPPER_KEY}, "Set SHOPPER_KEY too, or unset SHOPPER_KEY_FALL"),
    (
        {"SHOPPER_KEY": SHOPPER_KEY, "SHOPPER_KEY_FALLBACKS": "short"},
        "SHOPPER_KEY_FALLBACKS must be earlier values of SHOPPER_KEY",
    ),
    ({"PHONE_REGION": "Türkiye"}, "PHONE_REGION 'TÜRKIYE' is not a country"),
    ({"NOTES_DAYS": "year"}, "NOTES_DAYS must be a whole number of days, or 0 to keep"),
    (
        {"TIMELINE_DAYS": "29"},
        "TIMELINE_DAYS must be at least 30 days, or 0 to keep everything",
    ),
    ({"NOTES_DAYS": "4000000"}, "NOTES_DAYS may be at most 36500 days"),
    ({"SCAN_DAYS": "99999999999"}, "SCAN_DAYS may be at most 36500 days"),
    ({"ACCESS_DAYS": "7"}, "ACCESS_DAYS must be at least 30 days"),
    ({"REJECTED_DAYS": "-1"}, "REJECTED_DAYS must be a whole number of days"),
    ({"EXPORT_DAYS": "0"}, "EXPORT_DAYS must be a whole number of days. An example is 1."),
]


def test_a_missing_setting_stops_the_start_with_a_sentence():
    rest = {name: value for name, value in os.environ.items() if name not in OURS}
    program = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", EACH_START],
        cwd=CHECKOUT,
        env=rest | REAL,
        input=json.dumps([change for change, _ in MISSING]),
        capture_output=True,
        text=True,
        check=True,
    )
    told = [json.loads(line) for line in program.stdout.splitlines()]
    for (change, sentence), last in zip(MISSING, told, strict=True):
        assert sentence in last, change


def test_settings_that_are_not_understood_end_the_program():
    program = settings_with(REAL | {"SECRET_KEY": ""})
    assert program.returncode != 0
    assert "Set SECRET_KEY to a random text" in program.stderr.splitlines()[-1]


def test_data_are_kept_for_ever_or_for_30_days_and_more():
    show = "print(s.NOTES_DAYS, s.TIMELINE_DAYS, s.REJECTED_DAYS, s.ACCESS_DAYS)"
    chosen = {"NOTES_DAYS": "30", "TIMELINE_DAYS": "0", "REJECTED_DAYS": "1"}
    assert settings_with(REAL | chosen, show).stdout.strip() == "30 0 1 90"


def test_a_database_url_means_https_and_the_named_hosts():
    program = settings_with(REAL, "print(s.SECURE_SSL_REDIRECT, s.ALLOWED_HOSTS, s.DEBUG)")
    assert program.stdout.strip() == "True ['returns.example.com'] False", program.stderr


def test_statements_are_limited_for_pages_and_not_for_commands():
    show = "print(s.DATABASES['default']['OPTIONS']['options'])"
    assert "statement_timeout" not in settings_with(REAL, show).stdout
    served = settings_with(REAL | {"STATEMENT_LIMIT": "10"}, show)
    assert "statement_timeout=10s" in served.stdout


def test_a_cut_network_to_the_database_is_noticed_after_seconds():
    show = """o = s.DATABASES['default']['OPTIONS']; del o['options']; print(o)"""
    usual = settings_with(REAL, show).stdout
    assert usual.strip() == (
        "{'connect_timeout': 5, 'tcp_user_timeout': 20000, 'keepalives': 1, "
        "'keepalives_idle': 10, 'keepalives_interval': 5, 'keepalives_count': 2}"
    )
    own = {"DATABASE_URL": f"{REAL['DATABASE_URL']}?connect_timeout=3&keepalives=0"}
    assert "'connect_timeout': 3, " in settings_with(REAL | own, show).stdout
    assert "'keepalives': 0, " in settings_with(REAL | own, show).stdout


def test_the_database_notices_after_seconds_that_a_computer_is_gone():
    """Otherwise the locks of its background work would stay for hours."""
    show = "print(s.DATABASES['default']['OPTIONS']['options'])"
    options = settings_with(REAL | {"DATABASE_SILENT_SECONDS": "8"}, show).stdout
    assert "tcp_keepalives_idle=4 -c tcp_keepalives_interval=2" in options
    assert "tcp_user_timeout=8s" in options


def test_cookies_of_a_deployment_are_of_its_host_alone():
    show = "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.MESSAGE_STORAGE)"
    names = "__Host-sessionid __Host-csrftoken config.cookies.HostMessageStorage"
    assert settings_with(REAL, show).stdout.strip() == names
    local = settings_with({}, "print(hasattr(s, 'SESSION_COOKIE_NAME'))")
    assert local.stdout.strip() == "False"


def test_without_settings_only_this_computer_is_served_and_the_key_is_kept():
    show = "print(s.ALLOWED_HOSTS, len(s.SECRET_KEY) >= 50, s.DEBUG, s.SECRET_KEY)"
    first, second = settings_with({}, show), settings_with({}, show)
    assert first.stdout.startswith("['127.0.0.1', 'localhost', '[::1]'] True False")
    assert first.stdout == second.stdout


def test_shoppers_are_recognised_by_keys_and_only_if_there_is_one():
    show = "print(s.SHOPPER_KEYS, s.SHOPPER_NAMES, s.PHONE_REGION)"
    assert settings_with(REAL, show).stdout.strip() == "[] False TR"
    old, older = SHOPPER_KEY.upper(), SHOPPER_KEY.title()
    given = {
        "SHOPPER_KEY": SHOPPER_KEY,
        "SHOPPER_KEY_FALLBACKS": f"{old}, {older},{SHOPPER_KEY}",
        "SHOPPER_NAMES": "1",
        "PHONE_REGION": "de",
    }
    expected = f"['{SHOPPER_KEY}', '{old}', '{older}'] True DE"
    assert settings_with(REAL | given, show).stdout.strip() == expected


def test_a_local_trial_keeps_its_key_of_shoppers():
    show = "print(len(s.SHOPPER_KEYS[0]) >= 32, s.SHOPPER_KEYS[0] != s.SECRET_KEY, s.SHOPPER_KEYS)"
    first, second = settings_with({}, show), settings_with({}, show)
    assert first.stdout.startswith("True True [")
    assert first.stdout == second.stdout


def test_the_demos_people_can_sign_in_only_on_its_server():
    assert not settings.DEMO
    demo = settings_with({"RETURNS_DESK_DEMO": "1"}, "print(s.DEMO)")
    assert demo.stdout.strip() == "True"


@pytest.mark.parametrize("environment", [{}, REAL])
def test_connections_to_the_database_are_kept(environment):
    answer = settings_with(environment, "print(s.DATABASES['default']['CONN_MAX_AGE'])")
    assert answer.stdout.strip() == "600"


@pytest.mark.parametrize(
    ("program", "level"),
    [
        ("['granian']", "INFO"),
        ("['manage.py', 'work']", "INFO"),
        ("['manage.py', 'sync_returns', '--every', '60']", "INFO"),
        ("['manage.py', 'demo']", "WARNING"),
        ("['manage.py', 'import_returns', 'returns.json']", "WARNING"),
    ],
)
def test_services_log_their_work_and_commands_run_by_hand_do_not(program, level):
    show = f"print(s.environment.log_level({program}), s.LOGGING['root']['level'])"
    assert settings_with({}, show).stdout.split() == [level, "WARNING"]
