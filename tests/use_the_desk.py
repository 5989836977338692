"""Uses the main pages and writes of the desk whose code is in the working folder.

A program of its own, which tests/test_last_release.py runs with the code of the last release: so it
relies only on addresses, on what forms send, and on names that releases do not change lightly.
"""

import json
import os
import sys
from io import StringIO
from pathlib import Path
from uuid import uuid4

import django

sys.path.insert(0, str(Path.cwd()))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from returns.models import Return  # noqa: E402

PAGES = (
    *("/", "/returns/", "/returns/?q=Return-1", "/returns/?state=open&tag=books", "/queue/"),
    *("/find/?q=Return-1", "/returns/Return-1/", "/tags/", "/rules/", "/deadlines/", "/views/"),
    *("/feed/", "/feed/rejected/", "/reports/", "/reports/why/", "/activity/", "/trail/"),
    *(
        "/scan/",
        "/exports/",
        "/retention/",
        "/returns/export.csv",
        "/preferences/",
        "/accounts/security/",
        "/readyz",
    ),
)
PASSWORD = "a-long-one-for-the-test"
TIMES = {"createdAt": "2026-03-01T10:00:00Z", "updatedAt": "2026-03-01T10:00:00Z"}


def main() -> None:
    """Sign in, read, write, push, import and work in the background; fail at the first error."""
    person = User.objects.create_user("manager", password=PASSWORD)
    person.groups.set(Group.objects.all())
    returns = Path(sys.argv[1], "returns.json")
    items = [{"source": "WMS", "state": "ReturnCreated", **TIMES}] * 2
    for number, item in enumerate(items, 1):
        items[number - 1] = item | {
            "returnReferenceNumber": f"Return-{number}",
            "salesOrderReferenceNumber": "RSO1",
        }
    returns.write_text(json.dumps({"items": items[:1]}))
    call_command("import_returns", str(returns), stdout=sys.stderr)
    browser = Client()
    sent = {"username": "manager", "password": PASSWORD}
    expect("sign-in", browser.post("/accounts/login/", sent), 302, 303)
    record = Return.objects.get(return_reference_number="Return-1").pk
    expect("tag", browser.post(f"/return/{record}/tags/", {"add": "books"}), 302, 303)
    comment = {"text": "Called the shopper", "token": str(uuid4())}
    expect("comment", browser.post(f"/return/{record}/comments/", comment), 302, 303)
    push(items[1:])
    call_command("work", "--until-done", stdout=sys.stderr)
    for path in PAGES:
        expect(path, browser.get(path), 200, 302)
    detail = browser.get("/returns/Return-1/").content.decode()
    assert "Called the shopper" in detail
    assert 'data-tag="books"' in detail
    assert "Return-2" in browser.get("/returns/").content.decode()
    expect("sign-out", browser.post("/accounts/logout/"), 302, 303)


def push(items: list[dict[str, str]]) -> None:
    """Send records as a program does."""
    output = StringIO()
    call_command("create_api_token", "Shop", "--scope=read", "--scope=feed", stdout=output)
    secret = output.getvalue().split()[-1]
    headers = {"Authorization": f"Bearer {secret}"}
    body = json.dumps({"items": items})
    answer = Client().post("/openapi/v1/feed", body, "application/json", headers=headers)
    expect("push", answer, 200)
    assert [item["result"] for item in answer.json()["items"]] == ["created"]


def expect(what: str, answer, *statuses: int) -> None:
    """Fail unless the answer has one of the statuses."""
    assert answer.status_code in statuses, f"{what}: {answer.status_code}"


if __name__ == "__main__":
    main()
