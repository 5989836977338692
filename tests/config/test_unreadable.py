"""What cannot be read, stored or searched for is refused with a sentence, and never a failure."""

import json

import pytest
from django.test import RequestFactory

from config.unreadable import (
    NUL_IN_COOKIE,
    OTHER_ENCODING,
    UNREADABLE_TYPE,
    guard_content_type,
    is_readable_type,
)
from returns.models import ApiToken
from returns.people import tokens
from returns.views import errors
from tests.factories import make_return

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
FORM = "application/x-www-form-urlencoded"
LONG = "9" * 4_500
MANY = ["0", "-1", str(2**31), str(2**63), LONG]


@pytest.mark.parametrize("charset", ["foo", "utf-16", "rot13", "latin-1", "idna", "\0", '"'])
def test_a_form_in_another_encoding_is_refused_in_words(as_agent, charset):
    kind = f"{FORM}; charset={charset}"
    environ = {"CONTENT_TYPE": kind}
    guard_content_type(lambda environ, _: [])(environ, lambda *_: None)
    answer = as_agent.generic("POST", "/accounts/login/", b"a=b", environ["CONTENT_TYPE"])
    assert (answer.status_code, str(OTHER_ENCODING) in answer.text) == (400, True)


@pytest.mark.parametrize("kind", ["", FORM, "text/plain; charset=UTF-8", "a/b;charset=us-ascii"])
def test_the_usual_encodings_are_read(kind):
    assert is_readable_type(kind)
    environ = {"CONTENT_TYPE": kind}
    guard_content_type(lambda environ, _: [])(environ, lambda *_: None)
    assert environ["CONTENT_TYPE"] == kind


@pytest.mark.parametrize("kind", ["a; b*=foo''c", "a;" + "x" * 20_000, "a; charset=\0"])
def test_a_type_of_which_django_makes_no_request_is_replaced(kind):
    environ = {"CONTENT_TYPE": kind}
    guard_content_type(lambda environ, _: [])(environ, lambda *_: None)
    assert environ["CONTENT_TYPE"] == UNREADABLE_TYPE
    assert RequestFactory().get("/", CONTENT_TYPE=UNREADABLE_TYPE)


@pytest.mark.parametrize("cookie", ["sessionid=a\0b", "\0=a", 'csrftoken="a\\000b"'])
def test_nul_in_a_cookie_is_refused_in_words(client, cookie):
    page = client.get("/returns/", headers={"cookie": cookie})
    assert (page.status_code, str(NUL_IN_COOKIE) in page.text) == (400, True)
    fragment = client.get("/returns/", headers=HTMX | {"cookie": cookie})
    assert (fragment.status_code, fragment.text) == (400, NUL_IN_COOKIE)
    called = client.get("/openapi/v1/Tags", headers={"cookie": cookie})
    assert (called.status_code, called.json()["error"]["message"]) == (400, NUL_IN_COOKIE)


@pytest.mark.parametrize("query", ["q=%00", "id__exact=%00", "q=a%00b&p=1", "state__exact=%00"])
def test_nul_in_a_search_of_the_admin_is_refused_in_words(as_admin, query):
    answer = as_admin.get(f"/admin/returns/return/?{query}")
    assert answer.status_code in ((302, 400) if "__exact" in query else (200,))
    assert "__exact" in query or "Null characters are not allowed" in answer.text


@pytest.mark.parametrize("number", MANY)
@pytest.mark.parametrize(
    "path",
    [
        *("/admin/returns/return/{}/change/", "/admin/returns/return/?p={}", "/return/{}/card/"),
        *("/admin/returns/return/?id__exact={}", "/feed/?before={}", "/feed/rejected/?run={}"),
        *("/returns/?waiting_over={}", "/returns/?after={}", "/views/{}/", "/exports/{}/"),
    ],
)
def test_no_number_is_too_large_to_be_answered(as_admin, path, number):
    assert as_admin.get(path.format(number)).status_code in (200, 302, 400, 404)


@pytest.mark.parametrize("url", ["http://[", "http://a]b/", "http://℀/", "//", "\0", "x" * 9_000])
@pytest.mark.parametrize("path", ["/returns/", "/queue/?state=open", "/tags/", "/nowhere/"])
def test_no_address_of_the_current_page_is_too_odd(as_agent, path, url):
    headers = HTMX | {"HX-Current-URL": url, "Referer": url}
    assert as_agent.get(path, headers=headers).status_code < 500
    if path == "/nowhere/":
        return
    as_agent.logout()
    assert as_agent.get(path, headers=headers)["HX-Redirect"].startswith("/accounts/login/")


def test_names_longer_than_their_column_are_refused(as_manager):
    answer = as_manager.post("/tags/new/", {"name": "x" * 256, "group": "1"})
    assert answer.status_code == 422
    view = as_manager.post("/views/", {"name": "x" * 256, "query": "q=1"})
    assert view.status_code in (302, 422)


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "x" * 300])
def test_text_that_no_database_holds_is_refused_by_the_api(client, text):
    record = make_return("Return-1")
    secret = tokens.issue(ApiToken(name="Shop", scopes=["read", "tags"]))
    body = json.dumps({"referenceNumber": record.return_reference_number, "tag": "TAG"})
    answer = client.patch(
        "/openapi/v1/Returns/UpdateReturnTag",
        body.replace("TAG", text),
        content_type="application/json",
        headers={"Authorization": secret},
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_what_the_database_refuses_is_answered_in_words_and_one_line_of_the_log(as_agent, caplog):
    answer = as_agent.get("/views/shared/a%00b/")
    assert (answer.status_code, str(errors.UNSTORABLE) in answer.text) == (400, True)
    (line,) = [record for record in caplog.records if record.name == "django.request"]
    assert line.getMessage().startswith("Refused: ")
    assert line.exc_info is None


def test_what_nobody_may_do_is_one_line_of_the_log(as_agent, caplog):
    assert as_agent.get("/status/").status_code == 403
    (line,) = [record for record in caplog.records if record.name == "django.request"]
    assert line.getMessage() == "Forbidden: GET /status/"
    assert (line.levelname, line.exc_info) == ("WARNING", None)


def test_a_refused_method_is_answered_with_a_page(as_agent):
    answer = as_agent.get("/accounts/logout/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
    assert "<h1>This is not possible here</h1>" in answer.text
    assert as_agent.get("/accounts/logout/", headers=HTMX).text == errors.NOT_ALLOWED


@pytest.mark.parametrize("length", ["-1", "abc", LONG, "1e3"])
def test_no_length_of_a_body_is_too_odd(client, length):
    answer = client.post("/accounts/login/", CONTENT_LENGTH=length)
    assert answer.status_code in (400, 413, 422)
