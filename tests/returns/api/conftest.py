"""Programs that call the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from returns.models import ApiToken
from returns.people.tokens import issue

BASE = "/openapi/v1"


class Program:
    """A program with a token; its methods take what comes after ``/openapi/v1``."""

    def __init__(self, token: ApiToken, secret: str) -> None:
        self.token, self.secret, self.client = token, secret, Client()

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any):
        sent = {"Authorization": f"Bearer {self.secret}"} | (headers or {})
        return self.client.generic(method, f"{BASE}{path}", headers=sent, **more)

    def get(self, path: str, **headers: str):
        return self.send("GET", path, {name.replace("_", "-"): v for name, v in headers.items()})

    def patch(self, path: str, data: str):
        return self.send("PATCH", path, data=data, content_type="application/json")


@pytest.fixture
def make_program(db) -> Callable[..., Program]:
    def make(*scopes: str, name: str = "Shop", **more: Any) -> Program:
        token = ApiToken(name=name, scopes=list(scopes or ("read",)))
        return Program(token, issue(token, **more))

    return make


@pytest.fixture
def program(make_program) -> Program:
    """A program that may do everything."""
    return make_program("read", "tags", "feed")
