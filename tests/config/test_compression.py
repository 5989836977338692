import gzip

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


def test_pages_are_compressed_for_those_who_accept_it(client):
    plain = client.get("/accounts/login/")
    compressed = client.get("/accounts/login/", headers={"Accept-Encoding": "gzip, br"})
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert len(compressed.content) < len(plain.content) / 2
    assert gzip.decompress(compressed.content)[:500] == plain.content[:500]
    refused = client.get("/accounts/login/", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers
    for answer in (plain, compressed, refused):
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_the_size_of_a_page_tells_nothing_exactly(client):
    asking_for_gzip = {"Accept-Encoding": "gzip"}
    sizes = {len(client.get("/healthz", headers=asking_for_gzip).content) for _ in range(3)}
    assert len(sizes) == 1  # no page
    sizes = {
        len(client.get("/accounts/login/", headers=asking_for_gzip).content) for _ in range(20)
    }
    assert len(sizes) > 3
