"""Whose address a request comes from, which decides whom a lock-out stops."""

import pytest
from django.test import RequestFactory

from config.wsgi import application

GUEST = "203.0.113.9"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("comes_from", "address"),
    [("127.0.0.1", GUEST), ("::1", GUEST), ("198.51.100.7", "198.51.100.7")],
)
def test_only_the_proxy_on_this_computer_names_the_address_it_serves(comes_from, address):
    forwarded = {"HTTP_X_FORWARDED_FOR": f"192.0.2.1, {GUEST}"}  # the first is the guest's claim
    request = RequestFactory().get("/healthz", REMOTE_ADDR=comes_from, **forwarded).environ
    application(request, lambda *_: None)
    assert request["REMOTE_ADDR"] == address
