"""Second factors as tests use them: what an app shows, and how somebody signs in with it."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.models import User
from django.test import Client

from returns.people.second_factor import add_app

PASSWORD = "secret-parcel"


def shown_code(secret: str, later: int = 0) -> str:
    """Return the code that an app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))


def set_up_app(person: User) -> str:
    """Give a person an authenticator app, long before now; return its secret."""
    secret = generate_totp_secret()
    add_app(person, secret, 0)
    return secret


def enter_password(name: str = "agent", client: Client | None = None, **extra) -> tuple:
    """Enter name and password; return the client and the response."""
    client = client or Client()
    form = {"username": name, "password": PASSWORD} | extra
    return client, client.post("/accounts/login/", form)


def enter_code(client: Client, code: str, address: str = "10.0.0.1"):
    return client.post("/accounts/login/code/", {"code": code}, REMOTE_ADDR=address)


def is_signed_in(client: Client) -> bool:
    return client.get("/preferences/").status_code == 200
