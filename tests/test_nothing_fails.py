"""Whatever is sent to whichever URL by whomever: no failure, and always the security headers.

A hundred thousand requests, by hand, and the table of them in a file:

    FUZZ_REQUESTS=100000 FUZZ_TABLE=fuzz.md uv run pytest -n 0 tests/test_nothing_fails.py
"""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from http.cookies import SimpleCookie
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from returns.feed import uploads
from returns.models import (
    ApiToken,
    DeadlinePolicy,
    FeedRun,
    Macro,
    ReturnTag,
    SavedView,
    TagRule,
)
from returns.people import roles, tokens
from tags.bulk import create_draft
from tests import fuzzing
from tests.factories import make_comment, make_person, make_return, make_tag, put_tag
from tests.trials import tried_on

pytestmark = pytest.mark.slow

ROUTES = fuzzing.routes()
ROLES = {
    "service": {"role": roles.CUSTOMER_SERVICE},
    "manager": {"role": roles.WAREHOUSE_MANAGER},
    "admin": {"role": roles.ADMIN, "is_staff": True},
    "superuser": {"is_staff": True, "is_superuser": True},
}
PEOPLE = ("anonymous", *ROLES, "token")
BY_HAND = int(os.environ.get("FUZZ_REQUESTS", "0"))
COUNTS: Counter[tuple[str, str, str, int]] = Counter()
# Requests to each URL in CI, where all of them together take about a minute on two processors.
EACH = 24
tried = tried_on(EACH)
if BY_HAND:  # finding many failures matters more than the shortest example of each
    phases, each = [Phase.generate], BY_HAND // len(ROUTES) + 1
    tried = settings(tried, max_examples=each, phases=phases, database=None, derandomize=False)


@pytest.fixture(scope="module")
def desk(django_db_setup, django_db_blocker) -> Iterator[dict[str, Any]]:
    """Make people, and one of everything with an id, for all tests here; all of it is undone."""
    logging.disable(logging.CRITICAL)  # thousands of refusals
    with django_db_blocker.unblock(), transaction.atomic():
        people = {name: make_person(name, **given) for name, given in ROLES.items()}
        clients = {name: fuzzing.OddClient(_signed_in(person)) for name, person in people.items()}
        token = tokens.issue(ApiToken(name="Shop", scopes=["read", "tags", "feed"]))
        clients |= {"anonymous": fuzzing.OddClient(), "token": fuzzing.OddClient({}, token)}
        yield {"clients": clients, "ids": _ids(people["manager"])}
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)
    if table := os.environ.get("FUZZ_TABLE"):
        Path(table).write_text(fuzzing.table(COUNTS) + "\n")


def _signed_in(person: User) -> SimpleCookie:
    client = Client()
    client.force_login(person, backend="returns.people.RoleBackend")
    return client.cookies


def _ids(manager: User) -> list[Any]:
    """Return the reference, the words and the ids that stand in the paths of what exists."""
    record = make_return("Return-1")
    tag = put_tag(record, "books").tag
    run = FeedRun.objects.create(way="file", origin="returns.csv", by=manager)
    run.rejects.create(place="1", field="state", reason="?", written="{}", is_record=True)
    upload = uploads.save_upload(BytesIO(b"a;b\n1;2\n"), "returns.csv", manager)
    rows = [
        *(record, tag, tag.group, run, upload, make_comment(record, manager)),
        create_draft(ReturnTag, [record.pk], [make_tag("books")], [], manager),
    ]
    rows += [model.objects.first() for model in (SavedView, TagRule, DeadlinePolicy, Macro)]
    return [record.return_reference_number, "speed", "en", *(row.pk for row in rows if row)]


@pytest.mark.django_db
@pytest.mark.parametrize("route", ROUTES)
def test_no_request_fails_and_every_answer_has_the_security_headers(desk, db, route):
    # Django admin sends all others away.
    people = (*PEOPLE, "admin", "superuser", "superuser") if route[:6] == "admin/" else PEOPLE

    @tried
    @given(st.sampled_from(people), fuzzing.requests(route))
    def property_of(name: str, request: fuzzing.OddRequest):
        client = desk["clients"][name]
        with transaction.atomic():
            answer = client.send(request, desk["ids"])
            transaction.set_rollback(True)
        COUNTS[route, request.method, name, answer.status_code] += 1
        assert answer.status_code < 500, client.failure()
        assert fuzzing.missing_headers(answer) == []

    property_of()
