"""The command import_returns: what it prints, what it leaves, and what a crash leaves."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from returns.models import Return
from tests.returns.feed.samples import completed, created

ROOT = Path(__file__).resolve().parents[3]
OURS = sorted((ROOT / "tests" / "data").glob("*.json"))
PUBLISHED = sorted((ROOT.parent / "shared" / "samples").glob("*.json"))


class Run:
    """One call of the command."""

    def __init__(self, *arguments: object) -> None:
        out, err = io.StringIO(), io.StringIO()
        self.code = 0
        try:
            call_command("import_returns", *map(str, arguments), stdout=out, stderr=err)
        except SystemExit as stop:
            self.code = stop.code
        self.last = out.getvalue().splitlines()[-1]
        self.told = err.getvalue().splitlines()


@pytest.fixture
def file(tmp_path):
    def write(*records: dict, name: str = "in.json") -> Path:
        path = tmp_path / name
        path.write_text(json.dumps({"items": records}))
        return path

    return write


BAD = created(createdAt="2024-13-01")


@pytest.mark.django_db
@pytest.mark.parametrize("path", OURS + PUBLISHED, ids=lambda path: path.name)
def test_samples_import_once(path, vocabulary):
    first, again = Run(path), Run(path)
    assert (first.code, again.code) == (0, 0)
    read = len(json.loads(path.read_text())["items"])
    assert re.fullmatch(
        rf"read {read}, created \d, updated 0, unchanged \d, rejected 0", first.last
    )
    assert again.last == f"read {read}, created 0, updated 0, unchanged {read}, rejected 0"


@pytest.mark.django_db
def test_samples_in_any_order_end_the_same(vocabulary):
    Run(*(OURS + PUBLISHED))
    ends = list(Return.objects.order_by("return_reference_number").values_list("notes", "state"))
    Return.objects.all().delete()
    Run(*reversed(OURS + PUBLISHED))
    again = Return.objects.order_by("return_reference_number").values_list("notes", "state")
    assert list(again) == ends


@pytest.mark.django_db
def test_a_bad_record_is_reported_with_its_place_and_the_others_are_imported(file):
    path = file(completed(), BAD)
    run = Run(path)
    assert run.code == 1
    assert run.told == [f"{path}: item 2: createdAt: not a time: '2024-13-01'"]
    assert run.last == "read 2, created 1, updated 0, unchanged 0, rejected 1"


@pytest.mark.django_db
def test_a_return_of_another_system_is_reported_with_its_place(file):
    path = file(BAD, completed(), completed(source="Oplog"))
    run = Run(path)
    assert run.told[1].startswith(f"{path}: item 3: source: 'Oplog', but Return-70001 is already")
    assert run.last == "read 3, created 1, updated 0, unchanged 0, rejected 2"


@pytest.mark.django_db
def test_fixed_rejects_are_imported(file, tmp_path):
    rejects = tmp_path / "rejects.json"
    Run(file(completed(), BAD), "--rejects", rejects)
    rejects.write_text(rejects.read_text().replace("2024-13-01", "2024-03-01T00:00:00Z"))
    assert Run(rejects).last == "read 1, created 1, updated 0, unchanged 0, rejected 0"


@pytest.mark.django_db
def test_rejects_of_several_formats_become_lines(file, tmp_path):
    table = tmp_path / "in.csv"
    table.write_text("returnReferenceNumber,state,createdAt,updatedAt\nReturn-1,Lost,,\n")
    rejects = tmp_path / "rejects"
    Run(file(BAD), table, "--rejects", rejects)
    again = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert again == [BAD, {"returnReferenceNumber": "Return-1", "state": "Lost"}]
    assert sorted(tmp_path.iterdir()) == sorted([rejects, table, tmp_path / "in.json"])


@pytest.mark.django_db
def test_a_missing_file_is_reported_and_the_others_are_imported(file):
    run = Run("/nowhere/in.json", file(completed()))
    assert run.code == 1
    assert run.told == ["/nowhere/in.json: cannot be read: No such file or directory"]
    assert run.last == "read 1, created 1, updated 0, unchanged 0, rejected 0"


@pytest.mark.django_db
def test_only_the_first_rejections_are_printed(file):
    run = Run(file(*[BAD] * 53))
    assert len(run.told) == 51
    assert run.told[-1] == "3 more were left out"


@pytest.mark.django_db
def test_dry_run_writes_nothing(file, tmp_path):
    run = Run(file(completed(), BAD), "--dry-run")
    assert (run.code, run.last) == (1, "read 2, created 1, updated 0, unchanged 0, rejected 1")
    assert not Return.objects.exists()


@pytest.mark.django_db
def test_a_conflict_of_tags_is_printed(file, vocabulary):
    run = Run(file(completed(tag="standard,vip-customer")))
    assert (run.code, run.told) == (0, ["Return-70001: kept tag vip-customer, dropped standard"])


def test_folder_of_rejects_has_to_exist(file):
    with pytest.raises(CommandError, match="the folder does not exist"):
        Run(file(), "--rejects", "/nowhere/rejects.json")


def test_rejects_never_replace_what_is_imported(file):
    path = file(BAD)
    before = path.read_text()
    with pytest.raises(CommandError, match="would overwrite a file that is being imported"):
        Run(path, "--rejects", path.parent / "." / path.name)
    assert path.read_text() == before


def address_of_database() -> str:
    """The test database's address, for another process."""
    given = connection.settings_dict
    place = urlencode({key: given[key.upper()] for key in ("host", "port") if given[key.upper()]})
    who = f"{quote(given['USER'])}:{quote(given['PASSWORD'])}@" if given["USER"] else ""
    return f"postgresql://{who}/{given['NAME']}?{place}"


def start_import(path: str) -> subprocess.Popen:
    environment = os.environ | {
        "DATABASE_URL": address_of_database(),
        "SECRET_KEY": "of-a-test-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF",
        "ALLOWED_HOSTS": "localhost",
        "DEBUG": "1",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "import_returns", path]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)


def wait_for_returns(count: int) -> None:
    end = time.monotonic() + 60
    while Return.objects.count() < count:
        assert time.monotonic() < end, "the import never committed"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_kill_in_the_middle_and_a_rerun_end_as_if_nothing_had_happened(tmp_path):
    records = [created(returnReferenceNumber=f"Return-{n}", tag="books") for n in range(12_000)]
    lines = [json.dumps(record) + "\n" for record in records]
    killed = start_import("-")
    killed.stdin.writelines(lines[:11_000])
    killed.stdin.flush()
    wait_for_returns(5_000)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert 5_000 <= Return.objects.count() < 12_000
    (tmp_path / "all.jsonl").write_text("".join(lines))
    output, _ = start_import(str(tmp_path / "all.jsonl")).communicate(timeout=120)
    assert "rejected 0" in output.splitlines()[-1]
    assert Return.objects.count() == 12_000
    assert Return.objects.filter(taggings__tag__name="books").count() == 12_000
