"""Values of ALLOWED_HOSTS that cannot be right are named, and so are requests for other hosts."""

import logging

import pytest

from config import hosts


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("https://returns.example.com", "is an address"),
        ("https://returns.example.com/", "is an address"),
        ("returns.example.com:443", "has a port"),
        ("10.0.0.5:8000", "has a port"),
        ("[::1]:8000", "has a port"),
        ("returns.example.com/desk", "has a path"),
        ("*.example.com", "for all subdomains, write .example.com"),
        ("returns_desk", "has an underscore"),
        ("2001:db8::1", "must be in brackets"),
        ("desk..example", "is not the name"),
        ("..example", "is not the name"),
        ("desk-.example", "is not the name"),
        (f"{'x' * 64}.example", "is not the name"),
        (".".join(["x" * 60] * 5), "is not the name"),
        ("rücksendungen.example", "xn--"),
        ("returns example", "is not the name"),
        ("returns.example.com;10.0.0.5", "is not the name"),
    ],
)
def test_a_host_that_no_request_can_be_for_is_named(monkeypatch, host, reason):
    monkeypatch.setenv("ALLOWED_HOSTS", f"{host},returns.example.com")
    (error,) = hosts.check_allowed_hosts()
    assert error.id == "config.E001"
    assert repr(host) in error.msg
    assert reason in error.msg


@pytest.mark.parametrize(
    "text",
    [
        "returns.example.com",
        ".example.com, 10.0.0.5",
        "localhost,[::1],[2001:db8::1]",
        "DESK",
        f"{'x' * 63}.a-b.example",
        "",
    ],
)
def test_hosts_that_can_be_right_are_not(monkeypatch, text):
    monkeypatch.setenv("ALLOWED_HOSTS", text)
    assert hosts.check_allowed_hosts() == []


@pytest.mark.parametrize(
    ("text", "name"),
    [("*", "config.W001"), ("a.example,,b.example", "config.W002"), ("a.example,", "config.W002")],
)
def test_hosts_that_are_hardly_meant_are_named(monkeypatch, text, name):
    monkeypatch.setenv("ALLOWED_HOSTS", text)
    (warning,) = hosts.check_allowed_hosts()
    assert warning.id == name


def test_a_request_for_another_host_is_one_line(client, caplog):
    assert client.get("/returns/", HTTP_HOST="evil.example\r\nroot: in").status_code == 400
    (record,) = [entry for entry in caplog.records if "host" in entry.name.lower()]
    assert hosts.RefusedHostFilter().filter(record)
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert record.getMessage() == (
        r"A request for the host 'evil.example\r\nroot: in' was refused: it is not in ALLOWED_HOSTS"
    )


def refused(host: str = "x" * 5000) -> logging.LogRecord:
    record = logging.LogRecord("django.security.DisallowedHost", logging.ERROR, "", 1, "", (), None)
    record.request = type("Request", (), {"META": {"HTTP_HOST": host}})()
    return record


def test_many_such_requests_do_not_fill_the_log():
    now = 0.0
    lines = hosts.RefusedHostFilter(lambda: now)
    logged = [record for record in (refused() for _ in range(1000)) if lines.filter(record)]
    assert len(logged) == hosts.REFUSED_PER_MINUTE
    assert all(len(record.getMessage()) < 200 for record in logged)
    now = 60.0
    later = refused("scanner.example")
    assert lines.filter(later)
    assert "'scanner.example'" in later.getMessage()
    assert later.getMessage().endswith("; 990 more were not logged")


def test_the_log_is_set_up_with_it():
    logger = logging.getLogger("django.security.DisallowedHost")
    assert any(isinstance(entry, hosts.RefusedHostFilter) for entry in logger.filters)
