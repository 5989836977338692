"""While the database's disk is full, whoever writes is told so in words, and others can read."""

import json
import logging
from errno import ENOSPC

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from config.errors import Unavailability
from returns.api.errors import DISK_FULL_MESSAGE
from returns.models import ApiToken
from returns.people.tokens import issue
from returns.views.errors import UNAVAILABLE
from tests.factories import make_person, make_return, make_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

# What is written by the requests here.
TABLES = (
    *("returns_comment", "returns_returntag", "returns_upload", "returns_feedrun"),
    *("returns_browsersession", "axes_accessattempt", "tags_bulktagging"),
)
REFUSAL = """
    CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device'
        USING ERRCODE = 'disk_full';
    END $$;
"""
TRIGGER = """
    CREATE TRIGGER no_space BEFORE {} ON {} FOR EACH STATEMENT EXECUTE FUNCTION no_space()
"""
PASSWORD = "secret-parcel"


@pytest.fixture
def full_disk(client, agent, manager):
    """Let every write fail as PostgreSQL fails when its disk is full."""
    record = make_return()
    client.force_login(manager)
    with connection.cursor() as cursor:
        cursor.execute(REFUSAL)
        for table in TABLES:
            cursor.execute(TRIGGER.format("INSERT OR UPDATE", table))
    return record


def comment(client, record, **headers):
    sent = {"text": "Called."}
    return client.post(reverse("return-comments", args=[record.pk]), sent, headers=headers)


def tag(client, record):
    return client.post(reverse("return-tags", args=[record.pk]), {"add": "books"})


def upload(client, record):
    file = SimpleUploadedFile("records.json", b'[{"returnReferenceNumber": "R1"}]')
    return client.post(reverse("new-upload"), {"file": file})


def bulk(client, record):
    address = reverse("new-bulk-tagging", query={"state": record.state})
    return client.post(address, {"add": make_tag("books").pk})


def sign_in(client, record):
    client.cookies.clear()
    return client.post(reverse("login"), {"username": "agent", "password": PASSWORD})


def fail_to_sign_in(client, record):
    client.cookies.clear()
    return client.post(reverse("login"), {"username": "agent", "password": "wrong"})


WRITES = (comment, tag, upload, bulk, sign_in, fail_to_sign_in)


@pytest.mark.parametrize("write", WRITES)
def test_whoever_writes_is_told_in_words_and_one_line_is_logged(client, full_disk, caplog, write):
    client.raise_request_exception = False
    caplog.set_level(logging.WARNING)
    answer = write(client, full_disk)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "<h1>The disk is full</h1>" in answer.text
    (line,) = [each for each in caplog.records if each.name.startswith("django")]
    assert line.getMessage().startswith("The disk is full: could not extend file")
    assert line.exc_info is None


def test_a_session_that_cannot_be_saved_is_no_invalid_request(client, agent, caplog):
    with connection.cursor() as cursor:
        cursor.execute(REFUSAL)
        cursor.execute(TRIGGER.format("UPDATE", "returns_browsersession"))
    answer = sign_in(client, None)
    assert answer.status_code == 503
    assert "<h1>The disk is full</h1>" in answer.text
    (line,) = [each for each in caplog.records if each.name.startswith("django")]
    assert line.exc_info is None


def test_htmx_gets_the_sentence_alone(client, full_disk):
    answer = comment(client, full_disk, **{"HX-Request": "true"})
    assert (answer.status_code, answer.text) == (
        503,
        UNAVAILABLE[Unavailability.DISK_FULL].sentence,
    )


def test_returns_can_still_be_read(client, full_disk):
    for address in (
        reverse("return-list"),
        "/queue/?queue=to_inspect",
        full_disk.get_absolute_url(),
    ):
        assert client.get(address).status_code == 200


def test_a_program_gets_it_as_json(client, full_disk):
    token = ApiToken(name="Shop", scopes=["feed"])
    headers = {"Authorization": f"Bearer {issue(token)}"}
    body = json.dumps({"items": []})
    path = "/openapi/v1/feed"
    answer = client.post(path, body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert answer.json()["error"]["message"] == DISK_FULL_MESSAGE


def test_a_full_disk_of_the_web_server_is_told_in_words_too(client, manager, monkeypatch, caplog):
    def fails(*_):
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("django.core.files.uploadhandler.FileUploadHandler.new_file", fails)
    client.force_login(make_person("somebody", "Warehouse manager"))
    client.raise_request_exception = False
    answer = upload(client, None)
    assert answer.status_code == 503
    assert "<h1>The disk is full</h1>" in answer.text
    (line,) = [each for each in caplog.records if each.name.startswith("django")]
    assert line.exc_info is None
