"""What the README claims and a program can check."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands

from returns.demo import people
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import ReturnFilterForm
from returns.filters.paging import SORT_COLUMNS
from returns.people import roles

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
PACKAGES = ("config", "returns", "tags")


def table(*head: str) -> list[list[str]]:
    """Return the cells of each row of the table whose head begins with these words."""
    lines = README.partition(f"\n| {' | '.join(head)} |")[2].splitlines()[2:]
    rows = lines[: lines.index("")]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def codes(cell: str) -> list[str]:
    """Return what a cell writes as code."""
    return re.findall(r"`([^`]+)`", cell)


def blocks(language: str) -> list[str]:
    """Return the texts of the code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def mapped() -> list[Path]:
    """Return the paths on the map of the code; two spaces lead into a folder."""
    folders: list[str] = []
    found = []
    for line in blocks("text")[0].splitlines():
        indent, name = re.match(r"( *)(\S+) {2,}\S", line).groups()
        folders[len(indent) // 2 :] = [name]
        found.append(ROOT.joinpath(*folders))
    return found


def test_the_two_commands_are_shown():
    shown = "".join(blocks("sh")).splitlines()
    assert "pip install uv && uv run manage.py demo" in shown
    assert "uv run pytest" in shown


def test_every_path_on_the_map_exists():
    assert [path for path in mapped() if not path.exists()] == []


def test_every_module_is_on_the_map():
    modules = {path for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    needed = {p for p in modules if p.name != "__init__.py" and p.parent.name != "migrations"}
    assert needed - set(mapped()) == set()


def test_every_file_that_is_named_exists():
    """Paths with a folder and an ending, and links within the repository."""
    named = {
        *re.findall(r"`((?:\w+/)+[\w-]+\.\w+)`", README),
        *re.findall(r"\]\((\w[^):]+)\)", README),
    }
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_variables_are_those_that_settings_read():
    settings = (ROOT / "config/settings.py").read_text()
    read = re.findall(r'(?:environ\.get|environ|_names)[(\[]"(\w+)"', settings)
    assert sorted(codes(row[0])[0] for row in table("variable")) == sorted(set(read))


def test_the_filters_are_those_of_the_filter_language():
    described = [name for row in table("parameter") for name in codes(row[0])]
    known = {*ReturnFilterSet.base_filters, *ReturnFilterForm.base_fields}
    assert sorted(described) == sorted(known)


def test_the_sorts_are_those_of_the_lists():
    described = next(codes(row[1]) for row in table("parameter") if row[0] == "`sort`")
    assert {name for name in described if "-" not in name} == set(SORT_COLUMNS)


def test_the_matrix_of_roles_is_that_of_the_program():
    rows = table("may", "permissions", *roles.PERMISSIONS)
    for column, role in enumerate(roles.PERMISSIONS, start=2):
        allowed = {name for row in rows if row[column] == "yes" for name in codes(row[1])}
        assert allowed == roles.PERMISSIONS[role]
    assert {answer for row in rows for answer in row[2:]} == {"yes", "no"}


def test_the_people_of_the_demo_are_named_with_their_roles():
    described = [(codes(row[0])[0], row[1]) for row in table("name", "role")]
    assert described == [(person.name, person.role) for person in people.PEOPLE]
    assert f"password `{people.PASSWORD}`" in README


def test_every_command_that_is_named_exists():
    named = set(re.findall(r"manage\.py (\w+)", README))
    assert named - get_commands().keys() == set()
    ours = {path.stem for path in (ROOT / "returns/management/commands").glob("[!_]*.py")}
    assert ours - named == set()


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "name"), [("json", "returns.json"), ("jsonl", "lines.json")])
def test_the_examples_import(language, name, tmp_path, capsys):
    (tmp_path / name).write_text("".join(blocks(language)))
    call_command("import_returns", str(tmp_path / name))
    assert "read 1, created 1, updated 0, unchanged 0, rejected 0" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_example_with_a_mistake_is_answered_as_shown(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("returns.csv").write_text(blocks("csv")[0])
    with pytest.raises(SystemExit, match="1"):
        call_command("import_returns", "returns.csv", "--rejects", "rejects.csv")
    answer = capsys.readouterr()
    assert blocks("console")[0].splitlines()[1:] == (answer.err + answer.out).splitlines()
    assert len(Path("rejects.csv").read_text().splitlines()) == 2
