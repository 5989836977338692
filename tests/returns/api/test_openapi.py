"""The OpenAPI document says what is true, and its page can be read by anybody."""

import html
import json
import re
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import jsonschema_rs
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from returns.api import BASE_PATH
from returns.api.openapi import PARAMETER_EXAMPLES, build_document
from returns.api.parameters import PARAMETERS
from tests.factories import line_item, make_return, put_tag
from tests.papers import API, blocks, section
from tests.returns.feed.orders.samples import an_order, bring
from tests.trials import tried_on

LIST_PATHS = ("/Returns", "/GetReturnsWithTag", "/returnsWithLineItems")
pytestmark = pytest.mark.django_db

schema = schemathesis.openapi.from_wsgi("/openapi/v1/openapi.json", get_wsgi_application())
# Hundreds of calls for each of two dozen parameters; `schemathesis run` by hand makes them.
schema.config.phases.coverage.enabled = False


@pytest.fixture
def in_one_transaction():
    """Let the server leave the connection, and with it the test's transaction, open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def some_returns(vocabulary):
    put_tag(make_return("Return-14844"), "books")
    make_return("Return-2", state="Completed", cargo_carrier="UPS")
    make_return("Return-3", sales_order_reference_number="RSO100490909")
    bring(an_order("RSO100490909"))


@pytest.mark.slow
@schema.parametrize()
@tried_on(20, suppress_health_check=list(HealthCheck), derandomize=True)
def test_answers_are_as_the_document_says(
    case, program, some_returns, in_one_transaction, settings
):
    settings.API_CALLS_PER_MINUTE = 1_000_000
    # What a question may say together, and what a tag can be called, no schema can tell.
    is_free = case.operation.path.endswith((*LIST_PATHS, "/SalesOrders", "/ReturnTags"))
    left_out = [positive_data_acceptance] if is_free else []
    # A record that is not as it should be is not refused with the others: it gets its own result.
    left_out += [negative_data_rejection] if "/feed" in case.operation.path else []
    headers = {"Authorization": f"Bearer {program.secret}", "Accept-Encoding": "identity"}
    case.call_and_validate(headers=headers, excluded_checks=left_out)


def operations():
    for path, methods in build_document()["paths"].items():
        for method, operation in methods.items():
            yield path.removeprefix(BASE_PATH), method, operation


def test_every_parameter_of_a_question_is_described():
    described = [
        {each["name"] for each in operation["parameters"] if each["in"] == "query"}
        for path, _, operation in operations()
        if path.endswith(LIST_PATHS)
    ]
    assert described == [set(PARAMETERS)] * len(LIST_PATHS)


@pytest.mark.parametrize("name", PARAMETER_EXAMPLES)
def test_the_example_of_a_parameter_is_understood(program, vocabulary, name):
    value = PARAMETER_EXAMPLES[name]
    assert program.get(f"/Returns?{urlencode({name: value}, doseq=True)}").status_code == 200


def test_a_token_needs_the_scope_that_the_document_tells(make_program):
    for number, (path, method, operation) in enumerate(operations()):
        (scope,) = operation["security"][0]["Token"]
        others = [each for each in ("read", "tags", "feed") if each != scope]
        some = make_program(*others, name=str(number))
        answer = some.send(method.upper(), path.replace("{reference}", "R-1"))
        assert answer.json()["error"]["code"] == "missing_scope"


def answers(program) -> Iterator[tuple[str, Any]]:
    """Real answers, with their schemas: of returns that have everything, and nothing."""
    line = line_item(damaged_state="WaitingInWarehouse", state="Damaged")
    bare = line_item("L-2", "")
    times = {"state": "Completed", "cargo_carrier": "UPS", "sales_order_channel": "Web"}
    make_return("All", courier_request="No", line_items=[line, bare], **times)
    nothing = {"sales_order_reference_number": "", "tracking_id": "", "notes": ""}
    put_tag(make_return("None", **nothing), "books")
    for path, schema in {
        "/Returns?sort=changed&cursor=": "PageOfReturns",
        "/Returns?cursor=": "PageOfReturns",
        "/Returns?include=tag": "PageOfReturns",
        "/Returns/GetReturnsWithTag": "PageOfTaggedReturns",
        "/Returns/returnsWithLineItems": "PageOfReturnsWithLineItems",
        "/Returns/All?include=tag": "ReturnWithLineItems",
        "/Returns/None": "ReturnWithLineItems",
        "/SalesOrders": "PageOfOrders",
        "/Tags": "Vocabulary",
        "/Returns?createdAt=x": "Failure",
    }.items():
        yield schema, program.get(path).json()
    for path, body, schema in (
        ("/Returns/UpdateReturnTag", {"referenceNumber": "All", "tag": "books"}, "TagsReplaced"),
        ("/ReturnTags", {"referenceNumber": "All", "add": ["apparel"]}, "TagsReplaced"),
        ("/ReturnTags/batch", {"items": [{"referenceNumber": "x"}]}, "ManyTagsChanged"),
    ):
        yield schema, program.patch(path, json.dumps(body)).json()
    record = {"returnReferenceNumber": "All", "state": "Created"}
    for path, schema in (("/feed", "FeedTaken"), ("/feed/orders", "OrdersTaken")):
        body = json.dumps({"items": [record, 1]})
        sent = program.send("POST", path, data=body, content_type="application/json")
        yield schema, sent.json()


def test_what_is_required_or_null_is_so_in_real_answers(program, some_returns):
    document = build_document()
    returns = document["components"]["schemas"]["ReturnWithLineItems"]
    null, missing, given = set(), set(), set()
    for name, answer in answers(program):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        assert list(jsonschema_rs.validator_for(schema).iter_errors(answer)) == []
        for row in answer.get("items", [answer]) if "Return" in name else ():
            given |= {key for key, value in row.items() if value is not None}
            null |= {key for key, value in row.items() if value is None}
            missing |= returns["properties"].keys() - row.keys()
    optional = returns["properties"].keys() - set(returns["required"])
    assert optional == {"cargoCarrier", "salesOrderChannel", "courierRequest", "lineItems", "tag"}
    assert optional <= missing & given
    nullable = {key for key, each in returns["properties"].items() if "anyOf" in each}
    assert nullable == null


def test_operations_have_short_names_and_everything_is_described():
    names = [operation["operationId"] for *_, operation in operations()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", name) for name in names)
    assert all(each["description"] for *_, found in operations() for each in found["parameters"])
    titles = [each["title"] for each in build_document()["components"]["schemas"].values()]
    assert len(set(titles)) == len(titles)  # generated clients call their classes so


# The page, and the examples for people


def shell_examples() -> list[str]:
    of_document = [operation["x-codeSamples"][0]["source"] for *_, operation in operations()]
    # As a shell reads them: a backslash at the end of a line goes on in the next one.
    commands = "".join(blocks(API, "sh")).replace("\\\n", " ")
    of_docs = re.findall(r"^curl .*?(?=^curl |\Z)", commands, re.MULTILINE | re.DOTALL)
    return [*of_document, *of_docs]


@pytest.mark.parametrize("line", shell_examples())
def test_the_examples_for_the_shell_work(program, some_returns, line):
    make_return("Return-1")
    words = shlex.split(line)
    path = words[-1].partition(BASE_PATH)[2] or words[-1].partition("[site]")[2]
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    assert words[:3] == ["curl", "-H", "Authorization: Bearer $TOKEN"]
    sent = words[words.index("-d") + 1] if "-d" in words else ""
    # As curl sends what -d gives it.
    answer = program.send(method, path, data=sent, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200


def test_the_example_of_an_error_is_what_a_program_gets(program):
    shown = json.loads(blocks(section(API, "Errors"), "json")[0])
    answer = program.get("/Returns?stete=Completed").json()
    assert answer["error"] == shown["error"]
    assert [list(answer), len(answer["requestId"])] == [list(shown), len(shown["requestId"])]


def test_the_page_shows_every_address_to_anybody_without_other_sites(client):
    page = client.get(f"{BASE_PATH}/docs")
    for path, method, operation in operations():
        assert f"{method.upper()} {BASE_PATH}{path}" in page.text
        assert operation["description"] in html.unescape(page.text)
    assert set(PARAMETERS) <= set(re.findall(r"<dt><code>(\w+)</code>", page.text))
    assert "http://testserver/openapi/v1/Returns/Return-14844" in page.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)
    assert "curl" in page.text


def test_the_document_is_kept_by_who_has_it(client):
    first = client.get(f"{BASE_PATH}/openapi.json")
    known = {"If-None-Match": first["ETag"]}
    assert client.get(f"{BASE_PATH}/openapi.json", headers=known).status_code == 304
    assert first.json()["openapi"] == "3.1.0"
