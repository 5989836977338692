"""The OpenAPI document describes each message that the desk sends, and its examples fit."""

import pytest
from jsonschema_rs import validator_for

from returns.api.openapi import build_document
from returns.models import EventType, OccasionType

TYPES = [*EventType.values, *OccasionType.values]


@pytest.mark.parametrize("type_", TYPES)
def test_each_type_of_event_is_described_with_an_example_that_fits(type_):
    document = build_document()
    assert list(document["webhooks"]) == TYPES
    content = document["webhooks"][type_]["post"]["requestBody"]["content"]["application/json"]
    schema = content["schema"] | {"components": document["components"]}
    validator = validator_for(schema)
    assert list(validator.iter_errors(content["example"])) == []
    assert list(validator.iter_errors(content["example"] | {"type": "other"})) != []
