"""The files in docs/deploy: what they run and set exists, and no program finds fault with them.

They were run as a whole by hand; these tests see what a change of the program breaks in them.
"""

import configparser
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from tests.deployed import HOST

ROOT = Path(__file__).resolve().parents[1]
FILES = ROOT / "docs/deploy"
COMPOSE = yaml.safe_load((FILES / "compose.yaml").read_text())
CONTAINERFILE = (FILES / "Containerfile").read_text()
UNITS = sorted((FILES / "systemd").glob("*"))
SERVICES = sorted((FILES / "systemd").glob("*.service"))
SCRIPTS = [*sorted(FILES.glob("*.sh")), FILES / "desk"]
DESK = {name: each for name, each in COMPOSE["services"].items() if each["image"] == "returns-desk"}
OUR_OWN = {"DESK_HOST", "DESK_TLS", "OWNER_PASSWORD", "WEB_PASSWORD", "POSTGRES_PASSWORD"}
BACKUP = {"BACKUP_URL", "BACKUP_FOLDER", "BACKUP_DAYS", "DRILL_URL"}


def settings() -> set[str]:
    """The settings that docs/deploy.md describes."""
    return set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/deploy.md").read_text(), re.M))


def unit(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(path)
    return parser


def commands() -> dict[str, list[str]]:
    """What each file gives to manage.py, by where it says so."""
    found = {f"compose.yaml: {name}": each["command"] for name, each in DESK.items()}
    found["Containerfile"] = json.loads(re.findall(r"^CMD (\[.*\])$", CONTAINERFILE, re.M)[0])
    for path in SERVICES:
        start = unit(path)["Service"]["ExecStart"]
        if "manage.py" in start:
            found[path.name] = shlex.split(start.partition("manage.py ")[2])
    return found


@pytest.mark.parametrize(("where", "arguments"), commands().items())
def test_each_command_and_its_options_exist(where, arguments):
    name, *options = arguments
    app = get_commands()[name]
    command = load_command_class(app, name) if isinstance(app, str) else app
    command.create_parser("manage.py", name).parse_args(options)


def test_the_roles_are_there():
    names = {arguments[0] for arguments in commands().values()}
    assert {"serve", "work", "sync_returns", "migrate"} <= names


def test_each_variable_of_a_container_is_a_setting():
    given = {name for each in DESK.values() for name in each["environment"]}
    assert given - settings() == set()


def test_each_variable_of_the_files_is_one_that_is_read():
    names = set(re.findall(r"^([A-Z_]+)=", (FILES / "example.env").read_text(), re.M))
    used = set(re.findall(r"\$\{([A-Z_]+)", (FILES / "compose.yaml").read_text()))
    assert names - used == set()
    assert used - settings() - OUR_OWN - BACKUP == set()
    guide = set(re.findall(r"^([A-Z_]+)=", (ROOT / "docs/debian.md").read_text(), re.M))
    assert guide - settings() - OUR_OWN - BACKUP == set()


def test_only_what_changes_tables_knows_the_password_of_their_owner():
    owners = {name for name, each in COMPOSE["services"].items() if "returns_owner:" in str(each)}
    assert owners == {"migrate", "backup", "restore", "drill-migrations", "drill"}


def test_no_secret_is_in_the_files():
    for line in (FILES / "example.env").read_text().splitlines():
        name, equals, value = line.partition("=")
        assert not (equals and re.search("PASSWORD|KEY|TOKEN", name)) or value == ""


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_each_container_is_confined(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_the_image_runs_without_root_shell_or_packages_of_developers():
    assert re.findall(r"^USER (.+)$", CONTAINERFILE, re.M)[-1] == "10001:10001"
    last = CONTAINERFILE.rpartition("\nFROM ")[2]
    assert "RUN" not in last
    assert re.search(r'^ENTRYPOINT \["', last, re.M)
    assert "uv sync --no-dev" in CONTAINERFILE
    assert re.search(r"^ARG BASE=debian:\S+@sha256:[0-9a-f]{64}$", CONTAINERFILE, re.M)


def test_the_image_gets_every_package_and_nothing_else():
    ignored = (FILES / "Containerfile.dockerignore").read_text()
    let_in = set(re.findall(r"^!(\S+)$", ignored, re.M))
    copied = set(re.findall(r"^COPY (?!--from)(\S+) ", CONTAINERFILE, re.M))
    assert let_in == copied
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages | {"manage.py", "pyproject.toml", "templates", "static"} == copied


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_each_service_is_confined_and_starts_again(path):
    service = unit(path)["Service"]
    assert service["User"] == "returns-desk"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service.get("Restart") == "always" or service["Type"] == "oneshot"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_each_script_can_be_read_by_a_plain_shell(path):
    done = subprocess.run(["sh", "-n", path], capture_output=True, text=True)
    assert done.stderr == ""


def test_the_drill_empties_no_other_database(tmp_path):
    environment = {"DRILL_URL": "postgres://a@b/returns", "BACKUP_FOLDER": str(tmp_path)}
    done = subprocess.run(
        ["sh", FILES / "restore.sh"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "ends in _drill" in done.stderr


def test_the_example_of_caddy_says_what_that_of_nginx_says():
    caddy, nginx = (FILES / "Caddyfile").read_text(), (FILES / "nginx.conf").read_text()
    assert caddy.count("{") == caddy.count("}")
    for header in ("Retry-After", "Cache-Control", "Content-Security-Policy"):
        ours = re.search(rf"{header} (.+?)( always)?;?$", nginx, re.M)[1]
        assert f"{header} {ours}" in caddy
    assert HOST not in caddy


def test_systemd_finds_no_fault_in_the_units(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        assert UNITS  # nothing more can be said here
        return
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    for path in UNITS:
        text = path.read_text().replace("/srv/returns-desk/.venv/bin/python", str(python))
        (tmp_path / path.name).write_text(text)
    done = subprocess.run(
        [program, "verify", *(tmp_path / path.name for path in UNITS)],
        capture_output=True,
        text=True,
    )
    assert [line for line in done.stderr.splitlines() if "returns-desk" in line] == []
