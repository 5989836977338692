import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from config.compression import accepts_gzip


def asking(header: str) -> HttpRequest:
    return RequestFactory().get("/", headers={"Accept-Encoding": header})


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("br", False),
        ("not-gzip", False),
        ("gzip;q=x", False),
        ("", False),
    ],
)
def test_gzip_is_sent_if_it_is_accepted(header, accepted):
    assert accepts_gzip(asking(header)) == accepted


@given(st.text())
def test_any_header_can_be_read(text):
    accepts_gzip(asking(text))
