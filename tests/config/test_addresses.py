import pytest
from django.http import QueryDict
from django.test import RequestFactory

from config.addresses import next_page, with_query


@pytest.mark.parametrize(
    ("queries", "address"),
    [
        ([], "/returns/"),
        (["", QueryDict(), {}], "/returns/"),
        (["tag=a&tag=b"], "/returns/?tag=a&tag=b"),
        ([QueryDict("q=1&q=2"), {"by": "ä b"}], "/returns/?q=1&q=2&by=%C3%A4+b"),
    ],
)
def test_a_path_gets_a_query_only_where_there_is_one(queries, address):
    assert with_query("/returns/", *queries) == address


@pytest.mark.parametrize(
    ("asked", "sent", "leads_to"),
    [
        ({}, {}, "/start/"),
        ({"next": "/returns/?q=1"}, {}, "/returns/?q=1"),
        ({"next": "/returns/"}, {"next": "/queue/"}, "/queue/"),
        ({"next": "/returns/"}, {"next": ""}, "/returns/"),
        ({"next": "//elsewhere.example/"}, {}, "/start/"),
        ({}, {"next": "https://elsewhere.example/"}, "/start/"),
        ({}, {"next": "javascript:alert(1)"}, "/start/"),
        ({"next": "a b"}, {}, "/start/"),
        ({"next": "queue"}, {}, "/start/"),
        ({}, {"next": "http://testserver/queue/"}, "http://testserver/queue/"),
    ],
)
def test_the_next_page_is_one_of_this_site(asked, sent, leads_to):
    request = RequestFactory().post("/preferences/", sent, query_params=asked)
    assert next_page(request, default="/start/") == leads_to


def test_a_page_over_https_leads_to_none_without():
    request = RequestFactory().get("/", {"next": "http://testserver/"}, secure=True)
    assert next_page(request, default="/start/") == "/start/"
