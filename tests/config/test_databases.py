"""Addresses of the database, also of several servers."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import databases

OPTIONS = "-c jit=off"


def parts(url: str) -> tuple[str, str, str]:
    found = databases.database(url, "", databases.Path("/"))
    return found["HOST"], str(found["PORT"]), found["NAME"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u:p@a/desk", ("a", "", "desk")),
        ("postgres://u:p@a:5543/desk", ("a", "5543", "desk")),
        ("postgres://u:p@a:5543,b:5545/desk", ("a,b", "5543,5545", "desk")),
        ("postgres://u:p@a,b/desk", ("a,b", "5432,5432", "desk")),
        ("postgres://u:p@a,b:5545/desk", ("a,b", "5432,5545", "desk")),
        ("postgres://a:1,b:2,c:3/desk", ("a,b,c", "1,2,3", "desk")),
        ("postgres://u:p%40,@[::1]:5543,10.0.0.2:5545/desk", ("::1,10.0.0.2", "5543,5545", "desk")),
        ("postgres://u@%2Frun%2Fa:1,%2Frun%2Fb:2/desk", ("/run/a,/run/b", "1,2", "desk")),
    ],
)
def test_every_host_of_an_address_has_its_port(url, expected):
    assert parts(url) == expected


def test_the_rest_of_an_address_with_several_hosts_stays():
    url = "postgres://desk:p%2Fw@a:1,b:2/desk?sslmode=require&connect_timeout=3"
    found = databases.database(url, "", databases.Path("/"))
    assert (found["USER"], found["PASSWORD"]) == ("desk", "p/w")
    assert found["OPTIONS"] == {"sslmode": "require", "connect_timeout": 3}


@pytest.mark.parametrize(
    "hosts", ["a:,b:2", "a:1,,b:2", "a:1,b:two", "a:1,b:2:3", "a:1,", ",a:1", "a:1,b:123456"]
)
def test_hosts_that_are_wrong_are_refused_without_the_password(hosts):
    with pytest.raises(ImproperlyConfigured, match="host:5432,other:5432") as caught:
        parts(f"postgres://u:hidden@{hosts}/desk")
    assert "hidden" not in str(caught.value)


def connected(url: str, *, is_pooled: bool = False) -> dict:
    database = databases.database(url, "", databases.Path("/"))
    return databases.connected(database, OPTIONS, {"connect_timeout": 2}, is_pooled=is_pooled)


def test_of_several_hosts_the_one_that_can_be_written_to_is_used():
    several = connected("postgres://u@a,b/desk")
    assert several["OPTIONS"] == {
        "options": OPTIONS,
        "connect_timeout": 2,
        "target_session_attrs": "read-write",
    }
    assert "target_session_attrs" not in connected("postgres://u@a/desk")["OPTIONS"]
    own = connected("postgres://u@a,b/desk?target_session_attrs=any&connect_timeout=9")["OPTIONS"]
    assert (own["target_session_attrs"], own["connect_timeout"]) == ("any", 9)


def test_hosts_may_be_an_option():
    option = connected("postgres://u@/desk?host=a,b&port=1,2")["OPTIONS"]
    assert option["target_session_attrs"] == "read-write"
    assert databases.has_several_hosts("postgres://u@/desk?host=a,b")
    assert not databases.has_several_hosts("postgres://u@/desk?host=/run/a")


def test_blanks_around_an_address_are_none_of_it(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", " postgres://u@a/desk ")
    assert databases.database_url() == "postgres://u@a/desk"


def test_a_pooler_is_sent_no_options_and_keeps_no_cursors():
    pooled = connected("postgres://u@a/desk", is_pooled=True)
    assert pooled["OPTIONS"] == {"connect_timeout": 2}
    assert pooled["DISABLE_SERVER_SIDE_CURSORS"]
    assert not connected("postgres://u@a/desk")["DISABLE_SERVER_SIDE_CURSORS"]


def test_a_replica_needs_a_primary(monkeypatch):
    assert databases.replica("postgres://u@a/desk") is None
    monkeypatch.setenv("DATABASE_REPLICA_URL", "postgres://u@b:1/desk")
    found = databases.replica("postgres://u@a/desk")
    assert (found["HOST"], found["PORT"]) == ("b", 1)
    with pytest.raises(ImproperlyConfigured, match="Set both, or unset DATABASE_REPLICA_URL"):
        databases.replica(None)
    monkeypatch.setenv("DATABASE_REPLICA_URL", "mysql://u@b/desk")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_REPLICA_URL must have the form"):
        databases.replica("postgres://u@a/desk")
