"""Our own files in every language: exported by one person, changed, imported by anybody."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from returns.exports import background, forms
from returns.feed.ingest import ingest
from returns.feed.own_words import FIELDS_BY_COLUMN
from returns.feed.reasons import in_words, quoted, unknown_state
from returns.feed.records import API_NAMES, KNOWN_FIELDS, ReturnRecord
from returns.feed.spelling import (
    field_for_header,
    fields_by_header,
    is_derived_header,
    normalize,
    state_for_word,
    zone_for_header,
)
from returns.lists.columns import COLUMN_NAMES, COLUMNS_BY_NAME, Kind
from returns.lists.file_headers import file_header
from returns.models import Export, Preferences, Return, ReturnTag, State, Upload
from returns.models.facts import FACTS
from returns.people import roles
from tests.factories import make_person

LANGUAGES = [code for code, _ in settings.LANGUAGES]
DAY = datetime(2026, 3, 1, 9, 30, 15, 56, tzinfo=UTC)
HOUR = timedelta(hours=1)
DERIVED = {"waiting", "deadline", "items", "value", "currency"}
RECORDS = [
    ReturnRecord(
        "Return-1",
        State.COMPLETED,
        DAY,
        DAY + 9 * HOUR,
        sales_order_reference_number="0012",
        tracking_id="1201450414625470014100902000010011",
        cargo_carrier="Yurtiçi Kargo",
        sales_order_channel="Mağaza",
        notes='Zu klein;\n"İade" ışığı, größer',
        arrived_to_warehouse_at=DAY + 30 * HOUR,
        completed_at=DAY + 34 * HOUR,
        tag="wrong-size,apparel",
    ),
    ReturnRecord(
        "Return-2", State.ARRIVED, DAY, DAY + HOUR, arrived_to_warehouse_at=DAY + HOUR, notes="=1+1"
    ),
    ReturnRecord("Return-3", State.CREATED, DAY, DAY, source="Shop", notes="'x"),
]

each_language = pytest.mark.parametrize("language", LANGUAGES)


def stored() -> list[dict]:
    return [
        *Return.objects.order_by("pk").values(),
        *ReturnTag.objects.order_by("entity_id", "tag_id").values("entity_id", "tag_id"),
    ]


def reader(language: str) -> Client:
    """Return the client of a manager who has chosen a language; the browser's is another one."""
    manager = make_person(f"manager-{language}", roles.WAREHOUSE_MANAGER)
    Preferences.objects.update_or_create(user=manager, defaults={"language": language})
    others = [code for code in LANGUAGES if code != language]
    client = Client(headers={"Accept-Language": others[0]})
    client.force_login(manager, backend="returns.people.RoleBackend")
    return client


def read_csv(file: bytes) -> list[list]:
    return list(csv.reader(StringIO(file.decode("utf-8-sig"))))


def write_csv(rows: list[list]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def read_xlsx(file: bytes) -> list[list]:
    return CalamineWorkbook.from_filelike(BytesIO(file)).get_sheet_by_index(0).to_python()


def write_xlsx(rows: list[list]) -> bytes:
    """Write the cells with their types, as a spreadsheet saves them."""
    file = BytesIO()
    with Workbook(file, {"strings_to_formulas": False}) as book:
        sheet, times = book.add_worksheet(), book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"})
        for at, row in enumerate(rows):
            for place, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(at, place, cell, times)
                elif isinstance(cell, float):
                    sheet.write_number(at, place, cell)
                elif cell:
                    sheet.write_string(at, place, str(cell))
    return file.getvalue()


def save_as_excel_does(rows: list[list]) -> bytes:
    """Write a CSV file as a Turkish or German spreadsheet saves it: its own dates and numbers."""
    lines = StringIO()
    writer = csv.writer(lines, delimiter=";")
    for row in rows:
        cells = []
        for cell in row:
            try:
                cell = f"{datetime.fromisoformat(cell):%d.%m.%Y %H:%M:%S}"
            except ValueError:
                is_number = cell.replace(".", "", 1).isdecimal() and "." in cell
                cell = cell.replace(".", ",") if is_number else cell
            cells.append(cell)
        writer.writerow(cells)
    return lines.getvalue().encode("cp1254")


def import_file(client: Client, file: bytes, name: str) -> Upload:
    """Upload a file and confirm its preview; nothing is matched by hand."""
    client.post("/feed/upload/", {"file": SimpleUploadedFile(name, file)})
    upload = Upload.objects.latest("pk")
    client.post(reverse("upload", args=[upload.pk]), {"seen": upload.preview.get("seen", "")})
    upload.refresh_from_db()
    return upload


# Headers and words


def all_headers() -> dict[str, set[str]]:
    """Return what each header of our files and name of a fact means, in all languages."""
    means: dict[str, set[str]] = defaultdict(set)
    for language in LANGUAGES:
        with override(language):
            for name in COLUMN_NAMES:
                meaning = FIELDS_BY_COLUMN.get(name, f"derived {name}")
                column = COLUMNS_BY_NAME[name]
                label = file_header(name) if column.kind == Kind.HOURS else column.header
                means[normalize(label)].add(meaning)
            for fact in FACTS:
                means[normalize(str(fact.label))].add(fact.api_name)
    return means


def test_no_header_means_one_column_in_one_language_and_another_in_another():
    assert {header: each for header, each in all_headers().items() if len(each) > 1} == {}


def test_no_header_of_a_language_is_what_is_listed_for_another_field():
    read = {header: {fields_by_header().get(header)} for header in all_headers()}
    meant = {
        header: {None} if next(iter(each)).startswith("derived ") else each
        for header, each in all_headers().items()
    }
    assert read == meant


def test_no_word_is_one_state_in_one_language_and_another_in_another():
    for language in LANGUAGES:
        with override(language):
            words = {state: str(state.label) for state in State}
        assert {state: state_for_word(word) for state, word in words.items()} == dict(
            zip(State, State.values, strict=True)
        )


@each_language
def test_each_header_of_an_export_is_known(language):
    with override(language):
        headers = {name: file_header(name) for name in COLUMN_NAMES}
    assert {name for name, header in headers.items() if is_derived_header(header)} == DERIVED
    fields = {name: field_for_header(text) for name, text in headers.items() if name not in DERIVED}
    assert fields == FIELDS_BY_COLUMN
    assert set(fields.values()) == set(API_NAMES.values()) - {"lineItems"}
    times = [name for name in fields if COLUMNS_BY_NAME[name].kind == Kind.TIME]
    assert {str(zone_for_header(headers[name])) for name in times} == {settings.TIME_ZONE}


def test_a_header_is_read_whatever_its_translation_is(monkeypatch):
    """What is read follows from the catalogues, not from a list that nobody would change."""
    monkeypatch.setattr("returns.feed.spelling.own_headers", lambda: {"Paketlaufzettel": "notes"})
    fields_by_header.cache_clear()
    try:
        assert field_for_header("PAKETLAUFZETTEL") == "notes"
        assert field_for_header("Verkaufskanal") == "salesOrderChannel"  # listed
    finally:
        fields_by_header.cache_clear()


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("angelegt", State.CREATED),
        ("Erstellt", State.CREATED),
        ("UNTERWEGS", State.CREATED),
        ("eingetroffen", State.ARRIVED),
        ("Im Lager", State.ARRIVED),
        ("ABGESCHLOSSEN", State.COMPLETED),
        ("oluşturuldu", State.CREATED),
        ("OLUŞTURULDU", State.CREATED),
        ("depoya ulaştı", State.ARRIVED),
        ("DEPOYA ULAŞTI", State.ARRIVED),
        ("depoya ulasti", State.ARRIVED),
        ("Tamamlandı", State.COMPLETED),
        ("TAMAMLANDI", State.COMPLETED),
        ("TAMAMLANDİ", State.COMPLETED),
    ],
)
def test_states_are_read_in_every_language(written, state):
    assert state_for_word(written) == state


# Files


def export(client: Client, kind: str) -> bytes:
    columns = "&".join(f"columns={name}" for name in COLUMN_NAMES)
    return client.get(f"/returns/export.{kind}?sort=reference&{columns}").getvalue()


FORMS: dict[str, tuple[str, Callable, Callable]] = {
    "csv": ("csv", read_csv, write_csv),
    "csv of a spreadsheet": ("csv", read_csv, save_as_excel_does),
    "xlsx": ("xlsx", read_xlsx, write_xlsx),
}


@pytest.mark.django_db
@pytest.mark.usefixtures("vocabulary")
@each_language
@pytest.mark.parametrize("form", FORMS)
def test_a_change_in_an_exported_file_arrives_and_nothing_else_changes(language, form):
    kind, read, write = FORMS[form]
    ingest(RECORDS, source="feed")
    rows = read(export(reader(language), kind))
    with override(language):
        assert rows[0] == [file_header(name) for name in COLUMN_NAMES]
        assert [row[COLUMN_NAMES.index("state")] for row in rows[1:]] == [
            str(state.label) for state in (State.COMPLETED, State.ARRIVED, State.CREATED)
        ]
    before = stored()
    other = reader(next(code for code in LANGUAGES if code != language))
    assert import_file(other, write(rows), f"a.{kind}").run.unchanged == len(RECORDS)
    assert stored() == before
    cells, place = rows[1], COLUMN_NAMES.index("channel")
    assert cells[place] == "Mağaza"
    cells[place] = "Web"  # the greater value, as the update is the same
    run = import_file(other, write(rows), f"b.{kind}").run
    assert (run.updated, run.unchanged, run.rejected) == (1, 2, 0)
    (changed, *others), (was, *others_before) = stored(), before
    assert others == others_before
    columns = {fact.column for fact in FACTS}
    differing = {name: value for name, value in changed.items() if value != was[name]}
    assert {name: value for name, value in differing.items() if name in columns} == {
        "sales_order_channel": "Web"
    }


@pytest.mark.django_db
@pytest.mark.usefixtures("vocabulary")
@each_language
def test_a_file_made_in_the_background_is_in_the_language_of_who_asked_and_read(
    language, monkeypatch
):
    monkeypatch.setattr(forms, "BACKGROUND_THRESHOLD", 1)
    ingest(RECORDS, source="feed")
    client = reader(language)
    client.post("/exports/?sort=reference&columns=all", {"format": "csv"})
    with override("en"):
        assert background.make_next()
    made = Export.objects.get()
    assert made.language == language
    file = client.get(f"/exports/{made.pk}/").getvalue()
    before = stored()
    assert import_file(client, file, made.name).run.unchanged == len(RECORDS)
    assert stored() == before


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_names_headers_that_are_recognised(language):
    client = reader(language)
    text = re.sub(r"\s+", " ", client.get(reverse("new-upload")).text)
    (listed,) = re.findall(r": ([^:.<]+;[^:.<]+;[^:.<]+); [\w ]+\. ", text)
    headers = re.split(r"[,;] ", listed)
    assert len(headers) >= 18
    assert [name for name in headers if field_for_header(name) not in KNOWN_FIELDS] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_labels_of_the_columns_and_of_the_facts_are_recognised(language):
    with override(language):
        for name, field in FIELDS_BY_COLUMN.items():
            assert field_for_header(str(COLUMNS_BY_NAME[name].header)) == field
        for fact in FACTS:
            assert field_for_header(str(fact.label)) == fact.api_name


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_state_is_told_with_the_states_of_the_reader(language):
    why = in_words(unknown_state(quoted("Kayıp")), {})
    with override(language):
        told = str(why)
        assert all(str(state.label) in told for state in State)
    assert {"en": "'Kayıp'", "tr": "“Kayıp”", "de": "„Kayıp“"}[language] in told
