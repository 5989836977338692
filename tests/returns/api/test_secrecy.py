"""A token is nowhere but where its program keeps it: no log line, no answer, no row holds it."""

import logging

import pytest
from django.db import connection

from tests.factories import make_return

pytestmark = pytest.mark.django_db


def fail(*_arguments, **_named):
    raise ZeroDivisionError


@pytest.fixture
def logged(caplog, monkeypatch):
    """Collect all that anybody logs, with whatever a line carries along."""
    logging.disable(logging.NOTSET)
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    connection.force_debug_cursor = True
    yield lambda: "\n".join(
        f"{caplog.handler.format(each)} {vars(each)}" for each in caplog.records
    )
    connection.force_debug_cursor = False


def test_no_log_holds_a_token(program, logged, monkeypatch, settings):
    make_return("R-1")
    secret = program.secret
    answers = [
        program.get("/Returns"),
        program.get(f"/Returns?token={secret}"),
        program.get(f"/Returns/{secret}"),
        program.get("/Returns?stete=x"),
        program.get("/Tags", Authorization=f"Token {secret}"),
        program.get("/Tags", Authorization=f"Bearer {secret}x"),
        program.patch("/Returns/UpdateReturnTag", "{"),
    ]
    monkeypatch.setattr("returns.api.payloads.returns_page", fail)
    answers.append(program.get("/Returns"))
    settings.RETURNS_TENANT = "other"
    answers.append(program.get("/Returns"))
    settings.API_CALLS_PER_MINUTE = 1
    answers.append(program.get("/Returns"))
    assert [each.status_code for each in answers] == [
        *(200, 400, 400, 400, 401, 401, 400, 500, 403, 429)
    ]
    lines = logged()
    assert "Internal Server Error" in lines
    assert "SELECT" in lines  # the database's own lines are among them
    assert "Bad Request: /openapi/v1/Returns/<reference>" in lines
    assert secret[9:] not in lines
    assert secret[9:] not in "".join(f"{each.text} {each.headers}" for each in answers)
