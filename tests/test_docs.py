"""What README and docs say about the program as a whole, as far as a program can check it."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.template.loader import render_to_string
from django.utils.translation import override

from returns.demo import people
from returns.models import Return
from returns.people import roles
from returns.retention.declarations import ALL_KINDS
from tests.papers import (
    DEPLOY,
    EVERYTHING,
    FILES,
    README,
    ROOT,
    TEXTS,
    USING,
    anchors,
    blocks,
    codes,
    links,
    prose,
    section,
    tables,
)

# Django's own, which ours only extend.
EXTENDED = {"makemessages", "compilemessages", "migrate"}
OURS = {path.stem for path in (ROOT / "returns/management/commands").glob("[!_]*.py")} - EXTENDED
# What Django gives every command.
COMMON = {
    *("help", "version", "verbosity", "settings", "pythonpath", "traceback"),
    *("no-color", "force-color", "skip-checks"),
}


# The papers


def test_readme_is_short():
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize("name", TEXTS)
def test_lines_are_not_longer_than_120_characters(name):
    lines = enumerate(TEXTS[name].splitlines(), start=1)
    assert [number for number, line in lines if len(line) > 120] == []


def test_the_two_commands_are_shown():
    shown = "".join(blocks(README, "sh")).splitlines()
    assert "pip install uv && uv run manage.py demo" in shown
    assert "uv run --no-dev manage.py demo" in codes(README)
    assert "uv run pytest" in shown
    assert "pipx install uv" in codes(README)


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name):
    """To a file of the project, and to a heading of it where one is named."""
    lost = []
    for target in links(TEXTS[name]):
        path, _, anchor = target.partition("#")
        meant = (ROOT / name).parent.joinpath(path).resolve() if path else ROOT / name
        if not meant.exists() or (anchor and anchor not in anchors(meant.read_text())):
            lost.append(target)
    assert lost == []


def test_every_paper_and_picture_is_linked_from_another():
    linked = {
        (ROOT / name).parent.joinpath(target.partition("#")[0]).resolve()
        for name, text in TEXTS.items()
        for target in links(text)
        if not target.startswith("#")
    }
    papers = {*(ROOT / name for name in TEXTS), *(ROOT / "docs").iterdir()}
    # Hosting platforms show these two by themselves.
    assert papers - linked <= {ROOT / "README.md", ROOT / "CONTRIBUTING.md"}


@pytest.mark.parametrize("name", TEXTS)
def test_the_contents_of_a_page_are_its_headings(name):
    contents = re.findall(r"^- \[[^]]+\]\(#([\w-]+)\)$", TEXTS[name], re.MULTILINE)
    headings = re.findall(r"^## (.+)$", prose(TEXTS[name]), re.MULTILINE)
    assert contents in ([], [anchors(f"# {heading}").pop() for heading in headings])


def test_every_file_that_is_named_exists():
    named = set(re.findall(r"`((?:[\w.]+/)+[\w-]+\.(?:py|md|html|js|css|txt|toml))`", EVERYTHING))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_map_shows_every_package_and_no_other():
    rooms = {
        code
        for row in tables(TEXTS["docs/architecture.md"], "Room", "Holds")
        for code in codes(row[0])
    }
    packages = {path.parent.name for path in (ROOT / "returns").glob("*/__init__.py")}
    assert packages - rooms == set()
    assert [room for room in sorted(rooms) if not (ROOT / "returns" / room).exists()] == []


# Commands, settings, roles


def options_of(name: str) -> set[str]:
    parser = load_command_class("returns", name).create_parser("manage.py", name)
    options = {option for action in parser._actions for option in action.option_strings}
    return {option.removeprefix("--") for option in options if option.startswith("--")} - COMMON


def test_every_command_is_described_and_exists():
    assert {codes(row[0])[0] for row in tables(DEPLOY, "Command", "Does")} == OURS
    named = set(re.findall(r"manage\.py (\w+)", EVERYTHING))
    assert named - get_commands().keys() == set()
    assert OURS - named - set(codes(EVERYTHING)) == set()


def test_every_option_is_described_and_exists():
    used = re.findall(rf"\b({'|'.join(OURS)})((?: [^\s`|,;]+)*)", EVERYTHING)
    wrong = [
        f"{name} --{option}"
        for name, rest in used
        for option in re.findall(r"--([\w-]+)", rest)
        if option not in options_of(name)
    ]
    assert wrong == []
    known = {option for name in OURS for option in options_of(name)}
    assert known - set(re.findall(r"--([\w-]+)", EVERYTHING)) == set()


def settings_text() -> str:
    return "".join(path.read_text() for path in sorted((ROOT / "config").glob("*.py")))


def test_the_settings_are_those_that_the_program_reads():
    readers = r"os\.environ\.get|os\.environ|names|networks|positive_number|days_kept|getenv"
    read = set(re.findall(rf'(?:{readers})[(\[]\s*"(\w+)"', settings_text()))
    described = tables(DEPLOY, "Variable", "Default", "Meaning")
    described += tables(DEPLOY, "Variable", "Default", "At the limit")
    described += tables(DEPLOY, "Variable", "Default", "Days until it is removed")
    assert {codes(row[0])[0] for row in described} == read


def test_the_limits_and_their_defaults_are_those_of_the_program():
    block = settings_text().partition("# Limits\n")[2].partition("\nLOGGING")[0]
    numbers = re.findall(r'positive_number\(\s*"(\w+)", ([\d_]+)', block)
    described = tables(DEPLOY, "Variable", "Default", "At the limit")
    defaults = {codes(row[0])[0]: int(row[1].strip("`")) for row in described}
    assert defaults == {name: int(number) for name, number in numbers}


def test_how_long_what_is_kept_by_default_is_said():
    text = (ROOT / "config/retention.py").read_text()
    defaults = dict(re.findall(r'(?:positive_number|days_kept)\("(\w+)", (\d+)', text))
    described = tables(DEPLOY, "Variable", "Default", "Days until it is removed")
    assert {codes(row[0])[0]: row[1].strip("`") for row in described} == defaults


def test_each_kind_of_data_is_described_with_how_long_it_is_kept():
    with override("en"):
        kinds = {
            str(kind.label): (
                kind.settings,
                kind.kept() if not kind.settings else "",
                str(kind.age),
            )
            for kind in ALL_KINDS
        }
    described = {}
    for label, kept, age in tables(TEXTS["docs/retention.md"], "Data", "Kept", "Age counts from"):
        names = tuple(codes(kept))
        described[label] = (names, "" if names else kept, age)
    assert described == kinds


def test_the_defaults_of_the_settings_are_those_of_the_program():
    said = {codes(row[0])[0]: row[1].strip("`") for row in tables(DEPLOY, "Variable", "Default")}
    defaults = dict(re.findall(r'environ\.get\(\s*"(\w+)", "(\S+?)"\)', settings_text()))
    numbers = re.findall(r'positive_number\("(\w+)", ([\d_]+)', settings_text())
    defaults |= {name: number.replace("_", "") for name, number in numbers}
    limit = re.search(r'"STATEMENT_LIMIT", "(\d+)"', (ROOT / "config/wsgi.py").read_text())
    defaults["STATEMENT_LIMIT"] = f"{limit[1]}` for pages"
    assert {name: said[name] for name in defaults} == defaults


def test_the_roles_are_those_of_the_program():
    rows = tables(DEPLOY, "Permission", "Allows people to", *roles.PERMISSIONS)
    for column, role in enumerate(roles.PERMISSIONS, start=2):
        allowed = {codes(row[0])[0] for row in rows if row[column] == "yes"}
        assert allowed == roles.PERMISSIONS[role]
    assert {answer for row in rows for answer in row[2:]} == {"yes", "no"}


def test_the_people_of_the_demo_are_named_with_their_roles():
    described = [(codes(row[0])[0], row[1]) for row in tables(README, "Name", "Role")]
    assert described == [(person.name, person.role) for person in people.PEOPLE]
    assert f"password `{people.PASSWORD}`" in README


# Pages


def test_the_keys_are_those_that_the_page_shows():
    shown = render_to_string("components/keys.html")
    places = re.findall(r"<dt>[^<]+</dt>|<dd>.*?</dd>", shown, re.DOTALL)
    keys: list[set[str]] = []
    for line in places:
        if line.startswith("<dt>"):
            keys.append(set())
        keys[-1].update(re.findall(r"<kbd>([^<]+)</kbd>", line))
    assert list(described_keys().values()) == keys


def test_the_keys_do_something():
    script = (ROOT / "static/js/keys.js").read_text()
    names = {"Space": " ", "↓": "ArrowDown", "↑": "ArrowUp"}
    for place, name in {"everywhere": "EVERY_PAGE", "list": "LIST", "return": "RETURN"}.items():
        body = re.search(rf"ON_{name} = {{(.*?)}};", script, re.DOTALL)[1]
        commands = {key.strip('"') for key in re.findall(r'(?:^|,)\s*("."|\w+): ', body, re.M)}
        told = described_keys()[place] - {"Esc", "Enter", "Shift"}
        assert {names.get(key, key) for key in told} == commands


def described_keys() -> dict[str, set[str]]:
    keys: dict[str, set[str]] = {}
    for place, named, does in tables(USING, "Where", "Key", "Does"):
        keys.setdefault(place, set()).update(codes(f"{named} {does}"))
    return keys


def test_words_in_bold_are_on_the_screen():
    screens: Any = (
        path.read_text()
        for folder, kind in (("templates", "*.html"), ("returns", "*.py"), ("tags", "*.py"))
        for path in (ROOT / folder).rglob(kind)
    )
    screen = " ".join("\n".join(screens).split())
    bold = {word.strip(".") for word in re.findall(r"\*\*([^*]+)\*\*", USING)}
    assert sorted(word for word in bold if word not in screen) == []


# Examples


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "language", "name"),
    [(README, "json", "a.json"), (FILES, "json", "b.json"), (FILES, "jsonl", "lines.json")],
    ids=["README", "JSON", "lines"],
)
def test_the_examples_import(text, language, name, tmp_path, capsys):
    (tmp_path / name).write_text(blocks(text, language)[0])
    call_command("import_returns", str(tmp_path / name))
    assert "read 1, created 1, updated 0, unchanged 0, rejected 0" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_example_of_rows_of_items_is_one_return(tmp_path, capsys):
    path = tmp_path / "items.csv"
    path.write_text(blocks(section(FILES, "One row an item"), "csv")[0])
    call_command("import_returns", str(path))
    assert "read 1, created 1, updated 0, unchanged 0, rejected 0" in capsys.readouterr().out
    assert Return.objects.get().item_count == 3


@pytest.mark.django_db
def test_the_example_with_a_mistake_is_answered_as_shown(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("returns.csv").write_text(blocks(section(FILES, "CSV"), "csv")[0])
    with pytest.raises(SystemExit, match="1"):
        call_command("import_returns", "returns.csv", "--rejects", "rejects.csv")
    answer = capsys.readouterr()
    assert blocks(FILES, "console")[0].splitlines()[1:] == (answer.err + answer.out).splitlines()
    assert len(Path("rejects.csv").read_text().splitlines()) == 2
