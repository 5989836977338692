"""Errors and traces go where the environment says, and nothing personal is in them.

Each is tried in a program of its own, because their packages change the whole process, against a
receiver on this computer.
"""

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import brotli
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

ROOT = Path(__file__).resolve().parents[3]
NAME, MAIL, PHONE, SECRET = "Selin", "selin@example.com", "0532123456", "the-secret"
PERSONAL = (NAME, MAIL, PHONE, SECRET, "192.0.2.9", "postgres://")
PROGRAM = """
import django
django.setup()
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve
from config.observing.jobs import observed_job
from config.observing.requests import RequestMiddleware
from config.observing.running import running_in_thread
from config.observing.start import start_observing
import logging, os, threading
# Not written here: the lines of code around an error are sent.
NAME, MAIL, PHONE, SECRET = os.environ["WORDS"].split()
start_observing("web")

class Person:
    pk, username = 7, NAME

def view(request):
    request._cached_user = Person()
    request.resolver_match = resolve(request.path_info)
    running = running_in_thread(threading.get_ident())
    execute = lambda sql, params, many, context: None
    running.count_query(execute, "SELECT id FROM t WHERE name = %s", [NAME], False, {})
    try:
        raise ValueError(f"cannot read '{NAME}' {MAIL} {PHONE}")
    except ValueError as error:
        logging.getLogger("django.request").error(
            "Internal Server Error: %s", request.path, exc_info=error,
            extra={"request": request, "status_code": 500})
    logging.getLogger("django.request").error(
        "Service Unavailable: %s", request.path, extra={"request": request, "status_code": 503})
    return HttpResponse(status=500)

factory = RequestFactory()
request = factory.get(f"/returns/{NAME}-1/", {"q": NAME}, headers={
    "Cookie": f"sessionid={SECRET}", "X-Forwarded-For": "192.0.2.9", "X-Request-ID": "number-1",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
RequestMiddleware(view)(request)
with observed_job("rules") as job:
    job.was_needed = True
if settings.SENTRY_DSN:
    import sentry_sdk
    sentry_sdk.flush(10)
"""

START = "from config.command_line import main; sys.exit(main(['manage.py', 'check']))"


@contextmanager
def receiver() -> Iterator[tuple[int, list[bytes]]]:
    """Receive whatever is sent to a port, unpacked."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            unpack = {"gzip": gzip.decompress, "br": brotli.decompress}
            bodies.append(unpack.get(self.headers.get("Content-Encoding"), bytes)(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args):
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, bodies
    server.shutdown()
    server.server_close()


def run(program: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "postgres://nobody:the-secret@127.0.0.1:1/none",
        "SECRET_KEY": "of-a-test-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF",
        "ALLOWED_HOSTS": "localhost",
        "WORDS": f"{NAME} {MAIL} {PHONE} {SECRET}",
    }
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, env=environment | variables, capture_output=True, text=True, timeout=120
    )


@pytest.mark.slow
def test_an_error_is_sent_to_sentry_without_anything_personal():
    with receiver() as (port, bodies):
        done = run(PROGRAM, SENTRY_DSN=f"http://key@127.0.0.1:{port}/1", DESK_BUILD="abc")
    assert done.returncode == 0, done.stderr
    text = b"".join(bodies).decode()
    assert text.count('"type":"event"') == 1  # and none for being unavailable
    assert '"type":"ValueError"' in text
    assert "cannot read" in text
    for sent in ('"request":"number-1"', '"view":"return-detail"', '"id":"7"', '"0.1.0+abc"'):
        assert sent in text
    assert [word for word in PERSONAL if word in text] == []


@pytest.mark.slow
def test_traces_are_sent_without_anything_personal():
    with receiver() as (port, bodies):
        done = run(PROGRAM, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}")
    assert done.returncode == 0, done.stderr
    requests = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    spans = {
        span.name: span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }
    assert spans.keys() == {"GET /returns/<reference>/", "SELECT", "job rules"}
    whole = spans["GET /returns/<reference>/"]
    assert whole.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert spans["SELECT"].parent_span_id == whole.span_id
    values = {each.key: each.value for each in whole.attributes}
    assert values["enduser.id"].string_value == "7"
    assert values["returns_desk.request"].string_value == "number-1"
    assert values["returns_desk.queries"].int_value == 1
    assert [word for word in PERSONAL if word in " ".join(map(str, requests))] == []
    assert "returns-desk" in str(requests)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "value", "blocked", "extra"),
    [
        ("SENTRY_DSN", "http://key@127.0.0.1:1/1", "sentry_sdk", "sentry"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", "opentelemetry", "otel"),
    ],
)
def test_the_start_fails_with_a_sentence_if_the_package_is_missing(variable, value, blocked, extra):
    hide = f"import sys; sys.modules[{blocked!r}] = None\n"
    done = run(hide + START, **{variable: value})
    assert done.returncode == 2
    assert f"{variable} is set, but what it needs is not installed" in done.stderr
    assert f"`uv sync --extra {extra}`" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("LOG_FORMAT", "xml", "LOG_FORMAT must be line or json"),
        ("METRICS_TOKEN", "short", "METRICS_TOKEN must be a random text of at least 20"),
        ("METRICS_PORT", "70000", "METRICS_PORT must be the number of a port"),
    ],
)
@pytest.mark.slow
def test_a_wrong_setting_ends_the_start_with_a_sentence(variable, value, sentence):
    start = (
        "import sys; from config.command_line import main; sys.exit(main(['manage.py', 'check']))"
    )
    done = run(start, **{variable: value})
    assert (done.returncode, sentence in done.stderr) == (2, True)
