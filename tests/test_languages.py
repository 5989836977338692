"""Every page, fragment, message and error in the reader's language, and in that alone.

``ESCAPED_TEXTS=escaped.json uv run pytest -n 0 tests/test_languages.py`` writes what escaped.
"""

import json
import os
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
from django.db import transaction
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.models import Preferences
from returns.people.roles import ADMIN
from tags.vocabulary import load_vocabulary
from tests import pseudo
from tests.factories import make_person
from tests.rich_desk import PAGES, make_desk

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
# What the requests themselves say.
SENT = {
    "ad",
    "md5",
    "kutu",
    "Nothing",
    "never",
    "Nobody",
    "no-such-number-77",
    "no-such-tag",
    "stete",
    "x",
}
ESCAPED: dict[str, list[str]] = {}
# What every language writes alike: names of formats, keys, programs and places.
EVERYWHERE = {
    *("CSV", "XLSX", "Excel", "JSON", "JSON lines", "WMS", "API", "UTC", "GMT", "Returns desk"),
    # The last three are alternative texts of Django admin's icons.
    *("AIM", "Search", "True", "False"),
    *("Türkçe", "English", "Deutsch", "Ctrl", "Enter", "Europe/Istanbul", "ms", "min", "kB", "KB"),
    # The page of the status names programs and the values of settings.
    *("PostgreSQL", "Django", "Python", "line"),
}


def known_data() -> set[str]:
    """Return what pages may show as it is: data, names of places, and what all languages share."""
    zones = available_timezones()
    zones |= {part.replace("_", " ") for zone in zones for part in zone.split("/")}
    return pseudo.stored_strings() | zones | EVERYWHERE | SENT


@pytest.fixture(scope="module")
def marked(django_db_setup, django_db_blocker) -> Iterator[dict[str, Any]]:
    """Make a desk with something of everything, read by an admin in the marked language."""
    with django_db_blocker.unblock(), transaction.atomic(), pseudo.marked_language():
        admin = make_person("ada", ADMIN, is_staff=True, is_superuser=True)
        ids = make_desk(admin)
        Preferences.objects.update_or_create(user=admin, defaults={"language": pseudo.MARKED})
        client = Client()
        client.force_login(admin, backend="returns.people.RoleBackend")
        yield {"client": client, "ids": ids, "known": known_data()}
        transaction.set_rollback(True)
    if path := os.environ.get("ESCAPED_TEXTS"):
        Path(path).write_text(json.dumps(ESCAPED, indent=1, ensure_ascii=False))


def _check(name: str, response: Any, known: set[str]) -> None:
    text = b"".join(response.streaming_content) if response.streaming else response.content
    html = text.decode() if b"<" in text else f"<p>{text.decode()}"
    escaped = pseudo.escaped_texts(html, known)
    if escaped:
        ESCAPED[name] = escaped
    assert escaped == []
    assert not re.search(r"%\(\w+\)|__proxy__", html)


@pytest.mark.parametrize("at", range(len(PAGES)), ids=lambda at: "".join(PAGES[at]))
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_every_page_is_in_the_language_of_its_reader(marked, at, headers):
    name, query = PAGES[at]
    response = marked["client"].get(reverse(name) + query, headers=headers)
    _check(f"{name}{query} {len(headers)}", response, marked["known"])


def test_every_address_of_something_is_in_the_language_of_its_reader(marked, subtests):
    for name, address in marked["ids"].items():
        with subtests.test(name):
            response = marked["client"].get(address)
            assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
            if response.status_code == HTTPStatus.OK:
                _check(name, response, marked["known"])


# What is sent to each address, and refused, or answered with a message on the next page.
SENT_TO = {
    "preferences": [
        {"theme": "x", "density": ""},
        {"density": "compact", "language": pseudo.MARKED},
    ],
    "columns": [{"columns": "x"}],
    "saved-views": [{"name": "", "query": ""}, {"name": "x", "query": "state=Completed"}],
    "new-rule": [{}, {"name": "x", "moment": "created", "query": "q=1"}],
    "new-deadline": [{}, {"name": "x", "amount": "-1", "unit": "hours"}],
    "working-calendar": [{}, {"opens_0": "18:00", "closes_0": "09:00", "closed_days": "x"}],
    "new-upload": [{}],
    "feed-rejected": [{"retry": "0"}, {"dismiss": "0"}, {"action": "retry"}],
    "new-tag": [{}, {"name": "a,b"}, {"name": "books"}, {"name": "x" * 80}],
    "new-group": [{}, {"name": "Priority", "color": "x"}],
    "merge-tags": [{}, {"tag": "0"}],
    "new-bulk-tagging": [{}, {"select": "0"}],
    "scan": [{"text": ""}, {"text": "9" * 400}, {"text": "unknown-1"}],
    "exports": [{}, {"query": "stete=x"}],
    "password_change": [{}, {"old_password": "x", "new_password1": "1", "new_password2": "2"}],
    "tag-history": [{"undo": "0"}],
}


@pytest.mark.parametrize("name", SENT_TO)
def test_what_is_refused_is_refused_in_the_language_of_the_person(marked, name):
    for sent in SENT_TO[name]:
        for headers in ({}, HTMX):
            client, address = marked["client"], reverse(name)
            response = client.post(address, sent, headers=headers)
            if response.status_code in {302, 303}:
                response = client.get(response["Location"])
            assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
            _check(f"{name} {sent} {len(headers)}", response, marked["known"] | set(sent.values()))


def test_what_is_refused_about_something_is_in_the_language_of_the_person(marked, subtests):
    for name, address in marked["ids"].items():
        for sent in ({}, {"name": "", "text": "", "add": "x, y", "version": "x", "action": "x"}):
            with subtests.test(f"{name} {sent}"):
                response = marked["client"].post(address, sent)
                assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
                if response.status_code not in {302, 303} and response.content:
                    _check(f"post {name}", response, marked["known"] | {"x, y"})


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/nowhere/", "get"),
        ("/returns/no-such-return/", "get"),
        ("/admin/nowhere/", "get"),
        ("/queue/", "delete"),
        ("/returns/?after=x", "get"),
        ("/returns/?sort=zz", "get"),
        ("/returns/?group=zz", "get"),
        ("/returns/?q=%00", "get"),
        ("/reports/flow/?period=x&from=y&to=z", "get"),
        ("/reports/nothing/", "get"),
        ("/views/shared/nothing/", "get"),
    ],
)
def test_every_error_is_in_the_language_of_the_person(marked, path, method):
    for headers in ({}, HTMX):
        response = getattr(marked["client"], method)(path, headers=headers)
        _check(f"{method} {path}", response, marked["known"] | {"no-such-return"})


def test_pages_of_people_without_a_role_and_of_strangers_are_in_their_language(marked):
    client = Client()
    client.cookies["language"] = pseudo.MARKED
    for path in ("/accounts/login/", "/accounts/login/?next=/returns/"):
        _check(path, client.get(path), marked["known"])
    for _ in range(6):
        refused = client.post("/accounts/login/", {"username": "nobody", "password": "x"})
        _check("sign in", refused, marked["known"] | {"nobody"})
    nobody = make_person("nobody")
    Preferences.objects.create(user=nobody, language=pseudo.MARKED)
    client = Client()
    client.force_login(nobody, backend="returns.people.RoleBackend")
    _check("no role", client.get("/returns/"), marked["known"] | {"nobody", "no"})


@pytest.mark.parametrize(
    "path",
    [
        "/returns/export.csv?state=Completed",
        "/reports/flow/flow.csv",
        "/reports/speed/by-carrier.csv",
        "/reports/why/reasons.csv",
    ],
)
def test_the_headers_of_files_are_in_the_language_of_the_person(marked, path):
    response = marked["client"].get(path)
    text = b"".join(response.streaming_content) if response.streaming else response.content
    header = text.decode("utf-8-sig").splitlines()[0]
    assert pseudo.escaped_texts(f"<p>{header}".replace(";", ","), marked["known"]) == []


@pytest.mark.parametrize("name", ["sort", "group", "after", "before"])
def test_the_name_of_a_wrong_parameter_is_translated(name):
    told = {}
    for language in ("en", "tr", "de"):
        with override(language):
            query = Query.parse(f"{name}=%22&sort=" if name != "sort" else "sort=zz")
            (problem,) = ReturnFilterSet(query, load_vocabulary()).problems()
            told[language] = problem.partition(":")[0]
    assert len(set(told.values())) == 3


CALL = re.compile(r"\{[^{}]*\b(?:_|n?p?gettext)\(")


def test_no_text_is_marked_within_an_f_string():
    """Makemessages does not find it there."""
    lines = [
        f"{path}: {line.strip()}"
        for folder in ("config", "returns", "tags")
        for path in Path(folder).rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"\bf[\"']", line) and CALL.search(line)
    ]
    assert lines == []


def test_no_key_has_an_english_name():
    told = {}
    for language in ("en", "tr", "de"):
        with override(language):
            told[language] = re.findall(
                r"<kbd>(\w{5,})</kbd>", render_to_string("components/keys.html")
            )
    assert [told[language][1] for language in ("en", "tr", "de")] == [
        *("Space", "Boşluk", "Leertaste")
    ]
