"""What every answer of the API has in common: JSON, errors in one shape, what may be kept."""

import gzip
import json
import re
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client

from returns.database.time_limit import QueryTimeoutError
from tests.factories import make_return

pytestmark = pytest.mark.django_db


def time_out(*_arguments, **_named):
    """Do what takes longer than PostgreSQL allows."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '1ms'; SELECT pg_sleep(1)")


def fail(*_arguments, **_named):
    raise ZeroDivisionError("what only the log may tell")


# Errors


def test_an_error_has_one_shape(program):
    answer = program.get("/Returns?stete=Completed&createdAt=never")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/json"
    payload = answer.json()
    assert payload.keys() == {"error", "requestId", "timestamp"}
    assert payload["error"].keys() == {"code", "message", "errors"}
    assert payload["error"]["errors"][0] == {
        "property": "stete",
        "message": "There is no parameter “stete”. Did you mean state?",
        "errorCode": "unknown_parameter",
    }
    assert answer["X-Request-Id"] == payload["requestId"]
    assert datetime.fromisoformat(payload["timestamp"]).tzinfo
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "", 404),
        ("GET", "/", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/Returns/", 404),
        ("GET", "/Returns/a\0b", 404),
        ("GET", "/docs/", 404),
        ("POST", "/Tags", 405),
        ("DELETE", "/Returns/Return-1", 405),
        ("POST", "/openapi.json", 405),
        ("BREW", "/Returns", 405),
        ("GET", "/Returns/UpdateReturnTag", 405),
    ],
)
def test_whatever_is_asked_the_answer_is_json(program, method, path, status):
    answer = program.send(method, path)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert answer.has_header("Allow") == (status == 405)


def test_a_return_cannot_be_created_and_the_answer_says_why(program):
    answer = program.send("POST", "/Returns", data="{}", content_type="application/json")
    assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert "warehouse system" in answer.json()["error"]["message"]
    assert "POST /openapi/v1/feed" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("", {""}),
        ("{", {""}),
        ("[" * 100_000, {""}),
        ("\udcff", {""}),
        ("[]", {""}),
        ("{}", {"referenceNumber", "tag"}),
        ('{"referenceNumber": 1, "tag": null}', {"referenceNumber", "tag"}),
        ('{"referenceNumber": "R", "tag": "", "tga": 1}', {"tga"}),
        ('{"referenceNumber": "R", "tag": "", "\\ud800": 1}', {""}),
        ('{"referenceNumber": "", "tag": ""}', {"referenceNumber"}),
    ],
)
def test_a_body_that_is_not_understood_names_what_is_wrong(program, body, wrong):
    answer = program.patch("/Returns/UpdateReturnTag", body.encode(errors="surrogateescape"))
    assert answer.status_code == 400
    assert {each["property"] for each in answer.json()["error"]["errors"]} == wrong


def test_a_body_that_is_too_large_is_refused(program, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = program.patch("/Returns/UpdateReturnTag", json.dumps({"tag": "x" * 100}))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_another_host_is_answered_in_json(program):
    answer = program.get("/Tags", Host="elsewhere.example")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "not_understood"


@pytest.mark.parametrize(
    ("work", "status", "code"), [(fail, 500, "failed"), (time_out, 503, "took_too_long")]
)
def test_what_fails_is_answered_in_json_and_logged_with_its_id(
    program, monkeypatch, caplog, work, status, code
):
    monkeypatch.setattr("returns.api.payloads.returns_page", work)
    answer = program.get("/Returns?state=Completed")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "only the log" not in answer.text
    (line,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert answer.json()["requestId"] in line.getMessage()
    assert line.exc_info[0] in (ZeroDivisionError, QueryTimeoutError)
    assert answer["x-remaining-calls"] == "249"


def test_no_form_of_another_site_gets_in_and_none_is_needed(program):
    program.client = Client(enforce_csrf_checks=True)
    assert program.patch("/Returns/UpdateReturnTag", "{}").status_code == 400


# What may be kept


def test_what_is_known_already_is_not_sent_again(program):
    make_return("R-1")
    first = program.get("/Returns")
    tag = first["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert (first["Cache-Control"], first["Vary"]) == (
        "private, no-cache",
        "Accept-Encoding, Authorization, X-Tenant-Id",
    )
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = program.get("/Returns", If_None_Match=known)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
        assert not again.has_header("Content-Type")
    assert program.get("/Returns", If_None_Match='"x"').status_code == 200
    make_return("R-2")
    assert program.get("/Returns", If_None_Match=tag).status_code == 200


def test_a_large_answer_is_compressed_where_that_is_asked_for(program):
    for _ in range(5):
        make_return()
    plain = program.get("/Returns")
    packed = program.get("/Returns", Accept_Encoding="br, gzip")
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content)
    assert packed["ETag"] != plain["ETag"]
    assert (
        program.get("/Returns", Accept_Encoding="gzip", If_None_Match=packed["ETag"]).status_code
        == 304
    )
    small = program.get("/Returns?count=1", Accept_Encoding="gzip")
    assert not small.has_header("Content-Encoding")
